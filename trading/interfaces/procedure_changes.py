"""What one procedure says otherwise than another: pure, over what both say, not how it is written.

Rows are known by their names. A row is added, left out or changed by its keys; rows that both
have may stand in another order. What people call a row counts, in each language: two procedures
without a difference say the same in everything that a reader sees and the platform does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Any, Final

from trading.domain import paper_words
from trading.domain.procedure import LANGUAGES, Procedure

#: What a procedure says of itself.
HEAD: Final = ("name", "version", "effective", "category", "code_prefix")
#: The sections that are compared, in the order in which people read them.
SECTIONS: Final = (
    "stages", "exits", "commands", "days", "dates", "events", "figures", "flags", "grounds",
    "words", "sources",
)  # fmt: skip
#: Begins the keys of what a row is called: ``title.en``.
TITLE: Final = "title."
#: Sections whose rows have no order that means something.
_UNORDERED: Final = frozenset({"events", "grounds", "words", "sources"})

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One key of a row: what it was and what it is; None where nothing is said."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Changed:
    """A row that both have and that says something else."""

    name: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Moved:
    """A row that stands elsewhere among those of both: after which one; None: at the head."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Section:
    """The differences of one kind of row; false where there are none."""

    name: str
    added: tuple[str, ...]
    left_out: tuple[str, ...]
    changed: tuple[Changed, ...]
    moved: tuple[Moved, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.left_out or self.changed or self.moved)


@dataclass(frozen=True)
class Comparison:
    """Everything that ``after`` says otherwise than ``before``; false where there is nothing."""

    before: Procedure
    after: Procedure
    head: tuple[Change, ...]
    sections: tuple[Section, ...]

    def __bool__(self) -> bool:
        return bool(self.head) or any(self.sections)

    def section(self, name: str) -> Section:
        return next(each for each in self.sections if each.name == name)


def compare(before: Procedure, after: Procedure) -> Comparison:
    """What ``after`` says otherwise than ``before``."""
    return Comparison(
        before=before,
        after=after,
        head=_changes(_head(before), _head(after)),
        sections=tuple(_section(name, before, after) for name in SECTIONS),
    )


def _section(name: str, before: Procedure, after: Procedure) -> Section:
    was, now = _rows(before, name), _rows(after, name)
    common = [row for row in now if row in was]
    changed = (Changed(row, _changes(was[row], now[row])) for row in common)
    return Section(
        name=name,
        added=tuple(row for row in now if row not in was),
        left_out=tuple(row for row in was if row not in now),
        changed=tuple(row for row in changed if row.changes),
        moved=() if name in _UNORDERED else _moved([row for row in was if row in now], common),
    )


def _changes(before: Row, after: Row) -> tuple[Change, ...]:
    keys = [*before, *(key for key in after if key not in before)]
    return tuple(
        Change(key, before.get(key), after.get(key))
        for key in keys
        if before.get(key) != after.get(key)
    )


def _moved(before: Sequence[str], after: Sequence[str]) -> tuple[Moved, ...]:
    """The fewest rows, or nearly so, whose moving makes one order of the other."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    kept = {
        name
        for block in matcher.get_matching_blocks()
        for name in after[block.b : block.b + block.size]
    }
    return tuple(
        Moved(name, _preceding(before, name), _preceding(after, name))
        for name in after
        if name not in kept
    )


def _preceding(names: Sequence[str], name: str) -> str | None:
    index = names.index(name)
    return names[index - 1] if index else None


# --- what a procedure says, by name and key -------------------------------------------------------


def _head(rules: Procedure) -> Row:
    said: dict[str, Any] = {key: getattr(rules, key) for key in HEAD}
    for language in LANGUAGES:
        said[f"{TITLE}{language}"] = rules.name_for_people(language)
        said[f"category.{language}"] = rules.category_for_people(language)
    return said


def _rows(rules: Procedure, section: str) -> dict[str, Row]:
    if section == "sources":
        return {
            name: {f"{TITLE}{language}": titles.get(language) for language in LANGUAGES}
            for name, titles in rules.sources.items()
        }
    if section == paper_words.SECTION:
        said = rules.texts[LANGUAGES[0]].get(section, {})
        return {name: _titles(rules, section, name) for name in sorted(said)}
    if section == "events":
        return {name: _titles(rules, section, name) for name in sorted(rules.events)}
    found = getattr(rules, section)
    rows: Iterable[Any] = found.values() if isinstance(found, Mapping) else found
    return {row.name: {**_titles(rules, section, row.name), **_keys(row)} for row in rows}


def _titles(rules: Procedure, section: str, name: str) -> Row:
    return {
        f"{TITLE}{language}": rules.title(section, name, language) for language in LANGUAGES
    }


def _keys(row: Any) -> Row:
    """A row's keys as the files write them; the stages at which something may be done are a set."""
    said = {}
    for each in fields(row):
        value = getattr(row, each.name)
        if each.name != "name":
            said[each.name.removesuffix("_")] = (
                frozenset(value) if (each.name, type(value)) == ("from_", tuple) else value
            )
    return said
