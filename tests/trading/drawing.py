"""A draw on a lot with three parties and the platform, for tests of its acts and its interface."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from signatures.domain import clock
from signatures.domain.act import dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Refused
from signatures.models import LedgerEntry
from tests.factories import floor, signers
from tests.factories.signers import Person, as_json
from trading.domain import drawing, projects
from trading.domain.draw_record import commitment_of
from trading.domain.drawing_duties import due
from trading.domain.ticking import ACTOR
from trading.models import Assignment, Draw, DrawContribution, Exhibit, Lot

PURPOSE = "test-evaluators"
#: A purpose whose hook refuses what was drawn.
BROKEN = "test-broken"
EXPERTS = ("expert:1", "expert:2", "expert:3")


def _assign(scene, draw, result):
    for name in result["drawn"]["experts"]:
        user = floor_users[drawing.real_id(draw, name)]
        projects.assign(scene, lot=draw.lot, role="evaluator", user=user)


def _refuse(scene, draw, result):
    raise Refused("Not these.", code="not-these")


#: Whom the experts' ids mean; a test puts its own people here.
floor_users: dict[str, Any] = {}

drawing.on_result(PURPOSE, _assign)
drawing.on_result(BROKEN, _refuse)


def secret(party: str) -> bytes:
    """The 32 bytes that a party of these tests keeps to itself."""
    return hashlib.sha256(party.encode()).digest()


@dataclass
class Table:
    """The parties around one lot, and how they speak to the interface."""

    house: floor.House
    buyer: Person
    parties: list[Person]

    @property
    def lot(self) -> Lot:
        return self.house.lot

    @property
    def names(self) -> list[str]:
        return sorted([drawing.CENTRE, *(one.party for one in self.parties)])

    def record(self, *, purpose: str = PURPOSE, **changes: Any) -> dict[str, Any]:
        return {
            "id": drawing.new_id(),
            "version": "SUNLIT-DRAW-1",
            "purpose": purpose,
            "parties": self.names,
            "candidates": [
                {"id": name, "weight": 1, "stratum": "experts", "organisation": None}
                for name in EXPERTS
            ],
            "avoid": {"candidates": [], "organisations": []},
            "quota": {"experts": 1},
            "alternates": 1,
            "max_per_organisation": None,
            "once": True,
            "assign": None,
            **changes,
        }

    def body(self, record: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        return {
            "lot": str(self.lot.pk),
            "purpose": PURPOSE,
            "record": record or self.record(),
            "commit_seconds": 3600,
            "reveal_seconds": 3600,
            **changes,
        }

    def open(self, record: dict[str, Any] | None = None, **changes: Any) -> Draw:
        """An open draw whose record is timestamped."""
        answer = self.buyer.post("draws", self.body(record, **changes))
        assert answer.status_code == 201, answer.content
        signers.stamp()
        return Draw.objects.get(pk=answer.json()["result"]["draw"])

    def commit_statement(self, draw: Draw, one: Person, /, **changes: Any) -> dict[str, str]:
        record = bytes.fromhex(draw.record_digest)
        fields = {
            "draw": draw.urn,
            "party": one.party,
            "record": draw.record_digest,
            "commitment": commitment_of(record, one.party, secret(one.party)).hex(),
            **changes,
        }
        return as_json(one.sign("sunlit.commit/1", **fields))

    def reveal_statement(self, draw: Draw, one: Person, /, **changes: Any) -> dict[str, str]:
        fields = {
            "draw": draw.urn,
            "party": one.party,
            "record": draw.record_digest,
            "reveal": secret(one.party).hex(),
            **changes,
        }
        return as_json(one.sign("sunlit.reveal/1", **fields))

    def commit(self, draw: Draw, one: Person, /, **changes: Any) -> Any:
        return one.post(
            f"draws/{draw.pk}/commitments", self.commit_statement(draw, one, **changes)
        )

    def reveal(self, draw: Draw, one: Person, /, **changes: Any) -> Any:
        return one.post(f"draws/{draw.pk}/reveals", self.reveal_statement(draw, one, **changes))

    def committed(self, draw: Draw | None = None) -> Draw:
        """A draw whose commitments are closed and timestamped."""
        draw = draw or self.open()
        for one in self.parties:
            assert self.commit(draw, one).status_code == 201
        assert signers.tick() == [
            ("trading.commit-draw", None),
            ("trading.close-commitments", None),
        ]
        signers.stamp()
        draw.refresh_from_db()
        return draw

    def revealed(self, draw: Draw | None = None) -> Draw:
        """A draw in which everybody but the clock has done their part."""
        draw = self.committed(draw)
        for one in self.parties:
            assert self.reveal(draw, one).status_code == 201
        return draw

    def concluded(self, draw: Draw | None = None) -> Draw:
        draw = self.revealed(draw)
        assert signers.tick() == [("trading.reveal-draw", None), ("trading.conclude-draw", None)]
        draw.refresh_from_db()
        return draw

    def voided(self, draw: Draw | None = None, *, silent: Person | None = None) -> Draw:
        """A draw that one party (the first) let pass in the commitments' phase."""
        draw = draw or self.open()
        silent = silent or self.parties[0]
        for one in self.parties:
            if one is not silent:
                assert self.commit(draw, one).status_code == 201
        assert signers.tick() == [("trading.commit-draw", None)]
        late(hours=2)
        draw.refresh_from_db()
        return draw

    def redraw(self, draw: Draw, **changes: Any) -> dict[str, str]:
        """The buyer's signed reason for another draw."""
        fields = {"before": draw.urn, "reason": "原抽取人选不足，扩大抽取范围。", **changes}
        return as_json(self.buyer.sign("sunlit.redraw/1", **fields))


def late(**span: int) -> list[str]:
    """What the clock does for draws after so much time; the names of the acts."""
    at = FixedClock(clock.now() + timedelta(**span))
    done = []
    for act in due(at.read()):
        dispatch(act, actor=ACTOR, clock=at)
        done.append(act.name)
    return done


def table() -> Table:
    """A tenderee with its lot; tenderee, supervisor and notary as parties beside the platform."""
    house = floor.house()
    buyer = signers.equip(house.buyer, house.tenderee)
    parties = [
        buyer,
        signers.enrol("赵敏", "supervisor"),
        signers.enrol("孙立", "notary", region="west"),
    ]
    for name in EXPERTS:
        floor_users[name] = floor.person(name.replace(":", "-"))
    return Table(house, buyer, parties)


def state():
    """Everything that a refusal must leave as it was."""
    return (
        LedgerEntry.objects.count(),
        list(Draw.objects.order_by("pk").values("pk", "phase", "leaves", "result", "at_fault")),
        list(DrawContribution.objects.order_by("pk").values("party", "commitment", "reveal")),
        Assignment.objects.count(),
        Exhibit.objects.count(),
    )


def refused(answer, status, code, before):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert state() == before
