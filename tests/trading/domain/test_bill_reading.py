"""Bills of quantities read from cells: what is understood, and how each fault is told."""

from __future__ import annotations

import json

import pytest
from django.utils import translation

from signatures.sandbox import workbook
from tests.trading import billed
from trading.domain import bill_reading, bills
from trading.domain.bill_faults import BadBill
from trading.interfaces import bill_workbook
from trading.interfaces.records.bill import unprintable

GOOD = billed.LINES[1]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def read(data: bytes) -> bills.Bill:
    return bill_reading.read(json.loads(workbook.cells_job(data)), printable=unprintable)


def faults(*lines, **more) -> list[tuple[int, str, str]]:
    """Row, column's letter and what is the matter, of each fault."""
    with pytest.raises(BadBill) as caught:
        read(billed.workbook(*lines, **more))
    assert all(one.todo for one in caught.value.faults)
    return [(one.row, one.column[:1], one.what) for one in caught.value.faults]


def line(**changes):
    names = ("no", "code", "name", "features", "unit", "quantity")
    values = dict(zip(names, GOOD, strict=True)) | changes
    return tuple(values[name] for name in names)


def test_chinese_bill_is_read_with_its_headings_and_without_its_totals():
    assert read(billed.workbook(*billed.LINES)).items == billed.BILL.items


def test_english_headings_and_a_title_above_them_are_understood():
    head = ("Item code", "Name", "Features", "Unit", "Quantity")
    made = billed.workbook(
        ("Works of the riverside road",), head, GOOD[1:], title="Sub-items", head=()
    )
    assert read(made).items[0].code == "010101001001"


def test_bill_written_out_is_read_as_the_same_bill():
    assert read(bill_workbook.written(billed.BILL)) == billed.BILL


def test_canonical_json_is_the_bill():
    assert bills.read(billed.BILL.canonical()) == billed.BILL


def test_empty_template_is_no_bill():
    with pytest.raises(BadBill, match="Nothing was imported"):
        read(bill_workbook.template())


def test_headings_of_two_rows_are_passed():
    def change(book) -> None:
        book.active.merge_cells("B1:B2")

    made = billed.workbook((None, None, None, None, None, None), GOOD, change=change)
    assert len(read(made).items) == 1


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"code": None}, "B", "empty"),
        ({"code": "01010100100"}, "B", "no code of twelve digits"),
        ({"code": "0101010010011"}, "B", "no code of twelve digits"),
        ({"code": 10101001001}, "B", "no code of twelve digits"),
        ({"code": "01010100100A"}, "B", "no code of twelve digits"),
        ({"name": None}, "C", "empty"),
        ({"name": "名" * 201}, "C", "201 characters"),
        ({"name": "平整\u202e场地"}, "C", "U+202E"),
        ({"name": "=1+1"}, "C", "result is not saved"),
        ({"features": None}, "D", "empty"),
        ({"unit": None}, "E", "empty"),
        ({"unit": True}, "E", "truth value"),
        ({"quantity": None}, "F", "empty"),
        ({"quantity": 0}, "F", "zero"),
        ({"quantity": -1}, "F", "no figure"),
        ({"quantity": "1.2345"}, "F", "more than 3 decimals"),
        ({"quantity": "NaN"}, "F", "no figure"),
        ({"quantity": "1,23"}, "F", "no figure"),
        ({"quantity": 10**12}, "F", "too large"),
        ({"quantity": "约 5"}, "F", "no figure"),
        ({"quantity": "=A1*2"}, "F", "result is not saved"),
        ({"quantity": "#REF!"}, "F", "error #REF!"),
    ],
)
def test_bad_cell_is_told_with_row_and_column(changes, column, words):
    found = faults(GOOD, line(code="010101001002"), line(**{"code": "010101001003", **changes}))
    assert [(row, letter) for row, letter, _what in found] == [(4, column)]
    assert words in found[0][2]


def test_every_fault_is_told_at_once_and_nothing_is_read():
    found = faults(line(code=None), line(quantity=0), line(unit=None))
    assert [row for row, _letter, _what in found] == [2, 3, 4]


def test_lost_zero_of_a_code_is_explained():
    with pytest.raises(BadBill) as caught:
        read(billed.workbook(line(code=10101001001)))
    assert "010101001001" in caught.value.faults[0].todo


def test_code_stands_once_also_across_sheets():
    def change(book) -> None:
        sheet = book.create_sheet("措施项目")
        sheet.append(billed.HEAD)
        sheet.append(GOOD)

    assert "分部分项工程量清单, row 2" in faults(GOOD, GOOD)[0][2]
    assert len(faults(GOOD, change=change)) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda book: book.create_sheet("报价").append(("x",)), "no sheet of this name"),
        (lambda book: setattr(book.create_sheet("x"), "sheet_state", "hidden"), "hidden"),
        (lambda book: setattr(book.active.row_dimensions[2], "hidden", True), "hidden"),
        (lambda book: setattr(book.active.column_dimensions["D"], "hidden", True), "hidden"),
        (lambda book: book.active.merge_cells("E2:E3"), "merged"),
        (lambda book: book.active.cell(row=2, column=7, value=12.5), "no such column"),
        (lambda book: book.active.cell(row=1, column=6, value="x"), "工程量"),
        (lambda book: book.active.cell(row=4, column=3, value="土方"), "no line"),
        (lambda book: book.create_sheet("分部分项 2").append(("x",)), "there already"),
    ],
)
def test_nothing_is_passed_over_in_silence(change, words):
    found = faults(GOOD, line(code="010101001002"), change=change)
    assert any(words in what for _row, _letter, what in found), found


def test_more_lines_than_a_bill_takes_are_refused(monkeypatch):
    monkeypatch.setattr(bills, "MAX_LINES", 2)
    lines = [line(code=f"010101001{number:03d}") for number in range(1, 4)]
    assert len(read(billed.workbook(*lines[:2])).items) == 2
    assert "3 lines" in faults(*lines)[0][2]


def test_item_called_total_is_an_item():
    assert read(billed.workbook(line(name="合计"))).items[0].name == "合计"
