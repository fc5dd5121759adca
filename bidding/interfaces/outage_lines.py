"""Outages for people: the availability log's lines, and what one did to a lot's deadline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import ngettext

from bidding.domain import outages
from bidding.models import OutageExtension
from signatures.models import LedgerOpening, Outage
from trading.domain import registry
from trading.models import Lot

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Line:
    """One outage: how long it lasted, the deadlines that it moved, and its certificate's receipt.
    """

    outage: Outage
    length: str
    moved: tuple[OutageExtension, ...]
    certificate: LedgerOpening | None


def length(since: datetime, until: datetime) -> str:
    """``2 hours 5 minutes``; what is shorter than a minute, in seconds."""
    whole = until - since
    if whole < MINUTE:
        seconds = round(whole.total_seconds())
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    hours, minutes = divmod(int(whole / MINUTE), 60)
    days, hours = divmod(hours, 24)
    said = []
    if days:
        said.append(ngettext("%(count)d day", "%(count)d days", days) % {"count": days})
    if hours:
        said.append(ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours})
    if minutes and not days:
        said.append(ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes})
    return " ".join(said)


def lines(rows: Iterable[Outage]) -> list[Line]:
    """These outages in their order, in two further queries."""
    found = list(rows)
    moved: dict[Any, list[OutageExtension]] = {}
    for row in OutageExtension.objects.filter(outage__in=found).select_related("lot__project"):
        moved.setdefault(row.outage_id, []).append(row)
    openings = {
        row.subject: row
        for row in LedgerOpening.objects.filter(subject__in=[each.urn for each in found])
    }
    return [
        Line(
            outage=row,
            length=length(row.since, row.until),
            moved=tuple(sorted(moved.get(row.pk, []), key=lambda one: one.lot.project.code)),
            certificate=openings.get(row.urn),
        )
        for row in found
    ]


@dataclass(frozen=True)
class Moved:
    """What one outage did to a lot's deadline."""

    extension: OutageExtension
    line: Line


def of_lot(lot: Lot) -> list[Moved]:
    """Every outage that moved a deadline of the lot, the first one first."""
    rows = outages.of_lot(lot)
    return [
        Moved(row, line)
        for row, line in zip(rows, lines([row.outage for row in rows]), strict=True)
    ]


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """The project page's word to everybody."""
    moved = of_lot(lot)
    return {"moved": moved} if moved else None


def register() -> None:
    """The part of the project's page."""
    registry.register_panel("outages", "bidding/outages_panel.html", panel, order=34)
