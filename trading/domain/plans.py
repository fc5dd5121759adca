"""The plan of a lot: how the catalogue judges it, how far its approval came, what guards ask.

Where a ground of the catalogue asks for it, supervision approves here what was submitted, and only
that: whoever changes title, estimate, object, ground or approval afterwards submits anew. Planned
dates are shown with the plan and do not bind; rules of days judge them when the notice goes out.
The acts are in ``trading.domain.plan_acts``.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Scene
from signatures.domain.errors import Refused
from trading.domain import catalogue, dossier, registry
from trading.domain.catalogue import Judgement, Matter
from trading.domain.registry import GuardScene
from trading.enums import LotRole
from trading.models import Exhibit, Lot, Plan, Preparation

APPROVED, WAITS = "plan-approved", "plan-waits"
#: Kinds of exhibits: a decision on a plan, and the file that shows its ground.
DECISION, FILE = "plan-decision", "plan-file"
#: Who reads a plan, its decision, and what was excepted of its notice.
READERS = (
    LotRole.TENDEREE.value,
    LotRole.AGENCY.value,
    LotRole.SUPERVISOR.value,
    LotRole.INSPECTOR.value,
    LotRole.ARCHIVIST.value,
)


class Standing(StrEnum):
    """How far a plan came."""

    DRAFT = "draft"
    WAITING = "waiting"
    APPROVED = "approved"
    RETURNED = "returned"
    CHANGED = "changed"


# --- reading -------------------------------------------------------------------------------------


def of(lot: Lot) -> Plan:
    """The lot's plan; where none was kept, what is taken for granted in its category, unsaved."""
    row = Plan.objects.filter(lot=lot).first()
    if row is not None:
        return row
    known = catalogue.load()
    return Plan(
        lot=lot, object=known.usual.get(lot.project.category, ""), funds=known.funds[0]
    )


def amount(lot: Lot, plan: Plan) -> Decimal | None:
    """What counts for the catalogue's amounts, in CNY: the estimates of the project's lots of one
    object together, and no less than the failed lot that is tendered again."""
    if lot.estimate is None:
        return None
    others = Lot.objects.filter(project=lot.project).exclude(pk=lot.pk).select_related("plan")
    usual = catalogue.load().usual.get(lot.project.category, "")
    total = lot.estimate
    for other in others:
        theirs = other.plan.object if hasattr(other, "plan") else usual
        if theirs == plan.object and other.estimate is not None:
            total += other.estimate
    failed = lot.predecessor.estimate if lot.predecessor is not None else None
    return max(total, failed or total)


def judge(lot: Lot, plan: Plan | None = None) -> Judgement:
    """What the catalogue says of the lot as it is planned."""
    plan = plan or of(lot)
    return catalogue.judge(
        catalogue.load(),
        Matter(
            category=lot.project.category,
            procedure=lot.procedure["name"],
            object=plan.object,
            funds=plan.funds,
            amount=amount(lot, plan),
            ground=plan.ground,
            approval=plan.approval,
            repeats=lot.predecessor_id is not None,
        ),
    )


def content(lot: Lot, plan: Plan) -> dict[str, Any]:
    """What is approved of a plan."""
    return {
        "lot": lot.urn,
        "title": lot.title,
        "estimate": None if lot.estimate is None else f"{lot.estimate:.2f}",
        "procedure": lot.procedure["name"],
        "object": plan.object,
        "funds": plan.funds,
        "ground": plan.ground,
        "approval": plan.approval,
    }


def digest(lot: Lot, plan: Plan) -> str:
    """SHA-256 over the canonical JSON of :func:`content`, in hex."""
    return jcs.digest(content(lot, plan)).hex()


def standing(lot: Lot, plan: Plan) -> Standing:
    """How far the plan came, as it reads now."""
    if not plan.submitted:
        return Standing.DRAFT
    if plan.approved is False:
        return Standing.RETURNED
    if plan.submitted != digest(lot, plan):
        return Standing.CHANGED
    return Standing.WAITING if plan.approved is None else Standing.APPROVED


def draft_digest(plan: Plan) -> str:
    """SHA-256 of what a plan's form holds, in hex."""
    return jcs.digest([plan.object, plan.funds, plan.ground, plan.approval]).hex()


def statement(lot: Lot, plan: Plan, *, approve: bool, reason: str) -> dict[str, Any]:
    """A decision on a plan, as the dossier keeps it."""
    drafts = Preparation.objects.filter(lot=lot).first()
    return {
        "type": "sunlit.plan-decision/1",
        "plan": content(lot, plan),
        "dates": drafts.dates if drafts is not None else {},
        "decision": "approved" if approve else "returned",
        "reason": reason,
    }


def refusal_of(judgement: Judgement) -> Refused:
    """Everything of the catalogue that blocks, as one refusal with the articles."""
    blocking = judgement.blocking
    return Refused(
        "\n".join(one.message for one in blocking),
        code=blocking[0].code,
        rule="; ".join(dict.fromkeys(one.rule.article for one in blocking)),
    )


def file_exhibit(scene: Scene, lot: Lot) -> Exhibit | None:
    """File what shows the ground, when the notice goes out; nothing where there is no file."""
    plan = of(lot)
    file = plan.approval.get("file")
    if not file:
        return None
    said = {name: plan.approval.get(name) for name in catalogue.REFERENCE}
    return dossier.file(
        scene,
        lot=lot,
        kind=FILE,
        name=file["title"],
        digest=file["digest"],
        size=file["size"],
        media_type=file["media_type"],
        facts={"ground": plan.ground, **said},
        audience=READERS,
    )


# --- guards --------------------------------------------------------------------------------------


def plan_approved(scene: GuardScene) -> str | None:
    """Where the ground asks for it, supervision approved the plan as it reads now."""
    plan = of(scene.lot)
    if not judge(scene.lot, plan).on_platform:
        return None
    match standing(scene.lot, plan):
        case Standing.APPROVED:
            return None
        case Standing.WAITING:
            return _("The plan waits for supervision’s approval.")
        case Standing.RETURNED:
            return _("Supervision sent the plan back: %(reason)s") % {"reason": plan.reason}
        case Standing.CHANGED:
            return _("The plan was changed after it was submitted. Submit it anew.")
    return _("This ground asks for an approval. Submit the plan to supervision first.")


def plan_waits(scene: GuardScene) -> str | None:
    """A submitted plan waits for its decision."""
    if standing(scene.lot, of(scene.lot)) is Standing.WAITING:
        return None
    return _("No plan waits for a decision.")


def register() -> None:
    """Make the guards nameable; called when the app is ready."""
    registry.register_guard(APPROVED, plan_approved)
    registry.register_guard(WAITS, plan_waits)
