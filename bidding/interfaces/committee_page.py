"""Where tenderee and agency have a lot's committee drawn, and the task that leads there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bidding.domain import committee_due, committee_pool, sealed_rounds
from bidding.domain.committee_draw import OpenCommitteeDraw, smallest
from bidding.domain.committee_due import Due, Need
from bidding.domain.committee_pool import Pool
from bidding.interfaces.committee_form import DrawForm
from signatures.domain.errors import NotFound
from signatures.models import User
from trading import access
from trading.domain import drawing, procedure, registry
from trading.enums import LotRole, LotState, OrganisationKind
from trading.interfaces import desks, standing, tenderee_desk
from trading.interfaces.desks import MOST, Task
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import Lot, Organisation

DRAW = OpenCommitteeDraw.name
PANEL = "bidding.draw-panel"
HOSTS = (LotRole.TENDEREE.value, LotRole.AGENCY.value)
#: Kinds whose organisations contribute to a draw beside its tenderee.
_WITNESSES = frozenset({OrganisationKind.SUPERVISOR.value, OrganisationKind.NOTARY.value})


@dataclass(frozen=True)
class Excluded:
    """How many may not be drawn for one reason, in the reader's language."""

    reason: str
    count: int


@dataclass(frozen=True)
class Page:
    """What a host sees before the draw; ``applications`` says that a panel examines these.

    ``least`` members at least, by ``rule``; ``fixed`` the seats that earlier draws left open.
    """

    lot: Lot
    step: Standing
    due: Due
    pool: Pool
    excluded: tuple[Excluded, ...]
    least: int
    rule: str
    applications: bool
    fixed: tuple[tuple[str, int], ...]
    parties: tuple[Organisation, ...]
    chosen: tuple[str, ...]

    @property
    def possible(self) -> bool:
        """Whether there is a draw to open, and it may be opened now."""
        return self.due.is_open and self.step.possible

    def form(self, data: Any = None) -> DrawForm:
        """The form as it stands now, or with what came back."""
        return DrawForm(
            data,
            auto_id="draw-%s",
            due=self.due,
            pool=self.pool,
            least=self.least,
            parties=list(self.parties),
            chosen=self.chosen,
        )


def step_of(lot: Lot) -> str:
    """The procedure's command that draws the lot's present committee."""
    return procedure.of(lot).step_of(DRAW, lot.stage)


def find(lot: Lot, viewer: User | None, at: datetime) -> Page | None:
    """The page, where this viewer draws committees of this lot and one is to be drawn now."""
    if step_of(lot) not in procedure.of(lot).commands:
        return None
    own = standing.of(lot, step_of(lot), viewer=viewer, at=at)
    if not own.possible:
        return None
    page = _build(lot, own, at)
    return page if page.possible else None


def build(lot: Lot, viewer: User | None, at: datetime) -> Page:
    """The page for somebody whose role draws committees; the act decides again.

    Raises :class:`NotFound` where the procedure draws none.
    """
    if step_of(lot) not in procedure.of(lot).commands:
        raise NotFound(_("This procedure draws no committee."), code="no-committee")
    return _build(lot, standing.of(lot, step_of(lot), viewer=viewer, at=at), at)


def _build(lot: Lot, own: Standing, at: datetime) -> Page:
    due = committee_due.of(lot)
    pool = committee_pool.look(lot)
    least, rule = smallest(lot)
    chosen = due.parties(lot)
    return Page(
        lot=lot,
        step=own,
        due=due,
        pool=pool,
        excluded=tuple(
            Excluded(_words().get(reason, reason), count)
            for reason, count in pool.excluded.items()
        ),
        least=least,
        rule=rule,
        applications=sealed_rounds.is_application(lot),
        fixed=tuple(sorted((due.quota or {}).items())),
        parties=tuple(_parties(lot, due, chosen, at)),
        chosen=chosen,
    )


def _words() -> dict[str, str]:
    return {
        committee_pool.EMPLOYER_TAKES_PART: _("their employer takes part in the lot"),
        committee_pool.ACTS_FOR_A_PARTY: _("they act for an organisation that takes part"),
        committee_pool.HAS_ANOTHER_PART: _("they have another part in the lot"),
    }


def _parties(
    lot: Lot, due: Due, chosen: tuple[str, ...], at: datetime
) -> Iterable[Organisation]:
    """Supervisors and notaries that may contribute, those first that do as a rule."""
    rows = [
        one
        for one in Organisation.objects.filter(verified_at__isnull=False).order_by("name", "pk")
        if not _WITNESSES.isdisjoint(one.kinds) or one.urn in chosen
    ]
    free = [
        one
        for one in rows
        if one.urn not in due.silent
        and one.pk != lot.project.tenderee_id
        and access.is_verified(one, at)
    ]
    return sorted(free, key=lambda one: one.urn not in chosen)


def parties_of(page: Page, form: DrawForm) -> tuple[str, ...]:
    """The parties that the valid form names, with tenderee and platform unless they were silent."""
    own = {page.lot.project.tenderee.urn, drawing.CENTRE} - page.due.silent
    return tuple(sorted(own | set(form.cleaned_data["parties"])))


# --- elsewhere -----------------------------------------------------------------------------------


def address(lot: Lot) -> str:
    """The page on which the lot's committee is drawn."""
    return reverse("committee-draw", args=[lot.project.code, lot.number])


def tasks(person: User, at: datetime) -> Iterable[Task]:
    """Committees of this person's own lots that are to be drawn now."""
    offices = [
        each
        for each in access.organisations_of(person, at)
        if not set(HOSTS).isdisjoint(each.kinds) and access.is_verified(each, at)
    ]
    lots = tenderee_desk.own_lots(offices).filter(state=LotState.ACTIVE)
    for lot in lots[:MOST]:
        rules = procedure.of(lot)
        step = rules.commands.get(step_of(lot))
        if step is None or lot.stage not in step.from_:
            continue
        if not standing.of(lot, step.name, viewer=person, at=at).possible:
            continue
        due = committee_due.of(lot)
        if due.is_open:
            yield Task(
                due=None,
                title=rules.title("commands", step.name),
                subject=f"{lot.project.title} {lot.title}",
                address=address(lot),
                rule=step.article,
                badge=Badge("now", _("Yours to do")),
                overdue=False,
                own=True,
            )
        elif due.need is Need.AWAITED and due.before is not None:
            yield Task(
                due=None,
                title=rules.title("commands", step.name),
                subject=f"{lot.project.title} {lot.title}",
                address=reverse("draw", args=[due.before.pk]),
                rule=step.article,
                badge=Badge("todo", _("Awaited from others")),
                overdue=False,
                own=False,
            )


def register() -> None:
    """The way to the draw, and its task on the desks of tenderee and agency."""
    registry.register_way(DRAW, address)
    for role in HOSTS:
        for command in (DRAW, PANEL):
            desks.register_tasks(role, tasks, command=command)
