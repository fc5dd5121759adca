"""A committee that may ask, tenderers that may answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bidding.domain import clarification_answers, evaluation
from bidding.models import Clarification, RoomEvent
from signatures.domain import clock, guard
from signatures.domain.act import Actor, dispatch
from signatures.models import LedgerEntry, LedgerOpening, User
from tests.bidding.drawn import Drawn
from tests.factories.signing import Api
from trading.domain.signed import Signed
from trading.models import Exhibit, Message

POINT, QUESTION, ANSWER = "第12页", "总工期两处不一致，以哪一处为准？", "以第12页的三百日为准。"


@dataclass
class Clarifying:
    """A lot whose committee scores; the first member is its chair."""

    world: Drawn
    members: list[User] = field(default_factory=list)

    @property
    def lot(self) -> Any:
        return self.world.opening.lot

    @property
    def chair(self) -> User:
        return self.members[0]

    def begin(self, *, chair: bool = True) -> None:
        self.members = self.world.begin()
        if chair:
            for one in self.members[:3]:
                self.world.say("elect-chair", one, member=self.chair.urn)

    def document(self, number: int = 0) -> Exhibit:
        """The blind document of a bid of ``opened.TENDERERS``."""
        code = self.world.code_of(number)
        rows = Exhibit.objects.filter(lot=self.lot, kind=evaluation.DOCUMENT)
        return next(each for each in rows if each.facts["code"] == code)

    def asking(self, number: int = 0, **other: Any) -> dict[str, Any]:
        return {
            "document": str(self.document(number).pk), "point": POINT, "question": QUESTION,
            "minutes": 60, **other,
        }  # fmt: skip

    def ask(self, number: int = 0, by: User | None = None, **other: Any) -> Clarification:
        made = self.world.say(
            "ask-clarification", by or self.chair, **self.asking(number, **other)
        )
        return Clarification.objects.get(pk=made["clarification"])

    def statement(self, row: Clarification, by: User, **other: Any) -> dict[str, str]:
        """The signed answer, as it travels."""
        fields = {
            **clarification_answers.asked(row), "answer": ANSWER, "within_bid": True, **other
        }
        return self.world.opening.signed(by, "sunlit.clarification/1", **fields)

    def signed(self, row: Clarification, by: User, **other: Any) -> Signed:
        sent = self.statement(row, by, **other)
        return Signed.from_base64(sent["statement"], sent["signature"])

    def answer(self, row: Clarification, by: User, **other: Any) -> dict[str, Any]:
        act = clarification_answers.prepare(by, self.lot, row.pk, self.signed(row, by, **other))
        return dispatch(act, actor=Actor.person(by)).result

    def end(self, row: Clarification) -> Clarification:
        """The time to answer has ended a minute ago."""
        with guard.writes("test arrangement"):
            row.until = clock.now() - timedelta(minutes=1)
            row.save()
        return row

    def api(self, user: User | None) -> Api:
        return self.world.opening.api(user)

    def state(self) -> tuple[Any, ...]:
        """Everything that a refused act must leave as it was."""
        return (
            list(Clarification.objects.order_by("pk").values()),
            RoomEvent.objects.count(),
            LedgerEntry.objects.count(),
            LedgerOpening.objects.count(),
            Exhibit.objects.count(),
            Message.objects.count(),
        )
