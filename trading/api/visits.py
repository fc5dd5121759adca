"""Visits of a lot's site: announced to everybody alike, and called off with a reason."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures.domain import jcs
from signatures.models import User
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone, perform
from trading.api.organisations import done
from trading.domain import site_visits
from trading.domain.site_visits import AnnounceVisit, CallOffVisit
from trading.interfaces import listing
from trading.models import SiteVisit
from trading.models.visit import MAX_NOTE, MAX_PLACE

router = Router(tags=["site visits"])


class VisitIn(shapes.In):
    """``at`` is RFC 3339 in UTC with microseconds."""

    at: Annotated[str, Field(max_length=40)]
    place: Annotated[str, Field(max_length=2 * MAX_PLACE)]
    note: Annotated[str, Field(max_length=2 * MAX_NOTE)] = ""


class CallOffIn(shapes.In):
    reason: Annotated[str, Field(max_length=2 * MAX_NOTE)]


@router.post("/lots/{uuid:pk}/site-visits", auth=SIGNED_IN, response={201: shapes.Done})
def announce(request: HttpRequest, pk: UUID, body: VisitIn) -> Status[dict[str, Any]]:
    """Announce a visit; everybody who fetched the documents is told."""
    act = AnnounceVisit(
        lot=pk, at=jcs.parse_timestamp(body.at), place=body.place, note=body.note
    )
    return Status(201, done(perform(request, act)))


@router.post(
    "/lots/{uuid:pk}/site-visits/{uuid:visit}/call-off",
    auth=SIGNED_IN,
    response={201: shapes.Done},
)
def call_off(
    request: HttpRequest, pk: UUID, visit: UUID, body: CallOffIn
) -> Status[dict[str, Any]]:
    """Say that a visit does not take place, and why."""
    return Status(201, done(perform(request, CallOffVisit(lot=pk, visit=visit, **body.dict()))))


@router.get("/lots/{uuid:pk}/site-visits", auth=anyone, response=list[dict[str, Any]])
def listed(request: HttpRequest, pk: UUID) -> list[dict[str, Any]]:
    """The visits of the site in the order of their times."""
    viewer = request.user if isinstance(request.user, User) else None
    return [_line(row) for row in site_visits.of(listing.lot(pk, viewer=viewer))]


def _line(row: SiteVisit) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "at": jcs.timestamp(row.at),
        "place": row.place,
        "note": row.note or None,
        "announced_at": jcs.timestamp(row.announced_at),
        "called_off_at": None if row.called_off_at is None else jcs.timestamp(row.called_off_at),
        "reason": row.reason or None,
    }
