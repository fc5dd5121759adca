"""Every character is found in a font before anything is drawn.

A character that a font lacks prints blank, and both PDF/A validators let it pass: a name would
be lost from an archived record without a trace. So text is divided into runs by font, and text
that no font can draw is refused with the character named.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from signatures.domain.errors import Malformed
from signatures.paper.fonts import BOLD, RARE, REGULAR, Face, face


class MissingGlyph(Malformed):
    """A character that no vendored font can draw. ``code_point`` and ``where`` name it."""

    default_code = "missing-glyph"

    def __init__(self, character: str, *, where: str, position: int) -> None:
        self.character = character
        self.code_point = f"U+{ord(character):04X}"
        self.where = where
        self.position = position
        name = unicodedata.name(character, "unnamed")
        shown = character if character.isprintable() else "unprintable"
        super().__init__(
            f"{where or 'The text'}: character {position + 1} is {self.code_point} ({name}, "
            f"{shown}), which cannot be printed in a PDF/A record. Remove or replace it."
        )


@dataclass(frozen=True)
class Run:
    """Text in one font. ``stroke``, in em, thickens it where the font has no such weight."""

    face: Face
    text: str
    stroke: float = 0

    @cached_property
    def width(self) -> float:
        """The run's advance width in em."""
        return sum(map(self.face.width, map(ord, self.text))) / 1000


# How far, in em, a stroke thickens a regular weight that stands in for a bold one.
_STROKE = 0.03


@lru_cache(maxsize=65536)
def _find(code: int, bold: bool) -> tuple[Face, float] | None:
    # Format characters (joiners, direction overrides, variation selectors) and combining marks
    # need shaping, which these records do not do: they are refused and not silently dropped.
    if unicodedata.category(chr(code)) in {"Cf", "Cc", "Cs", "Co", "Cn", "Mn", "Me", "Mc"}:
        return None
    if bold and face(BOLD).has(code):
        return face(BOLD), 0
    for name in (REGULAR, *RARE):
        # A code point outside the ideographic planes need not open the large font.
        if name == "SunlitRareB" and not 0x20000 <= code <= 0x2FFFF:
            continue
        if face(name).has(code):
            return face(name), _STROKE if bold else 0
    return None


def check(text: str, *, where: str = "") -> None:
    """Refuse text with a character that cannot be drawn. Line feeds are allowed.

    Raises :class:`MissingGlyph` with the first such character, its code point and its place.
    """
    for position, character in enumerate(text):
        if character != "\n" and _find(ord(character), False) is None:
            raise MissingGlyph(character, where=where, position=position)


def runs(text: str, *, bold: bool = False, where: str = "") -> tuple[Run, ...]:
    """Divide one line of text into the longest runs that a single font can draw.

    Raises :class:`MissingGlyph` as :func:`check` does, here also for a line feed.
    """
    found = _known_runs(text, bold) if len(text) <= _WORD else _runs(text, bold)
    if isinstance(found, int):
        raise MissingGlyph(text[found], where=where, position=found)
    return found


def _runs(text: str, bold: bool) -> tuple[Run, ...] | int:
    """The runs, or the position of a character that no font draws."""
    found: list[Run] = []
    start = 0
    last: tuple[Face, float] | None = None
    for position, character in enumerate(text):
        this = _find(ord(character), bold)
        if this is None:
            return position
        if last is not None and this != last:
            found.append(Run(last[0], text[start:position], last[1]))
            start = position
        last = this
    if last is not None:
        found.append(Run(last[0], text[start:], last[1]))
    return tuple(found)


# Ideographs and words come again and again; whole lines do not.
_WORD = 16
_known_runs = lru_cache(maxsize=65536)(_runs)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The advance width of one line of text, in points at ``size`` points."""
    return sum(run.width for run in runs(text, bold=bold)) * size
