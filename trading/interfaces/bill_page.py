"""A bill of quantities as its pages show it: by section, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from signatures.models import User
from trading import access
from trading.domain import bill_acts, bills, registry
from trading.domain.bills import Bill, Fee, Item, Other
from trading.interfaces import prepared_bill
from trading.interfaces.records.bill import shown
from trading.models import Exhibit, Lot

#: Lines of one page: a bill has up to five thousand.
LINES = 200
TITLES: dict[str, Promise] = {
    "items": _("Sub-items"),
    "measures": _("Measures"),
    "other": _("Other items"),
    "fees": _("Fees and taxes"),
}
_NAME = pgettext_lazy("bill of quantities", "Item")
#: The columns of a section after the running number; those named in :data:`FIGURES` are figures.
COLUMNS: dict[type[Item] | type[Other] | type[Fee], tuple[tuple[str, Promise], ...]] = {
    Item: (
        ("code", _("Item code")), ("name", _NAME), ("features", _("Features")),
        ("unit", _("Unit")), ("quantity", pgettext_lazy("bill of quantities", "Quantity")),
    ),
    Other: (
        ("name", _NAME), ("unit", _("Unit")), ("amount", _("Amount in CNY")),
        ("remark", _("Remark")),
    ),
    Fee: (
        ("name", _NAME), ("basis", _("Basis")), ("rate", _("Rate in percent")),
        ("remark", _("Remark")),
    ),
}  # fmt: skip
FIGURES = frozenset({"quantity", "amount", "rate"})


@dataclass(frozen=True)
class Cell:
    """One cell under its column's title."""

    name: str
    title: str
    text: str

    @property
    def is_figure(self) -> bool:
        return self.name in FIGURES


@dataclass(frozen=True)
class Row:
    """A line with its running number, or a heading above lines (``number`` is 0)."""

    number: int
    cells: tuple[Cell, ...] = ()
    part: str = ""


@dataclass(frozen=True)
class Section:
    """A section as one chooses it."""

    name: str
    title: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Table:
    """One page of one section, and which of its lines are on it; ``total`` is the whole bill's."""

    sections: tuple[Section, ...]
    section: Section
    columns: tuple[Cell, ...]
    rows: tuple[Row, ...]
    first: int
    last: int
    page: int
    pages: int
    total: int


def table(bill: Bill, *, section: str = "", page: str = "") -> Table:
    """A page of a bill; a section or page that is not there is the first."""
    counts = bill.counts
    chosen = section if counts.get(section) else "items"
    sections = tuple(
        Section(name, str(title), counts[name], name == chosen)
        for name, title in TITLES.items() if counts[name]
    )
    lines = bill.lines(chosen)
    pages = -(-len(lines) // LINES)
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1
    number = number if 1 <= number <= pages else 1
    start = (number - 1) * LINES
    kind = bills.SECTIONS[chosen]
    rows: list[Row] = []
    part = ""
    for index, line in enumerate(lines[start : start + LINES], start + 1):
        if isinstance(line, Item) and line.part and (line.part != part):
            part = line.part
            rows.append(Row(0, part=part))
        cells = tuple(
            Cell(name, str(title), _said(line, name)) for name, title in COLUMNS[kind]
        )
        rows.append(Row(index, cells))
    return Table(
        sections=sections,
        section=next(one for one in sections if one.chosen),
        columns=tuple(Cell(name, str(title), "") for name, title in COLUMNS[kind]),
        rows=tuple(rows),
        first=start + 1,
        last=min(start + LINES, len(lines)),
        page=number,
        pages=pages,
        total=sum(counts.values()),
    )


def _said(line: Any, name: str) -> str:
    text = str(getattr(line, name))
    return shown(text) if name in ("quantity", "amount") else text


def bill_of(facts: Mapping[str, Any]) -> Bill | None:
    """The bill that a preparation keeps, if it has one."""
    return prepared_bill.stored(facts["digest"]) if facts else None


@dataclass(frozen=True)
class Published:
    """A bill that is out. ``readable`` says that this viewer reads it; the counts are everybody's.
    """

    exhibit: Exhibit
    sections: tuple[Section, ...]
    total: int
    readable: bool
    #: The edition of the tender document with which it went out, and all that brought one.
    edition: int
    editions: tuple[int, ...]

    @property
    def holds(self) -> bool:
        """Whether no later edition brought another one."""
        return self.edition == self.editions[-1]


def published(
    lot: Lot, *, viewer: User | None, at: datetime, edition: str = ""
) -> Published | None:
    """The published bill for this viewer (None: the public); None where there is none.

    ``edition`` asks for that of an earlier edition; one that brought none is answered by the bill
    that holds.
    """
    every = {bill_acts.edition_of(one): one for one in bill_acts.every(lot)}
    if not every:
        return None
    asked = int(edition) if edition.isascii() and edition.isdigit() and len(edition) < 5 else 0
    number = asked if asked in every else max(every)
    exhibit = every[number]
    counts = exhibit.facts["counts"]
    return Published(
        exhibit=exhibit,
        sections=tuple(
            Section(name, str(title), counts[name], False)
            for name, title in TITLES.items() if counts.get(name)
        ),
        total=bills.summary(exhibit.facts),
        readable=access.can_see_exhibit(viewer, exhibit, at),
        edition=number,
        editions=tuple(sorted(every)),
    )


def files(bill: Exhibit) -> dict[str, Exhibit]:
    """The files of a published bill by their endings, in the order in which people want them."""
    found = bill_acts.files(bill)
    return {ending: found[ending] for ending in ("xlsx", "pdf", "json") if ending in found}


def panel(lot: Lot, viewer: User | None, at: datetime) -> dict[str, Any] | None:
    """The bill on the project's page."""
    found = published(lot, viewer=viewer, at=at)
    return None if found is None else {"bill": found}


def register() -> None:
    """Put the panel onto the project's page; called when the app is ready."""
    registry.register_panel("bill", "trading/bill_panel.html", panel, order=55)
