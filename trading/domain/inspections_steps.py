"""Which steps of an inspection somebody may take now: what pages offer, each act decides again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from signatures.domain.act import Actor
from signatures.domain.errors import Denied
from trading.domain import checklists
from trading.domain.inspections_base import deviations, inspects, latest
from trading.domain.inspections_planning import require_supervisor
from trading.domain.inspections_pool import OVER
from trading.enums import InspectionState
from trading.models import Inspection

NOTICE = "notice"
FINDINGS = "findings"
DELIVERY = "delivery"
RECUSAL = "recusal"
DECISION = "decision"
VERIFICATION = "verification"
PUBLICATION = "publication"
STOP = "stop"

Condition = Callable[[Inspection, datetime], bool]


def open_items(inspection: Inspection) -> list[checklists.Item]:
    """The items of its checklists that have no finding yet, in their order."""
    found = latest(inspection)
    items = checklists.items_of(inspection.plan.objects_inspected)
    return [item for item in items if item.name not in found]


def _ripe(inspection: Inspection, at: datetime) -> bool:
    if inspection.state == InspectionState.ANSWERED:
        return True
    if inspection.state == InspectionState.CORRECTING:
        return inspection.correct_until is not None and at > inspection.correct_until
    if inspection.state != InspectionState.ACTIVE or inspection.answer_until is None:
        return False
    return at > inspection.answer_until or not deviations(inspection)


def _gathering(inspection: Inspection, at: datetime) -> bool:
    return inspection.state == InspectionState.ACTIVE and inspection.delivered_at is None


#: Steps of the inspectors, and of the supervisor's people, in the order of the procedure.
_INSPECTOR: tuple[tuple[str, Condition], ...] = (
    (NOTICE, lambda row, at: row.state == InspectionState.DRAWN),
    (FINDINGS, _gathering),
    (DELIVERY, lambda row, at: _gathering(row, at) and not open_items(row)),
    (
        VERIFICATION,
        lambda row, at: row.state == InspectionState.CORRECTING and bool(row.correction),
    ),
    (RECUSAL, lambda row, at: row.state in (InspectionState.DRAWN, InspectionState.ACTIVE)),
)
_SUPERVISOR: tuple[tuple[str, Condition], ...] = (
    (DECISION, _ripe),
    (PUBLICATION, lambda row, at: row.state == InspectionState.DECIDED),
    (STOP, lambda row, at: row.state not in OVER),
)


def possible(inspection: Inspection, actor: Actor, *, at: datetime) -> tuple[str, ...]:
    """The steps that this actor may take now."""
    steps = _INSPECTOR if inspects(actor, inspection) else ()
    if supervises(inspection, actor):
        steps += _SUPERVISOR
    return tuple(name for name, holds in steps if holds(inspection, at))


def supervises(inspection: Inspection, actor: Actor) -> bool:
    """Whether the actor is of the supervisor that planned the inspection."""
    try:
        require_supervisor(actor, inspection.plan.organisation)
    except Denied:
        return False
    return True
