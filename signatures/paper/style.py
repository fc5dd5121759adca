"""The look of printed records: sizes in points, colours of the house.

Ink for structure, seal red for seals alone; the sun's gold marks what is happening now, and on
paper nothing is. Rules and not boxes; everything hangs on two axes, the margin and the rail.
"""

from __future__ import annotations

from dataclasses import dataclass

INK = "#17324d"
INK_SOFT = "#55697d"
TEXT = "#16212c"
RULE = "#d5dbe1"
RULE_FIRM = "#8796a5"
BAD = "#973c00"
SEAL = "#c8102e"

PAGE_WIDTH, PAGE_HEIGHT = 595.2756, 841.8898  # A4
LEFT, RIGHT = 62.0, 62.0
TOP_FIRST, TOP_LATER = 104.0, 82.0
BOTTOM = 74.0
COLUMN = PAGE_WIDTH - LEFT - RIGHT
RAIL = 122.0  # from the margin to where values begin
CELL_GUTTER = 14.0  # between neighbours in a row
BLOCK_GAP = 12.0


@dataclass(frozen=True)
class Style:
    """How a line of text looks: size and leading in points."""

    size: float
    leading: float
    colour: str = TEXT
    bold: bool = False


TITLE = Style(23, 31, INK, True)
TITLE_EN = Style(12, 17, INK_SOFT)
SUBTITLE = Style(11.5, 18, TEXT)
SUBTITLE_EN = Style(9.5, 14, INK_SOFT)
SECTION = Style(13, 19, INK, True)
SECTION_EN = Style(9, 19, INK_SOFT)
PART = Style(10.5, 16, INK, True)
PART_EN = Style(8.5, 16, INK_SOFT)
BODY = Style(10, 17)
BODY_EN = Style(8.5, 13, INK_SOFT)
LEAD = Style(11.5, 19.5)
LEAD_EN = Style(9.5, 14.5, INK_SOFT)
KEY = Style(9.5, 15, INK_SOFT)
KEY_EN = Style(7.5, 10, INK_SOFT)
VALUE = Style(10, 15)
VALUE_EN = Style(8.5, 12, INK_SOFT)
REMARK = Style(8.5, 12.5, INK_SOFT)
HEAD = Style(8.5, 12, INK_SOFT)
HEAD_EN = Style(7, 9, INK_SOFT)
CELL = Style(9, 14)
CELL_EN = Style(7.5, 10, INK_SOFT)
FOOT = Style(9, 14, INK, True)
CODE = Style(8.5, 14)
SMALL = Style(7.5, 11, INK_SOFT)
