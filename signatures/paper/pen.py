"""Drawing on a ReportLab canvas in the house's terms: set lines, rules, codes, places."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from signatures.paper.fields import FieldBox
from signatures.paper.lines import Line
from signatures.paper.style import Style

# Where the baseline lies: this part of the size below the upper edge of the letters.
_ASCENT = 0.78


_colour = lru_cache(maxsize=64)(HexColor)


class Pen:
    """Draws on one canvas; ``y`` is always the upper edge, in points from the page's bottom."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.page = 0
        self.fields: list[FieldBox] = []
        self._outlined = 0

    def line(self, x: float, y: float, line: Line, style: Style) -> None:
        """Set one line of text with its upper edge at ``y``."""
        canvas = self.canvas
        baseline = y - (style.leading - style.size) / 2 - style.size * _ASCENT
        canvas.setFillColor(_colour(style.colour))
        for piece in line.pieces:
            mode: Literal[2] | None = None
            if piece.run.stroke:
                canvas.setStrokeColor(_colour(style.colour))
                canvas.setLineWidth(style.size * piece.run.stroke)
                mode = 2
            canvas.setFont(piece.run.face.name, style.size)
            canvas.drawString(x + piece.x * style.size, baseline, piece.run.text, mode=mode)

    def line_end(self, x: float, y: float, line: Line, style: Style) -> None:
        """Set one line so that it ends at ``x``."""
        self.line(x - line.width * style.size, y, line, style)

    def copied_as(self, text: str) -> None:
        """Open a span whose drawn text is copied and read out as ``text`` (ISO 32000-1 14.9.4)."""
        encoded = text.encode("utf-16-be").hex().upper()
        self.canvas.addLiteral(f"/Span <</ActualText <FEFF{encoded}>>> BDC")

    def end_copied(self) -> None:
        """Close the span of :meth:`copied_as`."""
        self.canvas.addLiteral("EMC")

    def rule(self, x: float, y: float, width: float, *, weight: float, colour: str) -> None:
        """A horizontal rule whose upper edge is ``y``."""
        self.canvas.setFillColor(_colour(colour))
        self.canvas.rect(x, y - weight, width, weight, stroke=0, fill=1)

    def bar(self, x: float, y: float, height: float, *, weight: float, colour: str) -> None:
        """A vertical bar that hangs from ``y``."""
        self.canvas.setFillColor(_colour(colour))
        self.canvas.rect(x, y - height, weight, height, stroke=0, fill=1)

    def field(self, name: str, x: float, y: float, width: float, height: float, seal: bool) -> None:
        """Remember where a signature field goes; nothing is drawn."""
        box = (round(x, 2), round(y - height, 2), round(x + width, 2), round(y, 2))
        self.fields.append(FieldBox(name, self.page, box, seal))

    def outline(self, title: str, level: int, y: float) -> None:
        """Add an entry to the document's outline that leads here; levels are never skipped."""
        level = min(level, self._outlined)
        key = f"s{self.page}-{round(y, 2)}-{level}"
        self.canvas.bookmarkHorizontal(key, 0, y)
        self.canvas.addOutlineEntry(title, key, level, closed=False)
        self._outlined = level + 1

    def sun(self, x: float, y: float, size: float, colour: str) -> None:
        """The house's mark, ``size`` points wide: a sun above the horizon."""
        canvas, unit = self.canvas, size / 36
        canvas.setStrokeColor(_colour(colour))
        canvas.setFillColor(_colour(colour))
        canvas.setLineWidth(3 * unit)
        canvas.circle(x + 18 * unit, y - 14 * unit, 9.5 * unit, stroke=1, fill=0)
        canvas.circle(x + 18 * unit, y - 14 * unit, 3 * unit, stroke=0, fill=1)
        canvas.line(x + 3 * unit, y - 31.5 * unit, x + 33 * unit, y - 31.5 * unit)

    def qr(self, x: float, y: float, size: float, data: str, colour: str) -> None:
        """A QR code, ``size`` points wide without its quiet zone (ISO/IEC 18004, level M)."""
        modules = qr_modules(data)
        unit = size / len(modules)
        path = self.canvas.beginPath()
        for row, cells in enumerate(modules):
            start = None
            for column, dark in enumerate((*cells, False)):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    path.rect(x + start * unit, y - (row + 1) * unit, (column - start) * unit, unit)
                    start = None
        self.canvas.setFillColor(_colour(colour))
        self.canvas.drawPath(path, stroke=0, fill=1)


@lru_cache(maxsize=256)
def qr_modules(data: str) -> tuple[tuple[bool, ...], ...]:
    """The modules of the QR code of ``data``, rows from above, dark as true."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(data)
    code.make()
    return tuple(tuple(bool(cell) for cell in row) for row in code.modules)
