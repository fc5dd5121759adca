"""Who may: plain predicates over memberships, assignments, stage and time.

Acts call them, so a socket, a task or a shell cannot go round them; views call the same ones to
hide what would be refused. ``at`` is the official time; without it (an act's first look, before
its lock) whatever is open-ended now counts, and the act looks again at its own time.

A page asks many times who its reader is. Inside :func:`remembering` the rows behind the answer are
read once; every act is outside, and reads them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q

from signatures.domain import jcs
from signatures.domain.act import Actor
from signatures.models import User
from trading.enums import PUBLIC, STANDING_ROLES, DocumentKind, LotRole
from trading.models import (
    Assignment,
    Download,
    Exhibit,
    Lot,
    Membership,
    Message,
    Organisation,
    Question,
)

#: Who reads the tender documents, apart from tenderers that have not fetched them yet.
DOCUMENT_READERS = frozenset(
    {
        LotRole.TENDEREE,
        LotRole.AGENCY,
        LotRole.TENDERER,
        LotRole.TRUSTEE,
        LotRole.EVALUATOR,
        LotRole.SUPERVISOR,
        LotRole.INSPECTOR,
        LotRole.ARCHIVIST,
    }
)
#: The audience of those who fetched this edition of the tender document, or a later one.
EDITION = "edition:{}"
#: Who reads a question before it is answered.
QUESTION_READERS = frozenset(
    {LotRole.TENDEREE, LotRole.AGENCY, LotRole.SUPERVISOR, LotRole.INSPECTOR}
)
#: Who learns who is invited to tender; an invited organisation learns of its own invitation.
INVITATION_READERS = frozenset({LotRole.TENDEREE, LotRole.AGENCY, LotRole.SUPERVISOR})

#: Processes of the platform that act in a lot, and as what.
PROCESS_ROLES = {"process:clock": frozenset({LotRole.CLOCK.value})}


_remembered: ContextVar[dict[Any, list[Any]] | None] = ContextVar("remembered", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Read memberships and assignments once: for the time of one request that changes nothing."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def _memberships(user: User) -> list[Membership]:
    known = _remembered.get()
    if known is not None and user.pk in known:
        return known[user.pk]
    rows = list(
        Membership.objects.filter(user=user)
        .select_related("organisation")
        .order_by("organisation_id", "pk")
    )
    if known is not None:
        known[user.pk] = rows
    return rows


def _assignments(
    user: User, organisations: list[Organisation], lot: UUID
) -> list[Assignment]:
    held_by = frozenset(one.pk for one in organisations)
    known, key = _remembered.get(), (user.pk, lot, held_by)
    if known is not None and key in known:
        return known[key]
    rows = list(
        Assignment.objects.filter(Q(user=user) | Q(organisation__in=held_by), lot_id=lot)
    )
    if known is not None:
        known[key] = rows
    return rows


def organisations_of(user: User | None, at: datetime | None = None) -> list[Organisation]:
    """The organisations for which this person acts."""
    if user is None or not user.is_authenticated or not user.is_active:
        return []
    rows = [row for row in _memberships(user) if _holds(row, at)]
    return list({row.organisation_id: row.organisation for row in rows}.values())


def acts_for(user: User | None, organisation: UUID, at: datetime | None = None) -> bool:
    """Whether this person acts for this organisation."""
    return any(one.pk == organisation for one in organisations_of(user, at))


def is_verified(organisation: Organisation, at: datetime | None = None) -> bool:
    """Whether the organisation's registration was verified (by ``at``)."""
    verified = organisation.verified_at
    return verified is not None and (at is None or verified <= at)


def is_blocked(organisation: Organisation, at: datetime) -> bool:
    """Whether a credit decision keeps the organisation out at ``at``."""
    return organisation.blocked_until is not None and at < organisation.blocked_until


def standing_roles(
    user: User | None, at: datetime | None = None, known: list[Organisation] | None = None
) -> frozenset[str]:
    """What somebody is on every lot, from the kinds of their verified organisations."""
    organisations = organisations_of(user, at) if known is None else known
    return frozenset(
        role.value
        for organisation in organisations
        if is_verified(organisation, at)
        for kind, role in STANDING_ROLES.items()
        if kind.value in organisation.kinds
    )


def kinds_of(user: User | None, at: datetime | None = None) -> frozenset[str]:
    """What kinds of verified organisation this person acts for."""
    return frozenset(
        kind
        for organisation in organisations_of(user, at)
        if is_verified(organisation, at)
        for kind in organisation.kinds
    )


def operates(user: User | None) -> bool:
    """Whether this person works at a verified trading centre, whose desk runs the platform."""
    return LotRole.OPERATOR.value in standing_roles(user)


def roles_of(user: User | None, lot: Lot | UUID, at: datetime | None = None) -> frozenset[str]:
    """What this person is to this lot: assigned, through an organisation, or by its kind.

    A recusal takes the role away, whatever else would give it.
    """
    organisations = organisations_of(user, at)
    if user is None or not user.is_authenticated or not user.is_active:
        return frozenset()
    rows = _assignments(user, organisations, lot.pk if isinstance(lot, Lot) else lot)
    recused = {
        row.role
        for row in rows
        if row.recused_at is not None and (at is None or row.recused_at <= at)
    }
    held = {row.role for row in rows if _holds(row, at)}
    return frozenset((held | standing_roles(user, at, organisations)) - recused)


def _holds(row: Assignment | Membership, at: datetime | None) -> bool:
    if at is None:
        return row.until is None
    return row.since <= at and (row.until is None or at < row.until)


def actor_roles(actor: Actor, lot: Lot | UUID, at: datetime | None = None) -> frozenset[str]:
    """What an actor is to this lot; the clock is the clock on every one."""
    if actor.is_process:
        return PROCESS_ROLES.get(actor.urn, frozenset())
    return roles_of(actor.user, lot, at)


def document_readers(edition: int = 1) -> tuple[str, ...]:
    """Who reads an edition of the tender document, and what went out with it.

    Fetching any makes a tenderer, which then reads the first; a later one it has to fetch (TBL 23).
    """
    if edition <= 1:
        return tuple(sorted(DOCUMENT_READERS))
    return tuple(sorted((DOCUMENT_READERS - {LotRole.TENDERER}) | {EDITION.format(edition)}))


def edition_fetched(lot: Lot, organisations: list[Organisation], at: datetime | None) -> int:
    """The latest edition of the tender document that one of these fetched; 0 where none did."""
    known = _remembered.get()
    key = ("edition", lot.pk, frozenset(one.pk for one in organisations))
    if known is not None and key in known:
        return int(known[key][0])
    rows = Download.objects.filter(
        document__lot=lot,
        document__kind=DocumentKind.TENDER_DOCUMENT,
        organisation__in=organisations,
    )
    if at is not None:
        rows = rows.filter(at__lte=at)
    found = rows.aggregate(latest=Max("document__edition"))["latest"] or 0
    if known is not None:
        known[key] = [found]
    return int(found)


def audiences_of(user: User | None, lot: Lot, at: datetime) -> frozenset[str]:
    """Every audience that this person belongs to: roles, own URN, organisations' URNs, public, and
    the later editions of the tender document that its tenderers fetched."""
    if user is None or not user.is_authenticated:
        return frozenset({PUBLIC})
    organisations = organisations_of(user, at)
    roles = roles_of(user, lot, at)
    fetched = edition_fetched(lot, organisations, at) if LotRole.TENDERER in roles else 0
    return (
        roles
        | {one.urn for one in organisations}
        | {EDITION.format(number) for number in range(2, fetched + 1)}
        | {user.urn, PUBLIC}
    )


def can_see_exhibit(user: User | None, exhibit: Exhibit, at: datetime) -> bool:
    """Whether this person may see this exhibit now, or know that there is one."""
    return may_see(exhibit, audiences_of(user, exhibit.lot, at), at)


def may_see(exhibit: Exhibit, audiences: frozenset[str], at: datetime) -> bool:
    """The same for audiences worked out once for a whole list."""
    if exhibit.visible_from is not None and at < exhibit.visible_from:
        return False
    return not audiences.isdisjoint(exhibit.audience)


def can_see_lot(user: User | None, lot: Lot, at: datetime) -> bool:
    """Published lots are everybody's; before that, those see it who have a part in it."""
    if lot.published_at is not None and lot.published_at <= at:
        return True
    own = roles_of(user, lot, at) - {LotRole.PROSPECT.value}
    return bool(own)


def can_read_question(audiences: frozenset[str], question: Question) -> bool:
    """Whether somebody of these audiences may read a question: answered ones are for whoever reads
    the tender documents, open ones for those who answer or watch, and for who asked."""
    readers = QUESTION_READERS if question.answered_at is None else DOCUMENT_READERS
    return not audiences.isdisjoint(readers) or question.organisation.urn in audiences


#: Who learns who fetched the tender documents, and that only when bids can no longer be prepared.
LEARN_WHO_FETCHED = frozenset(
    {LotRole.TENDEREE.value, LotRole.AGENCY.value, LotRole.SUPERVISOR.value}
)


def can_see_fetches(user: User | None, lot: Lot, at: datetime) -> bool:
    """Whether this person may learn who fetched the tender documents, and how many did.

    Before the deadline nobody does: whoever knows who may bid can be asked for it (TBL 22).
    """
    deadline = lot.dates.get("deadline")
    if deadline is None or at < jcs.parse_timestamp(deadline):
        return False
    return not roles_of(user, lot, at).isdisjoint(LEARN_WHO_FETCHED)


def shows_addressee(message: Message) -> bool:
    """Whether the operator's desk may read to whom a message goes and what it is about.

    Messages on a lot would tell who bids and who judges; of those it sees only how they travel.
    """
    return message.lot_id is None
