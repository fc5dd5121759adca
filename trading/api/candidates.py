"""The candidates: published by the tenderee, read by everybody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.domain import candidates, dossier
from trading.interfaces import listing, prepared_acts

router = Router(tags=["candidates"])


class CandidatesIn(shapes.In):
    """Nothing is asked: the evaluation report says who the candidates are."""


@router.post("/lots/{uuid:pk}/candidates", auth=SIGNED_IN, response={201: shapes.Done})
def publish(request: HttpRequest, pk: UUID, body: CandidatesIn) -> Status[dict[str, Any]]:
    """Render, seal and publish the notice of the candidates."""
    asked = Asked(request, f"candidates {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    return Status(201, done(asked.dispatch(prepared_acts.publish_candidates(asked.actor, pk))))


@router.get("/lots/{uuid:pk}/candidates", auth=anyone, response=dict[str, Any])
def shown(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """The published candidates, and until when one may object."""
    lot = listing.lot(pk, viewer=request.user)
    exhibit = dossier.latest(lot, candidates.CANDIDATES)
    return {"exhibit": str(exhibit.pk), "sha256": exhibit.digest, **exhibit.facts}
