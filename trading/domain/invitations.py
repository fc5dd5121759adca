"""Invited tenders: who is asked to tender, what they answer, and that only they fetch and bid.

That an invited tender is held is public; who is invited is not (TBL 22). Each invitation is a row
and a hidden ledger entry, of which those who invite and the invited organisation alone hold the
receipt. An invited organisation has the role ``invitee`` until it refuses.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import calendar, grounds, messages, planning, procedure, registry, suspensions
from trading.domain.acts import LotAct, find_organisation
from trading.domain.calendar import Unit
from trading.domain.organisations import BLOCKED
from trading.domain.procedure import Procedure
from trading.domain.projects import assign
from trading.domain.registry import GuardScene
from trading.enums import LotRole, OrganisationKind
from trading.models import Assignment, Invitation, Lot, Organisation
from trading.models.invitation import MAX_REASON

INVITE, ANSWER = "trading.invite", "trading.answer-invitation"
OWN_TENDER = grounds.declare("own-tender", step=INVITE)
#: Who takes part is nobody else's to know.
TAKERS = grounds.declare("takers-secret", step="trading.record-download")
GUARD = "invitations-accepted"
FETCH = "trading.record-download"
#: The last moment of the lot at which an invitation may still be answered.
LAST = "documents-until"
#: How many must accept where the procedure file does not say.
LEAST = 3
#: Working days to answer where none are stated, and the least time that there must be.
USUAL_DAYS = 3
SHORTEST = timedelta(days=1)


def is_invited(rules: Procedure) -> bool:
    """Whether only invited organisations tender by this procedure."""
    return INVITE in rules.commands


def least(rules: Procedure) -> int:
    """How many must have accepted before the tender documents are on offer."""
    command = rules.commands.get("trading.publish-documents")
    uses = command.guards if command is not None else ()
    return next((int(use.parameters.get("count", LEAST)) for use in uses if use.name == GUARD), 0)


def require_invitable(lot: Lot, organisation: Organisation, *, now: datetime) -> None:
    """Refuse an organisation that may not tender for this lot at all."""
    if organisation.pk in (lot.project.tenderee_id, lot.project.agency_id):
        raise Refused(
            _("%(name)s holds this tender itself and cannot bid in it.")
            % {"name": organisation.name},
            code="own-tender",
            rule=OWN_TENDER.of(lot),
        )
    if OrganisationKind.TENDERER.value not in organisation.kinds or not access.is_verified(
        organisation, now
    ):
        raise Refused(
            _("%(name)s is not a verified tenderer.") % {"name": organisation.name},
            code="not-a-tenderer",
        )
    blocked = organisation.blocked_until
    if blocked is not None and access.is_blocked(organisation, now):
        raise Refused(
            _("%(name)s is kept out by a credit decision until %(until)s.")
            % {"name": organisation.name, "until": planning.shown(blocked)},
            code="blocked",
            rule=BLOCKED.of(lot, INVITE),
        )


def _last(lot: Lot) -> datetime | None:
    text = lot.dates.get(LAST)
    return jcs.parse_timestamp(text) if text else None


def usual_end(lot: Lot, *, now: datetime) -> datetime:
    """Until when an invitation of this moment is answered where nothing else is stated."""
    day = calendar.load().last_day(calendar.local_day(now), USUAL_DAYS, Unit.WORKING_DAYS)
    end, last = calendar.moment(day), _last(lot)
    return end if last is None else min(end, last)


def _parties(lot: Lot) -> list[Organisation]:
    """Who invites: the tenderee and its agency."""
    both = [lot.project.tenderee, lot.project.agency]
    return [one for one in both if one is not None]


@command(INVITE)
@dataclass(frozen=True, kw_only=True)
class Invite(LotAct):
    """Invite a verified tenderer; it alone is told, with evidence.

    Without ``answer_until`` it has the usual days to answer, at most until the documents are no
    longer to be had.
    """

    organisation: UUID
    answer_until: datetime | None = None

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        organisation = find_organisation(self.organisation)
        require_invitable(lot, organisation, now=scene.now)
        if Invitation.objects.filter(lot=lot, organisation=organisation).exists():
            raise Refused(
                _("%(name)s was invited already.") % {"name": organisation.name},
                code="already-invited",
            )
        row = Invitation.objects.create(
            lot=lot,
            organisation=organisation,
            invited_at=scene.now,
            invited_by=scene.actor.urn,
            answer_until=self._until(lot, scene.now),
        )
        assign(
            scene, lot=lot, role=LotRole.INVITEE, organisation=organisation, reason="invited"
        )
        scene.enter(
            subject=row.urn,
            context={
                "lot": lot.urn,
                "organisation": organisation.urn,
                "answer-until": jcs.timestamp(row.answer_until),
            },
            receipt_for=(organisation.urn, *(one.urn for one in _parties(lot))),
        )
        messages.send(
            scene,
            to=[organisation],
            template="invitation-sent",
            lot=lot,
            context={
                "name": organisation.name,
                "tenderee": lot.project.tenderee.name,
                "until": planning.shown_end(row.answer_until),
            },
            evidence=True,
        )
        return {"invitation": str(row.pk), "answer_until": jcs.timestamp(row.answer_until)}

    def _until(self, lot: Lot, now: datetime) -> datetime:
        until, last = self.answer_until or usual_end(lot, now=now), _last(lot)
        if until - now < SHORTEST or (last is not None and until > last):
            raise Refused(
                _("Leave at least one day to answer, and end it by %(last)s, when the documents"
                  " are no longer to be had.")
                % {"last": planning.shown_end(last) if last else "—"},
                code="bad-time",
            )
        return until


@command(ANSWER)
@dataclass(frozen=True, kw_only=True)
class AnswerInvitation(LotAct):
    """Accept an invitation, or refuse it and say why; once, for an organisation of one's own."""

    invitation: UUID
    accept: bool
    reason: str = ""

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row = self._own(scene, lot)
        if row.answered_at is not None:
            raise Refused(
                _("This invitation was answered already, and the answer stands."),
                code="answered-already",
            )
        self.proceed(scene)
        if scene.now > row.answer_until:
            raise Refused(
                _("This invitation was to be answered by %(until)s.")
                % {"until": planning.shown_end(row.answer_until)},
                code="too-late",
                rule=procedure.of(lot).cite(procedure.of(lot).command(ANSWER)),
            )
        reason = "" if self.accept else checked_reason(self.reason)
        if self.accept:
            require_invitable(lot, row.organisation, now=scene.now)
        row.accepted, row.answered_at, row.reason = self.accept, scene.now, reason
        row.save(update_fields=["accepted", "answered_at", "reason"])
        if not self.accept:
            Assignment.objects.filter(
                lot=lot, organisation=row.organisation, role=LotRole.INVITEE, until__isnull=True
            ).update(until=scene.now)
        scene.enter(
            subject=row.urn,
            digests={"reason": hashlib.sha256(reason.encode()).hexdigest()} if reason else {},
            context={
                "lot": lot.urn,
                "organisation": row.organisation.urn,
                "accepted": self.accept,
            },
            receipt_for=(row.organisation.urn, *(one.urn for one in _parties(lot))),
        )
        messages.send(
            scene,
            to=_parties(lot),
            template="invitation-accepted" if self.accept else "invitation-refused",
            lot=lot,
            context={"name": row.organisation.name, "reason": reason},
        )
        return {"invitation": str(row.pk), "accepted": self.accept}

    def _own(self, scene: Scene, lot: Lot) -> Invitation:
        """The invitation, if it is one's own; another's is not told to exist."""
        mine = access.organisations_of(scene.actor.user, scene.now)
        rows = Invitation.objects.select_related("organisation")
        row = rows.filter(pk=self.invitation, lot=lot, organisation__in=mine).first()
        if row is None:
            raise NotFound(
                _("There is no such invitation to you on this lot."), code="unknown-invitation"
            )
        return row


def checked_reason(text: str) -> str:
    """Why an invitation is refused, with plain line ends; raises :class:`Malformed`."""
    text = text.replace("\r\n", "\n").strip()
    if not 1 <= len(text) <= MAX_REASON:
        raise Malformed(
            _("Give the reason in 1 to %(most)d characters.") % {"most": MAX_REASON},
            code="bad-reason",
        )
    return text


def fetchers(lot: Lot) -> frozenset[UUID] | None:
    """The organisations that may fetch the documents; None where every tenderer may."""
    if not is_invited(procedure.of(lot)):
        return None
    rows = Invitation.objects.filter(lot=lot, accepted=True)
    return frozenset(rows.values_list("organisation_id", flat=True))


def require_accepted(lot: Lot, organisation: Organisation) -> None:
    """Refuse the documents of an invited tender to who was not invited or has not accepted."""
    allowed = fetchers(lot)
    if allowed is None or organisation.pk in allowed:
        return
    rules = procedure.of(lot)
    raise Denied(
        _("Only tenderers that were invited and have accepted fetch the documents of this tender."),
        code="not-invited",
        rule=rules.cite(rules.command(FETCH)),
    )


def visible(lot: Lot, *, viewer: User | None, at: datetime) -> list[Invitation]:
    """The invitations that this viewer may know of, in the order in which they were sent.

    All for those who invite and for supervision, one's own for an invited organisation, else none.
    """
    rows = Invitation.objects.filter(lot=lot)
    if access.roles_of(viewer, lot, at).isdisjoint(access.INVITATION_READERS):
        rows = rows.filter(organisation__in=access.organisations_of(viewer, at))
    return list(rows.select_related("organisation").order_by("invited_at", "pk"))


def counts(lots: Iterable[Lot]) -> dict[object, tuple[int, int]]:
    """By lot how many have accepted, and how many have not refused (yet)."""
    rows = Invitation.objects.filter(lot__in=list(lots)).values_list("lot_id")
    found = rows.annotate(
        accepts=Count("pk", filter=Q(accepted=True)),
        stays=Count("pk", filter=Q(accepted=True) | Q(accepted__isnull=True)),
    )
    return {lot: (accepts, stays) for lot, accepts, stays in found}


def invitations_accepted(scene: GuardScene) -> str | None:
    """At least ``count`` invited organisations have accepted."""
    wanted = scene.parameters.get("count", LEAST)
    accepted = Invitation.objects.filter(lot=scene.lot, accepted=True).count()
    if accepted >= wanted:
        return None
    return _("%(accepted)d of at least %(count)d invited tenderers have accepted so far.") % {
        "accepted": accepted,
        "count": wanted,
    }


def _resumed(scene: Scene, lot: Lot, since: datetime) -> None:
    """What was still to be answered when the lot stood still is due as many whole days later."""
    days = timedelta(days=math.ceil((scene.now - since) / timedelta(days=1)))
    rows = Invitation.objects.filter(lot=lot, answered_at__isnull=True, answer_until__gt=since)
    for row in rows:
        row.answer_until += days
        row.save(update_fields=["answer_until"])


def register() -> None:
    """Make the commands and the guard nameable; called when the app is ready."""
    registry.register_command(Invite.name, Invite)
    registry.register_command(AnswerInvitation.name, AnswerInvitation)
    registry.register_guard(GUARD, invitations_accepted)
    suspensions.on_resume(_resumed)
