"""Lots, their published documents, and the exhibits of their dossier by visibility."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from signatures.domain import clock
from trading import access
from trading.api import shapes
from trading.api.auth import anyone
from trading.interfaces import listing
from trading.interfaces.lines import exhibit_line, lot_line
from trading.models import Document, Exhibit

router = Router(tags=["lots"], auth=anyone)


@router.get("/{uuid:pk}", response=shapes.LotOut)
def one(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """One lot: where it stands, its dates and its documents."""
    lot = listing.lot(pk, viewer=request.user)
    documents = Document.objects.filter(lot=lot).order_by("published_at", "kind", "edition")
    return lot_line(lot, list(documents))


@router.get("/{uuid:pk}/exhibits", response=list[shapes.ExhibitOut])
def exhibits(request: HttpRequest, pk: UUID, kind: str = "") -> list[dict[str, Any]]:
    """The exhibits that the asker may see now, in the order in which they were filed."""
    lot = listing.lot(pk, viewer=request.user)
    at = clock.now()
    audiences = access.audiences_of(_person(request), lot, at)
    rows = Exhibit.objects.filter(lot=lot).order_by("filed_at", "pk")
    if kind:
        rows = rows.filter(kind=kind)
    return [exhibit_line(row) for row in rows if access.may_see(row, audiences, at)]


def _person(request: HttpRequest) -> Any:
    return request.user if request.user.is_authenticated else None
