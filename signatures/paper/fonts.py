"""The fonts of printed records: loaded once a process, in the order in which they are asked.

Noto Sans SC carries nearly everything; Hanazono Mincho the ideographs of personal and place
names that it lacks (Extensions B to F of Unicode, compatibility ideographs). The latter is
large and seldom needed, so it is opened at the first character that asks for it.
"""

from __future__ import annotations

import lzma
import threading
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = Path(__file__).resolve().parent / "fonts"
REGULAR = "SunlitSans"
BOLD = "SunlitSansBold"
FILES = {
    REGULAR: "NotoSansSC-Regular.ttf",
    BOLD: "NotoSansSC-Bold.ttf",
    "SunlitRareA": "HanaMinA.ttf",
    "SunlitRareB": "HanaMinB.ttf.xz",
}
# Small before large: the compressed one costs a second and 60 MB when it is opened.
RARE = ("SunlitRareA", "SunlitRareB")

_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class Face:
    """One loaded font: ``name`` is what the canvas calls it, widths are in 1/1000 em."""

    name: str
    font: TTFont

    def has(self, code: int) -> bool:
        """Whether the font draws this code point: it is mapped, and not to an empty outline."""
        glyph = self.font.face.charToGlyph.get(code)
        if not glyph:
            return False
        if code in _SPACES:
            return True
        places: list[int] = self.font.face.glyphPos
        return bool(places[glyph + 1] > places[glyph])

    def width(self, code: int) -> float:
        """The advance width of a code point in 1/1000 em."""
        return float(self.font.face.charWidths.get(code, self.font.face.defaultWidth))


# What may rightly be blank. Every other blank would lose a character without a trace.
_SPACES = frozenset({0x20, 0xA0, 0x2002, 0x2003, 0x2009, 0x3000})


def path_of(name: str) -> Path:
    """Where the file of a font lies (``REGULAR`` or ``BOLD`` for libraries that want a path)."""
    return FOLDER / FILES[name]


@cache
def _load(name: str) -> Face:
    data = path_of(name).read_bytes()
    if path_of(name).suffix == ".xz":
        data = lzma.decompress(data)
    font = TTFont(name, BytesIO(data), asciiReadable=True)
    pdfmetrics.registerFont(font)
    return Face(name, font)


def face(name: str) -> Face:
    """The font of that name, loaded at its first use."""
    with _lock:
        return _load(name)
