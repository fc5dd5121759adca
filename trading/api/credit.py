"""Credit decisions: those that hold as open data; entered and lifted by supervision."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures.domain import clock, jcs
from trading.api.auth import SIGNED_IN, anyone, perform
from trading.api.organisations import done
from trading.api.shapes import Done, In, Page
from trading.domain import credit_decisions
from trading.interfaces import credit_lines, cursors

router = Router(tags=["credit decisions"])

Text = Annotated[str, Field(max_length=2000)]


class LiftIn(In):
    """The published decision: its number, who gave it, what it says."""

    number: Text
    authority: Text
    words: Text


class DecisionIn(LiftIn):
    """Whom it keeps out, and until when (a moment in UTC, as of all of this interface)."""

    organisation: UUID
    until: Annotated[str, Field(max_length=40)]


@router.get("", auth=anyone, response=Page)
def listed(request: HttpRequest, after: str = "") -> dict[str, Any]:
    """The decisions that keep somebody out now, newest first, a page at a time."""
    page = cursors.page(credit_decisions.holding(clock.now()), by="since", after=after)
    return {"items": [credit_lines.data(row) for row in page.items], "next": page.next}


@router.post("", auth=SIGNED_IN, response={201: Done})
def enter(request: HttpRequest, body: DecisionIn) -> Status[dict[str, Any]]:
    """Keep an organisation out by a published decision: supervision alone."""
    said = {**body.dict(), "until": jcs.parse_timestamp(body.until)}
    act = credit_decisions.BlockOrganisation(**said)
    return Status(201, done(perform(request, act)))


@router.post("/{uuid:pk}/lifting", auth=SIGNED_IN, response={201: Done})
def lift(request: HttpRequest, pk: UUID, body: LiftIn) -> Status[dict[str, Any]]:
    """Lift a decision before its time, by another published one: supervision alone."""
    act = credit_decisions.UnblockOrganisation(decision=pk, **body.dict())
    return Status(201, done(perform(request, act)))
