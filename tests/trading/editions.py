"""Editions of a procedure that differ from the one in force by what a test does to its data."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from trading.domain import procedure, procedure_file
from trading.domain.procedure import Procedure

BASE = procedure.load("construction")


def edited(change: Callable[[dict[str, Any]], Any], rules: Procedure = BASE) -> Procedure:
    """The procedure after ``change`` has been at its data."""
    data = deepcopy(dict(rules.data))
    change(data)
    return procedure_file.build(data)


def row(data: dict[str, Any], section: str, name: str) -> dict[str, Any]:
    """One row of the data, by its name."""
    return next(each for each in data[section] if each["name"] == name)
