"""The award and what the tenderee reports after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures import store
from signatures.domain import clock
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.domain import award, dossier
from trading.domain.acts import find_lot
from trading.domain.award import AwardLot
from trading.domain.reports import FileWrittenReport, ReportPerformance
from trading.interfaces import listing
from trading.interfaces.records import award_notice, sealing, written_report

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
    lot = find_lot(pk)
    act = AwardLot(
        lot=pk,
        winner=body.organisation,
        reasons=body.reasons,
        title=award_notice.TITLE,
        digest="",
        size=0,
    )
    act.rehearse(asked.actor, now=clock.now())
    chosen = award.choose(lot, body.organisation, reasons=body.reasons)
    data = award_notice.prepare(lot, chosen=chosen, reasons=body.reasons, at=clock.now())
    stored = store.put(data)
    seal = sealing.judged(data, at=clock.now())
    act = replace(act, digest=stored.sha256, size=stored.size, seal=seal)
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
    lot = find_lot(pk)
    act = FileWrittenReport(lot=pk, title=written_report.TITLE, digest="", size=0)
    act.rehearse(asked.actor, now=clock.now())
    data = written_report.prepare_report(lot, at=clock.now())
    stored = store.put(data)
    seal = sealing.judged(data, at=clock.now())
    act = replace(act, digest=stored.sha256, size=stored.size, seal=seal)
    return Status(201, done(asked.dispatch(act)))


@router.post("/lots/{uuid:pk}/performance", auth=SIGNED_IN, response={201: shapes.Done})
def performance(request: HttpRequest, pk: UUID, body: PerformanceIn) -> Status[dict[str, Any]]:
    """Record that the contract is being performed."""
    asked = Asked(request, f"performance {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    lot = find_lot(pk)
    act = ReportPerformance(
        lot=pk, title=written_report.PERFORMANCE_TITLE, digest="", size=0
    )
    act.rehearse(asked.actor, now=clock.now())
    data = written_report.prepare_performance(lot, note=body.note, at=clock.now())
    stored = store.put(data)
    seal = sealing.judged(data, at=clock.now())
    act = replace(act, digest=stored.sha256, size=stored.size, seal=seal)
    return Status(201, done(asked.dispatch(act)))
