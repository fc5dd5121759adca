"""Planning an inspection, and drawing its projects and inspectors in one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import checklists, drawing, inspections_pool, messages, projects
from trading.domain.acts import find_organisation
from trading.domain.drawing_opening import USUAL
from trading.domain.signed import Accepted
from trading.enums import InspectionState, LotRole, OrganisationKind
from trading.models import Assignment, Draw, Inspection, InspectionPlan, Lot, Organisation

MOST_INSPECTORS = 500
MOST_PER_LOT = 9


def require_supervisor(actor: Actor, organisation: Organisation) -> None:
    """The actor acts for this verified supervisor; else :class:`Denied`."""
    is_one = OrganisationKind.SUPERVISOR.value in organisation.kinds and access.is_verified(
        organisation
    )
    if not is_one or not access.acts_for(actor.user, organisation.pk):
        raise Denied(
            _("Inspections are for the supervisor that planned them, and its people."),
            code="wrong-role",
        )


def find_plan(identifier: UUID) -> InspectionPlan:
    """The plan, unlocked; raises :class:`NotFound`."""
    rows = InspectionPlan.objects.select_related("organisation", "draw")
    return _first(rows, identifier)


def lock_plan(identifier: UUID) -> InspectionPlan:
    """The plan's row, locked; raises :class:`NotFound`."""
    rows = InspectionPlan.objects.select_for_update(of=("self",))
    return _first(rows.select_related("organisation", "draw"), identifier)


def _first(rows: QuerySet[InspectionPlan], identifier: UUID) -> InspectionPlan:
    row = rows.filter(pk=identifier).first()
    if row is None:
        raise NotFound(_("There is no such plan of inspection."), code="unknown-plan")
    return row


@command("trading.plan-inspection")
@dataclass(frozen=True, kw_only=True)
class PlanInspection(Act):
    """Say what will be inspected before anybody knows where and by whom.

    ``objects`` are names of checklists; ``scope``, ``share`` (per cent of the lots in it),
    ``at_least`` and ``weights`` say from which lots how many are drawn
    (:mod:`trading.domain.inspections_pool`); ``inspectors`` are the people to draw from. Result:
    ``{"plan": uuid}``.
    """

    public: ClassVar[bool] = True

    organisation: UUID
    title: str
    objects: tuple[str, ...]
    scope: dict[str, Any]
    share: int
    at_least: int = 1
    weights: tuple[dict[str, Any], ...] = ()
    inspectors: tuple[UUID, ...]
    per_lot: int = 2
    alternates: int = 1

    def permit(self, actor: Actor) -> None:
        require_supervisor(actor, find_organisation(self.organisation))

    def decide(self, scene: Scene) -> Result:
        title = " ".join(self.title.split())
        if not 1 <= len(title) <= 200:
            raise Malformed(_("A plan's title has 1 to 200 characters."), code="bad-title")
        objects = [name for name in checklists.OBJECTS if name in self.objects]
        for name in self.objects:
            checklists.load(name)
        if not objects:
            raise Malformed(_("Say what is inspected."), code="no-objects")
        self._check_numbers()
        people = sorted({f"user:{one}" for one in self.inspectors})
        inspections_pool.inspectors(people, at=scene.now)
        plan = InspectionPlan.objects.create(
            organisation=find_organisation(self.organisation),
            title=title,
            objects_inspected=objects,
            checklists=checklists.digest(objects),
            scope=inspections_pool.check_scope(self.scope),
            share=self.share,
            at_least=self.at_least,
            weights=inspections_pool.check_weights(self.weights),
            inspectors=people,
            per_lot=self.per_lot,
            alternates=self.alternates,
            planned_by=scene.actor.urn,
            planned_at=scene.now,
        )
        scene.enter(
            subject=plan.urn,
            digests={
                "checklists": plan.checklists,
                "plan": jcs.digest([plan.scope, plan.weights]).hex(),
            },
            context={
                "organisation": plan.organisation.urn,
                "objects": objects,
                "share": self.share,
                "at-least": self.at_least,
                "inspectors": len(people),
                "per-lot": self.per_lot,
            },
        )
        return {"plan": str(plan.pk)}

    def _check_numbers(self) -> None:
        for name, value, least, most in (
            ("share", self.share, 1, 100),
            ("at_least", self.at_least, 1, 1000),
            ("per_lot", self.per_lot, 1, MOST_PER_LOT),
            ("alternates", self.alternates, 0, MOST_PER_LOT),
            ("inspectors", len(set(self.inspectors)), self.per_lot, MOST_INSPECTORS),
        ):
            if type(value) is not int or not least <= value <= most:
                raise Malformed(
                    _("%(name)s must lie between %(least)d and %(most)d.")
                    % {"name": name, "least": least, "most": most},
                    code="bad-number",
                )


@command("trading.draw-inspections")
@dataclass(frozen=True, kw_only=True)
class DrawInspections(Act):
    """Open the draw of a plan's projects and inspectors: one record, built by the platform.

    The inspectors stand in it under aliases. ``before`` and ``reason`` as for a repeated draw.
    Result as of ``trading.open-draw``.
    """

    public: ClassVar[bool] = True

    plan: UUID
    parties: tuple[str, ...]
    commit_seconds: int = USUAL
    reveal_seconds: int = USUAL
    before: UUID | None = None
    reason: Accepted | None = None

    def permit(self, actor: Actor) -> None:
        require_supervisor(actor, find_plan(self.plan).organisation)

    def lock(self) -> InspectionPlan:
        return lock_plan(self.plan)

    def decide(self, scene: Scene) -> Result:
        plan: InspectionPlan = scene.subject
        if plan.state != InspectionState.DRAFT:
            raise Refused(_("This plan was drawn or stopped already."), code="wrong-state")
        if plan.checklists != checklists.digest(plan.objects_inspected):
            raise Refused(
                _("The checklists have changed since the plan was made. Make a new plan."),
                code="checklists-changed",
            )
        before = drawing.find_draw(self.before) if self.before is not None else None
        record, aliases = inspections_pool.record(
            plan, parties=self.parties, before=before, at=scene.now
        )
        draw = drawing.open_draw(
            scene,
            purpose=inspections_pool.PURPOSE,
            subject=plan.urn,
            record=record,
            commit_seconds=self.commit_seconds,
            reveal_seconds=self.reveal_seconds,
            before=before,
            reason=self.reason,
            aliases=aliases,
        )
        plan.draw = draw
        plan.save(update_fields=["draw"])
        return drawing.opened(draw)


def begin(scene: Scene, draw: Draw, result: dict[str, Any]) -> None:
    """What the result of a plan's draw does: an inspection on each drawn lot, its inspectors
    assigned. Registered as the purpose's hook."""
    plan = lock_plan(InspectionPlan.objects.values_list("pk", flat=True).get(draw=draw))
    for urn in result["drawn"][inspections_pool.PROJECTS]:
        lot = Lot.objects.select_related("project").get(pk=urn.removeprefix("lot:"))
        stratum = f"{inspections_pool.INSPECTORS}:{urn}"
        order = [
            drawing.real_id(draw, one)
            for part in ("drawn", "alternates")
            for one in result[part][stratum]
        ]
        able = [one for one in order if not recused(lot, one)]
        chosen, reserve = able[: plan.per_lot], able[plan.per_lot :]
        inspection = Inspection(plan=plan, lot=lot, drawn_at=scene.now, alternates=reserve)
        inspection.inspectors = [seat(scene, inspection, one).urn for one in chosen]
        inspection.save(force_insert=True)
        scene.enter(
            subject=inspection.urn,
            act="trading.begin-inspection",
            public=True,
            context={"plan": plan.urn, "lot": lot.urn, "draw": draw.urn},
        )
    plan.state = InspectionState.DRAWN
    plan.save(update_fields=["state"])


def recused(lot: Lot, urn: str) -> bool:
    """Whether somebody took themselves out of inspecting this lot, perhaps after the record."""
    return Assignment.objects.filter(
        lot=lot,
        user=UUID(urn.removeprefix("user:")),
        role=LotRole.INSPECTOR,
        recused_at__isnull=False,
    ).exists()


def seat(scene: Scene, inspection: Inspection, urn: str) -> User:
    """Give a drawn inspector the role on the lot, and tell them; whoever has it keeps it."""
    user = User.objects.get(pk=urn.removeprefix("user:"))
    held = Assignment.objects.filter(
        lot=inspection.lot, user=user, role=LotRole.INSPECTOR, until__isnull=True
    )
    if not held.exists():
        projects.assign(
            scene,
            lot=inspection.lot,
            role=LotRole.INSPECTOR,
            user=user,
            reason=inspection.plan.title,
        )
    messages.send(
        scene,
        to=[user],
        template="inspection-assigned",
        lot=inspection.lot,
        context={"plan": inspection.plan.title},
    )
    return user


def register() -> None:
    """Make the purpose known; called when the app is ready."""
    drawing.on_result(inspections_pool.PURPOSE, begin, openers=frozenset())
