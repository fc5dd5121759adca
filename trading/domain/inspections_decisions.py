"""How an inspection ends: decision, correction, published result; or stopped, with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, Refused
from trading.domain import checklists, dossier, planning
from trading.domain.inspections_base import (
    ByInspector,
    BySubject,
    BySupervisor,
    deviations,
    latest,
    require_state,
    subjects,
    tell,
    text_of,
    words,
)
from trading.domain.inspections_planning import lock_plan
from trading.domain.inspections_pool import OVER
from trading.domain.notices import PDF, check_file
from trading.domain.signed import Accepted
from trading.enums import PUBLIC, Decision, InspectionState, LotRole
from trading.models import Assignment, Inspection

RESULT = "inspection-result"


@command("trading.decide-inspection")
@dataclass(frozen=True, kw_only=True)
class DecideInspection(BySupervisor):
    """Decide what follows from the findings: ``none``, ``correct`` or ``refer``, with reasons.

    Once the subject has answered, or has nothing to answer, or let its days pass. A correction
    that was not made in its days may still be referred. Result: ``{"state", "publish_until"}``.
    """

    decision: str
    reasons: str

    def decide(self, scene: Scene) -> Result:
        inspection: Inspection = scene.subject
        if self.decision not in Decision.values:
            raise Malformed(
                _("A decision is one of: %(decisions)s.")
                % {"decisions": ", ".join(Decision.values)},
                code="bad-decision",
            )
        reasons = text_of(self.reasons)
        self._require_ripe(scene, inspection)
        if self.decision != Decision.NONE and not deviations(inspection):
            raise Refused(
                _("Nothing was found that would have to be corrected or referred."),
                code="nothing-found",
            )
        inspection.decision, inspection.reasons = self.decision, reasons
        inspection.decided_at = scene.now
        if self.decision == Decision.CORRECT:
            inspection.state = InspectionState.CORRECTING
            inspection.correct_until = checklists.term("correction").ends(scene.now)
        else:
            _end(scene, inspection)
        inspection.save()
        scene.enter(
            subject=inspection.urn,
            digests={"reasons": jcs.digest(reasons).hex()},
            context={"decision": self.decision},
            receipt_for=tuple(one.urn for one in subjects(inspection.lot)),
        )
        tell(
            scene,
            inspection,
            "inspection-decided",
            subjects(inspection.lot),
            decision=self.decision,
            reasons=reasons,
        )
        return _standing(inspection)

    def _require_ripe(self, scene: Scene, inspection: Inspection) -> None:
        if inspection.state == InspectionState.CORRECTING:
            over = inspection.correct_until is not None and scene.now > inspection.correct_until
            if self.decision != Decision.REFER or not over:
                raise Refused(
                    _("A correction is under way; it may be referred once its days are over."),
                    code="correction-under-way",
                )
            return
        require_state(inspection, InspectionState.ACTIVE, InspectionState.ANSWERED)
        if inspection.state == InspectionState.ANSWERED:
            return
        if inspection.delivered_at is None or inspection.answer_until is None:
            raise Refused(_("The findings are not delivered yet."), code="not-delivered")
        if deviations(inspection) and scene.now <= inspection.answer_until:
            raise Refused(
                _("The subject may still answer, until %(until)s.")
                % {"until": planning.shown(inspection.answer_until)},
                code="answer-awaited",
                rule=checklists.term("answer").article,
            )


@command("trading.report-correction")
@dataclass(frozen=True, kw_only=True)
class ReportCorrection(BySubject):
    """The subject says what it corrected: a signed ``sunlit.answer/1`` with ``step``
    "correction". Result: ``{"late": bool}``."""

    signed: Accepted

    def decide(self, scene: Scene) -> Result:
        inspection: Inspection = scene.subject
        self.signed.require_bound(scene.actor)
        require_state(inspection, InspectionState.CORRECTING)
        if inspection.correction:
            raise Refused(
                _("A correction was reported; the inspectors look at it."), code="reported-already"
            )
        late = inspection.correct_until is not None and scene.now > inspection.correct_until
        inspection.correction = words(scene, inspection, self.signed, "correction") | {
            "at": jcs.timestamp(scene.now),
            "late": late,
        }
        inspection.save(update_fields=["correction"])
        scene.enter(
            subject=inspection.urn,
            digests=self.signed.digests(),
            receipt_for=tuple(one.urn for one in subjects(inspection.lot)),
        )
        return {"late": late}


@command("trading.verify-correction")
@dataclass(frozen=True, kw_only=True)
class VerifyCorrection(ByInspector):
    """An inspector has looked at the correction: it holds, or is still to be made.

    Result: ``{"state", "publish_until"}``.
    """

    holds: bool
    text: str

    def decide(self, scene: Scene) -> Result:
        inspection: Inspection = scene.subject
        text = text_of(self.text)
        require_state(inspection, InspectionState.CORRECTING)
        if not inspection.correction:
            raise Refused(_("No correction was reported yet."), code="not-reported")
        if self.holds:
            inspection.verified_at = scene.now
            inspection.correction = {**inspection.correction, "verified": text}
            _end(scene, inspection)
        else:
            inspection.correction = {}
        inspection.save()
        scene.enter(
            subject=inspection.urn,
            digests={"text": jcs.digest(text).hex()},
            context={"holds": self.holds},
            receipt_for=tuple(one.urn for one in subjects(inspection.lot)),
        )
        template = "inspection-corrected" if self.holds else "inspection-not-corrected"
        tell(scene, inspection, template, subjects(inspection.lot), text=text)
        return _standing(inspection)


@command("trading.publish-inspection")
@dataclass(frozen=True, kw_only=True)
class PublishInspection(BySupervisor):
    """Publish the result as a public exhibit and close the inspection; its record is in the store.

    After its days it is taken all the same, and published as late. Result: ``{"exhibit": uuid,
    "late": bool}``.
    """

    public: ClassVar[bool] = True

    title: str
    digest: str
    size: int
    media_type: str = PDF

    def decide(self, scene: Scene) -> Result:
        inspection: Inspection = scene.subject
        require_state(inspection, InspectionState.DECIDED)
        check_file(self.title, self.size)
        late = inspection.publish_until is not None and scene.now > inspection.publish_until
        facts = {**facts_of(inspection), "late": late}
        exhibit = dossier.file(
            scene,
            lot=inspection.lot,
            kind=RESULT,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts=facts,
            audience=[PUBLIC],
        )
        inspection.state, inspection.closed_at = InspectionState.CLOSED, scene.now
        inspection.save(update_fields=["state", "closed_at"])
        _release(scene, inspection)
        scene.enter(
            subject=inspection.urn,
            digests={"result": self.digest},
            context={
                "lot": inspection.lot.urn,
                "decision": inspection.decision,
                "deviations": facts["deviations"],
                "late": late,
            },
        )
        tell(scene, inspection, "inspection-published", subjects(inspection.lot))
        return {"exhibit": str(exhibit.pk), "late": late}


@command("trading.stop-inspection")
@dataclass(frozen=True, kw_only=True)
class StopInspection(BySupervisor):
    """Stop an inspection before its result, with a reason that everybody may read."""

    public: ClassVar[bool] = True

    reason: str

    def decide(self, scene: Scene) -> Result:
        inspection: Inspection = scene.subject
        reason = text_of(self.reason)
        if inspection.state in OVER:
            raise Refused(_("The inspection is over."), code="wrong-state")
        inspection.state, inspection.closed_at = InspectionState.STOPPED, scene.now
        inspection.reasons = reason
        inspection.save(update_fields=["state", "closed_at", "reasons"])
        _release(scene, inspection)
        scene.enter(
            subject=inspection.urn,
            digests={"reason": jcs.digest(reason).hex()},
            context={"lot": inspection.lot.urn},
        )
        tell(scene, inspection, "inspection-stopped", subjects(inspection.lot), text=reason)
        return {"state": inspection.state}


def facts_of(inspection: Inspection) -> dict[str, Any]:
    """What the result says in figures, for the dossier and for supervision."""
    return {
        "inspection": inspection.urn,
        "plan": inspection.plan.urn,
        "objects": inspection.plan.objects_inspected,
        "checklists": inspection.plan.checklists,
        "items": len(latest(inspection)),
        "deviations": len(deviations(inspection)),
        "decision": inspection.decision,
        "corrected": inspection.verified_at is not None,
    }


def _end(scene: Scene, inspection: Inspection) -> None:
    """The inspection has come to its end; the days for publishing its result begin."""
    inspection.state = InspectionState.DECIDED
    inspection.publish_until = checklists.term("publication").ends(scene.now)


def _standing(inspection: Inspection) -> Result:
    until = inspection.publish_until
    return {
        "state": inspection.state,
        "publish_until": None if until is None else jcs.timestamp(until),
    }


def _release(scene: Scene, inspection: Inspection) -> None:
    """The inspectors' roles end with the inspection; so does the plan with its last one."""
    users = [one.removeprefix("user:") for one in inspection.inspectors]
    Assignment.objects.filter(
        lot=inspection.lot, user__in=users, role=LotRole.INSPECTOR, until__isnull=True
    ).update(until=scene.now)
    plan = lock_plan(inspection.plan_id)
    if not plan.inspections.exclude(state__in=OVER).exclude(pk=inspection.pk).exists():
        plan.state = InspectionState.CLOSED
        plan.save(update_fields=["state"])
