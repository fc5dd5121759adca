"""Reading a procedure's file, and refusing one that does not hold together.

Every fault is reported with file, line and reason, all of them at once. What a file names
outside itself (acts and guards) is checked by ``trading.checks`` once every app is ready.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final

from signatures.domain.errors import Malformed
from trading.domain.calendar import Unit
from trading.domain.procedure import (
    Command,
    DayRule,
    Exit,
    Figure,
    Flag,
    GuardUse,
    NamedDate,
    Procedure,
    Stage,
    digest_of,
)
from trading.enums import LotRole, LotState

LANGUAGES: Final = ("zh-hans", "en")
FIGURE_UNITS: Final = ("percent", "count", "thirds")
MOST_DAYS: Final = 3650

#: The lists of a file: key -> (type, required). Types of one word are TOML's own.
_LISTS: Final[dict[str, dict[str, tuple[type, bool]]]] = {
    "stages": {"name": (str, True), "state": (str, False)},
    "exits": {"name": (str, True), "state": (str, True)},
    "dates": {
        "name": (str, True),
        "chosen": (bool, False),
        "rule": (str, False),
        "same": (str, False),
        "after": (str, False),
        "count": (int, False),
        "unit": (str, False),
        "time": (str, False),
    },
    "events": {"name": (str, True)},
    "days": {
        "name": (str, True),
        "from": (str, True),
        "to": (str, True),
        "least": (int, False),
        "most": (int, False),
        "unit": (str, True),
        "article": (str, True),
        "effective": (str, True),
        "confirmed": (bool, True),
        "mandatory": (bool, True),
    },
    "figures": {
        "name": (str, True),
        "least": (int, False),
        "most": (int, False),
        "odd": (bool, False),
        "unit": (str, True),
        "article": (str, True),
        "effective": (str, True),
        "confirmed": (bool, True),
    },
    "flags": {"name": (str, True), "value": (bool, True), "article": (str, False)},
    "commands": {
        "name": (str, True),
        "act": (str, False),
        "roles": (list, True),
        "from": (list, True),
        "to": (str, False),
        "at": (str, False),
        "not_before": (str, False),
        "not_after": (str, False),
        "marks": (str, False),
        "article": (str, False),
        "guards": (list, False),
    },
}
_HEAD: Final = {"name": str, "version": str, "effective": str, "code_prefix": str}
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


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


class _Source:
    """The text of a file, asked only for the line on which something stands."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.faults: list[Fault] = []

    def line(self, section: str, index: int, key: str = "") -> int:
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
        for number, line in enumerate(self.lines, 1):
            if line.startswith("["):
                break
            if line.split("=", 1)[0].strip() == key:
                return number
        return 1 if self.lines else 0

    def table_line(self, table: str) -> int:
        for number, line in enumerate(self.lines, 1):
            if line.strip() == f"[{table}]":
                return number
        return 0

    def fault(self, line: int, reason: str) -> None:
        self.faults.append(Fault(self.file, line, reason))


def read(text: str, *, file: str) -> Procedure:
    """The procedure that ``text`` (TOML) describes; raises :class:`FaultyProcedure`."""
    try:
        loaded = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found.group(1)) if found else 0
        raise FaultyProcedure([Fault(file, line, f"not TOML: {error}")]) from None
    return build(_json(loaded), text=text, file=file)


def build(data: Mapping[str, Any], *, text: str = "", file: str = "frozen") -> Procedure:
    """The procedure in JSON data, from a file or from a lot; raises :class:`FaultyProcedure`."""
    from trading.domain import procedure_rules

    source = _Source(text, file)
    _check_shape(data, source)
    if source.faults:
        raise FaultyProcedure(source.faults)
    procedure = _assemble(data)
    for section, index, key, reason in procedure_rules.faults(procedure):
        line = (
            source.table_line(section) if index < 0 else source.line(section, index, key)
        )
        source.fault(line, reason)
    if source.faults:
        raise FaultyProcedure(source.faults)
    return procedure


def line_of(text: str, section: str, index: int, key: str = "") -> int:
    """The line of ``key`` in the ``index``-th ``[[section]]`` of a file's text."""
    return _Source(text, "").line(section, index, key)


def _json(value: Any) -> Any:
    """TOML's values as JSON: dates become ISO strings."""
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, (date, time)):
        return value.isoformat()
    return value


# --- shape ---------------------------------------------------------------------------------------


def _check_shape(data: Mapping[str, Any], source: _Source) -> None:
    for key, kind in _HEAD.items():
        if not isinstance(data.get(key), kind) or not data[key]:
            source.fault(source.head_line(key), f"{key} is missing or is no {kind.__name__}")
    known = {*_HEAD, *_LISTS, "sources", "texts"}
    for key in data.keys() - known:
        source.fault(source.head_line(key), f"{key} is unknown here")
    if isinstance(data.get("effective"), str) and not _is_date(data["effective"]):
        source.fault(source.head_line("effective"), "effective is no date")
    for section, fields in _LISTS.items():
        rows = data.get(section, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            source.fault(0, f"{section} must be written as [[{section}]]")
            continue
        _check_rows(section, rows, fields, source)
    for required in ("stages", "commands"):
        if not data.get(required):
            source.fault(0, f"there are no {required}")
    for table in ("sources", "texts"):
        if not isinstance(data.get(table), dict) or not all(
            isinstance(item, dict) for item in data[table].values()
        ):
            source.fault(source.table_line(table), f"the table {table} is missing or malformed")


def _check_rows(
    section: str,
    rows: list[dict[str, Any]],
    fields: dict[str, tuple[type, bool]],
    source: _Source,
) -> None:
    seen: set[str] = set()
    for index, row in enumerate(rows):
        for key, (kind, required) in fields.items():
            if key not in row:
                if required:
                    source.fault(source.line(section, index), f"{key} is missing")
                continue
            reason = _wrong_value(section, key, row[key], kind)
            if reason:
                source.fault(source.line(section, index, key), reason)
        for key in row.keys() - fields.keys():
            source.fault(source.line(section, index, key), f"{key} is unknown here")
        name = row.get("name")
        if isinstance(name, str):
            if name in seen:
                source.fault(source.line(section, index, "name"), f"{name} is there twice")
            seen.add(name)
        if section in {"days", "figures"} and ("least" in row) == ("most" in row):
            source.fault(source.line(section, index), "write either least or most")


def _wrong_value(section: str, key: str, value: Any, kind: type) -> str:
    """Why one value cannot stand; empty where it can."""
    fits = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    if not fits:
        return f"{key} must be {_ENGLISH[kind]}, not {value!r}"
    if key in {"least", "most", "count"} and not 0 <= value <= MOST_DAYS:
        return f"{key} is {value}; a figure lies between 0 and {MOST_DAYS}"
    if key == "effective" and not _is_date(value):
        return f"effective is no date: {value!r}"
    if key == "time" and not _TIME.fullmatch(value):
        return f"time is {value!r}; write it as 09:30"
    if key == "unit":
        units = FIGURE_UNITS if section == "figures" else tuple(Unit)
        if value not in units:
            return f"unit is {value!r}; it must be one of {', '.join(units)}"
    if key == "state" and value not in LotState.values:
        return f"state is {value!r}; it must be one of {', '.join(LotState.values)}"
    if key == "guards":
        for guard in value:
            if not isinstance(guard, dict) or not isinstance(guard.get("name"), str):
                return "each guard needs a name"
    elif kind is list:
        if not value or not all(isinstance(item, str) for item in value):
            return f"{key} must be a list of names"
        for item in value:
            if key == "roles" and item not in LotRole.values:
                return f"there is no role {item!r}"
    return ""


_ENGLISH = {str: "a text", int: "a whole number", bool: "true or false", list: "a list"}


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


# --- assembly ------------------------------------------------------------------------------------


def _assemble(data: Mapping[str, Any]) -> Procedure:
    return Procedure(
        name=data["name"],
        version=data["version"],
        effective=date.fromisoformat(data["effective"]),
        code_prefix=data["code_prefix"],
        digest=digest_of(data),
        data=data,
        sources=data["sources"],
        stages=tuple(Stage(**row) for row in data["stages"]),
        exits={row["name"]: Exit(**row) for row in data.get("exits", [])},
        dates={row["name"]: _date(row) for row in data.get("dates", [])},
        events=frozenset(row["name"] for row in data.get("events", [])),
        days={row["name"]: _days(row) for row in data.get("days", [])},
        figures={row["name"]: _figure(row) for row in data.get("figures", [])},
        flags={row["name"]: Flag(**row) for row in data.get("flags", [])},
        commands={row["name"]: _command(row) for row in data["commands"]},
        texts=data["texts"],
    )


def _date(row: dict[str, Any]) -> NamedDate:
    values = dict(row)
    if "time" in values:
        values["time"] = time.fromisoformat(values["time"])
    if "unit" in values:
        values["unit"] = Unit(values["unit"])
    return NamedDate(**values)


def _days(row: dict[str, Any]) -> DayRule:
    values = {key: value for key, value in row.items() if key != "from"}
    values["unit"] = Unit(values["unit"])
    values["effective"] = date.fromisoformat(values["effective"])
    return DayRule(from_=row["from"], **values)


def _figure(row: dict[str, Any]) -> Figure:
    return Figure(**{**row, "effective": date.fromisoformat(row["effective"])})


def _command(row: dict[str, Any]) -> Command:
    values = {key: value for key, value in row.items() if key not in {"from", "guards", "roles"}}
    values.setdefault("act", row["name"])
    return Command(
        from_=tuple(row["from"]),
        roles=frozenset(row["roles"]),
        guards=tuple(
            GuardUse(
                name=guard["name"],
                article=guard.get("article", ""),
                parameters={k: v for k, v in guard.items() if k not in {"name", "article"}},
            )
            for guard in row.get("guards", [])
        ),
        **values,
    )
