"""Floors: who applies to bid, deposits and qualification, and how a floor stands for everybody."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import AwareDatetime, Field, StrictBool, StrictStr

from bidding.api.shapes import SignedIn
from bidding.domain import auction_entry, auction_rules
from bidding.domain.auction_acts import OpenReserve
from bidding.domain.auction_entry import DecideApplication, RecordDeposit, ReturnDeposit
from bidding.domain.printable import require_printable
from bidding.interfaces import floor_lines
from bidding.models.floor import MAX_REASON, MAX_REFERENCE
from signatures.domain import clock
from signatures.domain.errors import NotFound
from trading.api.auth import SIGNED_IN, anyone, perform, person_of
from trading.api.organisations import done
from trading.api.shapes import Done, In
from trading.domain.acts import find_lot
from trading.interfaces import listing

router = Router(tags=["floor"], auth=SIGNED_IN)


class DepositIn(In):
    """``amount`` in CNY as text; ``paid_at`` and ``reference`` are the bank's."""

    amount: StrictStr
    paid_at: AwareDatetime
    reference: Annotated[str, Field(max_length=4 * MAX_REFERENCE)]


class DecisionIn(In):
    """A refusal has a ``reason``."""

    qualified: StrictBool
    reason: Annotated[str, Field(max_length=4 * MAX_REASON)] = ""


class ReserveIn(In):
    """The price in CNY as text, and the salt in hex that the commitment was made with."""

    reserve: StrictStr
    salt: Annotated[str, Field(max_length=64)]


@router.get("/lots/{uuid:lot}/applications")
def listed(request: HttpRequest, lot: UUID) -> list[dict[str, Any]]:
    """The applications that the asker may know of; an applicant knows of its own alone."""
    rows = auction_entry.visible(lot, viewer=person_of(request), at=clock.now())
    return [floor_lines.application(row) for row in rows]


@router.post("/lots/{uuid:lot}/applications", response={201: Done})
def apply(request: HttpRequest, lot: UUID, body: SignedIn) -> Status[dict[str, Any]]:
    """Apply to bid: ``sunlit.application/1`` with ``lot``, ``organisation`` and ``floor``, which is
    the digest of the published format."""
    act = auction_entry.prepare(person_of(request), find_lot(lot).pk, body.signed())
    return Status(201, done(perform(request, act)))


@router.post("/lots/{uuid:lot}/applications/{uuid:pk}/deposit", response={201: Done})
def deposit(request: HttpRequest, lot: UUID, pk: UUID, body: DepositIn) -> Status[dict[str, Any]]:
    """Record a deposit that has come (the centre)."""
    require_printable(body.reference)
    act = RecordDeposit(
        lot=lot,
        application=pk,
        amount=auction_rules.amount(body.amount, "amount"),
        paid_at=body.paid_at,
        reference=body.reference,
    )
    return Status(201, done(perform(request, act)))


@router.post("/lots/{uuid:lot}/applications/{uuid:pk}/decision", response={201: Done})
def decide(request: HttpRequest, lot: UUID, pk: UUID, body: DecisionIn) -> Status[dict[str, Any]]:
    """Confirm the qualification, which gives a number, or refuse it (tenderee, agency)."""
    require_printable(body.reason)
    act = DecideApplication(
        lot=lot, application=pk, qualified=body.qualified, reason=body.reason
    )
    return Status(201, done(perform(request, act)))


@router.post("/lots/{uuid:lot}/applications/{uuid:pk}/deposit-return", response={201: Done})
def give_back(request: HttpRequest, lot: UUID, pk: UUID) -> Status[dict[str, Any]]:
    """Record that a deposit went back (the centre)."""
    return Status(201, done(perform(request, ReturnDeposit(lot=lot, application=pk))))


@router.post("/lots/{uuid:lot}/reserve", response={201: Done})
def reserve(request: HttpRequest, lot: UUID, body: ReserveIn) -> Status[dict[str, Any]]:
    """Open the sealed reserve once the price has fallen (tenderee, agency)."""
    price = auction_rules.amount(body.reserve, "reserve")
    act = OpenReserve(lot=lot, reserve=price, salt=body.salt)
    return Status(201, done(perform(request, act)))


@router.get("/lots/{uuid:lot}/floor", auth=anyone)
def floor(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """The floor of the lot as everybody may see it: its format, its asks by number, its end."""
    found = floor_lines.floor(listing.lot(lot, viewer=request.user))
    if found is None:
        raise NotFound(_("The floor of this lot has not been opened."), code="no-floor")
    return found
