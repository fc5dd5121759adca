"""Plans and inspections as the programming interface gives them out, each to whom it may."""

from __future__ import annotations

from typing import Any

from signatures.domain import jcs
from signatures.domain.act import Actor
from signatures.models import User
from trading import access
from trading.domain import checklists, inspections_base
from trading.domain.checklists import Checklist
from trading.enums import InspectionState
from trading.models import Finding, Inspection, InspectionPlan


def checklist_line(row: Checklist) -> dict[str, Any]:
    """A checklist with its items, in every language."""
    return {
        "name": row.name,
        "version": row.version,
        "title": row.title.texts,
        "items": [
            {
                "name": item.name,
                "article": item.article,
                "effective": item.effective.isoformat(),
                "confirmed": item.confirmed,
                "evidence": list(item.evidence),
                "text": item.text.texts,
                "check": item.check.texts,
            }
            for item in row.items
        ],
    }


def plan_line(row: InspectionPlan, *, viewer: User | None) -> dict[str, Any]:
    """A plan; who may be drawn is shown to the supervisor's own people alone."""
    found = {
        "id": str(row.pk),
        "urn": row.urn,
        "organisation": row.organisation.urn,
        "title": row.title,
        "objects": row.objects_inspected,
        "checklists": row.checklists,
        "scope": row.scope,
        "share": row.share,
        "at_least": row.at_least,
        "weights": row.weights,
        "per_lot": row.per_lot,
        "alternates": row.alternates,
        "state": row.state,
        "draw": None if row.draw is None else str(row.draw.pk),
        "planned_at": jcs.timestamp(row.planned_at),
        "inspections": [
            {"id": str(one.pk), "lot": str(one.lot_id), "state": one.state}
            for one in row.inspections.order_by("drawn_at", "pk")
        ],
    }
    if access.acts_for(viewer, row.organisation_id):
        found["inspectors"] = row.inspectors
    return found


def inspection_line(row: Inspection, *, viewer: User | None) -> dict[str, Any]:
    """An inspection: its state to everybody, findings to those it concerns, all when closed.

    The subject sees findings once they are delivered; only the supervisor's people and the
    inspectors see who inspects.
    """
    actor = Actor.person(viewer) if viewer is not None else Actor(urn="anybody")
    inside = access.acts_for(viewer, row.plan.organisation_id) or inspections_base.inspects(
        actor, row
    )
    subject = viewer is not None and inspections_base.is_subject(actor, row)
    closed = row.state == InspectionState.CLOSED
    found: dict[str, Any] = {
        "id": str(row.pk),
        "urn": row.urn,
        "plan": str(row.plan_id),
        "lot": str(row.lot_id),
        "state": row.state,
        "objects": row.plan.objects_inspected,
        **{
            name: None if at is None else jcs.timestamp(at)
            for name, at in (
                ("drawn_at", row.drawn_at),
                ("notified_at", row.notified_at),
                ("delivered_at", row.delivered_at),
                ("answer_until", row.answer_until),
                ("answered_at", row.answered_at),
                ("decided_at", row.decided_at),
                ("correct_until", row.correct_until),
                ("verified_at", row.verified_at),
                ("publish_until", row.publish_until),
                ("closed_at", row.closed_at),
            )
        },
    }
    if inside:
        found["inspectors"] = row.inspectors
    if inside or closed or (subject and row.delivered_at is not None):
        found["findings"] = [
            finding_line(one) for one in row.findings.order_by("number")
        ]
    if inside or subject or closed:
        found["answer"] = row.answer.get("text", "")
        found["decision"] = row.decision
        found["reasons"] = row.reasons
        found["correction"] = row.correction.get("text", "")
    elif row.state == InspectionState.STOPPED:
        found["reasons"] = row.reasons
    return found


def finding_line(row: Finding) -> dict[str, Any]:
    """A finding, without the name of whoever made it."""
    return {
        "id": str(row.pk),
        "number": row.number,
        "item": row.item,
        "article": checklists.item(row.item).article,
        "outcome": row.outcome,
        "text": row.text,
        "exhibits": row.exhibits,
        "at": jcs.timestamp(row.at),
    }
