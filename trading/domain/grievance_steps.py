"""What becomes of a grievance: which act a signed step is; each answered, withdrawn or decided.

The parties' steps are in :mod:`trading.domain.grievance_answers`, supervision's in
:mod:`trading.domain.grievance_decisions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.errors import Malformed, Refused
from signatures.models import User
from trading.domain import grievances, registry
from trading.domain.acts import LotAct, find_lot
from trading.domain.grievance_answers import AnswerObjection, WithdrawComplaint, WithdrawObjection
from trading.domain.grievance_decisions import (
    DecideComplaint,
    EndSuspension,
    SuspendForComplaint,
    TakeUpComplaint,
)
from trading.domain.grievance_step import StepOnGrievance
from trading.domain.grievance_words import (
    ANSWERED,
    DECIDE,
    FIELDS,
    PURPOSE,
    SUSPEND,
    TAKE_UP,
    WITHDRAWN,
)
from trading.domain.signed import Signed, accept
from trading.enums import GrievanceStepKind
from trading.models import Grievance

STEPS: Mapping[GrievanceStepKind, type[StepOnGrievance]] = {
    ANSWERED: AnswerObjection,
    WITHDRAWN: WithdrawObjection,
    TAKE_UP: TakeUpComplaint,
    SUSPEND: SuspendForComplaint,
    DECIDE: DecideComplaint,
}


def prepare(person: User, lot: UUID, pk: UUID, step: str, signed: Signed) -> StepOnGrievance:
    """The act of a signed step; checks all that needs no lock."""
    row = grievances.find(find_lot(lot), pk, person)
    if step not in GrievanceStepKind.values:
        raise Malformed(_("There is no such step."), code="no-such-step")
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS)
    if accepted.value["step"] != step:
        raise Refused(_("The statement is about something else."), code="other-step")
    act = act_of(row, step)
    return act(lot=lot, grievance=pk, signed=accepted, size=len(signed.statement))


def act_of(grievance: Grievance, step: str) -> type[StepOnGrievance]:
    """The act of a step on this grievance; withdrawals differ by its kind."""
    if step == WITHDRAWN and grievance.is_complaint:
        return WithdrawComplaint
    return STEPS[GrievanceStepKind(step)]


def register() -> None:
    """Make the commands nameable; called when the app is ready."""
    acts: tuple[type[LotAct], ...] = (*STEPS.values(), WithdrawComplaint, EndSuspension)
    for act in acts:
        registry.register_command(act.name, act)
