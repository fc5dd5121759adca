"""Published documents and exhibits: their bytes, by visibility, and the recorded fetch."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Status

from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone, perform
from trading.api.organisations import done
from trading.domain.documents import RecordDownload
from trading.interfaces import files

router = Router(tags=["documents"])


@router.post("/documents/{uuid:pk}/downloads", auth=SIGNED_IN, response={201: shapes.Done})
def fetch(request: HttpRequest, pk: UUID, body: shapes.FetchIn) -> Status[dict[str, Any]]:
    """Record that an organisation fetches a document; then read its bytes under ``content``."""
    row = files.document(pk, viewer=request.user)
    act = RecordDownload(lot=row.lot_id, document=row.pk, organisation=body.organisation)
    return Status(201, done(perform(request, act)))


@router.get("/documents/{uuid:pk}/content", auth=anyone, response={200: bytes})
def document(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A document's bytes, for those who may read it: a tenderer once it has fetched it."""
    row = files.readable_document(pk, viewer=request.user)
    return files.served(
        digest=row.digest, name=row.title, media_type=row.media_type, request=request
    )


@router.get("/exhibits/{uuid:pk}/content", auth=anyone, response={200: bytes})
def exhibit(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """An exhibit's bytes, for those who may see it."""
    row = files.readable_exhibit(pk, viewer=request.user)
    return files.served(
        digest=row.digest, name=row.name, media_type=row.media_type, request=request
    )
