"""From the cells of a workbook to a bill of quantities, or to every reason why it is none.

A table begins under its headings, Chinese or English; what stands above them is a title. Nothing
is passed over in silence: a column that a bill has no place for, a hidden row, a line without its
code each say where they are and what to do. With one fault there is no bill.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from trading.domain import bills
from trading.domain.bill_faults import BadBill, Fault, refused
from trading.domain.bill_forms import FORMS, Form, key
from trading.domain.bills import Bill, Item, Line

#: Headings stand within so many rows from the top.
HEAD_ROWS = 15

#: Sheets and columns that say nothing of the bill itself.
_UNREAD = ("说明", "封面", "扉页", "目录", "guide", "cover", "contents")
_NUMBERS = ("序号", "no.")
_TOTALS = ("合计", "小计", "本页小计", "总计", "total", "subtotal")
_NOTES = ("注:", "note:")
_CODE = re.compile(r"[0-9]{12}")
_FIGURE = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?")
_SPACE = re.compile(r"[ \t\u00a0\u3000]+")

Cell = tuple[str, str]
#: Whether a character can be printed in a record; None where it can, else its code point.
Printable = Callable[[str], str | None]


def read(answer: Mapping[str, Any], *, printable: Printable = lambda text: None) -> Bill:
    """The bill in what the sandbox answered; :class:`BadBill` with every fault of it."""
    if "refused" in answer:
        raise refused(str(answer["refused"]))
    reader = _Reader(printable)
    for sheet in answer["sheets"]:
        reader.take(sheet)
    return reader.bill()


@dataclass
class _Reader:
    """Collects lines and faults over all sheets."""

    printable: Printable
    faults: list[Fault] = field(default_factory=list)
    lines: dict[str, list[Line]] = field(default_factory=dict)
    codes: dict[str, tuple[str, int]] = field(default_factory=dict)

    def bill(self) -> Bill:
        """What was read, once every sheet was taken."""
        if not self.faults and not self.lines.get("items"):
            self.fault(
                "", 0, "", _("There is no sheet of sub-items (分部分项) with a line in it"),
                _("Download the template and fill its first sheet."),
            )
        count = sum(map(len, self.lines.values()))
        if count > bills.MAX_LINES:
            self.fault(
                "", 0, "",
                _("The bill has %(count)d lines; at most %(most)d are taken")
                % {"count": count, "most": bills.MAX_LINES},
                _("Divide the works into lots."),
            )
        if self.faults:
            raise BadBill(self.faults)
        return Bill(**{name: tuple(found) for name, found in self.lines.items()})  # type: ignore[arg-type]

    def fault(self, sheet: str, row: int, column: str, what: str, todo: str) -> None:
        self.faults.append(Fault(sheet, row, column, what, todo))

    def take(self, sheet: Mapping[str, Any]) -> None:
        """One sheet; what is no part of a bill is refused, not left out."""
        title, name = _short(str(sheet["title"])), key(str(sheet["title"]))
        if sheet["hidden"]:
            self.fault(
                title, 0, "", _("The sheet is hidden"), _("Show it, or delete it.")
            )
            return
        form = next((one for one in FORMS if any(mark in name for mark in one.titles)), None)
        if form is None:
            if sheet["rows"] and not any(mark in name for mark in _UNREAD):
                self.fault(
                    title, 0, "", _("A bill has no sheet of this name"),
                    _("Name it as in the template (分部分项、措施项目、其他项目、规费税金), or"
                      " delete it."),
                )
            return
        if form.section in self.lines:
            self.fault(
                title, 0, "", _("A sheet of this section stands there already"),
                _("Put the lines of both into one sheet."),
            )
            return
        self.lines[form.section] = []
        if sheet["rows"]:
            _Table(self, form, title, sheet).read()


class _Table:
    """One sheet's table, row by row."""

    def __init__(
        self, reader: _Reader, form: Form, title: str, sheet: Mapping[str, Any]
    ) -> None:
        self.reader, self.form, self.title = reader, form, title
        self.rows: list[tuple[int, dict[str, Cell]]] = [
            (number, {letter: (said[0], said[1]) for letter, said in cells.items()})
            for number, cells in sheet["rows"]
        ]
        self.sheet = sheet
        self.columns: dict[str, str] = {}
        self.headings: dict[str, str] = {}
        self.begins = 0
        self.part, self.pending = "", 0

    def fault(self, row: int, letter: str, what: str, todo: str) -> None:
        heading = self.headings.get(letter, "")
        column = f"{letter} {heading}".strip()
        self.reader.fault(self.title, row, column, what, todo)

    def read(self) -> None:
        if not self._head():
            return
        self._hidden()
        upright = {
            number
            for low, high, _first, _last in self.sheet["merged"] if high > low
            for number in range(low, high + 1)
        }
        for number, cells in self.rows:
            if number <= self.begins or self._is_passed(cells):
                continue
            if number in upright:
                self.fault(
                    number, "", _("Cells are merged over several rows"),
                    _("Unmerge them and fill in every row."),
                )
                continue
            self._row(number, cells)
        if self.pending:
            self.fault(
                self.pending, "", _("Under this heading there is no line"),
                _("If it is a line, give it a code, a unit and a quantity; else delete it."),
            )

    # --- the headings -------------------------------------------------------------------------

    def _head(self) -> bool:
        """Find the row of headings; a fault where there is none, or one is missing."""
        best: dict[str, str] = {}
        for number, cells in self.rows:
            if number > HEAD_ROWS:
                break
            found = self._headed(cells)
            if len(found) > len(best):
                best, self.begins = found, number
                self.headings = {
                    letter: _short(text.split("\n")[0]) for letter, (_t, text) in cells.items()
                }
        missing = [name for name in self.form.required if name not in best]
        if missing:
            names = "、".join(self.form.headings[name][0] for name in missing)
            self.fault(
                self.begins if best else 0, "",
                _("No column is headed %(names)s") % {"names": names},
                _("Take the headings of the template over into one row."),
            )
            return False
        self.columns = best
        # Headings of two rows: what is merged with the first belongs to them.
        self.begins = max(
            [self.begins]
            + [high for low, high, *_ends in self.sheet["merged"] if low <= self.begins <= high]
        )
        return True

    def _headed(self, cells: Mapping[str, Cell]) -> dict[str, str]:
        found: dict[str, str] = {}
        for letter, (_type, text) in cells.items():
            parts = {key(text), *(key(part) for part in text.split("\n"))}
            for name, known in self.form.headings.items():
                if name not in found and not parts.isdisjoint(known):
                    found[name] = letter
                    break
        return found

    def _hidden(self) -> None:
        """Rows and columns that one does not see are not published."""
        filled = {number for number, _cells in self.rows if number > self.begins}
        for number in sorted(filled.intersection(self.sheet["hidden_rows"])):
            self.fault(number, "", _("The row is hidden"), _("Show it, or delete it."))
        used = {letter for number, cells in self.rows for letter in cells if number > self.begins}
        for letter in sorted(used.intersection(self.sheet["hidden_columns"])):
            self.fault(0, letter, _("The column is hidden"), _("Show it, or delete it."))
        known = set(self.columns.values())
        for letter in sorted(used - known, key=lambda each: (len(each), each)):
            if key(self.headings.get(letter, "")).startswith(_NUMBERS):
                continue
            number = next(
                row for row, cells in self.rows if row > self.begins and letter in cells
            )
            if self._is_passed(dict(self.rows)[number]):
                continue
            self.fault(
                number, letter, _("A bill has no such column"),
                _("Delete the column, or empty it: prices are the tenderers’ to state."),
            )

    # --- the rows -----------------------------------------------------------------------------

    def _is_passed(self, cells: Mapping[str, Cell]) -> bool:
        """Totals, notes beneath the table, and headings that are repeated on every page."""
        texts = [key(text) for _type, text in cells.values()]
        if any(text in _TOTALS for text in texts[:2]) and not any(map(_CODE.fullmatch, texts)):
            return True
        if len(texts) == 1 and texts[0].startswith(tuple(key(each) for each in _NOTES)):
            return True
        return len(self._headed(cells)) >= len(self.columns) > 1

    def _row(self, number: int, cells: Mapping[str, Cell]) -> None:
        known = {
            name: cells[letter] for name, letter in self.columns.items() if letter in cells
        }
        if self.form.kind is Item and self._is_heading(known, cells):
            self._heading(number, known, cells)
            return
        if not known:
            return  # a running number alone
        before = len(self.reader.faults)
        said = {
            name: self._value(number, name, known.get(name)) for name in self.form.headings
            if name in self.columns
        }
        if len(self.reader.faults) > before:
            return
        if self.form.kind is Item:
            self._unique(number, said["code"])
            said["part"] = self.part
            self.pending = 0
        self.reader.lines[self.form.section].append(self.form.kind(**said))

    def _is_heading(self, known: Mapping[str, Cell], cells: Mapping[str, Cell]) -> bool:
        """A row with a name and nothing else, as sections of a bill are headed."""
        if set(known) == {"name"}:
            return known["name"][0] == "text"
        if set(known) == {"code"}:
            return known["code"][0] == "text" and not re.fullmatch(r"[\d\s.-]+", known["code"][1])
        return not known and any(
            kind == "text" and not re.fullmatch(r"[\d\s.-]+", text)
            for kind, text in cells.values()
        )

    def _heading(
        self, number: int, known: Mapping[str, Cell], cells: Mapping[str, Cell]
    ) -> None:
        found = next(iter(known.values()), None) or next(iter(cells.values()))
        letter = next(name for name, cell in cells.items() if cell == found)
        text = self._text(number, letter, "part", found[1])
        if text is None:
            return
        # Headings under one another name one place; a line has been read between others.
        self.part = f"{self.part} · {text}" if self.pending else text
        if len(self.part) > bills.LENGTHS["part"]:
            self.part = text
        self.pending = number

    def _unique(self, number: int, code: str) -> None:
        first = self.reader.codes.setdefault(code, (self.title, number))
        if first != (self.title, number):
            self.fault(
                number, self.columns["code"],
                _("The code %(code)s stands in %(sheet)s, row %(row)d already")
                % {"code": code, "sheet": first[0], "row": first[1]},
                _("Give this line other last three digits: a code stands once in a bill."),
            )

    def _value(self, number: int, name: str, cell: Cell | None) -> str:
        """One cell as the bill keeps it; empty with a fault where it cannot."""
        letter = self.columns[name]
        if cell is None:
            if name in self.form.required:
                self.fault(
                    number, letter, _("The cell is empty"), _("Fill it in, or delete the row.")
                )
            return ""
        kind, text = cell
        odd = {
            "formula": (
                _("The formula’s result is not saved in the file"),
                _("Write the value instead of the formula, or open and save the file in your"
                  " spreadsheet program."),
            ),
            "error": (
                _("The cell holds the error %(error)s") % {"error": text[:20]},
                _("Write the value."),
            ),
            "date": (
                _("The cell holds a date"), _("Format the cell as text and write what is meant.")
            ),
            "truth": (_("The cell holds a truth value"), _("Write what is meant.")),
        }.get(kind)
        if odd is not None:
            self.fault(number, letter, *odd)
            return ""
        if name == "code":
            return self._code(number, letter, kind, text)
        if name in bills.PLACES:
            return self._figure(number, letter, name, text)
        return self._text(number, letter, name, text) or ""

    def _code(self, number: int, letter: str, kind: str, text: str) -> str:
        code = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
        if _CODE.fullmatch(code):
            return code
        todo = _("Write nine digits of the national standard and three of your own.")
        if kind == "number" and re.fullmatch(r"[0-9]{11}", code):
            todo = _(
                "A cell formatted as a number loses the first zero: format the column as text and"
                " write 0%(code)s."
            ) % {"code": code}
        self.fault(
            number, letter,
            _("“%(code)s” is no code of twelve digits") % {"code": _short(text)}, todo,
        )
        return ""

    def _figure(self, number: int, letter: str, name: str, text: str) -> str:
        said = unicodedata.normalize("NFKC", text).strip().rstrip("%" if name == "rate" else "")
        try:
            if not _FIGURE.fullmatch(said) and not re.fullmatch(r"\d+(\.\d+)?e[+-]?\d+", said):
                raise InvalidOperation
            value = Decimal(said.replace(",", ""))
        except InvalidOperation:
            self.fault(
                number, letter, _("“%(text)s” is no figure") % {"text": _short(text)},
                _("Write a figure such as 1234.5, without unit or sign."),
            )
            return ""
        places = bills.PLACES[name]
        if not value and name == "quantity":
            self.fault(
                number, letter, _("The quantity is zero"), _("Write how much, or delete the row.")
            )
            return ""
        if value >= bills.BELOW[name]:
            self.fault(
                number, letter, _("The figure is too large"), _("Check it; mind the unit.")
            )
            return ""
        plain = bills.plain_figure(value)
        if len(plain.partition(".")[2]) > places:
            self.fault(
                number, letter,
                _("“%(text)s” has more than %(places)d decimals")
                % {"text": _short(plain), "places": places},
                _("Round it (in a formula with ROUND)."),
            )
            return ""
        return plain

    def _text(self, number: int, letter: str, name: str, text: str) -> str | None:
        lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
        said = "\n".join(_SPACE.sub(" ", line).strip() for line in lines.split("\n")).strip()
        if name != "features":
            said = " ".join(said.split("\n"))
        most = bills.LENGTHS[name]
        if len(said) > most:
            self.fault(
                number, letter,
                _("The text has %(count)d characters; at most %(most)d are taken")
                % {"count": len(said), "most": most},
                _("Shorten it; say the rest in the documents."),
            )
            return None
        if (odd := self.reader.printable(said)) is not None:
            self.fault(
                number, letter,
                _("The character %(code)s cannot be printed") % {"code": odd},
                _("Remove it or write another."),
            )
            return None
        return said


def _short(text: str) -> str:
    """What stood there, for a message."""
    plain = " ".join(text.split())
    shown = "".join(each if each.isprintable() else "�" for each in plain[:24])
    return f"{shown}…" if len(plain) > 24 else shown
