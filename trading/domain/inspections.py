"""Inspections under way: notice, findings, the subject's answer, a drawn inspector's recusal.

Supervision, double random, one public (双随机、一公开): ``inspections_planning`` draws the lots and
the inspectors, here they work, ``inspections_decisions`` ends it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Denied, Malformed, Refused
from trading.domain import checklists, dossier
from trading.domain.inspections_base import (
    ByInspector,
    BySubject,
    deviations,
    exhibits_of,
    latest,
    require_state,
    require_statement,
    subjects,
    tell,
    text_of,
    words,
)
from trading.domain.inspections_planning import recused, seat
from trading.domain.notices import PDF, check_file
from trading.domain.signed import Accepted
from trading.enums import InspectionState, LotRole, Outcome
from trading.models import Assignment, Finding, Inspection

NOTICE = "inspection-notice"
FINDING = "sunlit.finding/1"
FINDING_FIELDS = frozenset({"inspection", "item", "outcome", "text", "exhibits"})
READERS = (
    LotRole.TENDEREE,
    LotRole.AGENCY,
    LotRole.SUPERVISOR,
    LotRole.INSPECTOR,
    LotRole.ARCHIVIST,
)


@command("trading.notify-inspection")
@dataclass(frozen=True, kw_only=True)
class NotifyInspection(ByInspector):
    """Tell the subject that its lot was drawn; the sealed notice is in the store.

    Result: ``{"exhibit": uuid}``.
    """

    title: str
    digest: str
    size: int
    media_type: str = PDF

    def decide(self, scene: Scene) -> Result:
        inspection: Inspection = scene.subject
        require_state(inspection, InspectionState.DRAWN)
        check_file(self.title, self.size)
        exhibit = dossier.file(
            scene,
            lot=inspection.lot,
            kind=NOTICE,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={"inspection": inspection.urn, "objects": inspection.plan.objects_inspected},
            audience=READERS,
        )
        inspection.state, inspection.notified_at = InspectionState.ACTIVE, scene.now
        inspection.save(update_fields=["state", "notified_at"])
        scene.enter(
            subject=inspection.urn,
            digests={"notice": self.digest},
            context={"lot": inspection.lot.urn},
            receipt_for=tuple(one.urn for one in subjects(inspection.lot)),
        )
        tell(scene, inspection, "inspection-notice", subjects(inspection.lot))
        return {"exhibit": str(exhibit.pk)}


@command("trading.record-finding")
@dataclass(frozen=True, kw_only=True)
class RecordFinding(ByInspector):
    """Record what was found on one item of a checklist: a signed ``sunlit.finding/1``.

    It rests on at least one exhibit of the dossier that the inspector may see, unless the item
    does not apply. A second finding on an item takes the place of the first, which stays. Result:
    ``{"finding": uuid, "number", "open": [items without a finding]}``.
    """

    signed: Accepted

    def decide(self, scene: Scene) -> Result:
        inspection: Inspection = scene.subject
        self.signed.require_bound(scene.actor)
        require_state(inspection, InspectionState.ACTIVE)
        if inspection.delivered_at is not None:
            raise Refused(
                _("The findings were delivered; none is added now."), code="delivered-already"
            )
        said = self.signed.value
        require_statement(inspection, said, FINDING)
        item = self._item(inspection, said["item"])
        if said["outcome"] not in Outcome.values:
            raise Malformed(
                _("A finding is one of: %(outcomes)s.")
                % {"outcomes": ", ".join(Outcome.values)},
                code="bad-outcome",
            )
        applies = said["outcome"] != Outcome.NOT_APPLICABLE
        text = text_of(said["text"], least=1 if said["outcome"] == Outcome.DEVIATES else 0)
        shown = exhibits_of(scene, inspection.lot, said["exhibits"])
        if applies and not shown:
            raise Refused(
                _("A finding rests on at least one exhibit of the dossier."),
                code="evidence-missing",
                rule=item.article,
            )
        user = scene.actor.user
        if user is None:  # pragma: no cover - processes are never drawn
            raise Denied(_("Findings are made by people."), code="wrong-role")
        finding = Finding.objects.create(
            inspection=inspection,
            number=inspection.findings.count() + 1,
            item=item.name,
            outcome=said["outcome"],
            text=text,
            exhibits=shown,
            digests=self.signed.digests(),
            by=user,
            at=scene.now,
        )
        scene.enter(
            subject=finding.urn,
            digests=self.signed.digests(),
            context={"inspection": inspection.urn, "item": item.name},
            receipt_for=(user.urn, inspection.plan.organisation.urn),
        )
        return {
            "finding": str(finding.pk),
            "number": finding.number,
            "open": _open_items(inspection),
        }

    def _item(self, inspection: Inspection, name: object) -> checklists.Item:
        item = checklists.item(str(name))
        if item.name.partition(".")[0] not in inspection.plan.objects_inspected:
            raise Refused(
                _("The plan does not inspect “%(item)s”.") % {"item": item.name},
                code="not-inspected",
            )
        return item


def _open_items(inspection: Inspection) -> list[str]:
    found = latest(inspection)
    items = checklists.items_of(inspection.plan.objects_inspected)
    return [item.name for item in items if item.name not in found]


@command("trading.deliver-findings")
@dataclass(frozen=True, kw_only=True)
class DeliverFindings(ByInspector):
    """Hand the findings to the subject, once every item has one; its days for answering begin.

    Result: ``{"deviations": number, "answer_until": time}``.
    """

    def decide(self, scene: Scene) -> Result:
        inspection: Inspection = scene.subject
        require_state(inspection, InspectionState.ACTIVE)
        if inspection.delivered_at is not None:
            raise Refused(_("The findings were delivered already."), code="delivered-already")
        missing = _open_items(inspection)
        if missing:
            raise Refused(
                _("These items have no finding yet: %(items)s.") % {"items": ", ".join(missing)},
                code="items-open",
            )
        inspection.delivered_at = scene.now
        inspection.answer_until = checklists.term("answer").ends(scene.now)
        inspection.save(update_fields=["delivered_at", "answer_until"])
        count = len(deviations(inspection))
        scene.enter(
            subject=inspection.urn,
            context={"answer-until": jcs.timestamp(inspection.answer_until)},
            receipt_for=tuple(one.urn for one in subjects(inspection.lot)),
        )
        tell(
            scene, inspection, "inspection-findings", subjects(inspection.lot), count=str(count)
        )
        return {"deviations": count, "answer_until": jcs.timestamp(inspection.answer_until)}


@command("trading.answer-inspection")
@dataclass(frozen=True, kw_only=True)
class AnswerInspection(BySubject):
    """The subject answers the findings: a signed ``sunlit.answer/1`` with ``step`` "answer".

    Taken until the decision; after its days it is marked as late. Result: ``{"late": bool}``.
    """

    signed: Accepted

    def decide(self, scene: Scene) -> Result:
        inspection: Inspection = scene.subject
        self.signed.require_bound(scene.actor)
        require_state(inspection, InspectionState.ACTIVE)
        if inspection.delivered_at is None or inspection.answer_until is None:
            raise Refused(_("The findings are not delivered yet."), code="not-delivered")
        late = scene.now > inspection.answer_until
        inspection.answer = words(scene, inspection, self.signed, "answer") | {"late": late}
        inspection.state, inspection.answered_at = InspectionState.ANSWERED, scene.now
        inspection.save(update_fields=["answer", "state", "answered_at"])
        scene.enter(
            subject=inspection.urn,
            digests=self.signed.digests(),
            receipt_for=tuple(one.urn for one in subjects(inspection.lot)),
        )
        return {"late": late}


@command("trading.recuse-inspector")
@dataclass(frozen=True, kw_only=True)
class RecuseInspector(ByInspector):
    """A drawn inspector has a conflict that the record did not know; the next alternate steps in.

    Result: ``{"inspectors": number, "alternates": number}``.
    """

    reason: str

    def decide(self, scene: Scene) -> Result:
        inspection: Inspection = scene.subject
        reason = text_of(self.reason)
        require_state(inspection, InspectionState.DRAWN, InspectionState.ACTIVE)
        rest = [one for one in inspection.alternates if not recused(inspection.lot, one)]
        staying = [one for one in inspection.inspectors if one != scene.actor.urn]
        if not rest and not staying:
            raise Refused(
                _("Nobody is left to inspect. The supervisor stops the inspection and draws anew."),
                code="no-alternate",
            )
        Assignment.objects.filter(
            lot=inspection.lot,
            user=scene.actor.user,
            role=LotRole.INSPECTOR,
            until__isnull=True,
        ).update(recused_at=scene.now, until=scene.now, reason=reason[:200])
        for one in rest[:1]:
            staying.append(seat(scene, inspection, one).urn)
        inspection.inspectors, inspection.alternates = staying, rest[1:]
        inspection.save(update_fields=["inspectors", "alternates"])
        scene.enter(
            subject=inspection.urn,
            context={"alternate": bool(rest)},
            receipt_for=(scene.actor.urn, inspection.plan.organisation.urn),
        )
        return {"inspectors": len(staying), "alternates": len(inspection.alternates)}
