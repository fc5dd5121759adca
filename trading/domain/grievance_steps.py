"""What becomes of a grievance: answered, withdrawn, taken up, suspended for, decided; each signed.

Every step is one statement ``sunlit.grievance-step/1`` over the grievance, the step and all of its
words, and one exhibit of the dossier. With the last one that held the lot still, the lot goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from signatures.domain import statements
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, Refused
from signatures.models import User
from trading import access
from trading.domain import (
    calendar,
    grievance_terms,
    grievances,
    lifecycle,
    messages,
    planning,
    procedure,
    registry,
)
from trading.domain.acts import LotAct, find_lot
from trading.domain.grievances import KEEPERS, LONGEST_NOTICE, LONGEST_ORDER, RESPONDENTS, checked
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import GrievanceOutcome, GrievanceStepKind, LotState
from trading.models import Grievance, Lot, Organisation

PURPOSE = "sunlit.grievance-step/1"
FIELDS = frozenset({"lot", "grievance", "step", "outcome", "text", "ordered", "notice", "until"})
ANSWERED, WITHDRAWN = GrievanceStepKind.ANSWER, GrievanceStepKind.WITHDRAW
TAKE_UP, SUSPEND = GrievanceStepKind.TAKE_UP, GrievanceStepKind.SUSPEND
DECIDE = GrievanceStepKind.DECIDE


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a step says; empty texts where they do not apply. ``until`` is a day."""

    text: str
    outcome: str = ""
    ordered: str = ""
    notice: str = ""
    until: str = ""


@dataclass(frozen=True)
class Checked:
    """The same with every condition of its kind kept."""

    text: str
    outcome: str = ""
    ordered: str = ""
    notice: str = ""
    until: datetime | None = None


def says(grievance: Grievance, step: str, words: Words) -> dict[str, Any]:
    """What the statement of a step says."""
    return {
        "lot": grievance.lot.urn,
        "grievance": grievance.urn,
        "step": step,
        "outcome": words.outcome,
        "text": words.text,
        "ordered": words.ordered,
        "notice": words.notice,
        "until": words.until,
    }


def statement(grievance: Grievance, step: str, words: Words, *, at: datetime) -> bytes:
    """The statement that is signed to take a step."""
    said = says(grievance, step, words)
    return statements.build(PURPOSE, origin=settings.ORIGIN, at=at, **said)


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


# --- the acts ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class StepOnGrievance(LotAct):
    """One signed step. Result: ``{"grievance", "step", "exhibit", "late", "state"}``."""

    kind: ClassVar[GrievanceStepKind]
    exhibit: ClassVar[str]
    of_complaints: ClassVar[bool] = True

    grievance: UUID
    signed: Accepted
    size: int = field(metadata={"request": False})

    @classmethod
    def check(cls, row: Grievance, words: Words, *, now: datetime) -> Checked:
        """The words as they are taken, or what is wrong with them."""
        return Checked(checked(words.text, "text"))

    @classmethod
    def require(cls, row: Grievance) -> None:
        """Refuse a step that does not belong to this grievance, or not now."""
        if row.is_complaint != cls.of_complaints:
            raise Refused(
                _("Complaints are decided by supervision, objections answered by the tenderee."),
                code="other-kind",
            )
        grievances.require_open(row)

    @classmethod
    def require_possible(
        cls, row: Grievance, words: Words, *, person: User, now: datetime
    ) -> Checked:
        """Refuse before anything is signed what the act would refuse."""
        roles = access.roles_of(person, row.lot, now)
        lifecycle.check(row.lot, cls.step or cls.name, actor_roles=roles, now=now)
        cls.require_own(row, person, now)
        cls.require(row)
        return cls.check(row, words, now=now)

    @classmethod
    def require_own(cls, row: Grievance, person: User | None, now: datetime | None) -> None:
        """Refuse who may not take this step on this one."""

    def permit(self, actor: Actor) -> None:
        super().permit(actor)
        row = grievances.find(find_lot(self.lot), self.grievance, actor.user)
        self.require_own(row, actor.user, None)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.signed.require_bound(scene.actor)
        row = grievances.find(lot, self.grievance, scene.actor.user, scene.now)
        row.lot = lot
        self.require_own(row, scene.actor.user, scene.now)
        said = self.signed.value
        if any(not isinstance(said[name], str) for name in FIELDS):
            raise Malformed(_("Every field of this statement is a text."), code="bad-statement")
        if (said["lot"], said["grievance"], said["step"]) != (lot.urn, row.urn, self.kind):
            raise Refused(_("The statement is about something else."), code="other-step")
        self.require(row)
        words = Words(**{name: said[name] for name in ("text", "outcome", "ordered", "notice",
                                                       "until")})
        ran = lot.state == LotState.ACTIVE
        self.move(scene, lot)
        made = self.check(row, words, now=scene.now)
        late = self._late(row, scene.now)
        paper = grievances.file_paper(
            scene, lot, self.signed, self.size, kind=self.exhibit, number=row.number,
            facts=self._facts(row, made, late), audience=self._audience(row, made),
        )
        grievances.step_of(
            scene, row, self.kind, self.signed, paper,
            outcome=made.outcome, text=made.text, ordered=made.ordered, notice=made.notice,
            until=made.until, late=late,
        )
        self.settle(scene, row, made, ran=ran)
        self._tell(scene, row, made)
        return {
            "grievance": str(row.pk), "step": str(self.kind), "exhibit": str(paper.pk),
            "late": late, "state": lot.state,
        }

    def move(self, scene: Scene, lot: Lot) -> None:
        """What the procedure says this step does to the lot; entered as the platform's own."""
        lifecycle.apply(
            scene.following(), lot, self.step_name(),
            actor_roles=access.actor_roles(scene.actor, lot, scene.now),
        )

    def settle(self, scene: Scene, row: Grievance, made: Checked, *, ran: bool) -> None:
        """What the step makes of the grievance; by default it is closed."""
        grievances.close(row, now=scene.now)

    def _late(self, row: Grievance, now: datetime) -> list[str]:
        """The rule of days that this step did not keep; it is taken all the same."""
        if row.due_at is None or now <= row.due_at or not self.is_due():
            return []
        rule = grievance_terms.due_rule(row)
        return [rule.name] if rule is not None else []

    def is_due(self) -> bool:
        """Whether the term that runs is this step's."""
        return self.kind not in (WITHDRAWN, SUSPEND)

    def _facts(self, row: Grievance, made: Checked, late: list[str]) -> dict[str, Any]:
        return {
            "grievance": row.urn,
            "number": row.number,
            "about": row.about,
            "outcome": made.outcome,
            "notice": made.notice,
            "until": planning.shown_end(made.until) if made.until else None,
            "late": late,
        }

    def _audience(self, row: Grievance, made: Checked) -> frozenset[str]:
        parties = self._parties(row, made)
        return frozenset({*KEEPERS, row.organisation.urn, *(RESPONDENTS if parties else ())})

    def _parties(self, row: Grievance, made: Checked) -> bool:
        """Whether tenderee and agency take part: in a complaint once it is taken up."""
        return (
            not row.is_complaint
            or row.taken_up_at is not None
            or made.outcome == GrievanceOutcome.TAKEN_UP
        )

    def recipients(self, row: Grievance, made: Checked) -> list[Organisation]:
        """Who is told of the step by name."""
        parties = grievances.respondents(row.lot) if self._parties(row, made) else []
        return [row.organisation, *parties]

    def template(self, row: Grievance, made: Checked) -> str:
        return f"{row.kind}-{made.outcome or self.kind}"

    def _tell(self, scene: Scene, row: Grievance, made: Checked) -> None:
        messages.send(
            scene.following(),
            to=self.recipients(row, made),
            template=self.template(row, made),
            lot=row.lot,
            context={
                "number": str(row.number),
                "until": planning.shown_end(row.due_at) if row.due_at else "—",
            },
            evidence=True,
        )


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
        _closed(scene, row)

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
        _closed(scene, row)


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


def _closed(scene: Scene, row: Grievance) -> None:
    """Nothing follows any more; what it held still goes on."""
    halted = row.halts
    grievances.close(row, now=scene.now)
    if halted:
        grievances.release(scene, row)


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
        _closed(scene, row)


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


STEPS: Mapping[GrievanceStepKind, type[StepOnGrievance]] = {
    ANSWERED: AnswerObjection,
    WITHDRAWN: WithdrawObjection,
    TAKE_UP: TakeUpComplaint,
    SUSPEND: SuspendForComplaint,
    DECIDE: DecideComplaint,
}


def register() -> None:
    """Make the commands nameable; called when the app is ready."""
    acts: tuple[type[LotAct], ...] = (*STEPS.values(), WithdrawComplaint, EndSuspension)
    for act in acts:
        registry.register_command(act.name, act)
