"""What inspectors check: checklists and days as data, each item with its statute.

One file an object of inspection in ``trading/procedures/checklists``; ``rules.toml`` beside them
holds the days. A file that does not hold together stops the start (``trading.checks``).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.errors import Malformed, NotFound
from trading.domain import calendar
from trading.domain.calendar import Unit
from trading.domain.procedure import LANGUAGES

FOLDER = Path(__file__).resolve().parent.parent / "procedures" / "checklists"
RULES = "rules"
#: The seven objects that supervision inspects, in the order of the procedure.
OBJECTS = (
    "notice",
    "tender-documents",
    "qualification",
    "proceedings",
    "objections",
    "written-report",
    "agency",
)
TERMS = ("answer", "correction", "publication")

_CHECKLIST = ("name", "version", "title", "items")
_ITEM = ("name", "article", "effective", "confirmed", "evidence", "text", "check")
_DAYS = ("name", "most", "unit", "article", "effective", "confirmed")


class FaultyChecklist(Malformed):
    """A checklist or the file of days does not hold together."""

    default_code = "faulty-checklist"


@dataclass(frozen=True)
class Words:
    """The same in every language."""

    texts: dict[str, str]

    def __str__(self) -> str:
        return self.texts.get(get_language() or "", self.texts[LANGUAGES[0]])


@dataclass(frozen=True)
class Item:
    """One thing to check: ``name`` is ``<object>.<item>``; ``evidence`` are kinds of exhibits."""

    name: str
    article: str
    effective: date
    confirmed: bool
    evidence: tuple[str, ...]
    text: Words
    check: Words


@dataclass(frozen=True)
class Checklist:
    """The items of one object, in order."""

    name: str
    version: str
    title: Words
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Term:
    """At most so many days, by which article."""

    name: str
    most: int
    unit: Unit
    article: str
    effective: date
    confirmed: bool

    def ends(self, start: datetime) -> datetime:
        """The end (24:00 in Beijing) of the last day of the term that ``start`` begins."""
        day = calendar.load().last_day(calendar.local_day(start), self.most, self.unit)
        return calendar.moment(day)


def load(name: str) -> Checklist:
    """The checklist of one object; raises :class:`NotFound`."""
    if name not in OBJECTS:
        raise NotFound(
            _("There is no checklist for “%(name)s”; there are: %(known)s.")
            % {"name": name, "known": ", ".join(OBJECTS)},
            code="unknown-checklist",
        )
    return _checklist(name)


def item(name: str) -> Item:
    """An item by its full name ``<object>.<item>``; raises :class:`NotFound`."""
    list_, _dot, _item = name.partition(".")
    for each in load(list_).items:
        if each.name == name:
            return each
    raise NotFound(
        _("The checklists have no item “%(name)s”.") % {"name": name}, code="unknown-item"
    )


def term(name: str) -> Term:
    """How many days an inspection's step may take."""
    return _terms()[name]


def items_of(objects: list[str]) -> list[Item]:
    """All items of these objects, in order."""
    return [each for name in OBJECTS if name in objects for each in load(name).items]


def digest(objects: list[str]) -> str:
    """SHA-256 (hex) over the checklists that a plan rests on, so that they can be told apart."""
    files = {name: _bytes(name).decode("utf-8") for name in OBJECTS if name in objects}
    return jcs.digest(files).hex()


def check_all() -> list[str]:
    """What is wrong with the files, a sentence each; nothing when all hold together."""
    faults = []
    for name in OBJECTS:
        try:
            _checklist(name)
        except FaultyChecklist as fault:
            faults.append(str(fault))
    try:
        _terms()
    except FaultyChecklist as fault:
        faults.append(str(fault))
    known = {*OBJECTS, RULES}
    faults += [
        f"{path.name}: no object of inspection is called {path.stem}"
        for path in sorted(FOLDER.glob("*.toml"))
        if path.stem not in known
    ]
    return faults


@lru_cache
def _bytes(name: str) -> bytes:
    return (FOLDER / f"{name}.toml").read_bytes()


@lru_cache
def _checklist(name: str) -> Checklist:
    return read(_bytes(name).decode("utf-8"), name=name)


@lru_cache
def _terms() -> dict[str, Term]:
    return read_terms(_bytes(RULES).decode("utf-8"))


def read(text: str, *, name: str) -> Checklist:
    """A checklist from TOML; :class:`FaultyChecklist` says what does not hold."""
    where = f"{name}.toml"
    value = _fields(_toml(text, where), _CHECKLIST, where)
    if value["name"] != name:
        raise FaultyChecklist(f"{where}: the file is called {name}, the list {value['name']}.")
    rows = value["items"]
    if not isinstance(rows, list) or not rows:
        raise FaultyChecklist(f"{where}: there are no items.")
    items = tuple(_item(row, name, f"{where}, item {number}") for number, row in enumerate(rows, 1))
    if len({one.name for one in items}) != len(items):
        raise FaultyChecklist(f"{where}: two items have one name.")
    return Checklist(
        name=name,
        version=_text(value, "version", where),
        title=_words(value["title"], f"{where}, title"),
        items=items,
    )


def read_terms(text: str) -> dict[str, Term]:
    """The days from TOML; :class:`FaultyChecklist` says what does not hold."""
    where = f"{RULES}.toml"
    value = _fields(_toml(text, where), ("version", "days"), where)
    found = {}
    for row in value["days"]:
        fields = _fields(row, _DAYS, f"{where}, days")
        if fields["unit"] not in list(Unit) or type(fields["most"]) is not int:
            raise FaultyChecklist(f"{where}: {fields['name']} has no number of days.")
        found[fields["name"]] = Term(
            name=_text(fields, "name", where),
            most=fields["most"],
            unit=Unit(fields["unit"]),
            article=_text(fields, "article", where),
            effective=_date(fields, where),
            confirmed=_flag(fields, where),
        )
    if sorted(found) != sorted(TERMS):
        raise FaultyChecklist(f"{where}: the days must be {', '.join(TERMS)}.")
    return found


def _item(row: object, object_: str, where: str) -> Item:
    value = _fields(row, _ITEM, where)
    evidence = value["evidence"]
    if not isinstance(evidence, list) or not evidence or not all(map(jcs.is_name, evidence)):
        raise FaultyChecklist(f"{where}: evidence lists the kinds of exhibits that show it.")
    return Item(
        name=f"{object_}.{_text(value, 'name', where)}",
        article=_text(value, "article", where),
        effective=_date(value, where),
        confirmed=_flag(value, where),
        evidence=tuple(evidence),
        text=_words(value["text"], f"{where}, text"),
        check=_words(value["check"], f"{where}, check"),
    )


def _toml(text: str, where: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultyChecklist(f"{where}: {error}") from error


def _fields(value: object, names: tuple[str, ...], where: str) -> dict[str, Any]:
    return dict(jcs.require_fields(value, names, where=where, error=FaultyChecklist))


def _text(value: dict[str, Any], name: str, where: str) -> str:
    text = value[name]
    if not isinstance(text, str) or not text.strip():
        raise FaultyChecklist(f"{where}: {name} is missing.")
    return text


def _date(value: dict[str, Any], where: str) -> date:
    found = value["effective"]
    if not isinstance(found, date) or isinstance(found, datetime):
        raise FaultyChecklist(f"{where}: effective must be a date.")
    return found


def _flag(value: dict[str, Any], where: str) -> bool:
    if type(value["confirmed"]) is not bool:
        raise FaultyChecklist(f"{where}: confirmed must be true or false.")
    return value["confirmed"]


def _words(value: object, where: str) -> Words:
    texts = _fields(value, LANGUAGES, where)
    return Words({language: _text(texts, language, where) for language in LANGUAGES})
