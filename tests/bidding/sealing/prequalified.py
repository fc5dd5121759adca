"""A lot that prequalifies: while applications come in, and while a panel examines them.

The panel and the opened applications are rows put in place; everything after goes the way it goes
outside.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bidding.domain import committee, examination
from bidding.enums import BidState
from bidding.models import Bid, Committee, Freeze, SealingPolicy, Seat
from signatures.domain import clock, guard, jcs, platform, statements
from signatures.domain.act import Actor, dispatch
from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.people import Person, bind, move_clock, renew_lists, signer
from tests.bidding.sealing.rows import statement
from tests.bidding.sealing.world import World
from tests.factories import floor
from tests.factories.floor import START, House, beijing, sha
from trading.domain import prequalification
from trading.domain.prequalification import PublishPrequalification
from trading.models import Draw, Exhibit

CRITERIA = ("具有施工总承包壹级资质", "具有安全生产许可证", "完成过类似工程")
#: When the offer of the documents ends, and when applications are due.
OFFERED, CLOSES = beijing(2026, 3, 18, 17, 0), beijing(2026, 3, 26)
REASON = "业绩证明不足"


def at(name: str, world: World) -> datetime:
    return jcs.parse_timestamp(world.house.refresh().dates[name])


def notice(house: House) -> None:
    """The prequalification notice is out, and nobody has fetched anything."""
    with guard.writes("test arrangement"):
        house.lot.procedure = {"name": "construction-prequalified"}
        house.lot.save()
    house.publish_notice(
        dates={"prequalification-until": OFFERED, "applications-until": CLOSES}
    )


def build(folder: Path) -> World:
    """Four that may apply, and a lot whose prequalification notice is out."""
    return worlds.build(folder, tenderers=4, arrange=notice, fetched=False)


def publish(world: World, **body: Any) -> Any:
    values = {"criteria": list(CRITERIA), "words": "请合并为一个文件。", **body}
    return world.tenderee.post(world.path("prequalification"), values)


def applying(world: World) -> None:
    """The documents are on offer; the act itself, without its seal, which takes a second."""
    act = PublishPrequalification(
        lot=world.lot, title="资格预审文件", digest=sha("prequalification"), size=1,
        criteria=CRITERIA,
    )
    dispatch(act, actor=Actor.person(world.tenderee.user))
    world.house.refresh()


def fetch(world: World, person: Person, kind: str = "prequalification") -> Any:
    document = world.house.lot.documents.filter(kind=kind).latest("edition")
    return person.post(
        f"documents/{document.pk}/downloads", {"organisation": str(person.organisation.pk)}
    )


@dataclass
class Panel:
    """Everybody who examines, and the applications by the names of who applied."""

    world: World
    members: list[Person] = field(default_factory=list)
    bids: list[Bid] = field(default_factory=list)

    @property
    def row(self) -> Committee:
        return committee.get(self.world.house.lot)

    def finding(self, number: int = 0, *, fails: int = 0, **changes: Any) -> dict[str, Any]:
        """What is said of an application of which the first ``fails`` criteria are not met."""
        criteria = prequalification.get(self.world.house.lot).criteria
        passes = {one["id"]: place >= fails for place, one in enumerate(criteria)}
        return {
            "lot": self.world.house.lot.urn,
            "committee": self.row.urn,
            "application": self.bids[number].urn,
            "passes": passes,
            "reason": REASON if fails else "",
            **changes,
        }

    def examine(self, member: int, number: int = 0, **options: Any) -> Any:
        person = self.members[member]
        said = statements.build(
            examination.PURPOSE, origin=platform.origin(), at=clock.now(),
            **self.finding(number, **options),
        )
        return person.post(self.world.path("examinations"), person.sign(said))

    def examine_all(self, *, unfit: tuple[int, ...] = (), against: int = 5) -> None:
        """Every member examines every application; ``against`` of them refuse the unfit."""
        for member in range(len(self.members)):
            for number in range(len(self.bids)):
                fails = int(number in unfit and member < against)
                answer = self.examine(member, number, fails=fails)
                assert answer.status_code == 201, answer.content

    def conclude(self, member: int = 0) -> Any:
        return self.members[member].post(self.world.path("prequalification/report"), {})

    def notify(self, person: Person | None = None) -> Any:
        return (person or self.world.tenderee).post(self.world.path("prequalification/result"), {})

    def told(self) -> None:
        assert self.conclude().status_code == 201
        answer = self.notify()
        assert answer.status_code == 201, answer.content
        self.world.house.refresh()


def examining(world: World, *, members: int = 5) -> Panel:
    """Four applications are open, and a panel without conflicts sits."""
    applying(world)
    for person in world.tenderers:
        assert fetch(world, person).status_code == 201
    lot = world.house.refresh()
    move_clock(CLOSES + timedelta(minutes=5))
    renew_lists()
    panel = Panel(world=world)
    with guard.writes("test arrangement"):
        lot.stage, lot.stage_since = "EXAMINATION", clock.now()
        lot.save()
        policy = SealingPolicy.objects.create(
            lot=lot, k=3, n=4, min_bids=3, gates={"2": {"at": "x"}}, **statement()
        )
        panel.bids = [
            Bid.objects.create(
                pk=uuid.uuid4(), lot=lot, tenderer=one.organisation, state=BidState.FROZEN,
                since=START,
            )
            for one in world.tenderers
        ]
        Freeze.objects.create(
            lot=lot, policy=policy, count=4, root="ab" * 32, at=clock.now(),
            bids=[{"bid": str(one.pk), "version": 1, "statement": "cd" * 32} for one in panel.bids],
        )
        row = Committee.objects.create(
            lot=lot, quota={"expert": members}, code_seed="5e" * 32, draw_seed="d5" * 32,
            opened_at=START, complete_at=START,
        )
        draw = Draw.objects.create(
            lot=lot, purpose="examiners", subject=lot.urn, number=1, record={},
            record_digest="ab" * 32, opened_at=START, opened_by="user:1", commit_seconds=1,
            reveal_seconds=1,
        )
    for number in range(members):
        user, key = floor.person(f"examiner{number}"), signer(f"examiner-{number}", "east")
        bind(user, key)
        with guard.writes("test arrangement"):
            Seat.objects.create(
                committee=row, draw=draw, user=user, stratum="expert", position=number + 1,
                called_at=START, declared_at=START, conflict=False,
            )
        floor.assignment(lot, "evaluator", user=user)
        panel.members.append(Person(user, world.tenderee.organisation, key))
    # Tokens are rows too: made in a test they would be gone after it.
    assert all(one.headers for one in panel.members)
    return panel


def exhibits(world: World, kind: str) -> list[Exhibit]:
    return list(Exhibit.objects.filter(lot=world.lot, kind=kind))
