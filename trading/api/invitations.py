"""Invitations to tender: sent by the tenderee, answered by who is invited, known to nobody else."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures.domain import clock, jcs
from signatures.models import User
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone, perform
from trading.api.organisations import done
from trading.domain import invitations
from trading.domain.invitations import AnswerInvitation, Invite
from trading.interfaces import listing
from trading.models import Invitation
from trading.models.invitation import MAX_REASON

router = Router(tags=["invitations"])


class InvitationIn(shapes.In):
    """``answer_until`` is RFC 3339 in UTC with microseconds; without it, the usual days."""

    organisation: UUID
    answer_until: Annotated[str, Field(max_length=40)] | None = None


class AnswerIn(shapes.In):
    accept: bool
    reason: Annotated[str, Field(max_length=2 * MAX_REASON)] = ""


@router.post("/lots/{uuid:pk}/invitations", auth=SIGNED_IN, response={201: shapes.Done})
def invite(request: HttpRequest, pk: UUID, body: InvitationIn) -> Status[dict[str, Any]]:
    """Invite a verified tenderer; nobody else is told."""
    until = jcs.parse_timestamp(body.answer_until) if body.answer_until is not None else None
    act = Invite(lot=pk, organisation=body.organisation, answer_until=until)
    return Status(201, done(perform(request, act)))


@router.get("/lots/{uuid:pk}/invitations", auth=anyone, response=list[dict[str, Any]])
def listed(request: HttpRequest, pk: UUID) -> list[dict[str, Any]]:
    """The invitations that the asker may know of: those of its own, or all for who invites."""
    viewer = request.user if isinstance(request.user, User) else None
    lot = listing.lot(pk, viewer=viewer)
    return [_line(row) for row in invitations.visible(lot, viewer=viewer, at=clock.now())]


def _line(row: Invitation) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "organisation": str(row.organisation_id),
        "name": row.organisation.name,
        "invited_at": jcs.timestamp(row.invited_at),
        "answer_until": jcs.timestamp(row.answer_until),
        "answered_at": None if row.answered_at is None else jcs.timestamp(row.answered_at),
        "accepted": row.accepted,
        "reason": row.reason or None,
    }


@router.post(
    "/lots/{uuid:pk}/invitations/{uuid:invitation}/answer",
    auth=SIGNED_IN,
    response={201: shapes.Done},
)
def answer(
    request: HttpRequest, pk: UUID, invitation: UUID, body: AnswerIn
) -> Status[dict[str, Any]]:
    """Accept, or refuse with a reason, for an invited organisation of one's own; once."""
    act = AnswerInvitation(
        lot=pk, invitation=invitation, accept=body.accept, reason=body.reason
    )
    return Status(201, done(perform(request, act)))
