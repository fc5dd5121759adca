"""What one bill of quantities says otherwise than another, as pages and programs show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from trading.domain import bill_changes
from trading.domain.bill_changes import ADDED, CHANGED, REMOVED, LineChange
from trading.interfaces.bill_page import COLUMNS, TITLES
from trading.interfaces.records.bill import shown
from trading.interfaces.timeline import Badge

#: Lines that a page tells one by one; the files have all of them.
MOST = 100
_BADGES: dict[str, tuple[str, Promise]] = {
    ADDED: ("good", pgettext_lazy("bill of quantities", "Added")),
    REMOVED: ("bad", pgettext_lazy("bill of quantities", "Removed")),
    CHANGED: ("now", pgettext_lazy("bill of quantities", "Changed")),
}
_PART = _("Heading")


@dataclass(frozen=True)
class Field:
    """A field that says something else now; figures as people read them."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Row:
    """One line that differs."""

    section: str
    key: str
    name: str
    badge: Badge
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Differences:
    """All of them counted, the first of them told; ``more`` are left to the files."""

    added: int
    removed: int
    changed: int
    rows: tuple[Row, ...]
    more: int

    @property
    def total(self) -> int:
        return self.added + self.removed + self.changed


def of(changes: Sequence[LineChange]) -> Differences:
    """These differences for a page."""
    counts = bill_changes.counts(tuple(changes))
    return Differences(
        added=counts[ADDED],
        removed=counts[REMOVED],
        changed=counts[CHANGED],
        rows=tuple(_row(one) for one in changes[:MOST]),
        more=max(0, len(changes) - MOST),
    )


def counted(added: int, removed: int, changed: int) -> Differences:
    """Their number alone, for those who may not read the bill."""
    return Differences(added=added, removed=removed, changed=changed, rows=(), more=0)


def _row(one: LineChange) -> Row:
    titles = {name: str(title) for name, title in COLUMNS[type(one.line)]} | {"part": str(_PART)}
    shape, word = _BADGES[one.kind]
    return Row(
        section=str(TITLES[one.section]),
        key=one.key,
        name=one.line.name if one.line.name != one.key else "",
        badge=Badge(shape, str(word)),
        fields=tuple(
            Field(titles[name], _said(name, before), _said(name, after))
            for name, before, after in one.changed()
        ),
    )


def _said(name: str, text: str) -> str:
    return shown(text) if text and name in ("quantity", "amount") else text
