"""What stands in the cells of a workbook (XLSX) that nobody vouches for, as plain JSON.

Runs in the sandbox alone (``signatures.sandbox.workbook:cells_job``). Before openpyxl sees the file
it is judged as a package: how large it becomes, and that it holds nothing that runs, that reaches
outside or that defines entities. Formulas are never computed; what the program that saved the file
put beside them is taken.

The answer is ``{"refused": code, "what": part}`` or ``{"sheets": [{"title", "hidden", "rows",
"hidden_rows", "hidden_columns", "merged"}]}``. ``rows`` are ``[number, {column: [type, text]}]``
without empty cells; types are ``text``, ``number``, ``date``, ``truth``, ``error`` and ``formula``
(one whose result was not saved).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date, time, timedelta
from typing import Any

MAX_PARTS, MAX_PART, MAX_WHOLE = 400, 48 * 1024 * 1024, 64 * 1024 * 1024
MAX_SHEETS, MAX_ROWS, MAX_COLUMNS, MAX_CELLS = 30, 12_000, 60, 240_000

#: Parts that run, fetch, or hold other files: by what their name within the package holds.
_REFUSED = {
    "macros": ("vbaproject", "macrosheets/", "dialogsheets/", "activex/", "ctrlprops/"),
    "external-links": ("externallinks/", "connections.xml", "querytables/", "webextensions/"),
    "embedded-files": ("embeddings/",),
}
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]+)["']""")
_PIECE = 1024 * 1024


class _Refused(Exception):
    """The file is not read: a code, and what of it is the matter."""

    def __init__(self, code: str, what: str = "") -> None:
        self.code, self.what = code, what


def cells_job(data: bytes) -> bytes:
    """The cells of a workbook as JSON; see this module."""
    try:
        _judge(data)
        answer: dict[str, Any] = {"sheets": _read(data)}
    except _Refused as error:
        answer = {"refused": error.code, "what": error.what[:200]}
    return json.dumps(answer).encode()


# --- the package ---------------------------------------------------------------------------------


def _judge(data: bytes) -> None:
    """Refuse what is no package, becomes too large, or holds what a bill has no need of."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            names = [part.filename.lower() for part in parts]
            if len(parts) > MAX_PARTS or len(set(names)) != len(names):
                raise _Refused("damaged", "parts")
            if sum(part.file_size for part in parts) > MAX_WHOLE:
                raise _Refused("too-large")
            for name in names:
                for code, marks in _REFUSED.items():
                    if any(mark in name for mark in marks):
                        raise _Refused(code, name)
            if "xl/workbook.xml" not in names:
                raise _Refused("damaged", "xl/workbook.xml")
            for part in parts:
                if part.flag_bits & 1:
                    raise _Refused("encrypted")
                _judge_part(package, part)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise _Refused("damaged", str(error)) from None


def _judge_part(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack one part, whatever size it claims, and look for what XML needs no entity for."""
    if part.file_size > MAX_PART:
        raise _Refused("too-large")
    name = part.filename.lower()
    marked = name.endswith((".xml", ".rels", ".vml"))
    size, tail = 0, b""
    with package.open(part) as stream:
        first = True
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > MAX_PART:
                raise _Refused("too-large")
            if not marked:
                continue
            if first:
                _judge_encoding(piece, name)
                first = False
            window = tail + piece
            if b"\x00" in window or b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise _Refused("entities", name)
            if name == "[content_types].xml" and b"macroEnabled" in window:
                raise _Refused("macros", name)
            tail = piece[-16:]


def _judge_encoding(head: bytes, name: str) -> None:
    """UTF-8 alone, so that what is looked for above is found."""
    found = _ENCODING.search(head[:400])
    if found and found.group(1).lower() not in (b"utf-8", b"us-ascii", b"utf8"):
        raise _Refused("entities", name)


# --- the cells -----------------------------------------------------------------------------------


def _read(data: bytes) -> list[dict[str, Any]]:
    from openpyxl import load_workbook

    def load(**how: bool) -> Any:
        try:
            return load_workbook(io.BytesIO(data), keep_links=False, **how)
        except MemoryError:
            raise
        except Exception as error:  # whatever a broken file makes of a library
            raise _Refused("damaged", f"{type(error).__name__}: {error}") from None

    book = load(data_only=False)
    if len(book.worksheets) > MAX_SHEETS:
        raise _Refused("too-many-sheets", str(MAX_SHEETS))
    formulas = {
        sheet.title: {
            (cell.row, cell.column)
            for row in _rows(sheet) for cell in row if cell.data_type == "f"
        }
        for sheet in book.worksheets
    }
    book = load(data_only=True)
    return [_sheet(sheet, formulas[sheet.title]) for sheet in book.worksheets]


def _rows(sheet: Any) -> Any:
    if sheet.max_row > MAX_ROWS:
        raise _Refused("too-many-rows", sheet.title)
    if sheet.max_column > MAX_COLUMNS or sheet.max_row * sheet.max_column > MAX_CELLS:
        raise _Refused("too-many-cells", sheet.title)
    return sheet.iter_rows()


def _sheet(sheet: Any, formulas: set[tuple[int, int]]) -> dict[str, Any]:
    rows = []
    for row in _rows(sheet):
        found = {}
        for cell in row:
            if (said := _said(cell, (cell.row, cell.column) in formulas)) is not None:
                found[cell.column_letter] = said
        if found:
            rows.append([row[0].row, found])
    return {
        "title": sheet.title,
        "hidden": sheet.sheet_state != "visible",
        "rows": rows,
        "hidden_rows": [
            number for number, one in sheet.row_dimensions.items() if one.hidden
        ][:MAX_ROWS],
        "hidden_columns": _hidden_columns(sheet),
        "merged": [
            [one.min_row, one.max_row, one.min_col, one.max_col]
            for one in list(sheet.merged_cells.ranges)[:MAX_ROWS]
        ],
    }


def _hidden_columns(sheet: Any) -> list[str]:
    """Letters; one dimension may stand for a range of columns."""
    from openpyxl.utils import get_column_letter

    found = []
    for letter, one in sheet.column_dimensions.items():
        if not one.hidden:
            continue
        low, high = one.min or 0, min(one.max or 0, MAX_COLUMNS)
        found += [get_column_letter(index) for index in range(low, high + 1) if index] or [letter]
    return found


def _said(cell: Any, formula: bool) -> list[str] | None:
    value = cell.value
    if value is None or value == "":
        return ["formula", ""] if formula else None
    if isinstance(value, bool):
        return ["truth", str(value)]
    if isinstance(value, int):
        return ["number", str(value)]
    if isinstance(value, float):
        # Fifteen digits are what a spreadsheet shows and promises; the rest is noise of binary.
        return ["number", format(value, ".15g")]
    if isinstance(value, date | time | timedelta):
        return ["date", str(value)]
    if cell.data_type == "e":
        return ["error", str(value)]
    text = str(value)
    return ["text", text] if text.strip() else None
