"""Rows under rules: tables with repeated headers, and terms on the rail with their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signatures.paper import style as s
from signatures.paper.document import Pair, Pairs, Table, Text
from signatures.paper.layout import Strip
from signatures.paper.pen import Pen
from signatures.paper.setting import SetLine, chinese, draw_lines, height_of, set_text, titled
from signatures.paper.style import BLOCK_GAP, CELL_GUTTER, Style

CELL_PAD = 5.5
# A row taller than this may be cut by a page's end.
ROW_LIMIT = 250.0


@dataclass(frozen=True)
class Cell:
    """Set lines at a place in a row."""

    x: float
    width: float
    lines: tuple[SetLine, ...]
    align: str = "start"


def row_strips(
    cells: Sequence[Cell],
    *,
    pad: float = CELL_PAD,
    rule: str = s.RULE,
    weight: float = 0.5,
    repeat: tuple[Strip, ...] = (),
    keep: bool = False,
) -> Iterator[Strip]:
    """A row of cells with a rule below it; a very tall row in several strips.

    First baselines align because each cell's first line is centred in the tallest first leading.
    """
    tallest = max((height_of(cell.lines) for cell in cells), default=0)
    limit = tallest if tallest <= ROW_LIMIT else 140.0
    rest = list(cells)
    first = True
    while True:
        part, left = [], []
        for cell in rest:
            taken, used = 0, 0.0
            while taken < len(cell.lines) and (
                used + cell.lines[taken].style.leading <= limit + 0.01 or not taken
            ):
                used += cell.lines[taken].style.leading
                taken += 1
            part.append(Cell(cell.x, cell.width, cell.lines[:taken], cell.align))
            left.append(Cell(cell.x, cell.width, cell.lines[taken:], cell.align))
        last = not any(cell.lines for cell in left)
        top = pad if first else 0.0
        bottom = pad if last else 0.0
        height = top + max((height_of(cell.lines) for cell in part), default=0) + bottom
        lead = max((cell.lines[0].style.leading for cell in part if cell.lines), default=0)

        def draw(
            pen: Pen,
            y: float,
            part: list[Cell] = part,
            top: float = top,
            height: float = height,
            lead: float = lead,
            last: bool = last,
        ) -> None:
            for cell in part:
                if cell.lines:
                    drop = (lead - cell.lines[0].style.leading) / 2
                    draw_lines(pen, cell.x, y - top - drop, cell.lines, cell.align, cell.width)
            if last:
                pen.rule(s.LEFT, y - height, s.COLUMN, weight=weight, colour=rule)

        yield Strip(height, draw, repeat=repeat, keep=keep and last)
        if last:
            return
        rest, first = left, False


def pair_row(pair: Pair, where: str) -> Iterator[Strip]:
    width = s.COLUMN - s.RAIL
    key = set_text(pair.key, s.RAIL - CELL_GUTTER, s.KEY, s.KEY_EN, where)
    where = f"{where}, {chinese(pair.key)}" if chinese(pair.key) else where
    value = (
        *set_text(pair.value, width, s.VALUE, s.VALUE_EN, where),
        *set_text(pair.remark, width, s.REMARK, s.REMARK, where),
    )
    cells = [Cell(s.LEFT, s.RAIL, key), Cell(s.LEFT + s.RAIL, width, value)]
    yield from row_strips(cells, pad=5.0)


def pairs(block: Pairs, where: str) -> Iterator[Strip]:
    for pair in block.rows:
        yield from pair_row(pair, where)


def table(block: Table, where: str) -> Iterator[Strip]:
    total = sum(column.weight for column in block.columns)
    free = s.COLUMN - CELL_GUTTER * (len(block.columns) - 1)
    widths = [free * column.weight / total for column in block.columns]
    places, x = [], s.LEFT
    for width in widths:
        places.append(x)
        x += width + CELL_GUTTER
    if block.caption:
        height, draw = titled(block.caption, s.PART, s.PART_EN, where)
        yield Strip(height, draw, gap=BLOCK_GAP, keep=True)
        where = f"{where}, {chinese(block.caption)}"

    def cells(row: Sequence[Text], first: Style, second: Style, place: str) -> list[Cell]:
        return [
            Cell(
                left,
                width,
                set_text(text, width, first, second, f"{place}, {chinese(column.title)}"),
                column.align,
            )
            for left, width, text, column in zip(places, widths, row, block.columns, strict=True)
        ]

    head = tuple(
        row_strips(
            cells([column.title for column in block.columns], s.HEAD, s.HEAD_EN, where),
            pad=4.0,
            rule=s.INK,
            weight=0.8,
            keep=True,
        )
    )
    yield from head
    for number, row in enumerate(block.rows, 1):
        body = cells(row, s.CELL, s.CELL_EN, f"{where}, row {number}")
        # A total does not stand on a page alone.
        keep = bool(block.foot) and number == len(block.rows)
        yield from row_strips(body, repeat=head, keep=keep)
    for number, row in enumerate(block.foot, 1):
        foot = cells(row, s.FOOT, s.CELL_EN, f"{where}, total")
        last = number == len(block.foot)
        yield from row_strips(
            foot, rule=s.INK, weight=1.4 if last else 0.5, repeat=head, keep=not last
        )
