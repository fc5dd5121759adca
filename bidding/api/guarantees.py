"""Guarantees of a lot: read by their sides, released, claimed and answered, each word signed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from bidding.api import answers, shapes
from bidding.domain import guarantee_messages, guarantees, statement_rows
from bidding.models import Guarantee, GuaranteeMessage
from signatures.domain import clock, jcs
from trading.api.auth import SIGNED_IN, perform, person_of
from trading.domain import security_terms
from trading.domain.acts import find_lot

router = Router(tags=["guarantees"], auth=SIGNED_IN)


@router.get("/lots/{uuid:lot}/guarantees", response=list[dict[str, Any]])
def listed(request: HttpRequest, lot: UUID) -> list[dict[str, Any]]:
    """The guarantees that the asker may know of, with their checks and what was said of them."""
    rows = guarantees.visible(find_lot(lot), viewer=person_of(request), at=clock.now())
    return [_guarantee(row) for row in rows]


@router.post("/lots/{uuid:lot}/guarantees/{uuid:guarantee}/release", response={201: dict})
def release(
    request: HttpRequest, lot: UUID, guarantee: UUID, body: shapes.SignedIn
) -> Status[dict[str, Any]]:
    """The beneficiary gives it back: ``sunlit.guarantee-release/1``."""
    return _said(request, lot, guarantee, body, guarantee_messages.RELEASE)


@router.post("/lots/{uuid:lot}/guarantees/{uuid:guarantee}/claim", response={201: dict})
def claim(
    request: HttpRequest, lot: UUID, guarantee: UUID, body: shapes.SignedIn
) -> Status[dict[str, Any]]:
    """The beneficiary claims payment: ``sunlit.guarantee-claim/1``."""
    return _said(request, lot, guarantee, body, guarantee_messages.CLAIM)


@router.post("/lots/{uuid:lot}/guarantees/{uuid:guarantee}/answer", response={201: dict})
def answer(
    request: HttpRequest, lot: UUID, guarantee: UUID, body: shapes.SignedIn
) -> Status[dict[str, Any]]:
    """The guarantor has paid, or says why it does not: ``sunlit.guarantee-answer/1``."""
    return _said(request, lot, guarantee, body, guarantee_messages.ANSWER)


def _said(
    request: HttpRequest, lot: UUID, guarantee: UUID, body: shapes.SignedIn, purpose: str
) -> Status[dict[str, Any]]:
    person, signed = person_of(request), body.signed()
    act = guarantee_messages.prepare(person, lot, guarantee, signed, purpose=purpose)
    return Status(201, answers.of(perform(request, act)))


def _guarantee(row: Guarantee) -> dict[str, Any]:
    term = None if row.security is None else security_terms.term(row.security)
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "bid": row.bid.urn,
        "tenderer": row.bid.tenderer.urn,
        "guarantor": None if row.guarantor is None else row.guarantor.urn,
        "guarantor_name": row.guarantor_name,
        "number": row.number,
        "amount": str(row.amount),
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "findings": row.findings,
        "state": row.state,
        "statement": statement_rows.encoded(row.statement),
        "signature": statement_rows.encoded(row.signature),
        "leaf": row.leaf,
        "return_by": None if term is None else term.last.isoformat(),
        "messages": [_message(one) for one in row.messages.all()],
    }


def _message(row: GuaranteeMessage) -> dict[str, Any]:
    return {
        "word": row.word,
        "at": jcs.timestamp(row.at),
        "amount": None if row.amount is None else str(row.amount),
        "on": None if row.on is None else row.on.isoformat(),
        "text": row.text,
        **statement_rows.on_the_wire(row),
    }
