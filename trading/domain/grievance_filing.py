"""Filing: an objection or challenge to the tenderee, a complaint to supervision.

The signed statement ``sunlit.grievance/1`` holds everything that is filed. Where the procedure file
says so, the lot stands still from that very act on, until the last one is answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from signatures.domain import statements
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import (
    calendar,
    candidates,
    grievance_terms,
    grievances,
    lifecycle,
    messages,
    planning,
    procedure,
    registry,
)
from trading.domain.acts import LotAct, find_lot, find_organisation
from trading.domain.grievances import RESPONDENTS, checked
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import GrievanceAbout, GrievanceKind, LotRole, LotState
from trading.models import Assignment, Exhibit, Grievance, Lot, Organisation

PURPOSE = "sunlit.grievance/1"
FIELDS = frozenset(
    {"lot", "kind", "about", "organisation", "interest", "known", "facts", "requests", "objection"}
)
LODGE = "trading.lodge-complaint"
#: After the deadline those tender whose bids the committee judged.
_AFTER_DEADLINE = frozenset({GrievanceAbout.CANDIDATES, GrievanceAbout.RESULT})


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What somebody wants to file. ``known`` is a day as ``2026-03-10``, ``objection`` the URN of
    the objection before a complaint; empty texts where they do not apply."""

    about: str
    organisation: UUID
    facts: str
    requests: str
    complains: bool = False
    interest: str = ""
    known: str = ""
    objection: str = ""

    @property
    def step(self) -> str:
        """The procedure's command."""
        return LODGE if self.complains else f"{grievances.OBJECT}{self.about}"

    def says(self, lot: Lot) -> dict[str, Any]:
        """What the statement of this says."""
        words = {name: str(value) for name, value in asdict(self).items() if name != "complains"}
        kind = grievance_terms.kind_of(procedure.of(lot))
        return {
            **words,
            "lot": lot.urn,
            "kind": str(GrievanceKind.COMPLAINT if self.complains else kind),
            "organisation": f"org:{self.organisation}",
        }


def statement(lot: Lot, draft: Draft, *, at: datetime) -> bytes:
    """The statement that is signed to file this."""
    return statements.build(PURPOSE, origin=settings.ORIGIN, at=at, **draft.says(lot))


def read(said: Mapping[str, Any]) -> Draft:
    """What a statement wants to file; raises :class:`Malformed`."""
    for name in FIELDS:
        if not isinstance(said[name], str):
            raise Malformed(_("Every field of this statement is a text."), code="bad-statement")
    try:
        organisation = UUID(said["organisation"].removeprefix("org:"))
    except ValueError:
        raise Malformed(_("That is no organisation."), code="bad-organisation") from None
    if said["kind"] not in GrievanceKind.values or said["about"] not in GrievanceAbout.values:
        raise Malformed(
            _("Say whether it is an objection or a complaint, and what it is about."),
            code="bad-about",
        )
    return Draft(
        about=said["about"],
        organisation=organisation,
        facts=said["facts"],
        requests=said["requests"],
        complains=said["kind"] == GrievanceKind.COMPLAINT,
        interest=said["interest"],
        known=said["known"],
        objection=said["objection"],
    )


# --- what must hold ------------------------------------------------------------------------------


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


# --- the act -------------------------------------------------------------------------------------


def prepare(person: User, lot: UUID, signed: Signed) -> File:
    """The act that files what this statement says; checks all that needs no lock."""
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS)
    draft = read(accepted.value)
    if accepted.value != {**accepted.value, **draft.says(find_lot(lot))}:
        raise Refused(_("The statement is about something else."), code="other-lot")
    act = LodgeComplaint if draft.complains else FileObjection
    return act(lot=lot, signed=accepted, size=len(signed.statement))


@dataclass(frozen=True, kw_only=True)
class File(LotAct):
    """File what a signed ``sunlit.grievance/1`` says. Result: ``{"grievance", "number", "exhibit",
    "state"}``."""

    complains: ClassVar[bool] = False

    signed: Accepted
    size: int = field(metadata={"request": False})

    @property
    def draft(self) -> Draft:
        return read(self.signed.value)

    def step_name(self) -> str:
        return self.draft.step

    def permit(self, actor: Actor) -> None:
        super().permit(actor)
        if not access.acts_for(actor.user, self.draft.organisation):
            raise Denied(_("You do not act for this organisation."), code="wrong-organisation")

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        draft = self.draft
        self.signed.require_bound(scene.actor)
        if draft.complains != self.complains or self.signed.value["lot"] != lot.urn:
            raise Refused(_("The statement is about something else."), code="other-lot")
        ran, holds = lot.state == LotState.ACTIVE, grievances.would_hold(lot)
        # Whoever objects is told to nobody by what follows: the move is entered as the platform's.
        lifecycle.apply(
            scene.following(), lot, draft.step,
            actor_roles=access.actor_roles(scene.actor, lot, scene.now),
        )
        made = check(lot, draft, person=scene.actor.user, now=scene.now)
        row = self._file(scene, lot, draft, made, holds=holds)
        if row.halts and ran and row.due_at is not None:
            grievances.tell_standstill(scene, row, until=row.due_at)
        return {
            "grievance": str(row.pk),
            "number": row.number,
            "exhibit": str(row.exhibit_id),
            "state": lot.state,
        }

    def _file(
        self, scene: Scene, lot: Lot, draft: Draft, made: Checked, *, holds: bool
    ) -> Grievance:
        rules = procedure.of(lot)
        kind = GrievanceKind.COMPLAINT if self.complains else grievance_terms.kind_of(rules)
        number = grievances.next_number(lot)
        pauses = not self.complains and rules.command(draft.step).to is not None
        parties = frozenset() if self.complains else RESPONDENTS
        exhibit = grievances.file_paper(
            scene, lot, self.signed, self.size, kind=str(kind), number=number,
            facts={
                "number": number,
                "about": draft.about,
                "organisation": made.organisation.urn,
                "objection": made.objection.urn if made.objection else None,
                "pauses": pauses,
            },
            audience=frozenset({*grievances.KEEPERS, *parties, made.organisation.urn}),
        )  # fmt: skip
        row = Grievance.objects.create(
            lot=lot, number=number, kind=kind, about=draft.about, organisation=made.organisation,
            interest=made.interest, known_on=made.known, facts=made.facts, requests=made.requests,
            objection=made.objection, filed_at=scene.now, digests=self.signed.digests(),
            exhibit=exhibit, due_at=self._due(rules, scene.now), pauses=pauses,
            halts=pauses and holds,
        )  # fmt: skip
        to = grievances.supervisors() if self.complains else grievances.respondents(lot)
        scene.enter(
            subject=row.urn,
            digests=self.signed.digests(),
            context={"lot": lot.urn, "about": draft.about, "organisation": made.organisation.urn},
            receipt_for=(
                made.organisation.urn,
                *(() if self.complains else (one.urn for one in to)),
            ),
        )
        messages.send(
            scene.following(),
            to=to,
            template="complaint-lodged" if self.complains else f"{kind}-filed",
            lot=lot,
            context={
                "number": str(number),
                "until": planning.shown_end(row.due_at) if row.due_at else "—",
            },
            evidence=True,
        )
        return row

    def _due(self, rules: procedure.Procedure, now: datetime) -> datetime | None:
        if not self.complains:
            return grievance_terms.answer_until(rules, filed=now)
        term = grievance_terms.take_up(rules, lodged=now) or grievance_terms.decision(
            rules, lodged=now, taken_up=now
        )
        return term.until if term is not None else None


@command("trading.file-objection")
@dataclass(frozen=True, kw_only=True)
class FileObjection(File):
    """Object, or challenge, for an organisation of one's own."""


@command(LODGE)
@dataclass(frozen=True, kw_only=True)
class LodgeComplaint(File):
    """Complain to supervision."""

    complains: ClassVar[bool] = True


def register() -> None:
    """Make the commands nameable; called when the app is ready."""
    registry.register_command(FileObjection.name, FileObjection)
    registry.register_command(LodgeComplaint.name, LodgeComplaint)
