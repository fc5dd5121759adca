"""A lot's committee, drawn by its parties over the interface; and one that scores."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bidding.domain import committee, evaluation, score_sheets
from bidding.models import Committee, Expert, Room, Score, Seat
from signatures.domain import clock, guard, jcs
from signatures.models import User
from tests.bidding.opened import Opened, do
from tests.factories import floor, signers
from trading.domain import notices
from trading.domain.draw_record import commitment_of
from trading.models import Draw, Exhibit, Organisation

NAMES = ("钱学礼", "赵一鸣", "韩梅", "曹军", "许静", "罗浩", "唐婉", "邓超然", "彭越")


def pool(opening: Opened, count: int = 9) -> list[User]:
    """Experts of as many employers, each with a certificate."""
    found = []
    for number, name in enumerate(NAMES[:count]):
        user = floor.person(name)
        opening.platform.equip(user, region="east" if number < 5 else "west")
        with guard.writes("test arrangement"):
            Expert.objects.create(
                user=user,
                specialities=["municipal"] if number % 2 else ["municipal", "cost"],
                employer=f"第{number}研究院",
                region="east" if number < 5 else "west",
                registered_at=clock.now(),
            )
        found.append(user)
    return found


@dataclass
class Drawn:
    """A lot at its opening with a pool of experts; ``experts`` by URN."""

    opening: Opened
    experts: dict[str, User] = field(default_factory=dict)

    @property
    def lot(self) -> Any:
        return self.opening.refresh()

    @property
    def row(self) -> Committee:
        return Committee.objects.select_related("lot__project").get(lot=self.opening.lot)

    @property
    def room(self) -> Room:
        return evaluation.last_room(self.opening.lot)

    def members(self) -> list[User]:
        """Who sits on the committee now."""
        return [self.experts[seat.user.urn] for seat in committee.seated(self.row)]

    def open(self, **body: Any) -> Draw:
        """An open draw whose record is timestamped."""
        api = self.opening.api(self.opening.host)
        answer = api.post(f"/api/v1/lots/{self.opening.lot.pk}/committee", body)
        signers.stamp()
        return Draw.objects.get(pk=answer["result"]["draw"])

    def _party(self, user: User) -> Organisation:
        found: Organisation = user.memberships.get().organisation
        return found

    def _contribute(self, draw: Draw, what: str) -> None:
        record = bytes.fromhex(draw.record_digest)
        for user in (self.opening.host, self.opening.supervisor, self.opening.notary):
            party = self._party(user).urn
            secret = hashlib.sha256(party.encode()).digest()
            value = (
                {"commitment": commitment_of(record, party, secret).hex()}
                if what == "commit"
                else {"reveal": secret.hex()}
            )
            signed = self.opening.signed(
                user, f"sunlit.{what}/1", draw=draw.urn, party=party,
                record=draw.record_digest, **value,
            )
            path = "commitments" if what == "commit" else "reveals"
            self.opening.api(user).post(f"/api/v1/draws/{draw.pk}/{path}", signed)

    def conclude(self, draw: Draw) -> Draw:
        self._contribute(draw, "commit")
        signers.tick()
        signers.stamp()
        self._contribute(draw, "reveal")
        signers.tick()
        draw.refresh_from_db()
        return draw

    def draw(self, **body: Any) -> Draw:
        return self.conclude(self.open(**body))

    def declaration(self, user: User, conflict: bool = False, **other: Any) -> dict[str, str]:
        return self.opening.signed(
            user,
            "sunlit.conflict/1",
            **{
                "lot": self.opening.lot.urn,
                "committee": self.row.urn,
                "conflict": conflict,
                "reason": "曾任投标人顾问" if conflict else "",
                **other,
            },
        )

    def declare(self, user: User, conflict: bool = False, **other: Any) -> dict[str, Any]:
        answer = self.opening.api(user).post(
            f"/api/v1/lots/{self.opening.lot.pk}/committee/declarations",
            self.declaration(user, conflict, **other),
        )
        return answer["result"]

    def say(self, name: str, by: User, **fields: Any) -> dict[str, Any]:
        return self.opening.say(name, by, self.room, **fields)

    # --- evaluating ------------------------------------------------------------------------------

    def publish(self) -> None:
        """What the dossier holds of the method and of the technical documents."""
        self.opening.file_technical()
        with guard.writes("test arrangement"):
            Exhibit.objects.create(
                lot=self.opening.lot, kind="tender-document", stage="NOTICE", name="招标文件",
                digest=floor.sha("documents"), size=1, media_type="application/pdf",
                facts={"evaluation": notices.evaluation_digest(self.opening.lot)},
                filed_at=clock.now(),
            )

    def play(self) -> list[User]:
        """The opening held and closed, the committee drawn and free of conflict; its members."""
        self.opening.hold()
        self.publish()
        self.opening.say("close", self.opening.host)
        self.opening.refresh()
        self.draw()
        members = self.members()
        for one in members:
            self.declare(one)
        return members

    def begin(self, size: int = 5) -> list[User]:
        """The same by rows put in place: ``size`` members and two alternates, nothing scored."""
        self.publish()
        experts = list(self.experts.values())[: size + 2]
        now, lot = clock.now(), self.opening.lot
        with guard.writes("test arrangement"):
            lot.stage, lot.stage_since = "EVALUATION", now
            lot.save()
            row = Committee.objects.create(
                lot=lot, quota={"expert": size}, code_seed="5e" * 32, draw_seed="d5" * 32,
                opened_at=now, complete_at=now,
            )
            draw = Draw.objects.create(
                purpose="evaluators", subject=lot.urn, lot=lot, record={"parties": []},
                record_digest="0" * 64, opened_by="user:1", opened_at=now, phase="result",
                commit_seconds=60, reveal_seconds=60,
            )
            for position, user in enumerate(experts, start=1):
                seat = Seat.objects.create(
                    committee=row, draw=draw, user=user, stratum="expert", position=position
                )
                if position <= size:
                    seat.called_at, seat.declared_at, seat.conflict = now, now, False
                    seat.save()
                    floor.assignment(lot, "evaluator", user=user)
        do(lambda scene: evaluation.begin(scene, lot))
        return experts[:size]

    def codes(self) -> list[str]:
        return list(evaluation.coded(self.row))

    def code_of(self, number: int) -> str:
        """The code of a bid of ``opened.TENDERERS``."""
        bid = self.opening.bids[number]
        return next(
            code for code, row in evaluation.coded(self.row).items() if row.pk == bid.pk
        )

    def fill(self, by: User, place: int, *, only: int | None = None) -> None:
        """Every cell of a member's sheet, by a rule that the tests can compute."""
        cells = [
            (code, criterion)
            for code in self.codes()
            for criterion in evaluation.scheme_of(self.opening.lot).criteria
        ]
        for code, criterion in cells[:only]:
            points = points_of(code, criterion.full, place)
            self.say("score", by, bid=code, criterion=criterion.id, points=str(points))

    def write(self, by: User, place: int) -> None:
        """The same by rows."""
        sheet = score_sheets.of_user(self.row, by)
        with guard.writes("test arrangement"):
            Score.objects.bulk_create(
                Score(
                    sheet=sheet, code=code, criterion=criterion.id,
                    points=points_of(code, criterion.full, place),
                )
                for code in self.codes()
                for criterion in evaluation.scheme_of(self.opening.lot).criteria
            )

    def sheet_statement(self, by: User, **other: Any) -> dict[str, str]:
        sheet = score_sheets.of_user(self.row, by)
        content = score_sheets.content(sheet, self.opening.lot, self.room)
        return self.opening.signed(
            by,
            "sunlit.score-sheet/1",
            **{
                "lot": self.opening.lot.urn,
                "room": self.room.urn,
                "sheet": jcs.digest(content).hex(),
                **other,
            },
        )

    def freeze_sheet(self, by: User) -> dict[str, Any]:
        return self.say("freeze-sheet", by, **self.sheet_statement(by))

    def scored(self) -> list[User]:
        """Every sheet filled and frozen; the members."""
        members = self.begin()
        for place, one in enumerate(members):
            self.write(one, place)
            self.freeze_sheet(one)
        return members

    def computed(self) -> list[User]:
        """Scores frozen, prices opened, ranking computed; the members."""
        members = self.scored()
        self.say("freeze-scores", members[0])
        self.opening.open_prices()
        self.say("compute-scores", members[0])
        return members


def points_of(code: str, full: Decimal, place: int) -> Decimal:
    """What the member in this place gives: less for later codes, a little by member."""
    share = Decimal(95 - 4 * int(code[1:]) - place) / 100
    return (full * share).quantize(Decimal("0.01"))


def build(opening: Opened, experts: int = 9) -> Drawn:
    return Drawn(opening=opening, experts={user.urn: user for user in pool(opening, experts)})
