"""What the parties do about a grievance: the tenderee answers it, whoever filed it withdraws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from signatures.domain.act import Scene, command
from signatures.domain.errors import Denied
from signatures.models import User
from trading import access
from trading.domain import grievances
from trading.domain.grievance_step import StepOnGrievance, closed
from trading.domain.grievance_words import ANSWERED, WITHDRAWN, Checked, Words
from trading.domain.grievances import checked
from trading.enums import GrievanceStepKind
from trading.models import Grievance, Organisation


@command(grievances.ANSWER)
@dataclass(frozen=True, kw_only=True)
class AnswerObjection(StepOnGrievance):
    """Tenderee or agency answers an objection or challenge, once; late ones are recorded as late.

    With the last open one the lot goes on.
    """

    kind: ClassVar[GrievanceStepKind] = ANSWERED
    exhibit: ClassVar[str] = "objection-answer"
    of_complaints: ClassVar[bool] = False

    def settle(self, scene: Scene, row: Grievance, made: Checked, *, ran: bool) -> None:
        closed(scene, row)

    def recipients(self, row: Grievance, made: Checked) -> list[Organisation]:
        return [row.organisation]


@dataclass(frozen=True, kw_only=True)
class _Withdraw(StepOnGrievance):
    kind: ClassVar[GrievanceStepKind] = WITHDRAWN
    exhibit: ClassVar[str] = "grievance-withdrawal"

    @classmethod
    def require_own(cls, row: Grievance, person: User | None, now: datetime | None) -> None:
        if not access.acts_for(person, row.organisation_id, now):
            raise Denied(
                _("Only who filed it withdraws it."), code="not-the-filer"
            )

    @classmethod
    def check(cls, row: Grievance, words: Words, *, now: datetime) -> Checked:
        return Checked(checked(words.text, "text", least=0))

    def settle(self, scene: Scene, row: Grievance, made: Checked, *, ran: bool) -> None:
        closed(scene, row)


@command(grievances.WITHDRAW)
@dataclass(frozen=True, kw_only=True)
class WithdrawObjection(_Withdraw):
    """Whoever objected takes it back; the lot goes on if nothing else holds it."""

    of_complaints: ClassVar[bool] = False

    def recipients(self, row: Grievance, made: Checked) -> list[Organisation]:
        return grievances.respondents(row.lot)


@command("trading.withdraw-complaint")
@dataclass(frozen=True, kw_only=True)
class WithdrawComplaint(_Withdraw):
    """Whoever complained takes it back; supervision is told, and its suspension ends."""

    def recipients(self, row: Grievance, made: Checked) -> list[Organisation]:
        parties = grievances.respondents(row.lot) if row.taken_up_at is not None else []
        return [*grievances.supervisors(), *parties]
