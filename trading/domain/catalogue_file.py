"""The catalogue's file: read whole, every fault with file, line and reason.

What must be traded on the platform, in which category and by which procedure, is data
(``trading/procedures/catalogue/catalogue.toml``); ``trading.domain.catalogue`` judges by it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import get_language

from signatures.domain import jcs
from trading.domain.procedure import LANGUAGES
from trading.domain.procedure_layers import Fault, FaultyProcedure, Layer, Place

#: What shows that a ground holds: supervision approves here, an approval elsewhere is named, or
#: neither.
PLATFORM, REFERENCE, NOTHING = "platform", "reference", "none"
APPROVALS: Final = (PLATFORM, REFERENCE, NOTHING)

_HEAD: Final = {"name": str, "version": str, "effective": date}
_ROWS: Final[dict[str, dict[str, tuple[type, bool]]]] = {
    "objects": {"name": (str, True), "usual": (list, False)},
    "funds": {"name": (str, True), "article": (str, False)},
    "rules": {
        "name": (str, True),
        "objects": (list, False),
        "funds": (list, False),
        "least": (int, False),
        "categories": (list, False),
        "open": (bool, False),
        "article": (str, True),
        "effective": (date, True),
        "confirmed": (bool, True),
        "mandatory": (bool, True),
    },
    "grounds": {
        "name": (str, True),
        "procedures": (list, True),
        "objects": (list, False),
        "article": (str, True),
        "confirmed": (bool, True),
        "approval": (str, True),
        "file": (bool, False),
        "after_failure": (bool, False),
    },
}
_WORDS: Final = {
    str: "a text", int: "a whole number", bool: "true or false", list: "a list of names",
    date: "a date",
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One rule. Of ``objects`` and ``funds`` none means all; ``least`` is in CNY, included.

    ``categories`` are those that it allows (none: it says nothing of them); ``open`` asks for a
    usual procedure of the category, or a ground.
    """

    name: str
    article: str
    effective: date
    confirmed: bool
    mandatory: bool
    objects: frozenset[str] = frozenset()
    funds: frozenset[str] = frozenset()
    least: Decimal | None = None
    categories: tuple[str, ...] = ()
    open: bool = False


@dataclass(frozen=True)
class Ground:
    """Why a procedure that is not the usual one may be used, and what shows it."""

    name: str
    article: str
    confirmed: bool
    approval: str
    procedures: frozenset[str]
    objects: frozenset[str] = frozenset()
    file: bool = False
    after_failure: bool = False


@dataclass(frozen=True)
class Catalogue:
    """The whole file; ``usual`` gives for a category the object that is taken for granted."""

    version: str
    effective: date
    digest: str
    rules: tuple[Rule, ...]
    grounds: dict[str, Ground]
    objects: tuple[str, ...]
    funds: tuple[str, ...]
    usual: dict[str, str]
    sources: Mapping[str, Mapping[str, str]]
    texts: Mapping[str, Any]

    def title(self, section: str, name: str) -> str:
        """What people call one of the file's names, in their language."""
        texts = self.texts.get(get_language() or "") or self.texts[LANGUAGES[0]]
        return str(texts[section].get(name, name))

    def restricted(self, procedure: str) -> bool:
        """Whether a procedure is not a usual one: some ground speaks of it."""
        return any(procedure in ground.procedures for ground in self.grounds.values())

    def grounds_of(self, procedure: str) -> list[Ground]:
        """The grounds on which this procedure may be used."""
        return [one for one in self.grounds.values() if procedure in one.procedures]


def read(
    text: str, *, file: str, categories: Collection[str], procedures: Collection[str]
) -> Catalogue:
    """The catalogue that ``text`` (TOML) describes.

    ``categories`` and ``procedures`` are those that the platform knows. Raises
    :class:`FaultyProcedure` with every fault, each with its line.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultyProcedure([Fault(file, 0, f"not TOML: {error}")]) from None
    layer = Layer(file=file, text=text, data=data)
    faults: list[Fault] = []

    def fault(place: Place, reason: str) -> None:
        faults.append(Fault(*place, reason))

    _head(layer, fault)
    _shape(layer, fault)
    if not faults:
        _names(layer, fault, set(categories), set(procedures))
        _texts(layer, fault)
    if faults:
        raise FaultyProcedure(faults)
    return _assembled(data, text)


def _head(layer: Layer, fault: Any) -> None:
    for key, kind in _HEAD.items():
        value = layer.data.get(key)
        if not _fits(value, kind) or not value:
            fault((layer.file, layer.head_line(key)), f"{key} is missing or is not {_WORDS[kind]}")
    for key in layer.data.keys() - {*_HEAD, *_ROWS, "sources", "texts"}:
        fault((layer.file, layer.head_line(key)), f"{key} is unknown here")
    for table in ("sources", "texts"):
        value = layer.data.get(table)
        if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
            fault((layer.file, layer.table_line(table)), f"the table {table} is missing")


def _shape(layer: Layer, fault: Any) -> None:
    for section, fields in _ROWS.items():
        rows = layer.data.get(section, [])
        if not isinstance(rows, list) or not rows or not all(isinstance(one, dict) for one in rows):
            fault((layer.file, 0), f"there are no {section}; write them as [[{section}]]")
            continue
        seen: set[str] = set()
        for index, row in enumerate(rows):
            for key, (kind, required) in fields.items():
                place = layer.file, layer.row_line(section, index, key)
                if key not in row:
                    if required:
                        fault(place, f"{key} is missing")
                elif not _fits(row[key], kind) or row[key] in ("", []):
                    fault(place, f"{key} must be {_WORDS[kind]}, not {row[key]!r}")
            for key in row.keys() - fields.keys():
                fault((layer.file, layer.row_line(section, index, key)), f"{key} is unknown here")
            place = layer.file, layer.row_line(section, index, "name")
            if row.get("name") in seen:
                fault(place, f"{row['name']} is there twice")
            seen.add(str(row.get("name")))


def _fits(value: Any, kind: type) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    if kind is date:
        return isinstance(value, date) and not isinstance(value, datetime)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _names(layer: Layer, fault: Any, categories: set[str], procedures: set[str]) -> None:
    """Every name that a row uses is known."""
    own = {section: {row["name"] for row in layer.data[section]} for section in _ROWS}
    known = {
        "objects": own["objects"], "funds": own["funds"], "categories": categories,
        "usual": categories, "procedures": procedures,
    }
    usual: set[str] = set()
    for section in _ROWS:
        for index, row in enumerate(layer.data[section]):
            def at(key: str, section: str = section, index: int = index) -> Place:
                return layer.file, layer.row_line(section, index, key)

            for key in known.keys() & row.keys():
                for name in row[key]:
                    if name not in known[key]:
                        fault(at(key), f"{key}: there is no {name!r}")
            for name in set(row.get("usual", ())) & usual:
                fault(at("usual"), f"two objects are usual in {name}")
            usual |= set(row.get("usual", ()))
            if row.get("least", 1) < 1:
                fault(at("least"), "least is an amount above zero, in CNY")
            if section == "rules" and "categories" not in row and not row.get("open"):
                fault(at("name"), "the rule asks for nothing: write categories, or open = true")
            if row.get("approval", NOTHING) not in APPROVALS:
                fault(at("approval"), f"approval must be one of {', '.join(APPROVALS)}")
            for part in str(row.get("article", "")).split(","):
                head = part.strip().split(" ", 1)[0]
                if head and not head[:1].isdigit() and head not in layer.data["sources"]:
                    fault(at("article"), f"{head!r} is none of the sources")


def _texts(layer: Layer, fault: Any) -> None:
    for language in LANGUAGES:
        texts = layer.data["texts"].get(language, {})
        for section in _ROWS:
            table = texts.get(section, {})
            for index, row in enumerate(layer.data[section]):
                if not isinstance(table, dict) or not str(table.get(row["name"], "")).strip():
                    place = layer.file, layer.row_line(section, index, "name")
                    fault(place, f"{row['name']} has no text in {language}")
        for name, titles in layer.data["sources"].items():
            if not titles.get(language):
                place = layer.file, layer.table_line(f"sources.{name}")
                fault(place, f"the source {name} has no title in {language}")


def _assembled(data: dict[str, Any], text: str) -> Catalogue:
    rules = tuple(
        Rule(
            **{
                **row,
                "objects": frozenset(row.get("objects", ())),
                "funds": frozenset(row.get("funds", ())),
                "categories": tuple(row.get("categories", ())),
                "least": Decimal(row["least"]) if "least" in row else None,
            }
        )
        for row in data["rules"]
    )
    grounds = {
        row["name"]: Ground(
            **{
                **row,
                "procedures": frozenset(row["procedures"]),
                "objects": frozenset(row.get("objects", ())),
            }
        )
        for row in data["grounds"]
    }
    return Catalogue(
        version=data["version"],
        effective=data["effective"],
        digest=jcs.digest(text).hex(),
        rules=rules,
        grounds=grounds,
        objects=tuple(row["name"] for row in data["objects"]),
        funds=tuple(row["name"] for row in data["funds"]),
        usual={name: row["name"] for row in data["objects"] for name in row.get("usual", ())},
        sources=data["sources"],
        texts=data["texts"],
    )
