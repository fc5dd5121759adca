"""What supervision does about a complaint: takes it up, suspends the lot for it, decides it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, Refused
from trading.domain import calendar, grievance_terms, grievances, planning, procedure
from trading.domain.acts import LotAct
from trading.domain.grievance_step import StepOnGrievance, closed
from trading.domain.grievance_words import DECIDE, SUSPEND, TAKE_UP, Checked, Words
from trading.domain.grievances import LONGEST_NOTICE, LONGEST_ORDER, checked
from trading.enums import GrievanceOutcome, GrievanceStepKind
from trading.models import Grievance


@command("trading.take-up-complaint")
@dataclass(frozen=True, kw_only=True)
class TakeUpComplaint(StepOnGrievance):
    """Supervision takes a complaint up, or does not, with its reasons."""

    kind: ClassVar[GrievanceStepKind] = TAKE_UP
    exhibit: ClassVar[str] = "complaint-taken-up"

    @classmethod
    def require(cls, row: Grievance) -> None:
        super().require(row)
        if row.taken_up_at is not None:
            raise Refused(_("This complaint was taken up already."), code="taken-up-already")

    @classmethod
    def check(cls, row: Grievance, words: Words, *, now: datetime) -> Checked:
        outcomes = (GrievanceOutcome.TAKEN_UP, GrievanceOutcome.NOT_TAKEN_UP)
        return Checked(checked(words.text, "text"), outcome=_outcome(words.outcome, outcomes))

    def settle(self, scene: Scene, row: Grievance, made: Checked, *, ran: bool) -> None:
        if made.outcome == GrievanceOutcome.NOT_TAKEN_UP:
            grievances.close(row, now=scene.now)
            return
        row.taken_up_at = scene.now
        row.save(update_fields=["taken_up_at"])
        rules = procedure.of(row.lot)
        term = grievance_terms.decision(rules, lodged=row.filed_at, taken_up=scene.now)
        grievances.await_by(row, term.until if term is not None else None)

    def is_due(self) -> bool:
        return True


@command("trading.suspend-for-complaint")
@dataclass(frozen=True, kw_only=True)
class SuspendForComplaint(StepOnGrievance):
    """Supervision has the lot stand still for a complaint that it has taken up, until a day.

    The law may bound the days; without a day it is as long as the law allows, or until the decision
    is due. ``notice`` is what everybody reads.
    """

    kind: ClassVar[GrievanceStepKind] = SUSPEND
    exhibit: ClassVar[str] = "complaint-suspension"

    @classmethod
    def require(cls, row: Grievance) -> None:
        super().require(row)
        _require_taken_up(row)
        if row.steps.filter(kind=SUSPEND).exists():
            raise Refused(
                _("The lot was suspended for this complaint once; that is not done again."),
                code="suspended-already",
            )

    @classmethod
    def check(cls, row: Grievance, words: Words, *, now: datetime) -> Checked:
        notice = checked(words.notice, "notice", most=LONGEST_NOTICE)
        grievances.require_nameless(notice, row.organisation)
        return Checked(
            checked(words.text, "text"), notice=notice, until=_until(row, words.until, now=now)
        )

    def decide(self, scene: Scene) -> Result:
        # Whether the lot stands still for grievances alone is known only before it is moved.
        holds = grievances.would_hold(scene.subject)
        Grievance.objects.filter(pk=self.grievance, closed_at__isnull=True).update(halts=holds)
        return super().decide(scene)

    def settle(self, scene: Scene, row: Grievance, made: Checked, *, ran: bool) -> None:
        row.suspended_until = made.until
        row.save(update_fields=["suspended_until"])
        if ran and made.until is not None:
            grievances.tell_standstill(scene, row, until=made.until)

    def template(self, row: Grievance, made: Checked) -> str:
        return "complaint-suspended"


@command("trading.decide-complaint")
@dataclass(frozen=True, kw_only=True)
class DecideComplaint(StepOnGrievance):
    """Supervision dismisses a complaint, or upholds it and orders what is to be done."""

    kind: ClassVar[GrievanceStepKind] = DECIDE
    exhibit: ClassVar[str] = "complaint-decision"

    @classmethod
    def require(cls, row: Grievance) -> None:
        super().require(row)
        _require_taken_up(row)

    @classmethod
    def check(cls, row: Grievance, words: Words, *, now: datetime) -> Checked:
        outcome = _outcome(words.outcome, (GrievanceOutcome.UPHELD, GrievanceOutcome.DISMISSED))
        least = grievances.SHORTEST if outcome == GrievanceOutcome.UPHELD else 0
        notice = checked(words.notice, "notice", most=LONGEST_NOTICE)
        grievances.require_nameless(notice, row.organisation)
        return Checked(
            checked(words.text, "text"),
            outcome=outcome,
            ordered=checked(words.ordered, "ordered", least=least, most=LONGEST_ORDER),
            notice=notice,
        )

    def settle(self, scene: Scene, row: Grievance, made: Checked, *, ran: bool) -> None:
        closed(scene, row)


@command("trading.end-complaint-suspension")
@dataclass(frozen=True, kw_only=True)
class EndSuspension(LotAct):
    """The clock ends a suspension whose time is over; the lot goes on if nothing else holds it."""

    roles: ClassVar[frozenset[str] | None] = frozenset({"clock"})

    grievance: UUID

    def decide(self, scene: Scene) -> Result:
        row = Grievance.objects.select_related("organisation").get(
            pk=self.grievance, lot=scene.subject
        )
        row.lot = scene.subject
        if row.suspended_until is None or scene.now < row.suspended_until or not row.is_open:
            raise Refused(_("No suspension ends here now."), code="too-early")
        row.suspended_until = None
        row.save(update_fields=["suspended_until"])
        scene.enter(subject=row.urn, context={"lot": row.lot.urn})
        went_on = row.halts and grievances.release(scene, row)
        return {"grievance": str(row.pk), "resumed": went_on}


# --- inside --------------------------------------------------------------------------------------


def _require_taken_up(row: Grievance) -> None:
    if row.taken_up_at is None:
        raise Refused(_("Take the complaint up first."), code="not-taken-up")


def _outcome(said: str, allowed: tuple[GrievanceOutcome, ...]) -> str:
    if said not in allowed:
        raise Malformed(_("Choose what you decide."), code="bad-outcome")
    return said


def _until(row: Grievance, said: str, *, now: datetime) -> datetime:
    """The end of the day until which the lot is suspended, within what the law allows."""
    term = grievance_terms.suspension(procedure.of(row.lot), now=now)
    longest = term.until if term is not None else None
    if not said:
        return longest or row.due_at or _tomorrow(now)
    try:
        until = calendar.moment(date.fromisoformat(said))
    except (ValueError, OverflowError):
        raise Malformed(_("This is no day; write it as 2026-05-04."), code="bad-until") from None
    if until <= now:
        raise Refused(_("This day is over already."), code="bad-until")
    if longest is not None and until > longest and term is not None:
        raise Refused(
            _("The lot may be suspended until %(until)s at most.")
            % {"until": planning.shown_end(longest)},
            code="too-long",
            rule=term.rule.article,
        )
    return until


def _tomorrow(now: datetime) -> datetime:
    return calendar.moment(calendar.load().add_days(calendar.local_day(now), 1))
