"""What one bill of quantities says otherwise than another, line by line.

A sub-item or measure is known by its code, another item or a fee by its name (the first of that
name, the second, and so on). The order of lines is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from trading.domain.bills import SECTIONS, Bill, Item, Line

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
KINDS = (ADDED, REMOVED, CHANGED)


@dataclass(frozen=True, kw_only=True)
class LineChange:
    """One line that differs; ``before`` is None where it was added, ``after`` where it is gone."""

    section: str
    before: Line | None
    after: Line | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return ADDED
        return REMOVED if self.after is None else CHANGED

    @property
    def line(self) -> Line:
        """The line as it is now, or as it was."""
        found = self.after or self.before
        if found is None:
            raise ValueError("A change has a line on one side at least.")
        return found

    @property
    def key(self) -> str:
        """By what people know the line: its code, or else its name."""
        return self.line.code if isinstance(self.line, Item) else self.line.name

    def changed(self) -> list[tuple[str, str, str]]:
        """The fields that differ, each with what it said and says; none of a line on one side."""
        if self.before is None or self.after is None:
            return []
        return [
            (one.name, was, now)
            for one in fields(self.after)
            if (was := getattr(self.before, one.name)) != (now := getattr(self.after, one.name))
        ]

    def plain(self) -> dict[str, Any]:
        """As the programming interface tells it; empty texts are left out."""
        sides = {"before": self.before, "after": self.after}
        return {
            "section": self.section,
            "key": self.key,
            "kind": self.kind,
            **{name: _plain(line) for name, line in sides.items() if line is not None},
        }


def _plain(line: Line) -> dict[str, str]:
    return {one.name: text for one in fields(line) if (text := getattr(line, one.name))}


def compare(before: Bill | None, after: Bill) -> tuple[LineChange, ...]:
    """Section by section what differs: lines as they stand now, then those that are gone."""
    return tuple(
        change for section in SECTIONS
        for change in _section(
            section, {} if before is None else _known(before, section), _known(after, section)
        )
    )


def counts(changes: tuple[LineChange, ...]) -> dict[str, int]:
    """How many lines were added, removed, changed."""
    return {kind: sum(1 for one in changes if one.kind == kind) for kind in KINDS}


def _section(
    section: str, before: dict[tuple[str, int], Line], after: dict[tuple[str, int], Line]
) -> Iterator[LineChange]:
    for key, line in after.items():
        old = before.get(key)
        if old != line:
            yield LineChange(section=section, before=old, after=line)
    for key, line in before.items():
        if key not in after:
            yield LineChange(section=section, before=line, after=None)


def _known(bill: Bill, section: str) -> dict[tuple[str, int], Line]:
    found: dict[tuple[str, int], Line] = {}
    seen: dict[str, int] = {}
    for line in bill.lines(section):
        name = line.code if isinstance(line, Item) else line.name
        seen[name] = seen.get(name, 0) + 1
        found[name, seen[name]] = line
    return found
