"""The contract: offered by the tenderee, signed by both sides under ``/api/v1/signing/``."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import Field

from signatures.domain import clock, jcs
from signatures.domain.errors import NotFound
from trading import access
from trading.api import shapes
from trading.api.auth import SIGNED_IN, perform, person_of
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.domain import contracts
from trading.domain.acts import find_lot
from trading.domain.contract_publicity import FileContract, PublishContract
from trading.domain.contracts import SignContract
from trading.interfaces import prepared_acts

router = Router(tags=["contracts"], auth=SIGNED_IN)

Amount = Annotated[str, Field(max_length=24)]
Term = Annotated[str, Field(max_length=500)]


class ContractIn(shapes.In):
    price: Amount
    terms: Annotated[dict[Annotated[str, Field(max_length=40)], Term], Field(max_length=40)] = {}
    security: Amount | None = None
    #: Which of several awards it is.
    award: UUID | None = None


class ConclusionIn(shapes.In):
    """``award`` says which of several contracts it is."""

    award: UUID | None = None


class NothingIn(shapes.In):
    """Nothing is asked."""


@router.post("/lots/{uuid:pk}/contract", response={201: shapes.Done})
def offer(request: HttpRequest, pk: UUID, body: ContractIn) -> Status[dict[str, Any]]:
    """Render the contract and open it for both sides' signatures."""
    asked = Asked(request, f"contract {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    act = prepared_acts.offer_contract(
        asked.actor, pk, price=body.price, terms=body.terms, security=body.security,
        award=body.award,
    )
    return Status(201, done(asked.dispatch(act)))


@router.get("/lots/{uuid:pk}/contract", response=dict[str, Any])
def shown(request: HttpRequest, pk: UUID, award: UUID | None = None) -> dict[str, Any]:
    """The contract as its parties and the supervisor see it; of several that of ``award``."""
    lot = find_lot(pk)
    held = access.audiences_of(person_of(request), lot, clock.now())
    row = contracts.contract_of(lot, award)
    if held.isdisjoint({*contracts.READERS, row.award.winner.urn}):
        raise NotFound(_("No contract has been offered yet."), code="no-contract")
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "award": str(row.award_id),
        "contractor": row.award.winner.urn,
        "price": str(row.price),
        "terms": row.terms,
        "security": None if row.security is None else str(row.security),
        "document": str(row.document_id),
        "state": str(row.document.state),
        "offered_at": jcs.timestamp(row.offered_at),
        "signed_at": None if row.signed_at is None else jcs.timestamp(row.signed_at),
        "late": row.late,
    }


@router.post("/lots/{uuid:pk}/contract/conclusion", response=shapes.Done)
def conclude(request: HttpRequest, pk: UUID, body: ConclusionIn) -> dict[str, Any]:
    """Take the signed contract into the dossier where the platform could not do so by itself."""
    return done(perform(request, SignContract(lot=pk, award=body.award)))


@router.post("/lots/{uuid:pk}/contract/publication", response={201: shapes.Done})
def publish(request: HttpRequest, pk: UUID, body: NothingIn) -> Status[dict[str, Any]]:
    """Publish the signed contract for everybody."""
    return Status(201, done(perform(request, PublishContract(lot=pk))))


@router.post("/lots/{uuid:pk}/contract/filing", response={201: shapes.Done})
def file(request: HttpRequest, pk: UUID, body: NothingIn) -> Status[dict[str, Any]]:
    """File the signed contract with the body that supervises."""
    return Status(201, done(perform(request, FileContract(lot=pk))))
