"""How each block of a record is set: from declarative blocks to strips.

Every text passes through :func:`signatures.paper.lines.break_lines` here, so a character that
cannot be printed is refused before anything is drawn, with the place in the record named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from signatures.paper import style as s
from signatures.paper.document import (
    Block,
    Digest,
    Heading,
    Note,
    PageBreak,
    Pairs,
    Paragraph,
    QrCode,
    SignatureArea,
    SignatureAreas,
    Table,
)
from signatures.paper.layout import Strip
from signatures.paper.lines import break_lines
from signatures.paper.pen import Pen
from signatures.paper.rows import pairs, table
from signatures.paper.setting import (
    SetLine,
    chinese,
    draw_lines,
    english,
    flowing,
    height_of,
    set_text,
    titled,
)
from signatures.paper.style import BLOCK_GAP, CELL_GUTTER, Style

SECTION_GAP = 26.0
SEAL_SIZE = 113.4  # 40 mm
HAND_HEIGHT = 56.0
QR_SIZE = 74.0


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


def _strips(block: Block, where: str) -> Iterator[Strip]:
    match block:
        case Heading():
            return heading(block, where)
        case Paragraph():
            return paragraph(block, where)
        case Pairs():
            return pairs(block, where)
        case Table():
            return table(block, where)
        case Note():
            return note(block, where)
        case Digest():
            return digest(block, where)
        case QrCode():
            return qr_code(block, where)
        case SignatureAreas():
            return signature_areas(block, where)
        case PageBreak():
            return page_break()


def strips_of(blocks: Sequence[Block]) -> list[Strip]:
    """Every block as strips, in order.

    Raises :class:`~signatures.paper.glyphs.MissingGlyph` naming the section and the term.
    """
    strips: list[Strip] = []
    where, before = "", None
    for number, block in enumerate(blocks, 1):
        if isinstance(block, Heading):
            where = chinese(block.text)
        found = list(_strips(block, where or f"Block {number}"))
        # Rows stand close under a heading and under other rows, apart from anything else.
        row, after_row = isinstance(block, Pairs | Digest), isinstance(before, Pairs | Digest)
        close = isinstance(before, Heading) or (row and after_row)
        if (row or isinstance(block, Table)) and found and not close:
            found[0] = replace(found[0], gap=BLOCK_GAP)
        strips.extend(found)
        before = block
    return strips
