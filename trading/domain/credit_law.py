"""On what grounds of the law an organisation is kept out, and for how long: data, read whole.

The file is ``credit/credit.toml`` of the procedures' folders, the centre's own before ours.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import get_language

from trading.domain import calendar, procedure
from trading.domain.procedure import LANGUAGES
from trading.domain.procedure_layers import Fault, FaultyProcedure, Layer

NAME = Path("credit") / "credit.toml"
_ROW: Final = {
    "name": str, "article": str, "least_years": int, "most_years": int, "confirmed": bool,
}  # fmt: skip
_WORDS: Final = {str: "a text", int: "a whole number from 1", bool: "true or false"}


@dataclass(frozen=True)
class Ground:
    """One ground; the years are what an authority may decide, from and to."""

    name: str
    article: str
    least_years: int
    most_years: int
    confirmed: bool
    texts: Mapping[str, str]

    @property
    def text(self) -> str:
        """What the law says, in the reader's language."""
        return self.texts.get(get_language() or "") or self.texts[LANGUAGES[0]]


@dataclass(frozen=True)
class CreditLaw:
    """The file in force."""

    version: str
    grounds: tuple[Ground, ...]

    @property
    def article(self) -> str:
        """Every article that keeps somebody out."""
        return ", ".join(one.article for one in self.grounds)

    @property
    def longest(self) -> Ground:
        """The ground that keeps out for longest."""
        return max(self.grounds, key=lambda one: one.most_years)

    def latest(self, at: datetime) -> datetime:
        """The latest moment until which a decision that takes effect at ``at`` may keep out: the
        end of that day, so many years on, Beijing time."""
        return calendar.moment(_years_on(calendar.local_day(at), self.longest.most_years))


def _years_on(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 2, 28)


def check() -> list[str]:
    """What is wrong with the file in force, a sentence each, with file and line."""
    try:
        load()
    except FaultyProcedure as faulty:
        return [str(fault) for fault in faulty.faults]
    return []


def load() -> CreditLaw:
    """The edition in force; raises ``FaultyProcedure``, which start-up has done before."""
    folders = reversed(procedure.folders())
    return _load(next(folder / NAME for folder in folders if (folder / NAME).is_file()))


@lru_cache(maxsize=8)
def _load(file: Path) -> CreditLaw:
    return read(file.read_text(encoding="utf-8"), file=file.name)


def read(text: str, *, file: str) -> CreditLaw:
    """What ``text`` (TOML) says; raises :class:`FaultyProcedure` with every fault and its line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultyProcedure([Fault(file, 0, f"not TOML: {error}")]) from None
    layer = Layer(file=file, text=text, data=data)
    faults = [*_head(layer), *_rows(layer)]
    if faults:
        raise FaultyProcedure(faults)
    texts = {language: data["texts"][language] for language in LANGUAGES}
    grounds = (
        Ground(**row, texts={language: texts[language][row["name"]] for language in LANGUAGES})
        for row in data["grounds"]
    )
    return CreditLaw(version=data["version"], grounds=tuple(grounds))


def _head(layer: Layer) -> list[Fault]:
    found = []
    if not isinstance(layer.data.get("version"), str) or not layer.data["version"]:
        found.append(Fault(layer.file, layer.head_line("version"), "version is missing"))
    for key in layer.data.keys() - {"version", "grounds", "texts"}:
        found.append(Fault(layer.file, layer.head_line(key), f"{key} is unknown here"))
    return found


def _rows(layer: Layer) -> list[Fault]:
    rows = layer.data.get("grounds")
    if not isinstance(rows, list) or not rows or not all(isinstance(one, dict) for one in rows):
        return [Fault(layer.file, 0, "there are no grounds; write them as [[grounds]]")]
    found: list[Fault] = []
    seen: set[str] = set()
    for index, row in enumerate(rows):
        def fault(key: str, reason: str, index: int = index) -> None:
            found.append(Fault(layer.file, layer.row_line("grounds", index, key), reason))

        for key, kind in _ROW.items():
            if not _fits(row.get(key), kind):
                fault(key, f"{key} is missing or is not {_WORDS[kind]}")
        for key in row.keys() - _ROW.keys():
            fault(key, f"{key} is unknown here")
        if not found and row["least_years"] > row["most_years"]:
            fault("least_years", "least_years is more than most_years")
        name = str(row.get("name"))
        if name in seen:
            fault("name", f"{name} is there twice")
        seen.add(name)
        for language in LANGUAGES:
            if not _text(layer.data, language, name):
                fault("name", f"{name} has no text in {language}")
    return found


def _fits(value: Any, kind: type) -> bool:
    if kind is int:
        return type(value) is int and value >= 1
    return isinstance(value, kind) and value != ""


def _text(data: dict[str, Any], language: str, name: str) -> str:
    texts = data.get("texts")
    table = texts.get(language) if isinstance(texts, dict) else None
    return str(table.get(name, "")).strip() if isinstance(table, dict) else ""
