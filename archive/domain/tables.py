"""The archive's rules as data: classes, retention, formats, what of the ledger is kept.

The files lie in ``archive/tables/``; each rule names its source and whether it is confirmed.
Changing what is collected or how long it is kept takes no Python.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from signatures.paper.document import Words

FOLDER = Path(__file__).resolve().parent.parent / "tables"


@dataclass(frozen=True, kw_only=True)
class RecordClass:
    """One class of records: which kinds of exhibits it takes and when it is required."""

    name: str
    number: int
    title: Words
    kinds: tuple[str, ...]
    outcomes: frozenset[str]
    since: str | None
    source: str
    confirmed: bool

    def takes(self, kind: str) -> bool:
        """Whether exhibits of this kind belong here."""
        return any(fnmatchcase(kind, pattern) for pattern in self.kinds)


@dataclass(frozen=True, kw_only=True)
class RetentionRule:
    """How long volumes are kept; ``years`` is None where they are kept for ever."""

    categories: frozenset[str] | None
    outcomes: frozenset[str] | None
    years: int | None
    source: str
    confirmed: bool

    def fits(self, *, category: str, outcome: str) -> bool:
        return (self.categories is None or category in self.categories) and (
            self.outcomes is None or outcome in self.outcomes
        )


@dataclass(frozen=True, kw_only=True)
class Format:
    """A file format: its extension, its name, its PRONOM key; ``keeps`` yes, no or judged."""

    media_type: str
    extension: str
    name: str
    pronom: str
    keeps: str


UNKNOWN = Format(media_type="", extension="bin", name="", pronom="", keeps="no")


@dataclass(frozen=True, kw_only=True)
class LedgerRules:
    """URN kinds that are never things of one lot, and acts whose hidden entries stay closed."""

    never: frozenset[str]
    closed: tuple[str, ...]

    def stays_closed(self, act: str) -> bool:
        return any(fnmatchcase(act, pattern) for pattern in self.closed)


def read(name: str) -> dict[str, Any]:
    """One table's data."""
    with (FOLDER / f"{name}.toml").open("rb") as stream:
        return tomllib.load(stream)


@lru_cache
def classes() -> tuple[RecordClass, ...]:
    """All classes, in the order of the catalogue; the last one takes every kind."""
    return tuple(
        RecordClass(
            name=row["name"],
            number=number,
            title=Words(row["zh-hans"], row["en"]),
            kinds=tuple(row["kinds"]),
            outcomes=frozenset(row["outcomes"]),
            since=row.get("since"),
            source=row["source"],
            confirmed=row["confirmed"],
        )
        for number, row in enumerate(read("classes")["classes"], 1)
    )


def class_of(kind: str) -> RecordClass:
    """The first class that takes this kind."""
    return next(each for each in classes() if each.takes(kind))


@lru_cache
def retention_rules() -> tuple[RetentionRule, ...]:
    """The rules in order; the last one fits everything."""
    return tuple(
        RetentionRule(
            categories=frozenset(row["categories"]) if "categories" in row else None,
            outcomes=frozenset(row["outcomes"]) if "outcomes" in row else None,
            years=row.get("years"),
            source=row["source"],
            confirmed=row["confirmed"],
        )
        for row in read("retention")["rules"]
    )


@lru_cache
def formats() -> dict[str, Format]:
    """Formats by media type."""
    return {row["media_type"]: Format(**row) for row in read("formats")["formats"]}


def format_of(media_type: str) -> Format:
    """The format of a media type (parameters aside); an unlisted one is :data:`UNKNOWN`."""
    return formats().get(media_type.partition(";")[0].strip().lower(), UNKNOWN)


@lru_cache
def ledger_rules() -> LedgerRules:
    """What of the ledger belongs to a volume."""
    table = read("ledger")
    return LedgerRules(never=frozenset(table["never"]), closed=tuple(table["closed"]))


@dataclass(frozen=True, kw_only=True)
class MetadataField:
    """One element of metadata: its key here, its element in the EEP, whether and how long."""

    key: str
    element: str
    required: bool
    most: int


@lru_cache
def metadata_fields(level: str) -> tuple[MetadataField, ...]:
    """The elements of a ``volume`` or a ``record``."""
    return tuple(MetadataField(**row) for row in read("metadata")[level])


@lru_cache
def examination_items() -> dict[str, tuple[str, Words]]:
    """The items of the four examinations: code -> (group, what is examined)."""
    return {
        code: (row[0], Words(row[1], row[2]))
        for code, row in read("examinations")["items"].items()
    }
