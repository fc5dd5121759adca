"""The award and what the tenderee reports after it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.domain import award, dossier
from trading.interfaces import listing, prepared_acts

router = Router(tags=["award"])


class AwardIn(shapes.In):
    organisation: UUID
    reasons: Annotated[str, Field(max_length=award.LONGEST_REASONS)] = ""


class ReportIn(shapes.In):
    """Nothing is asked: the dossier says what there is to report."""


class PerformanceIn(shapes.In):
    note: Annotated[str, Field(min_length=1, max_length=2000)]


@router.post("/lots/{uuid:pk}/award", auth=SIGNED_IN, response={201: shapes.Done})
def decide(request: HttpRequest, pk: UUID, body: AwardIn) -> Status[dict[str, Any]]:
    """Award the lot: render and seal the award notice, and tell every tenderer."""
    asked = Asked(request, f"award {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    act = prepared_acts.award(
        asked.actor, pk, winner=body.organisation, reasons=body.reasons
    )
    return Status(201, done(asked.dispatch(act)))


@router.get("/lots/{uuid:pk}/award", auth=anyone, response=dict[str, Any])
def shown(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """The award: who won, at which price, on which terms and why."""
    lot = listing.lot(pk, viewer=request.user)
    award.award_of(lot)
    exhibit = dossier.latest(lot, award.AWARD)
    return {"exhibit": str(exhibit.pk), "sha256": exhibit.digest, **exhibit.facts}


@router.post("/lots/{uuid:pk}/written-report", auth=SIGNED_IN, response={201: shapes.Done})
def report(request: HttpRequest, pk: UUID, body: ReportIn) -> Status[dict[str, Any]]:
    """Render, seal and file the written report to the supervisor."""
    asked = Asked(request, f"written-report {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    return Status(201, done(asked.dispatch(prepared_acts.written_report_of(asked.actor, pk))))


@router.post("/lots/{uuid:pk}/performance", auth=SIGNED_IN, response={201: shapes.Done})
def performance(request: HttpRequest, pk: UUID, body: PerformanceIn) -> Status[dict[str, Any]]:
    """Record that the contract is being performed."""
    asked = Asked(request, f"performance {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    act = prepared_acts.report_performance(asked.actor, pk, note=body.note)
    return Status(201, done(asked.dispatch(act)))
