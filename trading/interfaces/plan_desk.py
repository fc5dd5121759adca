"""Plans on desks: to be decided by supervision, to be submitted or mended by who prepares."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from signatures.models import User
from trading import access
from trading.domain import plans, procedure
from trading.domain.plan_acts import DECIDE, SUBMIT
from trading.domain.plans import Standing
from trading.enums import LotRole, LotState
from trading.interfaces import desks
from trading.interfaces.desks import MOST, Task
from trading.interfaces.timeline import Badge
from trading.models import Lot


def _submitted() -> list[Lot]:
    rows = Lot.objects.filter(
        published_at__isnull=True, state=LotState.ACTIVE, plan__submitted_at__isnull=False,
        plan__approved__isnull=True,
    ).select_related("project", "plan", "predecessor")
    return list(rows.order_by("plan__submitted_at", "pk")[:MOST])


def to_decide(person: User, at: datetime) -> Iterable[Task]:
    """Plans that wait for this supervisor."""
    for lot in _submitted():
        if plans.standing(lot, lot.plan) is Standing.WAITING:
            roles = access.roles_of(person, lot, at)
            if not roles.isdisjoint(procedure.of(lot).command(DECIDE).roles):
                yield _task(lot, DECIDE, Badge("now", _("Yours to do")), own=True)


def to_submit(person: User, at: datetime) -> Iterable[Task]:
    """Plans of this person's own lots that a ground asks to be approved and that are not yet."""
    own = [one.pk for one in access.organisations_of(person, at)]
    mine = Q(project__tenderee__in=own) | Q(project__agency__in=own)
    rows = Lot.objects.filter(
        mine, published_at__isnull=True, state=LotState.ACTIVE, plan__isnull=False
    ).select_related("project", "plan", "predecessor")
    for lot in rows.order_by("-stage_since", "-pk")[:MOST]:
        if SUBMIT not in procedure.of(lot).commands or not plans.judge(lot, lot.plan).on_platform:
            continue
        standing = plans.standing(lot, lot.plan)
        if standing is Standing.WAITING:
            yield _task(lot, DECIDE, Badge("todo", _("Awaited from others")), own=False)
        elif standing is not Standing.APPROVED:
            yield _task(lot, SUBMIT, Badge("now", _("Yours to do")), own=True)


def _task(lot: Lot, step: str, badge: Badge, *, own: bool) -> Task:
    rules = procedure.of(lot)
    return Task(
        due=None,
        title=rules.title("commands", step),
        subject=f"{lot.project.title} {lot.title}",
        address=reverse("prepare-plan", args=[lot.project.code, lot.number]),
        rule=rules.command(step).article,
        badge=badge,
        overdue=False,
        own=own,
    )


def register() -> None:
    """Put plans on desks; called when the app is ready."""
    desks.register_tasks(LotRole.SUPERVISOR.value, to_decide)
    for role in (LotRole.TENDEREE.value, LotRole.AGENCY.value):
        desks.register_tasks(role, to_submit, command=SUBMIT)
