"""Workbooks that nobody vouches for: what is read of them, and which are not opened at all."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from signatures import sandbox
from signatures.sandbox import workbook
from tests.trading import billed

JOB = "signatures.sandbox.workbook:cells_job"
SHEET = "xl/worksheets/sheet1.xml"


def cells(data: bytes) -> dict:
    return json.loads(workbook.cells_job(data))


def edited(edit) -> bytes:
    return billed.repacked(billed.workbook(*billed.LINES), edit)


def swapped(part: str, old: bytes, new: bytes) -> bytes:
    def edit(parts: dict[str, bytes]) -> None:
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new, 1)

    return edited(edit)


def added(name: str, part: bytes = b"<x/>") -> bytes:
    return edited(lambda parts: parts.update({name: part}))


def test_cells_come_back_from_the_sandbox_with_their_types():
    data = billed.workbook(("x", 1, 2.5, True, "=1+1", None, " "), head=("a",))
    answer = json.loads(sandbox.run(JOB, data, seconds=20, memory=768 * sandbox.MIB))
    (sheet,) = answer["sheets"]
    assert sheet["rows"] == [
        [1, {"A": ["text", "a"]}],
        [2, {"A": ["text", "x"], "B": ["number", "1"], "C": ["number", "2.5"],
             "D": ["truth", "True"], "E": ["formula", ""]}],
    ]  # fmt: skip


def test_noise_of_binary_figures_is_not_read():
    (sheet,) = cells(billed.workbook((0.1 + 0.2,), head=("a",)))["sheets"]
    assert sheet["rows"][1] == [2, {"A": ["number", "0.3"]}]


def test_saved_result_of_a_formula_is_taken():
    data = swapped(SHEET, b"<v>860</v>", b"<f>430*2</f><v>860</v>")
    (sheet,) = cells(data)["sheets"]
    assert ["number", "860"] in [one.get("F") for _row, one in sheet["rows"]]


def test_what_is_hidden_or_merged_is_told():
    def change(book) -> None:
        sheet = book.active
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["D"].hidden = True
        sheet.merge_cells("A5:A6")
        book.create_sheet("x").sheet_state = "veryHidden"

    first, second = cells(billed.workbook(*billed.LINES, change=change))["sheets"]
    assert (first["hidden"], second["hidden"]) == (False, True)
    assert first["hidden_rows"] == [3] and first["hidden_columns"] == ["D"]
    assert first["merged"] == [[5, 6, 1, 1]]


BOMB = b"<x>" + b" " * (workbook.MAX_PART + 1) + b"</x>"
ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: b"PK\x03\x04 nothing", "damaged"),
        (lambda: billed.workbook()[:-40], "damaged"),
        (lambda: edited(lambda parts: parts.pop("xl/workbook.xml")), "damaged"),
        (lambda: edited(lambda parts: parts.update({SHEET: b"<worksheet"})), "damaged"),
        (lambda: added("xl/vbaProject.bin", b"\xd0\xcf"), "macros"),
        (lambda: added("XL/VBAPROJECT.BIN", b"\xd0\xcf"), "macros"),
        (lambda: added("xl/activeX/activeX1.xml"), "macros"),
        (
            lambda: swapped(
                "[Content_Types].xml", b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main"
            ),
            "macros",
        ),
        (lambda: added("xl/externalLinks/externalLink1.xml"), "external-links"),
        (lambda: added("xl/connections.xml"), "external-links"),
        (lambda: added("xl/embeddings/oleObject1.bin", b"MZ"), "embedded-files"),
        (lambda: added("xl/media/x.xml", BOMB), "too-large"),
        (lambda: swapped(SHEET, b"<worksheet", ENTITY + b"<worksheet"), "entities"),
        (lambda: added("xl/x.rels", b"\xff\xfe" + "<!DOCTYPE x>".encode("utf-16-le")), "entities"),
        (lambda: added("xl/y.xml", b'<?xml version="1.0" encoding="UTF-7"?><x/>'), "entities"),
        (
            lambda: billed.workbook(
                change=lambda book: [book.create_sheet() for _ in range(workbook.MAX_SHEETS)]
            ),
            "too-many-sheets",
        ),
        (
            lambda: billed.workbook(
                change=lambda book: book.active.cell(row=workbook.MAX_ROWS + 1, column=1, value=1)
            ),
            "too-many-rows",
        ),
        (
            lambda: billed.workbook(
                change=lambda book: book.active.cell(row=1, column=16384, value=1)
            ),
            "too-many-cells",
        ),
    ],
)  # fmt: skip
def test_hostile_workbook_is_refused_before_it_is_read(data, code):
    assert cells(data()).get("refused") == code


def test_part_that_lies_about_its_size_is_not_unpacked_further():
    made = bytearray(added("xl/x.xml", BOMB))
    # The directory says ten bytes; what follows is not believed.
    directory = made.rindex(b"PK\x01\x02")
    made[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    assert cells(bytes(made)).get("refused") == "damaged"


def test_same_name_twice_is_refused():
    out = io.BytesIO(billed.workbook())
    with zipfile.ZipFile(out, "a") as package, pytest.warns(UserWarning):
        package.writestr("xl/workbook.xml", b"<x/>")
    assert cells(out.getvalue()).get("refused") == "damaged"
