"""What the archivist of a lot has before them: what is gathered, what is missing, what is held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from archive.domain import building_state, collection
from archive.domain.acts import BuildPackage
from archive.domain.building_state import Building
from archive.interfaces import register
from archive.models import ArchivePackage, Hold
from signatures.models import User
from trading import access
from trading.domain import dossier, lifecycle, procedure
from trading.interfaces.spoken import spoken
from trading.interfaces.timeline import Badge
from trading.models import Lot

_STATES: dict[Building, tuple[str, Promise]] = {
    Building.NOT_ASKED: ("todo", gettext_lazy("Not packed yet")),
    Building.WAITING: ("now", gettext_lazy("Asked for; waiting to be built")),
    Building.RUNNING: ("now", gettext_lazy("Being built")),
    Building.FAILED: ("bad", gettext_lazy("The building failed")),
}
_FILED = ("good", gettext_lazy("Filed"))
_UNDER_WAY = ("todo", gettext_lazy("The tender is under way"))
_STANDING = ("paused", pgettext_lazy("hold", "standing"))
_LIFTED = ("done", pgettext_lazy("hold", "lifted"))


@dataclass(frozen=True)
class Held:
    """A hold: why, by whom and when it was placed, and lifted."""

    key: UUID
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str
    lifted_at: datetime | None
    badge: Badge


@dataclass(frozen=True)
class Gathered:
    """One class of records: how many the dossier holds; where none, why."""

    title: str
    count: int
    reason: str
    gap: bool


@dataclass(frozen=True)
class Keeping:
    """The archive's page of one lot, for this viewer."""

    lot: Lot
    badge: Badge
    package: ArchivePackage | None
    kept: register.Kept | None
    buildable: bool
    building: bool
    failed: bool
    records: int
    classes: tuple[Gathered, ...]
    holds: tuple[Held, ...]

    @property
    def gaps(self) -> int:
        return sum(each.gap for each in self.classes)


def keeps(viewer: User | None, lot: Lot, at: datetime) -> bool:
    """Whether this person looks after the lot's volume, or over who does."""
    return not access.roles_of(viewer, lot, at).isdisjoint(register.READERS)


def build(lot: Lot, *, viewer: User, at: datetime) -> Keeping:
    """The page; what the viewer may not see is not counted either."""
    package = register.packages().filter(lot=lot).order_by("version").last()
    building = building_state.of_lot(lot.pk) if package is None else Building.NOT_ASKED
    allowed = lifecycle.allowed(lot, at, access.roles_of(viewer, lot, at))
    ended = package is not None or _packable(lot)
    return Keeping(
        lot=lot,
        badge=_badge(package, building, ended=ended),
        package=package,
        kept=None if package is None else register.Kept.of(package),
        buildable=package is None
        and BuildPackage.name in allowed
        and building in (Building.NOT_ASKED, Building.FAILED),
        building=building in (Building.WAITING, Building.RUNNING),
        failed=building is Building.FAILED,
        **_contents(lot, viewer, at, ended=ended),
        holds=tuple(_holds(lot)),
    )


def _packable(lot: Lot) -> bool:
    """Whether the lot has come to where it can be packed, by anybody."""
    command = procedure.of(lot).commands[BuildPackage.name]
    exits = {exit_.name for exit_ in procedure.of(lot).exits.values() if exit_.state == lot.state}
    return lot.stage in command.from_ or not exits.isdisjoint(command.from_)


def _badge(package: ArchivePackage | None, building: Building, *, ended: bool) -> Badge:
    if package is not None:
        shape, word = _FILED
    elif not ended:
        shape, word = _UNDER_WAY
    else:
        shape, word = _STATES[building]
    return Badge(shape, str(word))


def _contents(
    lot: Lot, viewer: User, at: datetime, *, ended: bool
) -> dict[str, tuple[Gathered, ...] | int]:
    found = collection.fold(
        lot,
        dossier.exhibits(lot, viewer=viewer, at=at),
        rules=procedure.of(lot),
        outcome=collection.outcome_of(lot),
    )
    rows = [
        Gathered(spoken(one.record_class.title), len(one.exhibits), "", gap=False)
        for one in found.gathered
    ]
    if ended:
        rows += [
            Gathered(spoken(one.record_class.title), 0, spoken(one.reason), one.gap)
            for one in sorted(found.missing, key=lambda each: not each.gap)
        ]
    return {"records": len(found.exhibits), "classes": tuple(rows)}


def _holds(lot: Lot) -> Iterable[Held]:
    rows = list(Hold.objects.filter(lot=lot).order_by("-placed_at", "-pk"))
    names = _names(urn for row in rows for urn in (row.placed_by, row.lifted_by))
    for row in rows:
        shape, word = _STANDING if row.lifted_at is None else _LIFTED
        yield Held(
            key=row.pk,
            reason=row.reason,
            placed_by=names.get(row.placed_by, row.placed_by),
            placed_at=row.placed_at,
            lifted_by=names.get(row.lifted_by, row.lifted_by),
            lifted_at=row.lifted_at,
            badge=Badge(shape, str(word)),
        )


def _names(urns: Iterable[str]) -> dict[str, str]:
    keys = {urn.removeprefix("user:") for urn in urns if urn.startswith("user:")}
    return {row.urn: row.get_full_name() for row in User.objects.filter(pk__in=keys)}
