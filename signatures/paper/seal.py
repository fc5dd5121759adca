"""Drawing seals and the marks of personal signatures.

The drawing is what people see; what proves anything is the signature over it. A round seal has
the organisation's name on the arc, a star, the kind of seal and its code below, as the measures
of the state's rules for the seals of enterprises and institutions ask (国发〔1999〕25号): 40 mm
across for those at and below county level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.layout import (
    AxisAlignment,
    BoxConstraints,
    InnerScaling,
    Margins,
    SimpleBoxLayoutRule,
)
from pyhanko.stamp import StaticStampStyle

from signatures.paper.fonts import BOLD, face
from signatures.paper.glyphs import runs, width
from signatures.paper.outline import Drawing, Sketch
from signatures.paper.style import INK, INK_SOFT, SEAL

SIZE = 113.4  # points: 40 mm
_ARC = 250.0  # degrees that a name may fill
_STEP = 27.0  # degrees from one ideograph to the next where there is room


def seal(name: str, *, kind: str = "", code: str = "") -> Drawing:
    """A round organisation seal, 40 mm across.

    ``name`` stands on the arc, ``kind`` (such as 电子业务专用章) and ``code`` under the star.
    Raises :class:`~signatures.paper.glyphs.MissingGlyph` for a character that cannot be drawn.
    """
    unit = SIZE / 150
    centre = SIZE / 2
    sketch = Sketch(SIZE, SIZE, SEAL)
    sketch.circle(centre, centre, 71.5 * unit, 4 * unit)
    points = []
    for corner in range(10):
        radius = (19 if corner % 2 == 0 else 7.26) * unit
        angle = math.radians(90 + corner * 36)
        points.append((centre + radius * math.cos(angle), centre + radius * math.sin(angle)))
    sketch.polygon(points)
    _arc(sketch, name, centre, unit)
    for text, height, size, bold in ((kind, 37, 10.5, True), (code, 21, 9.5, False)):
        if text:
            # The circle is narrower the lower a line stands.
            room = 2 * math.sqrt(64**2 - (75 - height) ** 2) * unit
            wide = width(text, size * unit, bold=bold)
            squeeze = min(1.0, room / wide)
            x = centre - wide * squeeze / 2
            sketch.text(text, x, height * unit, size * unit, bold=bold, squeeze=squeeze)
    return sketch.finish(" ".join(filter(None, (name, kind, code))))


def _arc(sketch: Sketch, name: str, centre: float, unit: float) -> None:
    """Set a name along the inside of the ring, from left to right over the top."""
    advances = [
        run.face.width(ord(character)) / 1000
        for run in runs(name, bold=True, where="Seal")
        for character in run.text
    ]
    total = sum(advances) or 1
    step = min(_STEP, _ARC / total)
    size = (17.5 if len(advances) <= 16 else 14.0) * unit
    radius = (63 * unit) - size * 0.88
    # An ideograph may fill nine tenths of its step, measured at half its height.
    squeeze = min(1.0, 0.9 * math.radians(step) * (radius + size * 0.4) / size)
    angle = total * step / 2
    for character, advance in zip(name, advances, strict=True):
        middle = angle - advance * step / 2
        half = advance * size * squeeze / 2
        turn = math.radians(90 + middle)
        x = centre + radius * math.cos(turn) - half * math.cos(math.radians(middle))
        y = centre + radius * math.sin(turn) - half * math.sin(math.radians(middle))
        sketch.text(character, x, y, size, bold=True, angle=middle, squeeze=squeeze)
        angle -= advance * step


def hand(name: str, *, lines: Sequence[str] = (), width_: float = 223.6) -> Drawing:
    """The mark of a person's signature: the name, and below it when and by whose certificate."""
    height = 56.0
    sketch = Sketch(width_, height, INK)
    sketch.polygon([(0, 0), (2.2, 0), (2.2, height), (0, height)])
    size = min(17.0, (width_ - 12) / max(1.0, width(name, 1, bold=True)))
    sketch.text(name, 10, height - 20, size, bold=True, where="Signer's name")
    sketch.colour = INK_SOFT
    for index, line in enumerate(lines[:3]):
        small = min(7.5, (width_ - 12) / max(1.0, width(line, 1)))
        sketch.text(line, 10, height - 33 - index * 10, small, where="Signature mark")
    return sketch.finish(" ".join((name, *lines)))


def stamp_style(drawing: Drawing) -> StaticStampStyle:
    """A pyHanko stamp style that shows the drawing as large as its field allows.

    A style serves one signature: pyHanko binds its content to the file that it is written to.
    """
    face(BOLD)
    box = BoxConstraints(width=drawing.width, height=drawing.height)
    return StaticStampStyle(
        border_width=0,
        background=RawContent(drawing.operators(), box=box),
        background_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MIN,
            y_align=AxisAlignment.ALIGN_MID,
            margins=Margins(0, 0, 0, 0),
            inner_content_scaling=InnerScaling.STRETCH_TO_FIT,
        ),
        background_opacity=1.0,
    )
