"""What must hold of a grievance that is filed: by whom, when, and after what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import (
    calendar,
    candidates,
    grievance_terms,
    grievances,
    lifecycle,
    planning,
    procedure,
)
from trading.domain.acts import find_organisation
from trading.domain.grievance_drafts import LODGE, Draft
from trading.domain.grievances import checked
from trading.enums import GrievanceAbout, GrievanceKind, LotRole
from trading.models import Assignment, Exhibit, Grievance, Lot, Organisation

#: After the deadline those tender whose bids the committee judged.
_AFTER_DEADLINE = frozenset({GrievanceAbout.CANDIDATES, GrievanceAbout.RESULT})


@dataclass(frozen=True)
class Checked:
    """A draft whose every condition holds now."""

    organisation: Organisation
    interest: str
    known: date | None
    facts: str
    requests: str
    objection: Grievance | None


def tendered(lot: Lot, organisation: Organisation, about: str) -> bool:
    """Whether an organisation takes part: it fetched the documents; and, once bids were judged,
    its bid is among them."""
    if about in _AFTER_DEADLINE and Exhibit.objects.filter(lot=lot, kind=candidates.REPORT):
        found = candidates.ranking(lot)
        known = {one.organisation.pk for one in found.ranked}
        return organisation.pk in known | {one.organisation.pk for one in found.rejected}
    return Assignment.objects.filter(
        lot=lot, organisation=organisation, role=LotRole.TENDERER, until__isnull=True
    ).exists()


def check(lot: Lot, draft: Draft, *, person: User | None, now: datetime) -> Checked:
    """Everything beside stage, role and dates that the command itself asks for.

    Raises :class:`Denied`, :class:`Malformed` or :class:`Refused` with the rule.
    """
    if lot.published_at is None:
        raise NotFound(_("There is no such lot."), code="unknown-lot")
    rules = procedure.of(lot)
    organisation = find_organisation(draft.organisation)
    if not access.acts_for(person, organisation.pk, now):
        raise Denied(_("You do not act for this organisation."), code="wrong-organisation")
    if organisation.pk in (lot.project.tenderee_id, lot.project.agency_id):
        raise Refused(
            _("%(name)s holds this tender itself and has nobody to object to.")
            % {"name": organisation.name},
            code="own-tender",
        )
    if not access.is_verified(organisation, now):
        raise Refused(
            _("%(name)s is not verified yet.") % {"name": organisation.name}, code="not-verified"
        )
    facts = checked(draft.facts, "facts")
    requests = checked(draft.requests, "requests", most=grievances.LONGEST_ORDER)
    interest = _interest(lot, organisation, draft)
    objection = _objection(lot, organisation, draft) if draft.complains else None
    if draft.complains:
        _require_first(rules, draft, objection, now=now)
    known = _known(rules, draft, objection, now=now)
    if draft.complains:
        start = known or calendar.local_day(objection.filed_at if objection else now)
        term = grievance_terms.complaint_until(rules, known=start, objection=objection)
    else:
        term = grievance_terms.objection_until(lot, draft.about, organisation, known)
    grievance_terms.require_in_time(term, now=now)
    _require_once(lot, organisation, draft, objection)
    return Checked(organisation, interest, known, facts, requests, objection)


def _interest(lot: Lot, organisation: Organisation, draft: Draft) -> str:
    """Who does not tender says what concerns it; who does, need not."""
    if tendered(lot, organisation, draft.about):
        return ""
    command = procedure.of(lot).commands.get(draft.step)
    if command is not None and LotRole.PROSPECT.value not in command.roles:
        raise Denied(
            _("Only tenderers that take part may do this."),
            code="not-a-tenderer",
            rule=procedure.of(lot).cite(command),
        )
    return checked(draft.interest, "interest", most=grievances.LONGEST_NOTICE)


def _known(
    rules: procedure.Procedure, draft: Draft, objection: Grievance | None, *, now: datetime
) -> date | None:
    asked = grievance_terms.counts_from_knowing(rules, draft.about, complains=draft.complains)
    if not draft.known:
        if asked and objection is None:
            raise Malformed(
                _("Say since which day you know of what you bring forward."), code="bad-known"
            )
        return None
    latest = calendar.local_day(objection.filed_at if objection is not None else now)
    try:
        known = date.fromisoformat(draft.known)
    except ValueError:
        raise Malformed(_("This is no day; write it as 2026-05-04."), code="bad-known") from None
    if known > latest:
        raise Malformed(
            _("You cannot have learnt of it later than %(day)s.") % {"day": latest.isoformat()},
            code="bad-known",
        )
    return known


def _objection(lot: Lot, organisation: Organisation, draft: Draft) -> Grievance | None:
    """The own objection that a complaint names; another's is not told to exist."""
    if not draft.objection:
        return None
    identifier = draft.objection.removeprefix("grievance:")
    try:
        rows = Grievance.objects.filter(lot=lot, organisation=organisation, pk=UUID(identifier))
    except ValueError:
        rows = Grievance.objects.none()
    row = rows.exclude(kind=GrievanceKind.COMPLAINT).first()
    if row is None:
        raise NotFound(
            _("You have made no such objection on this lot."), code="unknown-objection"
        )
    if row.about != draft.about:
        raise Refused(
            _("The complaint goes beyond what was objected to."), code="beyond-the-objection"
        )
    return row


def _require_first(
    rules: procedure.Procedure, draft: Draft, objection: Grievance | None, *, now: datetime
) -> None:
    """A complaint follows an answer, or an objection that was not answered in time."""
    command = rules.commands.get(LODGE)
    rule = rules.cite(command) if command is not None else None
    if objection is None:
        if grievance_terms.needs_objection(rules, draft.about):
            raise Refused(
                _("Before you complain of this you object to it, and wait for the answer."),
                code="objection-first",
                rule=rule,
            )
        return
    if objection.closed_at is None and objection.due_at is not None and now < objection.due_at:
        raise Refused(
            _("Your objection is being answered until %(until)s. Then you may complain.")
            % {"until": planning.shown_end(objection.due_at)},
            code="answer-awaited",
            rule=rule,
        )
    if objection.steps.filter(kind="withdraw").exists():
        raise Refused(
            _("You withdrew this objection; nothing is left to complain of."),
            code="objection-withdrawn",
            rule=rule,
        )


def _require_once(
    lot: Lot, organisation: Organisation, draft: Draft, objection: Grievance | None
) -> None:
    rows = Grievance.objects.filter(lot=lot, organisation=organisation, about=draft.about)
    if draft.complains:
        rows = rows.filter(kind=GrievanceKind.COMPLAINT)
        twice = rows.filter(objection=objection) if objection is not None else rows.filter(
            closed_at__isnull=True
        )
    else:
        twice = rows.filter(closed_at__isnull=True).exclude(kind=GrievanceKind.COMPLAINT)
    if twice.exists():
        raise Refused(
            _("You have filed one about this already; it is being dealt with or was decided."),
            code="filed-already",
        )


def require_fileable(lot: Lot, draft: Draft, *, person: User, now: datetime) -> Checked:
    """Refuse before anything is signed what the act would refuse."""
    roles = access.roles_of(person, lot, now)
    lifecycle.check(lot, draft.step, actor_roles=roles, now=now)
    return check(lot, draft, person=person, now=now)
