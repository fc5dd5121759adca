"""What the platform itself reads of an opened envelope: the opening sheet and the price.

Slot 1 holds ``sheet.json``, slot 4 ``price.json``, both canonical JSON. One that is missing or not
of its form is filed as it is, with ``problem`` in place of its facts: the committee decides what
that means, never the platform.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bidding.kit.manifest import FileEntry
from signatures.domain import jcs
from signatures.domain.errors import SunlitError

SHEET_SLOT, PRICE_SLOT = 1, 4
SHEET, PRICE = "sheet.json", "price.json"
_MOST_BYTES = 64 * 1024
_MOST_FIELDS, _MOST_TEXT = 64, 500
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,14})\.[0-9]{2}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The one file of a slot that is read: its name, and its facts or what is wrong with it."""

    name: str
    facts: dict[str, Any]
    problem: str = ""


def read(slot: int, files: Iterable[tuple[FileEntry, Path]]) -> Reading | None:
    """The sheet of slot 1 or the price of slot 4; None for the other slots."""
    if slot == SHEET_SLOT:
        return _read(SHEET, files, _sheet)
    if slot == PRICE_SLOT:
        return _read(PRICE, files, _price)
    return None


def _read(name: str, files: Iterable[tuple[FileEntry, Path]], check: Any) -> Reading:
    path = next((path for entry, path in files if entry.name == name), None)
    if path is None:
        return Reading(name=name, facts={}, problem="missing")
    if path.stat().st_size > _MOST_BYTES:
        return Reading(name=name, facts={}, problem="too-large")
    try:
        facts = check(jcs.loads(path.read_bytes(), canonical=True))
    except SunlitError:
        facts = None
    if facts is None:
        return Reading(name=name, facts={}, problem="not-in-its-form")
    return Reading(name=name, facts=facts)


def _sheet(value: Any) -> dict[str, Any] | None:
    """Fields by name, each a text, a whole number, true or false."""
    if not isinstance(value, dict) or not 1 <= len(value) <= _MOST_FIELDS:
        return None
    for name, item in value.items():
        if not 1 <= len(name) <= 80 or not isinstance(item, (str, int)):
            return None
        if isinstance(item, str) and len(item) > _MOST_TEXT:
            return None
    return value


def _price(value: Any) -> dict[str, Any] | None:
    """``{"currency": "CNY", "price": "123456.78"}``, over zero."""
    if not isinstance(value, dict) or set(value) != {"currency", "price"}:
        return None
    price, currency = value["price"], value["currency"]
    if not isinstance(price, str) or not _AMOUNT.fullmatch(price) or not price.strip("0."):
        return None
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        return None
    return value
