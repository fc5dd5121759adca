"""Reading every file of a bid on this device, and judging them together."""

from __future__ import annotations

import filecmp
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from bidding.kit.checks.finding import BLOCK, Problem, Read, Said
from bidding.kit.checks.judge import PRICE_SLOT, SHEET_SLOT, File, Finding, Sheet, judge
from bidding.kit.checks.kinds import HEAD, ending_of, is_package, kind_of
from bidding.kit.checks.office import read_archive, read_office
from bidding.kit.checks.pdfs import read_pdf
from bidding.kit.checks.pictures import read_picture
from bidding.kit.sealing import Document
from signatures.domain import jcs
from signatures.domain.errors import SunlitError
from trading.interfaces import money

_MOST_PICTURE = 256 * 1024 * 1024
_MOST_TEXT = 16 * 1024 * 1024
#: How Office writes the name of an encrypted document's stream.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")[:-1]
_SHEETS = {SHEET_SLOT: "sheet.json", PRICE_SLOT: "price.json"}
_MOST_SHEET = 64 * 1024
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,14})\.[0-9]{2}", re.ASCII)


def read_file(path: Path, name: str) -> Read:
    """What stands in a file on this device, by its content and its name."""
    try:
        with path.open("rb") as stream:
            start = stream.read(_MOST_TEXT)
    except OSError:
        return Read("unknown", (Problem("unreadable"),))
    kind = kind_of(start[:HEAD])
    if kind == "pdf" and ending_of(name) == "pdf":
        return read_pdf(path)
    if kind == "zip":
        return read_office(path) if is_package(name) else read_archive(path)
    if kind == "ole" and _ENCRYPTED in start:
        return Read(kind, (Problem("encrypted"),))
    if kind in ("jpeg", "png") and path.stat().st_size <= _MOST_PICTURE:
        return read_picture(path.read_bytes(), kind)
    if kind == "text":
        text = _plain(start)
        return Read(kind, (), (Said("text", text),) if text else (), bool(text))
    return Read(kind)


def look(documents: Mapping[int, Sequence[Document]], *, own: Sequence[str]) -> list[Finding]:
    """What is wrong with a bid's files by slot; ``own`` names the tenderer (``own_terms``)."""
    files: list[File] = []
    paths: list[Path] = []
    found: list[Finding] = []
    values: dict[int, dict[str, Any]] = {}
    for slot, given in documents.items():
        if slot in _SHEETS:
            values[slot] = _sheet(slot, given, found)
        for document in given:
            name = unicodedata.normalize("NFC", document.name or document.path.name)
            if name == _SHEETS.get(slot):
                continue
            twin = next(
                (file.name for file, path in zip(files, paths, strict=True)
                 if _same(path, document.path)), "",
            )  # fmt: skip
            files.append(File(slot, name, read_file(document.path, name), twin))
            paths.append(document.path)
    manager = values.get(SHEET_SLOT, {}).get("manager", "")
    price = values.get(PRICE_SLOT, {}).get("price", "")
    sheet = Sheet(
        manager=manager if isinstance(manager, str) else "",
        price=price,
        capitals=money.capitals(Decimal(price)) if price else "",
    )
    terms = [*own, sheet.manager] if sheet.manager else own
    return [*found, *judge(files, own=terms, sheet=sheet)]


def blocks(findings: Sequence[Finding]) -> bool:
    """Whether anything keeps the bid from being sealed."""
    return any(each.problem.level == BLOCK for each in findings)


def _sheet(slot: int, given: Sequence[Document], found: list[Finding]) -> dict[str, Any]:
    """The values of the file that the platform reads out; findings where it would not."""
    name = _SHEETS[slot]
    file = File(slot, name, Read("text"))
    path = next((each.path for each in given if (each.name or each.path.name) == name), None)
    if path is None:
        found.append(Finding(file, Problem("sheet-missing", places={"other": name})))
        return {}
    form = "at least one field" if slot == SHEET_SLOT else '{"currency":"CNY","price":"123.45"}'
    try:
        data = path.read_bytes() if path.stat().st_size <= _MOST_SHEET else b""
        value = jcs.loads(data, canonical=True)
    except (SunlitError, OSError):
        value = None
    if not isinstance(value, dict) or not value or not _fits(slot, value):
        found.append(Finding(file, Problem("sheet-form", places={"form": form})))
        return {}
    return value


def _fits(slot: int, value: dict[str, Any]) -> bool:
    if slot == SHEET_SLOT:
        return all(isinstance(each, (str, int)) for each in value.values())
    price = value.get("price")
    is_amount = isinstance(price, str) and _AMOUNT.fullmatch(price) and price.strip("0.")
    return set(value) == {"currency", "price"} and bool(is_amount)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_size == other.stat().st_size and filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def _plain(data: bytes) -> str:
    """A text in the encoding that it is in, as far as that can be told."""
    if data[:2] == b"\xff\xfe":
        return data[2:].decode("utf-16-le", "replace")
    if data[:2] == b"\xfe\xff":
        return data[2:].decode("utf-16-be", "replace")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")
