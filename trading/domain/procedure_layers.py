"""A procedure file and the files that it is based on, put together into one.

A file that says ``based_on = "construction"`` holds only what is other than there: its head, rows
of the same name (each key that it writes takes the place of the base's), further rows, further
texts and sources, the whole of ``[open-contracting]``. What falls away stands in ``[without]`` by
the names of rows and statutes, and in a row's own ``without`` by its keys. Where it writes stages,
they are all its stages, in their order. Whoever asks where something stands is told the file and
the line that say it, be it this file or one that it is based on.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any, Final

from signatures.domain.errors import Malformed

#: The lists of a procedure, whose rows have names.
SECTIONS: Final = (
    "stages", "exits", "dates", "events", "days", "figures", "flags", "grounds", "commands",
)  # fmt: skip
#: Tables by name, put together key by key.
TABLES: Final = ("sources", "texts")
#: What a file says of itself alone.
OWN: Final = ("name", "version")
#: Whose rows stand in an order that means something: written at all, they are written whole.
WHOLE: Final = frozenset({"stages"})
#: A file and a line of it.
Place = tuple[str, int]
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a file; ``line`` is 1-based, 0 where no line can be named."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else (
            f"{self.file}: {self.reason}"
        )


class FaultyProcedure(Malformed):
    """A procedure file that does not hold together; ``faults`` says all that is wrong."""

    default_code = "faulty-procedure"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass
class Layer:
    """One file's own text and data."""

    file: str
    text: str
    data: dict[str, Any]

    def __post_init__(self) -> None:
        self.lines = self.text.splitlines()

    def rows(self, section: str) -> list[dict[str, Any]]:
        """The rows that this file itself writes in a section; none where they are malformed."""
        rows = self.data.get(section, [])
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def row_line(self, section: str, index: int, key: str = "") -> int:
        """The line of ``key`` in the ``index``-th ``[[section]]``, else of its head."""
        heads = [
            number
            for number, line in enumerate(self.lines, 1)
            if line.strip() == f"[[{section}]]"
        ]
        if index >= len(heads):
            return 0
        start = heads[index]
        for number in range(start, len(self.lines)):
            line = self.lines[number].strip()
            if line.startswith("["):
                break
            if key and line.split("=", 1)[0].strip() == key:
                return number + 1
        return start

    def head_line(self, key: str) -> int:
        """The line of a key before all tables, else the first."""
        for number, line in enumerate(self.lines, 1):
            if line.startswith("["):
                break
            if line.split("=", 1)[0].strip() == key:
                return number
        return 1 if self.lines else 0

    def table_line(self, table: str) -> int:
        """The line of ``[table]``; 0 where it is not there."""
        for number, line in enumerate(self.lines, 1):
            if line.strip() == f"[{table}]":
                return number
        return 0


@dataclass
class Layers:
    """A file, the one that it is based on, and so on; ``faults`` gathers what is wrong."""

    files: tuple[Layer, ...]
    faults: list[Fault] = field(default_factory=list)

    @property
    def own(self) -> Layer:
        return self.files[0]

    def fault(self, place: Place, reason: str) -> None:
        self.faults.append(Fault(*place, reason))

    def head(self, key: str) -> Place:
        """Where a key of the head stands: in the nearest file that writes it."""
        said = next((one for one in self.files if key in one.data), self.own)
        return said.file, said.head_line(key)

    def table(self, name: str) -> Place:
        """Where a table stands, in the nearest file that has it."""
        for one in self.files:
            if line := one.table_line(name):
                return one.file, line
        return self.own.file, 0

    def row(self, section: str, row: Mapping[str, Any], index: int, key: str = "") -> Place:
        """Where a row of the whole stands, and in it ``key``: in the nearest file that says it."""
        place: Place | None = None
        for one in self.files:
            for number, own in enumerate(one.rows(section)):
                if own.get("name") != row.get("name"):
                    continue
                place = place or (one.file, one.row_line(section, number))
                if key in own:
                    return one.file, one.row_line(section, number, key)
        if place is None:
            return self.own.file, self.own.row_line(section, index, key)
        return place

    def whole(self) -> dict[str, Any]:
        """All files put together; what falls away by a name that is not there is a fault."""
        data: dict[str, Any] = {}
        for one in reversed(self.files):
            self._twice(one)
            data = self._over(data, one) if data else dict(one.data)
        return data

    def _twice(self, one: Layer) -> None:
        for section in SECTIONS:
            seen: set[str] = set()
            for number, row in enumerate(one.rows(section)):
                name = row.get("name")
                if isinstance(name, str):
                    if name in seen:
                        place = (one.file, one.row_line(section, number, "name"))
                        self.fault(place, f"{name} is there twice")
                    seen.add(name)

    def _over(self, base: dict[str, Any], one: Layer) -> dict[str, Any]:
        data = {key: value for key, value in base.items() if key not in OWN}
        without = one.data.get("without", {})
        for key, value in one.data.items():
            if key not in ("based_on", "without", *SECTIONS, *TABLES):
                data[key] = value
        for section in SECTIONS:
            kept = self._without(base.get(section, []), without, section, one)
            own = one.data.get(section, [])
            if not isinstance(own, list):
                data[section] = own
            elif kept or own:
                data[section] = own if own and section in WHOLE else _patched(kept, own)
        for table in TABLES:
            if table in one.data:
                data[table] = _deep(base.get(table, {}), one.data[table])
        if isinstance(data.get("sources"), dict):
            named = [{"name": name} for name in data["sources"]]
            kept = self._without(named, without, "sources", one)
            data["sources"] = {each["name"]: data["sources"][each["name"]] for each in kept}
        return data

    def _without(
        self, rows: list[dict[str, Any]], without: Any, section: str, one: Layer
    ) -> list[dict[str, Any]]:
        names = without.get(section, []) if isinstance(without, Mapping) else None
        place = one.file, one.table_line("without") or one.head_line("without")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.fault(place, f"without.{section} lists names")
            return rows
        for name in sorted(set(names) - {row.get("name") for row in rows}):
            self.fault(place, f"without.{section}: there is no {name} to leave out")
        return [row for row in rows if row.get("name") not in names]


def _patched(base: list[dict[str, Any]], own: list[Any]) -> list[Any]:
    """Rows of the base in their places with what is said anew, then the further ones."""
    new = {row["name"]: row for row in own if isinstance(row, dict) and "name" in row}
    known = {row.get("name") for row in base}
    rows: list[Any] = [_over(row, new.get(row.get("name"), {})) for row in base]
    return rows + [
        row for row in own if not isinstance(row, dict) or row.get("name") not in known
    ]


def _over(row: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The base's row with what is said anew, less the keys that ``without`` names."""
    gone = new.get("without", [])
    if not isinstance(gone, list) or not {str(key) for key in gone} <= row.keys():
        return {**row, **new}
    kept = {key: value for key, value in row.items() if key not in gone}
    return kept | {key: value for key, value in new.items() if key != "without"}


def _deep(base: Any, own: Any) -> Any:
    if not isinstance(base, Mapping) or not isinstance(own, Mapping):
        return own
    return {**base, **{key: _deep(base.get(key), value) for key, value in own.items()}}


def load(text: str, *, file: str, folders: Sequence[Path]) -> Layers:
    """The file with this text and those that it is based on, which lie in ``folders``.

    Raises :class:`FaultyProcedure` for what is no TOML, and for a base that is not there or is
    based on this file itself.
    """
    layers = [_parsed(text, file)]
    while (name := layers[-1].data.get("based_on")) is not None:
        last = layers[-1]
        place = last.file, last.head_line("based_on")
        known = isinstance(name, str) and _NAME.fullmatch(name)
        paths = [folder / f"{name}.toml" for folder in folders] if known else []
        path = next((each for each in paths if each.is_file()), None)
        if path is None:
            raise FaultyProcedure([Fault(*place, f"there is no file {name!r} to be based on")])
        if path.name in {one.file for one in layers}:
            raise FaultyProcedure([Fault(*place, f"{name} is based on this file")])
        layers.append(_parsed(path.read_text(encoding="utf-8"), path.name))
    return Layers(tuple(layers))


def _parsed(text: str, file: str) -> Layer:
    try:
        return Layer(file=file, text=text, data=_json(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found.group(1)) if found else 0
        raise FaultyProcedure([Fault(file, line, f"not TOML: {error}")]) from None


def _json(value: Any) -> Any:
    """TOML's values as JSON: dates become ISO strings."""
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, (date, time)):
        return value.isoformat()
    return value
