"""Breaking text into lines by the habits of Chinese and English typesetting.

Chinese breaks between any two characters, except before closing and after opening punctuation
(避头尾, GB/T 15834-2011 clause 5.1.10); Latin words and figures break only at spaces, slashes
and hyphens, or anywhere when one alone is longer than the line. Where an ideograph meets a
letter or figure without a space between, an eighth of an em is added, which copies as nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from signatures.paper.glyphs import Run, runs

_HAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
# Quotation marks, dashes and dots serve both scripts: within Latin text they are part of a word.
_WIDE_OPEN = "（《〈【〔「『［｛"
_WIDE_CLOSE = "，。、；：？！）》〉】〕」』］｝％〜"
_OPEN = f"{_WIDE_OPEN}“‘"
_CLOSE = f"{_WIDE_CLOSE}”’…—·‰℃"
_WIDE = f"{_HAN}\u3000-\u303f\uff00-\uffef\u2460-\u24ff\u25a0-\u25ff"
_UNIT = re.compile(rf"(?P<space> +)|[{_OPEN}]*(?:[^ {_WIDE}]+|[^ {_OPEN}])[{_CLOSE}]*|[{_OPEN}]+")
_SLASH = re.compile(r"(?<=[/_@?&=])(?=[^/_@?&=])|(?<=[a-z]-)(?=[a-z])")
_ENDS_HAN = re.compile(rf"[{_HAN}]\Z")
_STARTS_HAN = re.compile(rf"[{_HAN}]")
_ENDS_LATIN = re.compile(r"[0-9A-Za-z%)\]]\Z")
_STARTS_LATIN = re.compile(r"[0-9A-Za-z(\[]")
AUTOSPACE = 0.125


@dataclass(frozen=True)
class Piece:
    """A run placed on a line, ``x`` em from the line's start."""

    x: float
    run: Run


@dataclass(frozen=True)
class Line:
    """One line of text: its pieces, and its width in em."""

    pieces: tuple[Piece, ...]
    width: float


@dataclass(frozen=True)
class _Unit:
    """What stays on one line; ``gap`` in em before it, unless it begins the line."""

    text: str
    runs: tuple[Run, ...]
    width: float
    gap: float = 0
    space: bool = False


def _units(text: str, bold: bool, where: str) -> list[_Unit]:
    units: list[_Unit] = []
    before = ""
    for match in _UNIT.finditer(text):
        token = match.group()
        if not token:
            continue
        parts = [token] if match["space"] else _SLASH.split(token)
        for index, part in enumerate(parts):
            meets = index == 0 and (
                (_ENDS_HAN.search(before) and _STARTS_LATIN.match(part))
                or (_ENDS_LATIN.search(before) and _STARTS_HAN.match(part))
            )
            found = runs(part, bold=bold, where=where)
            units.append(
                _Unit(
                    part,
                    found,
                    sum(run.width for run in found),
                    AUTOSPACE if meets else 0,
                    bool(match["space"]),
                )
            )
            before = part
    return units


def _split(unit: _Unit, measure: float) -> list[_Unit]:
    """Cut a unit that is longer than a whole line into parts that are not."""
    parts: list[_Unit] = []
    text: list[Run] = []
    total = 0.0
    for run in unit.runs:
        for character in run.text:
            one = Run(run.face, character, run.stroke)
            if text and total + one.width > measure:
                parts.append(_Unit("", tuple(text), total, unit.gap if not parts else 0))
                text, total = [], 0.0
            text.append(one)
            total += one.width
    parts.append(_Unit("", tuple(text), total, unit.gap if not parts else 0))
    return parts


def _line(units: list[_Unit]) -> Line:
    """Set units side by side, joining neighbours of one font into one run."""
    pieces: list[Piece] = []
    x = 0.0
    for index, unit in enumerate(units):
        gap = unit.gap if index else 0
        x += gap
        for run in unit.runs:
            last = pieces[-1] if pieces else None
            same = last and last.run.face is run.face and last.run.stroke == run.stroke
            if last and same and not gap:
                joined = Run(run.face, last.run.text + run.text, run.stroke)
                pieces[-1] = Piece(last.x, joined)
            else:
                pieces.append(Piece(x, run))
            x += run.width
            gap = 0
    return Line(tuple(pieces), x)


def _fill(text: str, measure: float, bold: bool, where: str) -> list[Line]:
    lines: list[Line] = []
    current: list[_Unit] = []
    used = 0.0

    def finish() -> None:
        nonlocal used
        while current and current[-1].space:
            current.pop()
        lines.append(_line(current))
        current.clear()
        used = 0.0

    pending = _units(text, bold, where)
    for whole in pending:
        for unit in [whole] if whole.width <= measure else _split(whole, measure):
            needed = unit.width + (unit.gap if current else 0)
            if current and not unit.space and used + needed > measure + 1e-6:
                finish()
                needed = unit.width
            if unit.space and not current and lines:
                continue
            current.append(unit)
            used += needed
    finish()
    return lines


def break_lines(
    text: str, measure: float, *, bold: bool = False, where: str = ""
) -> tuple[Line, ...]:
    """Break ``text`` into lines of at most ``measure`` em; line feeds break always.

    Empty text gives one empty line. Raises :class:`~signatures.paper.glyphs.MissingGlyph`.
    """
    lines: list[Line] = []
    for paragraph in text.split("\n"):
        lines.extend(_fill(paragraph, measure, bold, where))
    return tuple(lines)
