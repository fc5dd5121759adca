"""The invitations of a lot as its page shows them: all to who invites, one's own to an invitee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from signatures.domain.errors import Denied, NotFound
from signatures.models import User
from trading import access
from trading.domain import invitations, procedure, registry
from trading.enums import OrganisationKind
from trading.interfaces import standing
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import Invitation, Lot, Organisation


@dataclass(frozen=True)
class Line:
    """One invitation; ``answerable`` where the viewer may answer it here and now."""

    pk: str
    organisation: Organisation
    own: bool
    invited_at: datetime
    answer_until: datetime
    answered_at: datetime | None
    accepted: bool | None
    reason: str
    badge: Badge
    answerable: bool


@dataclass(frozen=True)
class Page:
    """The whole page. ``watches`` says that the viewer sees every invitation, and the counts."""

    lot: Lot
    lines: tuple[Line, ...]
    watches: bool
    invite: Standing
    accepted: int
    least: int
    usual_end: datetime
    invite_rule: str
    answer_rule: str
    organisations: tuple[Organisation, ...]
    invited: frozenset[object]

    @property
    def enough(self) -> bool:
        """As many have accepted as the procedure asks for."""
        return self.accepted >= self.least


def require_reader(lot: Lot, *, viewer: User | None, at: datetime) -> list[Invitation]:
    """What the viewer may know of; alike refused to everybody else, whoever was invited."""
    if not invitations.is_invited(procedure.of(lot)):
        raise NotFound(
            _("This is no invited tender: nobody is invited to it by itself."),
            code="no-invited-tender",
        )
    rows = invitations.visible(lot, viewer=viewer, at=at)
    if rows or watches(lot, viewer=viewer, at=at):
        return rows
    if viewer is None:
        raise Denied(
            _("Invitations are for who invites and who is invited. Sign in first."),
            code="sign-in-first",
        )
    raise Denied(
        _("Invitations are for who invites and who is invited; nobody else learns whether there"
          " are any."),
        code="wrong-role",
        rule=invitations.TAKERS.of(lot, invitations.INVITE),
    )


def watches(lot: Lot, *, viewer: User | None, at: datetime) -> bool:
    """Whether the viewer sees every invitation of the lot."""
    return not access.roles_of(viewer, lot, at).isdisjoint(access.INVITATION_READERS)


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer; raises :class:`Denied` for who may not read it."""
    rows = require_reader(lot, viewer=viewer, at=at)
    rules = procedure.of(lot)
    own = {one.pk for one in access.organisations_of(viewer, at)}
    answer = standing.of(lot, invitations.ANSWER, viewer=viewer, at=at)
    invite = standing.of(lot, invitations.INVITE, viewer=viewer, at=at)
    everything = watches(lot, viewer=viewer, at=at)
    return Page(
        lot=lot,
        lines=tuple(
            _line(row, own=row.organisation_id in own, may_answer=answer.possible, at=at)
            for row in rows
        ),
        watches=everything,
        invite=invite,
        accepted=sum(bool(row.accepted) for row in rows) if everything else 0,
        least=invitations.least(rules),
        usual_end=invitations.usual_end(lot, now=at),
        invite_rule=rules.commands[invitations.INVITE].article,
        answer_rule=rules.commands[invitations.ANSWER].article,
        organisations=_organisations(lot) if invite.possible else (),
        invited=frozenset(row.organisation_id for row in rows),
    )


def _organisations(lot: Lot) -> tuple[Organisation, ...]:
    """The verified tenderers, without who holds the tender."""
    rows = Organisation.objects.filter(verified_at__isnull=False).order_by("name", "pk")
    holders = (lot.project.tenderee_id, lot.project.agency_id)
    return tuple(
        one for one in rows
        if OrganisationKind.TENDERER.value in one.kinds and one.pk not in holders
    )


def _line(row: Invitation, *, own: bool, may_answer: bool, at: datetime) -> Line:
    waits = row.answered_at is None and at <= row.answer_until
    return Line(
        pk=str(row.pk),
        organisation=row.organisation,
        own=own,
        invited_at=row.invited_at,
        answer_until=row.answer_until,
        answered_at=row.answered_at,
        accepted=row.accepted,
        reason=row.reason,
        badge=_badge(row, at),
        answerable=own and waits and may_answer,
    )


def _badge(row: Invitation, at: datetime) -> Badge:
    if row.accepted is not None:
        return Badge("good", _("Has accepted")) if row.accepted else Badge("bad", _("Has refused"))
    if at > row.answer_until:
        return Badge("bad", _("Did not answer in time"))
    return Badge("todo", _("Has not answered yet"))


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """How the invitations stand, on the project's page; None for who may not know of any."""
    if not invitations.is_invited(procedure.of(lot)) or not isinstance(viewer, User):
        return None
    rows = invitations.visible(lot, viewer=viewer, at=at)
    everything = watches(lot, viewer=viewer, at=at)
    if not rows and not everything:
        return None
    return {
        "watches": everything,
        "accepted": sum(bool(row.accepted) for row in rows),
        "least": invitations.least(procedure.of(lot)),
        "badge": None if everything else _badge(rows[0], at),
    }


def register() -> None:
    """Add the panel; called when the app is ready."""
    registry.register_panel(
        "invitations", "trading/invitations_panel.html", panel, order=70
    )
