"""Reading a procedure's file, and refusing one that does not hold together.

Every fault is reported with file, line and reason, all of them at once. What a file names
outside itself (acts and guards) is checked by ``trading.checks`` once every app is ready.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any, Final

from trading.domain import procedure_layers, procedure_rules
from trading.domain.calendar import Unit
from trading.domain.procedure import (
    Command,
    DayRule,
    Exit,
    Figure,
    Flag,
    GroundUse,
    GuardUse,
    NamedDate,
    Procedure,
    Stage,
    digest_of,
)
from trading.domain.procedure import folders as procedure_folders
from trading.domain.procedure_layers import FaultyProcedure, Layer, Layers, Place
from trading.enums import LotRole, LotState

FIGURE_UNITS: Final = ("percent", "count", "thirds", "minutes", "hours")
MOST_DAYS: Final = 3650
#: The words of open contracting data: its codelists ``method`` and ``procurementCategory``, and
#: whether the tenderee sells.
CONTRACTING: Final[dict[str, tuple[str | bool, ...]]] = {
    "method": ("open", "selective", "limited", "direct"),
    "category": ("goods", "works", "services"),
    "sale": (True, False),
}

#: The lists of a file: key -> (type, required). Types of one word are TOML's own.
_LISTS: Final[dict[str, dict[str, tuple[type, bool]]]] = {
    "stages": {"name": (str, True), "state": (str, False)},
    "exits": {"name": (str, True), "state": (str, True)},
    "dates": {
        "name": (str, True),
        "chosen": (bool, False),
        "later": (bool, False),
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
    "grounds": {"name": (str, True), "article": (str, True)},
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


def read(text: str, *, file: str, folders: Sequence[Path] = ()) -> Procedure:
    """The procedure that ``text`` (TOML) describes; raises :class:`FaultyProcedure`.

    Files that it is based on lie in ``folders``, where all files of the platform do by default.
    """
    where = folders or procedure_folders()
    return _build(procedure_layers.load(text, file=file, folders=where))


def build(data: Mapping[str, Any]) -> Procedure:
    """The procedure in JSON data, as a lot keeps it; raises :class:`FaultyProcedure`."""
    return _build(Layers((Layer(file="frozen", text="", data=dict(data)),)))


def place_of(layers: Layers, data: Mapping[str, Any], section: str, name: str) -> Place:
    """File and line of a row of the whole: of a command, of a ground."""
    rows = list(data[section])
    index = next(number for number, row in enumerate(rows) if row["name"] == name)
    return layers.row(section, rows[index], index, "name")


def _build(layers: Layers) -> Procedure:
    data = layers.whole()
    _check_shape(data, layers)
    if layers.faults:
        raise FaultyProcedure(layers.faults)
    procedure = _assemble(data)
    for section, index, key, reason in procedure_rules.faults(procedure):
        if index < 0:
            place = layers.table(section)
        else:
            place = layers.row(section, data[section][index], index, key)
        layers.fault(place, reason)
    if layers.faults:
        raise FaultyProcedure(layers.faults)
    return procedure


# --- shape ---------------------------------------------------------------------------------------


def _check_shape(data: Mapping[str, Any], layers: Layers) -> None:
    for key, kind in _HEAD.items():
        if not isinstance(data.get(key), kind) or not data[key]:
            layers.fault(layers.head(key), f"{key} is missing or is no {kind.__name__}")
    known = {*_HEAD, *_LISTS, "category", "sources", "texts", "open-contracting"}
    for key in data.keys() - known:
        layers.fault(layers.head(key), f"{key} is unknown here")
    if not isinstance(data.get("category", ""), str):
        layers.fault(layers.head("category"), "category is no name")
    if isinstance(data.get("effective"), str) and not _is_date(data["effective"]):
        layers.fault(layers.head("effective"), "effective is no date")
    _check_contracting(data.get("open-contracting", {}), layers)
    for section, fields in _LISTS.items():
        rows = data.get(section, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            layers.fault((layers.own.file, 0), f"{section} must be written as [[{section}]]")
            continue
        _check_rows(section, rows, fields, layers)
    for required in ("stages", "commands"):
        if not data.get(required):
            layers.fault((layers.own.file, 0), f"there are no {required}")
    for table in ("sources", "texts"):
        if not isinstance(data.get(table), dict) or not all(
            isinstance(item, dict) for item in data[table].values()
        ):
            layers.fault(layers.table(table), f"the table {table} is missing or malformed")


def _check_contracting(table: Any, layers: Layers) -> None:
    """What the procedure is called in open contracting data (OCDS 1.1); all may be left out."""
    if not isinstance(table, dict):
        reason = "open-contracting must be written as [open-contracting]"
        layers.fault(layers.head("open-contracting"), reason)
        return
    place = layers.table("open-contracting")
    for key, value in table.items():
        allowed = CONTRACTING.get(key)
        if allowed is None:
            layers.fault(place, f"{key} is unknown here")
        elif value not in allowed or isinstance(value, bool) != (key == "sale"):
            words = ", ".join(str(one).lower() for one in allowed)
            layers.fault(place, f"{key} is {value!r}; it must be one of {words}")


def _check_rows(
    section: str,
    rows: list[dict[str, Any]],
    fields: dict[str, tuple[type, bool]],
    layers: Layers,
) -> None:
    for index, row in enumerate(rows):

        def fault(reason: str, key: str = "", row: Any = row, index: int = index) -> None:
            layers.fault(layers.row(section, row, index, key), reason)

        for key, (kind, required) in fields.items():
            if key not in row:
                if required:
                    fault(f"{key} is missing")
                continue
            reason = _wrong_value(section, key, row[key], kind)
            if reason:
                fault(reason, key)
        for key in row.keys() - fields.keys():
            fault(f"{key} is unknown here", key)
        if section in {"days", "figures"} and ("least" in row) == ("most" in row):
            fault("write either least or most")


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
        category=data.get("category", data["name"]),
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
        grounds={row["name"]: GroundUse(**row) for row in data.get("grounds", [])},
        commands={row["name"]: _command(row) for row in data["commands"]},
        texts=data["texts"],
        contracting=data.get("open-contracting", {}),
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
