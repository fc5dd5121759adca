"""Framework agreements: terms, suppliers taken in, orders under their agreements, the summary."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import Field

from signatures.domain import jcs
from signatures.domain.errors import NotFound
from signatures.models import User
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone, perform
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.domain import award as awards
from trading.domain import contracts, framework, framework_award, framework_orders
from trading.domain.acts import find_lot
from trading.domain.framework import StateFramework
from trading.domain.framework_award import DropSupplier
from trading.domain.notices import evaluation_digest
from trading.interfaces import framework_acts, listing

router = Router(tags=["framework"])

Text = Annotated[str, Field(max_length=80)]


class TermsIn(shapes.In):
    """``priority``: price or quality; ``kind``: goods or services; ``orders``: direct or turns."""

    priority: Text
    eliminated: int
    kind: Text
    months: int
    orders: Text
    most: int | None = None
    before: Annotated[str, Field(max_length=64)] | None = None


class DropIn(shapes.In):
    reason: Annotated[str, Field(max_length=framework_award.LONGEST_REASON)]


class OrderIn(shapes.In):
    """``agreement`` is the contract with the supplier; amounts in CNY."""

    agreement: UUID
    purchaser: Annotated[str, Field(max_length=framework_orders.LONGEST_NAME)]
    subject: Annotated[str, Field(max_length=framework_orders.LONGEST_SUBJECT)]
    quantity: Annotated[str, Field(max_length=24)]
    unit_price: Annotated[str, Field(max_length=24)]
    reasons: Annotated[str, Field(max_length=framework_orders.LONGEST_REASONS)] = ""


class NothingIn(shapes.In):
    """Nothing is asked."""


@router.put("/lots/{uuid:pk}/framework", auth=SIGNED_IN, response=shapes.Done)
def state(request: HttpRequest, pk: UUID, body: TermsIn) -> dict[str, Any]:
    """State the terms of the framework."""
    terms = body.model_dump(exclude={"before"}, exclude_none=True)
    before = body.before or evaluation_digest(find_lot(pk))
    return done(perform(request, StateFramework(lot=pk, terms=terms, before=before)))


@router.get("/lots/{uuid:pk}/framework", auth=anyone, response=dict[str, Any])
def shown(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Terms, suppliers and orders, as everybody may know them."""
    viewer = request.user if isinstance(request.user, User) else None
    lot = listing.lot(pk, viewer=viewer)
    if not framework.is_framework(lot):
        raise NotFound(_("This procedure sets up no framework."), code="no-framework")
    terms = framework.terms_of(lot)
    rows = framework_orders.agreements(lot)
    agreements, turn = {one.award_id: one for one in rows}, framework_orders.next_in_turn(rows)
    in_turn = terms is not None and terms.orders == framework.TURNS
    return {
        "terms": None if terms is None else terms.as_json(),
        "ends": lot.dates.get(framework.ENDS),
        "suppliers": [
            {
                "award": str(row.pk),
                "supplier": row.winner.urn,
                "name": row.winner.name,
                "rank": row.rank,
                "price": str(row.price),
                "terms": row.terms,
                "agreement": str(agreements[row.pk].pk) if row.pk in agreements else None,
                "signed": contracts.is_signed(row),
                "dropped_at": None if row.dropped_at is None else jcs.timestamp(row.dropped_at),
            }
            for row in awards.awards_of(lot)
        ],
        "turn": turn.award.winner.urn if in_turn and turn is not None else None,
        "orders": [
            {**framework_orders.facts(one), "ordered_at": jcs.timestamp(one.ordered_at)}
            for one in framework_orders.orders(lot)
        ],
    }


@router.post("/lots/{uuid:pk}/framework/suppliers", auth=SIGNED_IN, response={201: shapes.Done})
def take_in(request: HttpRequest, pk: UUID, body: NothingIn) -> Status[dict[str, Any]]:
    """Take in whom report and terms give: render and seal the notice, and tell every tenderer."""
    asked = Asked(request, f"take-in {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    return Status(201, done(asked.dispatch(framework_acts.take_in(asked.actor, pk))))


@router.post(
    "/lots/{uuid:pk}/framework/suppliers/{uuid:award}/dropping",
    auth=SIGNED_IN,
    response={201: shapes.Done},
)
def drop(request: HttpRequest, pk: UUID, award: UUID, body: DropIn) -> Status[dict[str, Any]]:
    """Drop a supplier that has not signed in time."""
    return Status(
        201, done(perform(request, DropSupplier(lot=pk, award=award, reason=body.reason)))
    )


@router.post("/lots/{uuid:pk}/framework/orders", auth=SIGNED_IN, response={201: shapes.Done})
def order(request: HttpRequest, pk: UUID, body: OrderIn) -> Status[dict[str, Any]]:
    """Give an order under one agreement: render, seal and publish its notice."""
    asked = Asked(request, f"framework-order {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    act = framework_acts.place_order(asked.actor, pk, **body.model_dump())
    return Status(201, done(asked.dispatch(act)))


@router.post("/lots/{uuid:pk}/framework/summary", auth=SIGNED_IN, response={201: shapes.Done})
def close(request: HttpRequest, pk: UUID, body: NothingIn) -> Status[dict[str, Any]]:
    """Publish the summary of all orders once the agreements have run out."""
    asked = Asked(request, f"framework-summary {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    return Status(201, done(asked.dispatch(framework_acts.close(asked.actor, pk))))
