"""After the deadline: the frozen set, gates, shares, complaints, bids that do not open."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from bidding.api import answers, shapes
from bidding.domain import complaints, faults, frozen_record, gates, shares
from trading.api.auth import SIGNED_IN, perform, person_of
from trading.api.shapes import In
from trading.interfaces import listing

router = Router(tags=["opening"], auth=SIGNED_IN)


class KeyIn(In):
    """A disclosed slot key: 32 bytes in hex."""

    key: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class UnopenedIn(In):
    """An envelope that nobody opened in time."""

    slot: Annotated[int, Field(ge=1, le=4)]


@router.get("/sealing/duties")
def duties(request: HttpRequest) -> dict[str, Any]:
    """The lots on which one is a trustee now."""
    return {"lots": frozen_record.duties(person_of(request))}


@router.get("/lots/{uuid:lot}/frozen")
def frozen(
    request: HttpRequest,
    lot: UUID,
    start: Annotated[int | None, Query(alias="from", ge=0)] = None,
) -> dict[str, Any]:
    """The frozen set with its checkpoint, cosigned and timestamped; ``?from=`` adds leaves."""
    row = listing.lot(lot, viewer=request.user)
    return frozen_record.frozen(row, viewer=person_of(request), start=start)


@router.post("/lots/{uuid:lot}/gates", response={201: dict})
def gate(request: HttpRequest, lot: UUID, body: shapes.SignedIn) -> Status[dict[str, Any]]:
    """Sign that a slot may be opened after its result: ``sunlit.gate/1``."""
    act = gates.prepare(person_of(request), lot, body.signed())
    return Status(201, answers.of(perform(request, act)))


@router.post("/lots/{uuid:lot}/shares", response={201: dict})
def share(request: HttpRequest, lot: UUID, body: shapes.SignedIn) -> Status[dict[str, Any]]:
    """Release a share of one envelope: ``sunlit.share/1``."""
    act = shares.prepare(person_of(request), lot, body.signed())
    return Status(201, answers.of(perform(request, act)))


@router.post("/lots/{uuid:lot}/complaints", response={201: dict})
def complaint(request: HttpRequest, lot: UUID, body: shapes.SignedIn) -> Status[dict[str, Any]]:
    """Complain of a bad wrap: ``sunlit.complaint/1``."""
    act = complaints.prepare(person_of(request), lot, body.signed())
    return Status(201, answers.of(perform(request, act)))


@router.post("/lots/{uuid:lot}/complaints/{uuid:pk}/key")
def disclose(request: HttpRequest, lot: UUID, pk: UUID, body: KeyIn) -> dict[str, Any]:
    """Disclose the slot key that a complaint was about; it shows who was at fault."""
    act = complaints.disclose(lot, pk, bytes.fromhex(body.key))
    return answers.of(perform(request, act))


@router.post("/lots/{uuid:lot}/bids/{uuid:bid}/unopened")
def unopened(request: HttpRequest, lot: UUID, bid: UUID, body: UnopenedIn) -> dict[str, Any]:
    """Settle a bid that nobody could open before the window ended."""
    return answers.of(perform(request, faults.BidUnopened(lot=lot, bid=bid, slot=body.slot)))
