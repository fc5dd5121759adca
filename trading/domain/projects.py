"""Projects and their lots: registered, and people assigned to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import grounds, plans, procedure, searching
from trading.domain.acts import LotAct, find_organisation
from trading.domain.calendar import local_day
from trading.domain.procedure import Procedure
from trading.enums import ASSIGNABLE_ROLES, LotRole, LotState, OrganisationKind
from trading.models import Assignment, CodeSeries, Lot, Organisation, Project

MAX_LOTS = 200
REGISTER = "trading.register-project"
REGISTERS = grounds.declare("who-registers", step=REGISTER)
_MOST = Decimal("1e15")

#: Which roles each role may assign on a lot. Evaluators come from the draw of the committee.
MAY_ASSIGN: dict[str, frozenset[str]] = {
    LotRole.TENDEREE: frozenset({LotRole.AGENCY, LotRole.TRUSTEE, LotRole.NOTARY}),
    LotRole.AGENCY: frozenset({LotRole.TRUSTEE, LotRole.NOTARY}),
    LotRole.OPERATOR: frozenset(
        {LotRole.SUPERVISOR, LotRole.INSPECTOR, LotRole.NOTARY, LotRole.ARCHIVIST, LotRole.TRUSTEE}
    ),
}


@dataclass(frozen=True, kw_only=True)
class NewLot:
    """A lot as it is registered. ``parameters`` hold ``method`` and what the method needs;
    ``predecessor`` is the lot without a result that this one tenders again."""

    title: str
    estimate: Decimal | None = None
    parameters: dict[str, Any] | None = None
    predecessor: UUID | None = None


@command(REGISTER)
@dataclass(frozen=True, kw_only=True)
class RegisterProject(Act):
    """Register a project with its lots, by its tenderee or the agency that it engaged.

    ``procedure`` is one of the category's, the usual one unless said otherwise.
    """

    public: ClassVar[bool] = False

    title: str
    category: str
    procedure: str = ""
    tenderee: UUID
    agency: UUID | None = None
    lots: tuple[NewLot, ...]

    def permit(self, actor: Actor) -> None:
        for party in (self.tenderee, self.agency):
            if party is not None and access.acts_for(actor.user, party):
                return
        raise Denied(
            _("Only the tenderee or its agency registers a project."),
            code="wrong-role",
            rule=REGISTERS.by(_rules(self.category, self.procedure)),
        )

    def decide(self, scene: Scene) -> Result:
        self._check()
        rules = _rules(self.category, self.procedure)
        tenderee = _party(self.tenderee, OrganisationKind.TENDEREE, scene.now)
        agency = (
            _party(self.agency, OrganisationKind.AGENCY, scene.now) if self.agency else None
        )
        code, title = _next_code(rules.code_prefix, scene.now), self.title.strip()
        project = Project.objects.create(
            code=code,
            title=title,
            category=self.category,
            tenderee=tenderee,
            agency=agency,
            created_at=scene.now,
            searchable=searching.of(title=title, code=code, tenderee=tenderee.name),
        )
        lots = [
            Lot(
                project=project,
                number=number,
                title=new.title.strip(),
                registered_at=scene.now,
                procedure={"name": rules.name},
                stage=rules.first_stage.name,
                stage_since=scene.now,
                state=LotState.ACTIVE,
                estimate=new.estimate,
                parameters=new.parameters or {},
                predecessor=_predecessor(new.predecessor, tenderee),
            )
            for number, new in enumerate(self.lots, 1)
        ]
        Lot.objects.bulk_create(lots)
        for lot in lots:
            assign(scene, lot=lot, role=LotRole.TENDEREE, organisation=tenderee)
            if agency is not None:
                assign(scene, lot=lot, role=LotRole.AGENCY, organisation=agency)
        scene.enter(
            subject=project.urn,
            context={
                "code": project.code,
                "category": self.category,
                "procedure": rules.name,
                "tenderee": tenderee.urn,
                "agency": agency.urn if agency else None,
                "lots": [lot.urn for lot in lots],
                "repeats": {lot.urn: lot.predecessor.urn for lot in lots if lot.predecessor},
            },
            receipt_for=(tenderee.urn, *((agency.urn,) if agency else ())),
        )
        return {
            "project": str(project.pk),
            "code": project.code,
            "lots": [str(lot.pk) for lot in lots],
            "catalogue": [_judged(lot) for lot in lots],
        }

    def _check(self) -> None:
        if not 1 <= len(self.title.strip()) <= 200:
            raise Malformed(_("A project's title has 1 to 200 characters."), code="bad-title")
        if not 1 <= len(self.lots) <= MAX_LOTS:
            raise Malformed(
                _("A project has 1 to %(most)d lots.") % {"most": MAX_LOTS}, code="bad-lots"
            )
        for number, lot in enumerate(self.lots, 1):
            if not 1 <= len(lot.title.strip()) <= 200:
                raise Malformed(
                    _("The title of lot %(number)d has 1 to 200 characters.") % {"number": number},
                    code="bad-title",
                )
            if lot.estimate is not None and not is_amount(lot.estimate):
                raise Malformed(
                    _("The estimate of lot %(number)d is an amount above zero with at most two"
                      " decimals.") % {"number": number},
                    code="bad-estimate",
                )
            # What is not canonical JSON could not be hashed with the documents later.
            jcs.dumps(lot.parameters or {})


def _judged(lot: Lot) -> list[dict[str, Any]]:
    """Each rule of the catalogue that speaks of the lot, and what of it is not kept yet."""
    return [
        {
            "rule": one.rule.name,
            "article": one.rule.article,
            "kept": one.kept,
            "blocks": one.blocks,
            "code": one.code,
        }
        for one in plans.judge(lot).verdicts
    ]


def _predecessor(lot: UUID | None, tenderee: Organisation) -> Lot | None:
    """The lot that is tendered again, once: it came to nothing, and it was this tenderee's."""
    if lot is None:
        return None
    rows = Lot.objects.select_for_update(of=("self",)).select_related("project")
    row = rows.filter(pk=lot).first()
    if row is None or row.project.tenderee_id != tenderee.pk:
        raise NotFound(
            _("This tenderee has no lot of this kind to tender again."), code="unknown-predecessor"
        )
    if not row.ended_at_stage:
        raise Refused(
            _("Only a lot that has failed or was terminated is tendered again."),
            code="not-ended",
        )
    if Lot.objects.filter(predecessor=row).exists():
        raise Refused(_("This lot was tendered again already."), code="already-repeated")
    return row


def _rules(category: str, name: str) -> Procedure:
    """The procedure of that name in the category; raises :class:`NotFound`."""
    group = procedure.categories().get(category)
    if group is None:
        raise NotFound(f"There is no category {category!r}.", code="unknown-category")
    rules = procedure.load(name) if name else group[0]
    if rules.category != category:
        raise NotFound(
            _("The category has no procedure %(name)s.") % {"name": rules.name_for_people()},
            code="unknown-procedure",
        )
    return rules


def is_amount(value: Decimal) -> bool:
    """Whether it is a sum of money: above zero, under 10^15, at most two decimals."""
    if not value.is_finite() or not 0 < value < _MOST:
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -2


def _party(organisation: UUID, kind: OrganisationKind, now: datetime) -> Organisation:
    row = find_organisation(organisation)
    if kind.value not in row.kinds:
        raise Refused(
            _("%(name)s is not registered as %(kind)s.")
            % {"name": row.name, "kind": kind.label},
            code="wrong-kind",
        )
    if not access.is_verified(row, now):
        raise Refused(
            _("%(name)s is not verified yet.") % {"name": row.name}, code="not-verified"
        )
    return row


def _next_code(prefix: str, now: datetime) -> str:
    """The next code of this year's series, such as GC-2026-0001; the series' row is locked."""
    series = f"{prefix}-{local_day(now).year}"
    CodeSeries.objects.get_or_create(prefix=series)
    rows = CodeSeries.objects.filter(prefix=series)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    row = rows.get()
    row.last += 1
    row.save(update_fields=["last"])
    return f"{series}-{row.last:04d}"


# --- assignments --------------------------------------------------------------------------------


def assign(
    scene: Scene,
    *,
    lot: Lot,
    role: str,
    user: User | None = None,
    organisation: Organisation | None = None,
    reason: str = "",
) -> Assignment:
    """Give somebody a role on a lot, inside an act that records it. Refuses a second time."""
    same = Assignment.objects.filter(lot=lot, role=role, user=user, organisation=organisation)
    if same.filter(recused_at__isnull=False).exists():
        raise Refused(_("Who was recused does not come back."), code="recused")
    if same.filter(until__isnull=True).exists():
        raise Refused(_("This role is assigned already."), code="already-assigned")
    return Assignment.objects.create(
        lot=lot,
        role=role,
        user=user,
        organisation=organisation,
        since=scene.now,
        reason=reason,
    )


@command("trading.assign")
@dataclass(frozen=True, kw_only=True)
class Assign(LotAct):
    """Assign a person or an organisation to a lot, in a role that the actor may give."""

    role: str
    user: UUID | None = None
    organisation: UUID | None = None
    reason: str = ""

    def decide(self, scene: Scene) -> Result:
        if self.role not in ASSIGNABLE_ROLES:
            raise Malformed(
                _("There is no role “%(role)s” to assign.") % {"role": self.role}, code="bad-role"
            )
        if (self.user is None) == (self.organisation is None):
            raise Malformed(_("Assign one person or one organisation."), code="bad-assignee")
        self.proceed(scene)
        held = access.actor_roles(scene.actor, scene.subject, scene.now)
        if not any(self.role in MAY_ASSIGN.get(role, frozenset()) for role in held):
            raise Denied(
                _("You may not assign the role “%(role)s”.") % {"role": self.role},
                code="wrong-role",
            )
        user = self._person()
        organisation = self._organisation(scene.now)
        row = assign(
            scene,
            lot=scene.subject,
            role=self.role,
            user=user,
            organisation=organisation,
            reason=self.reason[:200],
        )
        assignee = user.urn if user else organisation.urn if organisation else ""
        scene.enter(
            subject=scene.subject.urn,
            context={"role": self.role, "assignee": assignee},
            receipt_for=(assignee,),
        )
        return {"assignment": row.pk}

    def _person(self) -> User | None:
        if self.user is None:
            return None
        row = User.objects.filter(pk=self.user, is_active=True).first()
        if row is None:
            raise NotFound(_("There is no such person."), code="unknown-person")
        return row

    def _organisation(self, now: datetime) -> Organisation | None:
        if self.organisation is None:
            return None
        row = find_organisation(self.organisation)
        if not access.is_verified(row, now):
            raise Refused(
                _("%(name)s is not verified yet.") % {"name": row.name}, code="not-verified"
            )
        return row
