"""From what was read of the files of a bid to what is wrong with them.

The twin of ``bidding/static/bidding/js/check/judge.js``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bidding.kit.checks.finding import BLOCK, WARN, Problem, Read, Said
from bidding.kit.checks.identity import squeezed, tells_amount, terms_in
from bidding.kit.checks.kinds import ending_of, judge_kind

SHEET_SLOT, QUALIFICATION_SLOT, BLIND_SLOT, PRICE_SLOT = 1, 2, 3, 4
#: Shorter amounts stand in many a text by chance.
_TELLING_FIGURES = 5
#: Fields that name somebody whatever they say.
_PERSONAL = frozenset(["Author", "LastModifiedBy", "Company", "Manager", "Copyright", "Owner"])
#: What programs write there by themselves.
_NOBODY = frozenset(
    [
        "anonymous", "unspecified", "unknown", "user", "admin", "administrator", "windowsuser",
        "microsoft", "microsoftofficeuser", "微软用户", "匿名", "openpyxl", "pythondocx", "none",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """One file of a bid; ``twin`` names another of the same bytes."""

    slot: int
    name: str
    read: Read
    twin: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What sheet and price say, as far as it is known; ``capitals`` is the price in words."""

    manager: str = ""
    price: str = ""
    capitals: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and with which file."""

    file: File
    problem: Problem


def judge(
    files: Sequence[File], *, own: Sequence[str], sheet: Sheet, blind: int | None = BLIND_SLOT
) -> list[Finding]:
    """Everything that is wrong; ``own`` names the tenderer, ``blind`` the slot that must not."""
    found: list[Finding] = []
    for file in files:
        problems = [*judge_kind(file.name, file.read.kind), *file.read.problems]
        if file.twin:
            problems.append(Problem("twice", WARN, {"other": file.twin}))
        problems += [
            Problem("same-name", WARN, {"other": one.name})
            for one in files
            if one is not file
            and one.slot == file.slot
            and one.name.lower() == file.name.lower()
        ][:1]
        if file.slot == blind:
            problems += _blind(file, own)
        if file.slot not in (PRICE_SLOT, SHEET_SLOT):
            problems += _amount(file, sheet)
        found += [Finding(file, each) for each in problems]
    return [*found, *_sheet(files, sheet)]


def _place(said: Said) -> dict[str, str | int]:
    place: dict[str, str | int] = {"where": said.where}
    if said.field:
        place["field"] = said.field
    if said.page:
        place["page"] = said.page
    return place


def _blind(file: File, own: Sequence[str]) -> Iterable[Problem]:
    read = file.read
    if read.kind != "pdf" and not read.problems and ending_of(file.name) != "pdf":
        yield Problem("not-pdf", WARN)
    for term in terms_in(file.name, own):
        yield Problem("blind-name", WARN, {"term": term, "where": "name"})
    told: set[tuple[object, ...]] = set()
    for said in read.said:
        terms = terms_in(said.text, own)
        for term in _longest(terms):
            key = (term, said.where, said.field, said.page)
            if key not in told:
                told.add(key)
                yield Problem("blind-name", WARN, {"term": term, **_place(said)})
        if said.where != "field" or terms or (said.field, said.text) in told:
            continue
        told.add((said.field, said.text))
        if said.field == "Place":
            yield Problem("blind-place", WARN)
        elif said.field in _PERSONAL and squeezed(said.text) not in _NOBODY:
            yield Problem("blind-author", WARN, {"field": said.field, "text": said.text[:80]})
    if not read.readable and not any(each.level == BLOCK for each in read.problems):
        yield Problem("blind-unread", WARN)


def _longest(terms: Sequence[str]) -> list[str]:
    """Of terms that hold one another, the longest alone."""
    return [
        term
        for term in terms
        if not any(one != term and squeezed(term) in squeezed(one) for one in terms)
    ]


def _amount(file: File, sheet: Sheet) -> Iterable[Problem]:
    if len(sheet.price.split(".")[0]) < _TELLING_FIGURES:
        return
    for said in (Said("name", file.name), *file.read.said):
        if tells_amount(said.text, sheet.price, sheet.capitals):
            yield Problem("price-early", WARN, _place(said))
            return


def _sheet(files: Sequence[File], sheet: Sheet) -> Iterable[Finding]:
    """The fields of sheet and price against the files that should say the same."""
    if sheet.manager and (first := _silent(files, QUALIFICATION_SLOT)) is not None:
        texts = _texts(files, QUALIFICATION_SLOT)
        if not any(terms_in(text, [sheet.manager]) for text in texts):
            yield Finding(first, Problem("manager-absent", WARN))
    if sheet.price and (first := _silent(files, PRICE_SLOT)) is not None:
        texts = _texts(files, PRICE_SLOT)
        if not any(tells_amount(text, sheet.price, sheet.capitals) for text in texts):
            yield Finding(first, Problem("price-absent", WARN))


def _silent(files: Sequence[File], slot: int) -> File | None:
    """The first file of a slot of which every file's text could be read."""
    of = [file for file in files if file.slot == slot]
    return of[0] if of and all(file.read.readable for file in of) else None


def _texts(files: Sequence[File], slot: int) -> list[str]:
    return [said.text for file in files if file.slot == slot for said in file.read.said]
