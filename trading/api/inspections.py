"""Random inspections: planned, drawn, carried out, decided and published by acts."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures import store
from signatures.domain import clock
from signatures.models import User
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone, perform, person_of
from trading.api.draws import accepted as accepted_at_any_time
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.domain import (
    checklists,
    drawing,
    inspections,
    inspections_base,
    inspections_decisions,
    inspections_planning,
)
from trading.domain.drawing_opening import USUAL
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import InspectionState
from trading.interfaces.inspection_lines import checklist_line, inspection_line, plan_line
from trading.interfaces.records import inspection as records
from trading.models import Inspection, InspectionPlan

router = Router(tags=["inspections"], auth=SIGNED_IN)
Text = Annotated[str, Field(max_length=8000)]
MOST = 200


class PlanIn(shapes.In):
    organisation: UUID
    title: shapes.Name
    objects: Annotated[list[str], Field(max_length=7)]
    scope: dict[str, Any] = {}
    share: int
    at_least: int = 1
    weights: list[dict[str, Any]] = []
    inspectors: Annotated[list[UUID], Field(max_length=500)]
    per_lot: int = 2
    alternates: int = 1


class DrawPlanIn(shapes.In):
    """``parties`` are URNs of organisations and ``process:centre``."""

    parties: Annotated[list[Annotated[str, Field(max_length=160)]], Field(max_length=50)]
    commit_seconds: int = USUAL
    reveal_seconds: int = USUAL
    before: UUID | None = None
    reason: shapes.ProofIn | None = None


class TitleIn(shapes.In):
    title: shapes.Name


class DecisionIn(shapes.In):
    decision: Annotated[str, Field(max_length=12)]
    reasons: Text


class VerificationIn(shapes.In):
    holds: bool
    text: Text


class ReasonIn(shapes.In):
    reason: Text


def _viewer(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _accepted(
    request: HttpRequest, body: shapes.ProofIn, purpose: str, fields: frozenset[str]
) -> Accepted:
    return accept(
        person_of(request),
        Signed.from_base64(body.statement, body.signature),
        purpose=purpose,
        fields=fields,
    )


# --- checklists and plans ------------------------------------------------------------------------


@router.get("/checklists", auth=None, response=list[dict[str, Any]])
def every_checklist(request: HttpRequest) -> list[dict[str, Any]]:
    """What is inspected, by which statute, how it is checked and which exhibits show it."""
    return [checklist_line(checklists.load(name)) for name in checklists.OBJECTS]


@router.post("/plans", response={201: shapes.Done})
def plan(request: HttpRequest, body: PlanIn) -> Status[dict[str, Any]]:
    """Plan an inspection, before anybody knows where and by whom."""
    act = inspections_planning.PlanInspection(
        organisation=body.organisation,
        title=body.title,
        objects=tuple(body.objects),
        scope=body.scope,
        share=body.share,
        at_least=body.at_least,
        weights=tuple(body.weights),
        inspectors=tuple(body.inspectors),
        per_lot=body.per_lot,
        alternates=body.alternates,
    )
    return Status(201, done(perform(request, act)))


@router.get("/plans", auth=anyone, response=list[dict[str, Any]])
def plans(request: HttpRequest) -> list[dict[str, Any]]:
    """The plans, newest first."""
    rows = InspectionPlan.objects.select_related("organisation", "draw")
    newest = rows.order_by("-planned_at", "-pk")[:MOST]
    return [plan_line(row, viewer=_viewer(request)) for row in newest]


@router.get("/plans/{uuid:pk}", auth=anyone, response=dict[str, Any])
def one_plan(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """One plan and the inspections that were drawn from it."""
    return plan_line(inspections_planning.find_plan(pk), viewer=_viewer(request))


@router.post("/plans/{uuid:pk}/draw", response={201: shapes.Done})
def draw(request: HttpRequest, pk: UUID, body: DrawPlanIn) -> Status[dict[str, Any]]:
    """Open the draw of the plan's projects and inspectors; it goes on under ``/draws``."""
    reason = None
    if body.reason is not None:
        reason = accepted_at_any_time(
            request, body.reason, drawing.REDRAW, drawing.REDRAW_FIELDS
        )
    act = inspections_planning.DrawInspections(
        plan=pk,
        parties=tuple(body.parties),
        commit_seconds=body.commit_seconds,
        reveal_seconds=body.reveal_seconds,
        before=body.before,
        reason=reason,
    )
    return Status(201, done(perform(request, act)))


# --- inspections ---------------------------------------------------------------------------------


@router.get("", auth=anyone, response=list[dict[str, Any]])
def listed(request: HttpRequest, lot: UUID | None = None) -> list[dict[str, Any]]:
    """Inspections, newest first; of one lot where given."""
    rows = Inspection.objects.select_related("plan__organisation", "lot__project")
    if lot is not None:
        rows = rows.filter(lot=lot)
    return [
        inspection_line(row, viewer=_viewer(request))
        for row in rows.order_by("-drawn_at", "-pk")[:MOST]
    ]


@router.get("/{uuid:pk}", auth=anyone, response=dict[str, Any])
def one(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """One inspection, with what the asker may see of it."""
    return inspection_line(inspections_base.find_inspection(pk), viewer=_viewer(request))


@router.post("/{uuid:pk}/notice", response={201: shapes.Done})
def notify(request: HttpRequest, pk: UUID, body: TitleIn) -> Status[dict[str, Any]]:
    """Print and seal the notice, and give it to the subject."""
    asked = Asked(request, f"inspection notice {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    inspections.NotifyInspection(inspection=pk, title="", digest="", size=0).permit(asked.actor)
    row = inspections_base.find_inspection(pk)
    inspections_base.require_state(row, InspectionState.DRAWN)
    stored = store.put(records.prepare_notice(row, at=clock.now()))
    act = inspections.NotifyInspection(
        inspection=pk, title=body.title, digest=stored.sha256, size=stored.size
    )
    return Status(201, done(asked.dispatch(act)))


@router.post("/{uuid:pk}/findings", response={201: shapes.Done})
def find(request: HttpRequest, pk: UUID, body: shapes.ProofIn) -> Status[dict[str, Any]]:
    """Record a finding: a signed ``sunlit.finding/1``."""
    signed = _accepted(request, body, inspections.FINDING, inspections.FINDING_FIELDS)
    return Status(
        201, done(perform(request, inspections.RecordFinding(inspection=pk, signed=signed)))
    )


@router.post("/{uuid:pk}/delivery", response=shapes.Done)
def deliver(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Hand the findings to the subject."""
    return done(perform(request, inspections.DeliverFindings(inspection=pk)))


@router.post("/{uuid:pk}/answer", response=shapes.Done)
def answer(request: HttpRequest, pk: UUID, body: shapes.ProofIn) -> dict[str, Any]:
    """Answer the findings: a signed ``sunlit.answer/1`` with ``step`` "answer"."""
    signed = _accepted(request, body, inspections_base.ANSWER, inspections_base.ANSWER_FIELDS)
    return done(perform(request, inspections.AnswerInspection(inspection=pk, signed=signed)))


@router.post("/{uuid:pk}/recusal", response=shapes.Done)
def recuse(request: HttpRequest, pk: UUID, body: ReasonIn) -> dict[str, Any]:
    """Step down as an inspector; the next alternate steps in."""
    return done(
        perform(request, inspections.RecuseInspector(inspection=pk, reason=body.reason))
    )


@router.post("/{uuid:pk}/decision", response=shapes.Done)
def decide(request: HttpRequest, pk: UUID, body: DecisionIn) -> dict[str, Any]:
    """Decide what follows: none, correct or refer."""
    act = inspections_decisions.DecideInspection(
        inspection=pk, decision=body.decision, reasons=body.reasons
    )
    return done(perform(request, act))


@router.post("/{uuid:pk}/correction", response=shapes.Done)
def correct(request: HttpRequest, pk: UUID, body: shapes.ProofIn) -> dict[str, Any]:
    """Report a correction: a signed ``sunlit.answer/1`` with ``step`` "correction"."""
    signed = _accepted(request, body, inspections_base.ANSWER, inspections_base.ANSWER_FIELDS)
    act = inspections_decisions.ReportCorrection(inspection=pk, signed=signed)
    return done(perform(request, act))


@router.post("/{uuid:pk}/verification", response=shapes.Done)
def verify(request: HttpRequest, pk: UUID, body: VerificationIn) -> dict[str, Any]:
    """Say whether the correction holds."""
    act = inspections_decisions.VerifyCorrection(
        inspection=pk, holds=body.holds, text=body.text
    )
    return done(perform(request, act))


@router.post("/{uuid:pk}/publication", response={201: shapes.Done})
def publish(request: HttpRequest, pk: UUID, body: TitleIn) -> Status[dict[str, Any]]:
    """Print, seal and publish the result; the inspection is closed."""
    asked = Asked(request, f"inspection result {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    kind = inspections_decisions.PublishInspection
    kind(inspection=pk, title="", digest="", size=0).permit(asked.actor)
    row = inspections_base.find_inspection(pk)
    inspections_base.require_state(row, InspectionState.DECIDED)
    stored = store.put(records.prepare_result(row, at=clock.now()))
    act = kind(inspection=pk, title=body.title, digest=stored.sha256, size=stored.size)
    return Status(201, done(asked.dispatch(act)))


@router.post("/{uuid:pk}/stop", response=shapes.Done)
def stop(request: HttpRequest, pk: UUID, body: ReasonIn) -> dict[str, Any]:
    """Stop the inspection, with a public reason."""
    return done(
        perform(
            request, inspections_decisions.StopInspection(inspection=pk, reason=body.reason)
        )
    )
