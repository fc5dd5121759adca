"""How each block of a record is set: from declarative blocks to strips.

Every text passes through :func:`signatures.paper.lines.break_lines` here, so a character that
cannot be printed is refused before anything is drawn, with the place in the record named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from signatures.paper import style as s
from signatures.paper.document import (
    Block,
    Digest,
    Heading,
    Note,
    PageBreak,
    Pair,
    Pairs,
    Paragraph,
    QrCode,
    SignatureArea,
    SignatureAreas,
    Table,
    Text,
    Words,
)
from signatures.paper.layout import Strip
from signatures.paper.lines import Line, break_lines
from signatures.paper.pen import Pen
from signatures.paper.style import Style

SECTION_GAP = 26.0
BLOCK_GAP = 12.0
CELL_PAD = 5.5
CELL_GUTTER = 14.0
# A row taller than this may be cut by a page's end.
ROW_LIMIT = 250.0
SEAL_SIZE = 113.4  # 40 mm
HAND_HEIGHT = 56.0
QR_SIZE = 74.0


@dataclass(frozen=True)
class SetLine:
    """A broken line with the style in which it is set."""

    line: Line
    style: Style


def chinese(text: Text) -> str:
    """The leading words of a text: its Chinese, or the plain string."""
    return text.zh if isinstance(text, Words) else text


def english(text: Text) -> str:
    """The following words of a text; empty for a plain string."""
    return text.en if isinstance(text, Words) else ""


def set_text(
    text: Text, width: float, first: Style, second: Style, where: str
) -> tuple[SetLine, ...]:
    """Break both languages to ``width`` points. Empty text gives no line."""
    lines: list[SetLine] = []
    for words, look in ((chinese(text), first), (english(text), second)):
        if words:
            broken = break_lines(words, width / look.size, bold=look.bold, where=where)
            lines.extend(SetLine(line, look) for line in broken)
    return tuple(lines)


def height_of(lines: Sequence[SetLine]) -> float:
    """The height of lines set one below the other, in points."""
    return sum(line.style.leading for line in lines)


def draw_lines(
    pen: Pen, x: float, y: float, lines: Sequence[SetLine], align: str = "start", width: float = 0
) -> None:
    """Set lines one below the other from the upper edge ``y``."""
    for one in lines:
        free = width - one.line.width * one.style.size
        shift = {"start": 0.0, "end": free, "centre": free / 2}[align]
        pen.line(x + shift, y, one.line, one.style)
        y -= one.style.leading


def flowing(lines: Sequence[SetLine], *, x: float = s.LEFT, gap: float = 0) -> Iterator[Strip]:
    """Lines as strips of their own, with no first or last line left alone on a page."""
    last = len(lines) - 1
    for index, one in enumerate(lines):
        yield Strip(
            one.style.leading,
            lambda pen, y, one=one: pen.line(x, y, one.line, one.style),
            gap=gap if index == 0 else 0,
            keep=last > 0 and index in (0, last - 1),
        )


def titled(
    text: Text, first: Style, second: Style, where: str
) -> tuple[float, Callable[[Pen, float], None]]:
    """A title with its English beside it where there is room, else below: height and drawing."""
    space = 9.0
    title = set_text(chinese(text), s.COLUMN, first, first, where)
    other = set_text(english(text), s.COLUMN, second, second, where)
    widths = [one.line.width * one.style.size for one in (*title, *other)]
    if not (len(title) == len(other) == 1 and sum(widths) + space <= s.COLUMN):
        lines = (*title, *other)
        return height_of(lines), lambda pen, y: draw_lines(pen, s.LEFT, y, lines)

    def draw(pen: Pen, y: float) -> None:
        draw_lines(pen, s.LEFT, y, title)
        # Both have one leading: the smaller is let down to the baseline of the larger.
        drop = (first.size - second.size) * 0.28
        draw_lines(pen, s.LEFT + widths[0] + space, y - drop, other)

    return height_of(title), draw


def heading(block: Heading, where: str) -> Iterator[Strip]:
    section = block.level == 1
    first, second = (s.SECTION, s.SECTION_EN) if section else (s.PART, s.PART_EN)
    height, title = titled(block.text, first, second, where)
    above, below = (10.0, 5.0) if section else (0.0, 2.0)

    def draw(pen: Pen, y: float) -> None:
        if section:
            pen.rule(s.LEFT, y, s.COLUMN, weight=1.4, colour=s.INK)
        words = " ".join(filter(None, (chinese(block.text), english(block.text))))
        pen.outline(words.replace("\n", " "), block.level, y)
        title(pen, y - above)

    yield Strip(above + height + below, draw, gap=SECTION_GAP if section else 16.0, keep=True)


def paragraph(block: Paragraph, where: str) -> Iterator[Strip]:
    first, second = (s.LEAD, s.LEAD_EN) if block.lead else (s.BODY, s.BODY_EN)
    zh = set_text(chinese(block.text), s.COLUMN, first, second, where)
    en = set_text(english(block.text), s.COLUMN, second, second, where)
    yield from flowing(zh, gap=7.0)
    yield from flowing(en, gap=3.0 if zh else 7.0)


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


def note(block: Note, where: str) -> Iterator[Strip]:
    colour = s.BAD if block.bad else s.INK
    inset = 14.0
    title = Style(s.BODY.size, s.BODY.leading, colour, True)
    lines = (
        *set_text(block.title, s.COLUMN - inset, title, s.BODY_EN, where),
        *set_text(block.text, s.COLUMN - inset, s.BODY, s.BODY_EN, where),
    )
    last = len(lines) - 1
    for index, one in enumerate(lines):

        def draw(pen: Pen, y: float, one: SetLine = one) -> None:
            pen.bar(s.LEFT, y, one.style.leading, weight=2.2, colour=colour)
            pen.line(s.LEFT + inset, y, one.line, one.style)

        yield Strip(
            one.style.leading,
            draw,
            gap=BLOCK_GAP if index == 0 else 0,
            keep=index < last and (index in (0, last - 1) or len(lines) <= 6),
        )


def digest(block: Digest, where: str) -> Iterator[Strip]:
    key = set_text(block.key, s.RAIL - CELL_GUTTER, s.KEY, s.KEY_EN, where)
    groups = [block.hexadecimal[i : i + 8] for i in range(0, len(block.hexadecimal), 8)]
    lines = [break_lines(group, 99)[0] for group in groups]
    remark = set_text(block.remark, s.COLUMN - s.RAIL, s.REMARK, s.REMARK, where)
    rows = -(-len(groups) // 4)
    coded = rows * s.CODE.leading
    pad = 5.0
    height = 2 * pad + max(height_of(key), coded + height_of(remark))

    def draw(pen: Pen, y: float) -> None:
        draw_lines(pen, s.LEFT, y - pad, key)
        pen.copied_as(block.hexadecimal)
        for index, line in enumerate(lines):
            x = s.LEFT + s.RAIL + (index % 4) * 62.0
            pen.line(x, y - pad - 0.5 - index // 4 * s.CODE.leading, line, s.CODE)
        pen.end_copied()
        draw_lines(pen, s.LEFT + s.RAIL, y - pad - coded, remark)
        pen.rule(s.LEFT, y - height, s.COLUMN, weight=0.5, colour=s.RULE)

    yield Strip(height, draw)


def qr_code(block: QrCode, where: str) -> Iterator[Strip]:
    width = s.COLUMN - s.RAIL
    lines = (
        *set_text(block.title, width, s.PART, s.PART_EN, where),
        *set_text(block.text, width, s.VALUE, s.VALUE_EN, where),
    )
    height = max(QR_SIZE, height_of(lines))

    def draw(pen: Pen, y: float) -> None:
        pen.qr(s.LEFT, y, QR_SIZE, block.data, s.INK)
        draw_lines(pen, s.LEFT + s.RAIL, y + 2.0, lines)

    yield Strip(height, draw, gap=18.0)


def signature_areas(block: SignatureAreas, where: str) -> Iterator[Strip]:
    gutter = 24.0
    width = (s.COLUMN - gutter) / 2
    for start in range(0, len(block.areas), 2):
        row = block.areas[start : start + 2]
        titles = [
            (
                *set_text(area.title, width, s.KEY, s.KEY_EN, where),
                *set_text(area.signer, width, s.VALUE, s.VALUE_EN, where),
            )
            for area in row
        ]
        used = max(map(height_of, titles))
        room = max(SEAL_SIZE if area.seal else HAND_HEIGHT for area in row)

        def draw(
            pen: Pen,
            y: float,
            row: Sequence[SignatureArea] = row,
            titles: list[tuple[SetLine, ...]] = titles,
            used: float = used,
            room: float = room,
        ) -> None:
            for index, (area, title) in enumerate(zip(row, titles, strict=True)):
                x = s.LEFT + index * (width + gutter)
                pen.rule(x, y, width, weight=0.8, colour=s.INK)
                draw_lines(pen, x, y - 5.0, title)
                size = (SEAL_SIZE, SEAL_SIZE) if area.seal else (width, HAND_HEIGHT)
                pen.field(area.name, x, y - 5.0 - used - 4.0, *size, area.seal)
                pen.rule(x, y - 5.0 - used - 8.0 - room, width, weight=0.5, colour=s.RULE)

        yield Strip(5.0 + used + 8.0 + room + 1.0, draw, gap=BLOCK_GAP if start == 0 else 22.0)


def page_break() -> Iterator[Strip]:
    yield Strip(0, lambda pen, y: None, keep=True, new_page=True)


def strips_of(blocks: Sequence[Block]) -> list[Strip]:
    """Every block as strips, in order.

    Raises :class:`~signatures.paper.glyphs.MissingGlyph` naming the section and the term.
    """
    strips: list[Strip] = []
    where = ""
    for number, block in zip(count(1), blocks, strict=False):
        place = where or f"Block {number}"
        match block:
            case Heading():
                where = chinese(block.text)
                strips.extend(heading(block, where))
            case Paragraph():
                strips.extend(paragraph(block, place))
            case Pairs():
                strips.extend(pairs(block, place))
            case Table():
                strips.extend(table(block, place))
            case Note():
                strips.extend(note(block, place))
            case Digest():
                strips.extend(digest(block, place))
            case QrCode():
                strips.extend(qr_code(block, place))
            case SignatureAreas():
                strips.extend(signature_areas(block, place))
            case PageBreak():
                strips.extend(page_break())
    return strips
