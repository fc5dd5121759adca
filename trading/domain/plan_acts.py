"""What is done with a plan: kept, submitted to supervision, approved or sent back.

A plan's draft and its submission are hidden entries; what supervision decides is an exhibit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Conflict, Denied, Malformed, Refused
from trading import access
from trading.domain import calendar, catalogue, dossier, messages, plans, registry, reports
from trading.domain.acts import LotAct, find_lot
from trading.domain.notices import check_file
from trading.domain.plans import DECISION, READERS, Standing
from trading.domain.site_visits import checked
from trading.models import Lot, Plan
from trading.models.plan import MAX_AUTHORITY, MAX_NUMBER, MAX_REASON

PREPARE = "trading.prepare-notice"
DRAFT, SUBMIT, DECIDE = "trading.draft-plan", "trading.submit-plan", "trading.decide-plan"
JSON = "application/json"



@command(DRAFT)
@dataclass(frozen=True, kw_only=True)
class DraftPlan(LotAct):
    """Keep what the lot is, with which funds, on which ground, and an approval given elsewhere.

    ``approval`` is ``{"number", "authority", "date"}``, all or none, and ``file``, whose bytes are
    in the store. ``before`` is the digest of what stood there when the form was shown.
    """

    step: ClassVar[str] = PREPARE
    public: ClassVar[bool] = False

    object: str
    funds: str
    ground: str = ""
    approval: dict[str, Any] = field(default_factory=dict)
    before: str = ""

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row = plans.of(lot)
        if self.before and self.before != plans.draft_digest(row):
            raise Conflict(
                _("This was changed meanwhile, by somebody else or in another tab. Yours is not"
                  " kept yet: compare, then keep yours."),
                code="changed-meanwhile",
            )
        self._check(lot)
        row.object, row.funds, row.ground = self.object, self.funds, self.ground
        row.approval = _checked_approval(self.approval, calendar.local_day(scene.now))
        row.save()
        scene.enter(subject=lot.urn, digests={"draft": plans.draft_digest(row)})
        return {"lot": str(lot.pk), "plan": plans.digest(lot, row)}

    def _check(self, lot: Lot) -> None:
        known = catalogue.load()
        if self.object not in known.objects:
            raise Malformed(_("Say what is bought or sold."), code="bad-object")
        if self.funds not in known.funds:
            raise Malformed(_("Say with which funds."), code="bad-funds")
        ground = known.grounds.get(self.ground)
        if self.ground and (ground is None or lot.procedure["name"] not in ground.procedures):
            raise Malformed(_("This ground is none of this procedure’s."), code="bad-ground")


def _checked_approval(approval: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The approval with its blanks gone; raises :class:`Malformed`."""
    said = {name: str(approval.get(name, "")).strip() for name in catalogue.REFERENCE}
    unknown = set(approval) - {*catalogue.REFERENCE, "file"}
    if unknown or len(said["number"]) > MAX_NUMBER or len(said["authority"]) > MAX_AUTHORITY:
        raise Malformed(
            _("An approval has a number of at most %(number)d and an authority of at most"
              " %(authority)d characters.") % {"number": MAX_NUMBER, "authority": MAX_AUTHORITY},
            code="bad-approval",
        )
    kept: dict[str, Any] = {}
    if any(said.values()):
        if not all(said.values()):
            raise Malformed(
                _("Of an approval state number, authority and date."), code="approval-incomplete"
            )
        try:
            given = date.fromisoformat(said["date"])
        except ValueError:
            raise Malformed(
                _("This is no date; write it as 2026-05-04."), code="bad-approval-date"
            ) from None
        if given > today:
            raise Malformed(
                _("The approval’s date lies ahead. It must have been given already."),
                code="bad-approval-date",
            )
        kept = {**said, "date": given.isoformat()}
    file = approval.get("file")
    if file:
        if set(file) != {"title", "digest", "size", "media_type"}:
            raise Malformed(_("The approval’s file is not as it must be."), code="bad-approval")
        check_file(file["title"], file["size"])
        dossier.check_digest(file["digest"])
        kept["file"] = dict(file)
    return kept


@command(SUBMIT)
@dataclass(frozen=True, kw_only=True)
class SubmitPlan(LotAct):
    """Submit the plan to supervision; nothing else of the catalogue may stand in its way.

    ``plan`` is the digest of the plan as it was shown (:func:`trading.domain.plans.digest`).
    """

    public: ClassVar[bool] = False

    plan: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row = plans.of(lot)
        now_reads = _require_as_shown(lot, row, self.plan)
        if plans.standing(lot, row) in (Standing.WAITING, Standing.APPROVED):
            raise Refused(_("This plan was submitted already."), code="submitted-already")
        if lot.estimate is None:
            raise Refused(_("State the estimate of the lot first."), code="estimate-stated")
        judgement = plans.judge(lot, row)
        if judgement.blocking:
            raise plans.refusal_of(judgement)
        if not judgement.on_platform:
            raise Refused(
                _("No rule asks for an approval of this plan here; the notice can go out."),
                code="no-approval-needed",
            )
        row.submitted, row.submitted_at = now_reads, scene.now
        row.approved = row.decided_at = row.decided_by = None
        row.reason = ""
        row.save()
        scene.enter(
            subject=lot.urn,
            digests={"plan": now_reads},
            context={"ground": row.ground},
            receipt_for=(lot.project.tenderee.urn,),
        )
        messages.send(
            scene, to=reports.supervisors(lot), template="plan-submitted", lot=lot, evidence=True
        )
        return {"plan": now_reads}


@command(DECIDE)
@dataclass(frozen=True, kw_only=True)
class DecidePlan(LotAct):
    """Approve the submitted plan, or send it back and say why; supervision does.

    ``plan`` is the digest of the plan as it was read, ``record`` that of the canonical JSON of
    ``trading.domain.plans.statement``, whose bytes are in the store. Nobody decides on a plan of an
    organisation for which they act themselves.
    """

    public: ClassVar[bool] = False

    plan: str
    approve: bool
    reason: str = ""
    record: str = ""

    def permit(self, actor: Actor) -> None:
        super().permit(actor)
        project = find_lot(self.lot).project
        parties = (project.tenderee_id, project.agency_id)
        if any(party is not None and access.acts_for(actor.user, party) for party in parties):
            raise Denied(
                _("Nobody decides on a plan of an organisation for which they act."),
                code="own-plan",
            )

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row = plans.of(lot)
        now_reads = _require_as_shown(lot, row, self.plan)
        if plans.standing(lot, row) is not Standing.WAITING:
            raise Refused(_("No plan waits for a decision."), code="no-plan-waits")
        reason = checked(self.reason, MAX_REASON, least=0 if self.approve else 1)
        said = jcs.dumps(plans.statement(lot, row, approve=self.approve, reason=reason))
        if hashlib.sha256(said).hexdigest() != self.record:
            raise Conflict(
                _("The plan was changed after you read it. Read it as it stands now."),
                code="changed-meanwhile",
            )
        row.approved, row.decided_at = self.approve, scene.now
        row.decided_by, row.reason = scene.actor.user, reason
        row.save()
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=DECISION,
            name="plan-decision.json",
            digest=self.record,
            size=len(said),
            media_type=JSON,
            facts={
                "plan": now_reads,
                "approved": self.approve,
                "ground": row.ground,
                "reason": reason,
                "by": scene.actor.urn,
            },
            audience=READERS,
        )
        scene.enter(
            subject=lot.urn,
            digests={"plan": now_reads},
            context={"approved": self.approve, "exhibit": exhibit.urn},
            receipt_for=(lot.project.tenderee.urn,),
        )
        parties = [one for one in (lot.project.tenderee, lot.project.agency) if one is not None]
        messages.send(
            scene,
            to=parties,
            template="plan-approved" if self.approve else "plan-returned",
            lot=lot,
            context={"reason": reason or "—"},
            evidence=True,
        )
        return {"plan": now_reads, "approved": self.approve, "exhibit": str(exhibit.pk)}


def _require_as_shown(lot: Lot, plan: Plan, shown: str) -> str:
    now_reads = plans.digest(lot, plan)
    if shown != now_reads:
        raise Conflict(
            _("The plan was changed after you read it. Read it as it stands now."),
            code="changed-meanwhile",
        )
    return now_reads


def register() -> None:
    """Make the commands nameable; called when the app is ready."""
    registry.register_command(DRAFT, DraftPlan)
    registry.register_command(SUBMIT, SubmitPlan)
    registry.register_command(DECIDE, DecidePlan)
