"""The archivist's desk: what is to be packed, what was packed, what is held."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from archive.domain import building_state
from archive.domain.acts import BuildPackage
from archive.domain.building_state import Building
from archive.interfaces import register as registers
from archive.models import ArchivePackage, Hold
from signatures.models import User
from trading import access
from trading.domain import procedure
from trading.enums import LotRole, LotState
from trading.interfaces import desks
from trading.interfaces.desks import MOST, Desk, Figure, Row, Task
from trading.interfaces.timeline import Badge, Standing
from trading.models import Assignment, Lot

ROLE = LotRole.ARCHIVIST.value
#: States in which a lot ended without an award; it is packed all the same.
ENDED = (LotState.TERMINATED, LotState.FAILED)


def is_archivist(person: User, at: datetime | None = None) -> bool:
    """Whether some lot's volume is in this person's keeping."""
    return _assignments(person, at).exists()


def build(person: User, at: datetime) -> Desk:
    """The desk of somebody who keeps the volumes of some lots."""
    lots = Lot.objects.filter(pk__in=_assignments(person, at).values("lot_id")).select_related(
        "project"
    )
    packages = registers.packages().filter(lot__in=lots).order_by("-filed_at", "-pk")
    waiting = _waiting(lots)
    return Desk(
        title=_("Archivist's desk"),
        organisations=tuple(each.name for each in access.organisations_of(person, at)),
        figures=tuple(_figures(lots, waiting, packages)),
        tasks=tuple(_task(lot) for lot in waiting[:MOST]),
        views=(),
        ways=((_("All packages of the archive"), reverse("packages")),),
    )


def _assignments(person: User, at: datetime | None) -> QuerySet[Assignment]:
    """The person's own assignments, or those of organisations for which they act."""
    rows = Assignment.objects.filter(
        Q(user=person) | Q(organisation__in=access.organisations_of(person, at)),
        role=ROLE,
        recused_at__isnull=True,
    )
    if at is None:
        return rows.filter(until__isnull=True)
    return rows.filter(Q(until__isnull=True) | Q(until__gt=at), since__lte=at)


def _waiting(lots: QuerySet[Lot]) -> QuerySet[Lot]:
    """Lots that came to their end and are not packed, the longest waiting first."""
    stages: set[str] = set()
    for name in procedure.names():
        command = procedure.load(name).commands.get(BuildPackage.name)
        stages |= set() if command is None else set(command.from_)
    return lots.filter(
        Q(state=LotState.ACTIVE, stage__in=stages) | Q(state__in=ENDED), packages__isnull=True
    ).order_by("stage_since", "pk")


def _figures(
    lots: QuerySet[Lot], waiting: QuerySet[Lot], packages: QuerySet[ArchivePackage]
) -> Iterable[Figure]:
    yield Figure(
        name="to-pack",
        label=_("to be packed"),
        count=waiting.count(),
        note=_("lots at their end"),
        rows=lambda: [_lot_row(lot) for lot in waiting[:MOST]],
    )
    yield _of_packages("packages", _("packages filed"), "", packages)
    lacking = packages.filter(summary__gaps__gt=0)
    yield _of_packages("lacking", _("with gaps"), _("classes of records missing"), lacking)
    held = lots.filter(pk__in=Hold.objects.filter(lifted_at__isnull=True).values("lot_id"))
    yield Figure(
        name="held",
        label=_("held"),
        count=held.count(),
        note=_("nothing is disposed of"),
        rows=lambda: [_lot_row(lot) for lot in held.order_by("-stage_since", "-pk")[:MOST]],
    )
    under_way = lots.filter(state__in=(LotState.ACTIVE, LotState.SUSPENDED)).exclude(
        pk__in=waiting.values("pk")
    )
    yield Figure(
        name="under-way",
        label=_("still under way"),
        count=under_way.count(),
        note=_("in your keeping later"),
        rows=lambda: [_lot_row(lot) for lot in under_way.order_by("-stage_since", "-pk")[:MOST]],
    )


def _of_packages(name: str, label: str, note: str, packages: QuerySet[ArchivePackage]) -> Figure:
    return Figure(
        name=name,
        label=label,
        count=packages.count(),
        note=note,
        rows=lambda: [
            Row(
                when=each.filed_at,
                title=each.name,
                address=reverse("package", args=[each.code]),
                note=each.lot.project.title,
                badge=registers.outcome_badge(registers.outcome_of(each)),
            )
            for each in packages[:MOST]
        ],
    )


def _lot_row(lot: Lot) -> Row:
    return Row(
        when=lot.stage_since,
        title=_title(lot),
        address=_address(lot),
        note=lot.project.code,
        badge=Standing.of(lot).badge,
    )


def _task(lot: Lot) -> Task:
    """A lot to pack; what was asked for and is being built is awaited."""
    state = building_state.of_lot(lot.pk)
    own = state in (Building.NOT_ASKED, Building.FAILED)
    badge = {
        Building.NOT_ASKED: Badge("now", _("Yours to do")),
        Building.FAILED: Badge("bad", _("The building failed")),
    }.get(state, Badge("todo", _("Being built")))
    return Task(
        due=None,
        title=_("Build the package"),
        subject=_title(lot),
        address=_address(lot),
        rule=procedure.of(lot).commands[BuildPackage.name].article,
        badge=badge,
        overdue=False,
        own=own,
    )


def _title(lot: Lot) -> str:
    return f"{lot.project.title} {lot.title}"


def _address(lot: Lot) -> str:
    return reverse("archive", args=[lot.project.code, lot.number])


def register() -> None:
    """Give archivists their desk; called when the app is ready."""
    desks.register(ROLE, build, holds=is_archivist)
