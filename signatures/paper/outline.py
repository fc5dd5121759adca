"""Small drawings made of outlines alone: text becomes shapes, so no font has to be embedded.

Stamps go into a PDF with the signature, when fonts can no longer be checked or subset; pages
show the same seals as SVG or PNG. Coordinates are points from the bottom left.
"""

from __future__ import annotations

import lzma
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from xml.sax.saxutils import escape

from fontTools.pens.basePen import BasePen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

from signatures.paper.fonts import path_of
from signatures.paper.glyphs import runs

Matrix = tuple[float, float, float, float, float, float]
Step = tuple[str, tuple[float, ...]]


@dataclass(frozen=True)
class Shape:
    """A filled shape, or with ``stroke`` (points) a line drawn along it. Colour as ``#rrggbb``."""

    steps: tuple[Step, ...]
    colour: str
    stroke: float = 0


@dataclass(frozen=True)
class Drawing:
    """A finished drawing, ``width`` by ``height`` points, and what it says in words."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    text: str

    def operators(self) -> bytes:
        """The drawing as PDF content (ISO 32000-1, 8.5), copied and read out as ``text``."""
        said = self.text.encode("utf-16-be").hex().upper()
        out = [f"/Span <</ActualText <FEFF{said}>>> BDC q"]
        for shape in self.shapes:
            red, green, blue = (int(shape.colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
            out.append(f"{red:.4f} {green:.4f} {blue:.4f} {'RG' if shape.stroke else 'rg'}")
            if shape.stroke:
                out.append(f"{shape.stroke:g} w")
            for name, numbers in shape.steps:
                out.append(" ".join((*(f"{number:.2f}" for number in numbers), name)))
            out.append("S" if shape.stroke else "f")
        out.append("Q EMC")
        return "\n".join(out).encode("ascii")

    def svg(self) -> str:
        """The drawing as a stand-alone SVG 1.1 image with its text as title."""
        names = {"m": "M", "l": "L", "c": "C", "h": "Z"}
        parts = []
        for shape in self.shapes:
            data = []
            for name, numbers in shape.steps:
                pairs = zip(numbers[::2], numbers[1::2], strict=True)
                data.append(
                    names[name] + " ".join(f"{x:.2f} {self.height - y:.2f}" for x, y in pairs)
                )
            paint = (
                f'fill="none" stroke="{shape.colour}" stroke-width="{shape.stroke:g}"'
                if shape.stroke
                else f'fill="{shape.colour}"'
            )
            parts.append(f'<path {paint} d="{"".join(data)}"/>')
        size = f"{self.width:g} {self.height:g}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">'
            f"<title>{escape(self.text)}</title>{''.join(parts)}</svg>"
        )


class _Steps(BasePen):  # type: ignore[misc]
    """Collects outline steps; quadratic curves arrive as cubic ones."""

    def __init__(self, glyphs: object) -> None:
        super().__init__(glyphs)
        self.steps: list[Step] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:
        self.steps.append(("m", pt))

    def _lineTo(self, pt: tuple[float, float]) -> None:
        self.steps.append(("l", pt))

    def _curveToOne(
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        self.steps.append(("c", (*pt1, *pt2, *pt3)))

    def _closePath(self) -> None:
        self.steps.append(("h", ()))


@cache
def _outlines(name: str) -> tuple[TTFont, dict[int, str]]:
    path = path_of(name)
    data = path.read_bytes()
    font = TTFont(BytesIO(lzma.decompress(data) if path.suffix == ".xz" else data), lazy=True)
    return font, font.getBestCmap()


def _turned(angle: float, x: float, y: float) -> Matrix:
    """The matrix that turns by ``angle`` degrees anticlockwise and moves to (x, y)."""
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    return (cosine, sine, -sine, cosine, x, y)


class Sketch:
    """Builds a :class:`Drawing`; shapes are painted in the order in which they are added."""

    def __init__(self, width: float, height: float, colour: str) -> None:
        self.width, self.height, self.colour = width, height, colour
        self._shapes: list[Shape] = []

    def finish(self, text: str) -> Drawing:
        """The drawing, which says ``text``."""
        return Drawing(self.width, self.height, tuple(self._shapes), text)

    def circle(self, x: float, y: float, radius: float, stroke: float) -> None:
        """A circle drawn with a line of that width, from four cubic arcs."""
        k = radius * 4 / 3 * (math.sqrt(2) - 1)
        r = radius
        steps: list[Step] = [("m", (x + r, y))]
        for a, b in (((r, 0), (0, r)), ((0, r), (-r, 0)), ((-r, 0), (0, -r)), ((0, -r), (r, 0))):
            first = (x + a[0] + k / r * b[0], y + a[1] + k / r * b[1])
            second = (x + b[0] + k / r * a[0], y + b[1] + k / r * a[1])
            steps.append(("c", (*first, *second, x + b[0], y + b[1])))
        steps.append(("h", ()))
        self._shapes.append(Shape(tuple(steps), self.colour, stroke))

    def polygon(self, points: Sequence[tuple[float, float]]) -> None:
        """A filled polygon."""
        steps: list[Step] = [("m", points[0])]
        steps.extend(("l", point) for point in points[1:])
        self._shapes.append(Shape((*steps, ("h", ())), self.colour))

    def text(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        *,
        bold: bool = False,
        angle: float = 0,
        squeeze: float = 1,
        where: str = "",
    ) -> float:
        """Set text from the baseline point (x, y); returns its width in points.

        ``angle`` turns it about that point, ``squeeze`` narrows the letters. Raises
        :class:`~signatures.paper.glyphs.MissingGlyph`.
        """
        at = 0.0
        for run in runs(text, bold=bold, where=where):
            font, names = _outlines(run.face.name)
            glyphs = font.getGlyphSet()
            scale = size / font["head"].unitsPerEm
            for character in run.text:
                a, b, c, d, e, f = _turned(angle, x, y)
                wide = scale * squeeze
                matrix = (a * wide, b * wide, c * scale, d * scale, e + a * at, f + b * at)
                pen = _Steps(glyphs)
                glyphs[names[ord(character)]].draw(TransformPen(pen, matrix))
                if pen.steps:
                    steps = tuple(pen.steps)
                    self._shapes.append(Shape(steps, self.colour))
                    if run.stroke:
                        self._shapes.append(Shape(steps, self.colour, run.stroke * size))
                at += run.face.width(ord(character)) / 1000 * size * squeeze
        return at
