"""By when a grievance may be filed and must be answered: from the lot's own procedure file.

A command ``trading.object-to-<about>`` of the file says at which stages and until which date of the
lot it may be filed; rules of days named here say the rest, counted from moments of the single case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from signatures.domain.errors import Refused
from trading.domain import calendar, planning, procedure
from trading.domain.procedure import DayRule, Procedure
from trading.enums import GrievanceAbout, GrievanceKind
from trading.models import Download, Grievance, Lot, Organisation

#: Events of a file from and to which rules of days count.
RECEIVED, KNOWN = "documents-received", "grievance-known"
COMPLAINT, TAKEN_UP, DECIDED = "complaint", "complaint-taken-up", "complaint-decided"
SUSPENDED = "complaint-suspended"
#: What is objected to before it is complained of (TBR 60); elsewhere the file says so by counting
#: from the answer.
OBJECTED_FIRST = frozenset(
    {GrievanceAbout.PREQUALIFICATION, GrievanceAbout.DOCUMENTS, GrievanceAbout.CANDIDATES}
)


@dataclass(frozen=True)
class Term:
    """A moment that ends a term, and the rule of days that it follows from."""

    until: datetime
    rule: DayRule


def kind_of(rules: Procedure) -> GrievanceKind:
    """What an objection is in this procedure: where the file answers challenges, a challenge."""
    if "challenge-answer" in rules.days:
        return GrievanceKind.CHALLENGE
    return GrievanceKind.OBJECTION


def _end(rule: DayRule, start: date) -> Term:
    day = calendar.load().last_day(start, rule.count, rule.unit)
    return Term(calendar.moment(day), rule)


def _towards(rules: Procedure, event: str) -> DayRule | None:
    return next((rule for rule in rules.days.values() if rule.to == event), None)


# --- filing --------------------------------------------------------------------------------------


def received_on(lot: Lot, organisation: Organisation) -> date | None:
    """The day on which an organisation first fetched a document of the lot."""
    first = Download.objects.filter(document__lot=lot, organisation=organisation).order_by("at")
    at = first.values_list("at", flat=True).first()
    return None if at is None else calendar.local_day(at)


def counts_from_knowing(rules: Procedure, about: str, *, complains: bool) -> bool:
    """Whether the days to file count from a day that whoever files has to state."""
    rule = _towards(rules, COMPLAINT) if complains else _filing_rule(rules, about)
    return rule is not None and rule.from_ == KNOWN


def _filing_rule(rules: Procedure, about: str) -> DayRule | None:
    return rules.days.get(f"{kind_of(rules).value}-of-{about}")


def objection_until(
    lot: Lot, about: str, organisation: Organisation, known: date | None
) -> Term | None:
    """Until when this organisation may object, beyond what the command itself says."""
    rule = _filing_rule(procedure.of(lot), about)
    if rule is None:
        return None
    start = received_on(lot, organisation) if rule.from_ == RECEIVED else known
    return None if start is None else _end(rule, start)


def needs_objection(rules: Procedure, about: str) -> bool:
    """Whether a complaint about this needs an objection, or a challenge, before it."""
    rule = _towards(rules, COMPLAINT)
    return about in OBJECTED_FIRST or (rule is not None and rule.from_ != KNOWN)


def complaint_until(
    rules: Procedure, *, known: date, objection: Grievance | None
) -> Term | None:
    """Until when a complaint may be lodged; None where the procedure knows none.

    The days from objection to answer are not counted (TBR 60); where the file counts from the
    answer, they begin with it. An answer that never came ends with its term.
    """
    rule = _towards(rules, COMPLAINT)
    if rule is None:
        return None
    if objection is None:
        return _end(rule, known)
    filed, answered = calendar.local_day(objection.filed_at), _answered_on(objection)
    if rule.from_ != KNOWN:
        return _end(rule, answered)
    return _end(rule, known + (answered - filed))


def _answered_on(objection: Grievance) -> date:
    if objection.closed_at is not None:
        return calendar.local_day(objection.closed_at)
    if objection.due_at is None:  # pragma: no cover - open objections have their term
        return calendar.local_day(objection.filed_at)
    return calendar.last_day_of(objection.due_at)


def require_in_time(term: Term | None, *, now: datetime) -> None:
    """Refuse what is filed after its term, with the rule."""
    if term is not None and now >= term.until:
        raise Refused(
            _("It is too late for this: the time ended on %(until)s.")
            % {"until": planning.shown_end(term.until)},
            code="too-late",
            rule=term.rule.article,
        )


# --- what is due ---------------------------------------------------------------------------------


def answer_rule(rules: Procedure) -> DayRule:
    """The rule of days within which an objection or challenge is answered."""
    return rules.days[f"{kind_of(rules).value}-answer"]


def answer_until(rules: Procedure, *, filed: datetime) -> datetime:
    """The end of the days to answer what is filed now."""
    return _end(answer_rule(rules), calendar.local_day(filed)).until


def take_up(rules: Procedure, *, lodged: datetime) -> Term | None:
    """By when it is decided whether a complaint is taken up; None where the file does not say."""
    rule = _towards(rules, TAKEN_UP)
    return None if rule is None else _end(rule, calendar.local_day(lodged))


def decision(rules: Procedure, *, lodged: datetime, taken_up: datetime) -> Term | None:
    """By when a complaint that is taken up is decided."""
    rule = _towards(rules, DECIDED)
    if rule is None:
        return None
    start = lodged if rule.from_ == COMPLAINT else taken_up
    return _end(rule, calendar.local_day(start))


def suspension(rules: Procedure, *, now: datetime) -> Term | None:
    """How long supervision may suspend a lot for a complaint; None where the law names no days."""
    rule = next((each for each in rules.days.values() if each.from_ == SUSPENDED), None)
    return None if rule is None else _end(rule, calendar.local_day(now))


def due_rule(grievance: Grievance) -> DayRule | None:
    """The rule of days that the term of an open grievance follows from."""
    rules = procedure.of(grievance.lot)
    if not grievance.is_complaint:
        return answer_rule(rules)
    return _towards(rules, TAKEN_UP if grievance.taken_up_at is None else DECIDED)


def soon(due: datetime) -> datetime:
    """From when whoever has to act is told that a term ends: a day before."""
    return due - timedelta(days=1)
