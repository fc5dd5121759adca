"""Why a workbook holds no bill of quantities: each reason with its place and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from signatures.domain.errors import Malformed

#: Faults that are told of; where there are more, the rest is counted.
MAX_FAULTS = 200

#: How the workbook itself was refused (``signatures.sandbox.workbook``): what is the matter, and
#: what to do.
REFUSALS: dict[str, tuple[Promise, Promise]] = {
    "damaged": (
        _lazy("The workbook is damaged or no XLSX"),
        _lazy("Open it in your spreadsheet program, save it as “Excel workbook (.xlsx)” and choose"
              " it again."),
    ),
    "encrypted": (
        _lazy("The workbook is protected by a password"),
        _lazy("Save it without one and choose it again."),
    ),
    "macros": (
        _lazy("The workbook holds macros or controls"),
        _lazy("Save it as “Excel workbook (.xlsx)”, without macros, and choose it again."),
    ),
    "external-links": (
        _lazy("The workbook takes values from other files or addresses"),
        _lazy("Break the links and keep the values, save it and choose it again."),
    ),
    "embedded-files": (
        _lazy("Other files are embedded in the workbook"),
        _lazy("Take them out, save it and choose it again."),
    ),
    "entities": (
        _lazy("The workbook holds definitions that no spreadsheet program writes"),
        _lazy("Make it anew from the template."),
    ),
    "too-large": (
        _lazy("Unpacked, the workbook is far too large for a bill"),
        _lazy("Copy the lines into the template."),
    ),
    "too-many-sheets": (
        _lazy("The workbook has too many sheets"), _lazy("Keep those of the bill."),
    ),
    "too-many-rows": (
        _lazy("A sheet has more than 12,000 rows"),
        _lazy("Delete the empty rows beneath the bill."),
    ),
    "too-many-cells": (
        _lazy("A sheet is far wider than a bill"),
        _lazy("Delete the columns to the right of it."),
    ),
}


@dataclass(frozen=True)
class Fault:
    """One reason why there is no bill. ``row`` is 0 and ``column`` empty where it is none's."""

    sheet: str
    row: int
    column: str
    what: str
    todo: str


class BadBill(Malformed):
    """The workbook holds no bill; ``faults`` are told one by one, ``more`` are counted."""

    default_code = "bad-bill"

    def __init__(self, faults: list[Fault]) -> None:
        self.faults, self.more = faults[:MAX_FAULTS], max(0, len(faults) - MAX_FAULTS)
        super().__init__(
            ngettext(
                "Nothing was imported: %(count)d place in the workbook is to be mended.",
                "Nothing was imported: %(count)d places in the workbook are to be mended.",
                len(faults),
            )
            % {"count": len(faults)}
        )

    @property
    def mistakes(self) -> list[dict[str, str]]:
        """The faults for programs: where, and what with what to do."""
        return [
            {
                "where": " ".join(filter(None, (one.sheet, str(one.row or ""), one.column))),
                "what": f"{one.what}. {one.todo}",
            }
            for one in self.faults
        ]


def refused(code: str) -> BadBill:
    """The workbook itself is not read."""
    what, todo = REFUSALS.get(code, REFUSALS["damaged"])
    return BadBill([Fault("", 0, "", str(what), str(todo))])
