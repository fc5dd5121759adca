"""Receipts: the platform's signed word for what it took in, and the proof that follows it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.errors import AuthenticationError

from signatures.domain import issuing
from signatures.domain.errors import NotFound
from signatures.models import LedgerOpening
from trading.api.auth import anyone
from trading.interfaces.holders import urns_of

router = Router(tags=["receipts"], auth=anyone)


@router.get("/{uuid:pk}", response={200: dict[str, Any]})
def receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The signed receipt, canonical JSON, always the same bytes; for those who may hold it."""
    issued = issuing.issue(_opening(request, pk))
    return HttpResponse(issued.data, content_type="application/json")


@router.get("/{uuid:pk}/proof", response=dict[str, Any])
def proof(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Leaf, inclusion proof, checkpoint and timestamp; 404 until a checkpoint covers the leaf."""
    return issuing.proof(_opening(request, pk))


def _opening(request: HttpRequest, pk: UUID) -> LedgerOpening:
    """What is everybody's, or one's own; whoever has not signed in is told to, for any other."""
    try:
        return issuing.opening(pk, holders=urns_of(request.user))
    except NotFound:
        if not request.user.is_authenticated:
            raise AuthenticationError from None
        raise
