"""A bill of quantities as a workbook: the template, and a bill written out again.

What is written is read again by the same headings (``trading.domain.bill_forms``): the workbook of
a published bill, imported into another lot, gives the same bill. Every text is written as text, so
that none becomes a formula.
"""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

from trading.domain.bill_forms import FORMS, Form
from trading.domain.bills import Bill, Item

SHEETS = {
    "items": "分部分项 Sub-items",
    "measures": "措施项目 Measures",
    "other": "其他项目 Other items",
    "fees": "规费税金 Fees and taxes",
}
GUIDE = "说明 Guide"
#: What a column is called in English, how wide it is, and what to write into it.
COLUMNS: dict[str, tuple[str, int, str, str]] = {
    "code": (
        "Item code", 18,
        "12 位数字：前 9 位为国家标准编码，后 3 位自编；列为文本格式，同一清单内不得重复。",
        "Twelve digits: nine of the national standard, three of your own. Text, once in a bill.",
    ),
    "name": ("Name", 28, "项目名称。只有名称的一行是其下各行的分部标题。",
             "The item's name. A row with a name alone heads the rows beneath it."),
    "features": ("Features", 48, "项目特征描述；一格内可换行。",
                 "What the item is, of which price depends; lines may break within the cell."),
    "unit": ("Unit", 12, "计量单位，如 m、m2、m3、t、项。", "Such as m, m2, m3, t."),
    "quantity": ("Quantity", 16, "大于零的数，最多三位小数。",
                 "A figure above zero with at most three decimals."),
    "amount": ("Amount (CNY)", 18, "金额（元），最多两位小数；没有金额的留空。",
               "At most two decimals; empty where none is set."),
    "basis": ("Basis", 36, "计算基础。", "On what it is reckoned."),
    "rate": ("Rate (%)", 12, "费率，百分数，如 9 表示 9%；没有的留空。",
             "In percent: 9 means 9%. Empty where none is set."),
    "remark": ("Remark", 36, "备注。", "A remark."),
}  # fmt: skip
_RULES = (
    ("本工作簿按 GB 50500 编制工程量清单。第一张表必填，其余各表可以留空。",
     "A bill of quantities after GB 50500. The first sheet is needed, the others may stay empty."),
    ("不要填写价格，不要加列；不得有宏、外部链接、隐藏的行、列或工作表。",
     "State no prices and add no columns; no macros, links, hidden rows, columns or sheets."),
    ("标题行以上可以写工程名称。合计行和“注：”行不读入。",
     "Above the headings you may write a title. Rows of totals and notes (“注：”) are not read."),
    ("有一处错误则全部不导入；页面会列出每一处的工作表、行、列和改法。",
     "With one mistake nothing is imported; the page names each by sheet, row and column."),
)  # fmt: skip


def template() -> bytes:
    """The empty workbook with its columns explained in both languages."""
    return _written(None)


def written(bill: Bill) -> bytes:
    """The bill as a workbook."""
    return _written(bill)


def _written(bill: Bill | None) -> bytes:
    # Loaded when first needed: it is large, and most processes never write a workbook.
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for form in FORMS:
        sheet = book.create_sheet(SHEETS[form.section])
        _head(sheet, form)
        if bill is not None:
            _lines(sheet, form, bill)
    if bill is None:
        _guide(book.create_sheet(GUIDE))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _head(sheet: Any, form: Form) -> None:
    from openpyxl.styles import Alignment, Border, Font, Side

    for index, (name, known) in enumerate(form.headings.items(), 1):
        english, width, _zh, _en = COLUMNS[name]
        cell = sheet.cell(row=1, column=index, value=f"{known[0]}\n{english}")
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        cell.border = Border(bottom=Side(style="medium"))
        letter = cell.column_letter
        sheet.column_dimensions[letter].width = width
        if name == "code":
            # The whole column is text: a figure would lose the zero with which codes begin.
            sheet.column_dimensions[letter].number_format = "@"
    sheet.row_dimensions[1].height = 34
    sheet.freeze_panes = "A2"


def _lines(sheet: Any, form: Form, bill: Bill) -> None:
    from openpyxl.styles import Alignment, Font

    names, row, part = list(form.headings), 2, ""

    def put(name: str, text: str) -> Any:
        cell = sheet.cell(row=row, column=names.index(name) + 1)
        if name in ("quantity", "amount", "rate") and text:
            cell.value = Decimal(text)
        else:
            cell.value, cell.data_type = text or None, "s"
            cell.number_format = "@"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        return cell

    for line in bill.lines(form.section):
        if isinstance(line, Item) and line.part != part:
            part = line.part
            put("name", part).font = Font(bold=True)
            row += 1
        for name in names:
            if text := getattr(line, name):
                put(name, text)
        row += 1


def _guide(sheet: Any) -> None:
    from openpyxl.styles import Alignment, Font

    rows: list[tuple[str, str, str]] = [("", zh, en) for zh, en in _RULES]
    for form in FORMS:
        rows.append((SHEETS[form.section], "", ""))
        rows += [(known[0], *COLUMNS[name][2:]) for name, known in form.headings.items()]
    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(row=number, column=column, value=text or None)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if column == 1:
                cell.font = Font(bold=True)
    for letter, width in (("A", 24), ("B", 60), ("C", 70)):
        sheet.column_dimensions[letter].width = width
