"""Printed records: a :class:`~signatures.paper.document.Record` in, a PDF/A file out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, cast
from uuid import UUID

from reportlab.pdfgen.canvas import Canvas

from signatures.paper import style as s
from signatures.paper.blocks import strips_of
from signatures.paper.document import Attachment, Record, Text, Words
from signatures.paper.fields import FieldBox, Rendered
from signatures.paper.fonts import REGULAR, face
from signatures.paper.guard import outside
from signatures.paper.layout import Strip, paginate
from signatures.paper.lines import break_lines
from signatures.paper.pdfa import Profile, convert
from signatures.paper.pen import Pen
from signatures.paper.rows import pair_row
from signatures.paper.setting import SetLine, chinese, draw_lines, english, flowing, set_text

BRAND = Words("阳光交易", "Sunlit Trading")


def _joined(text: Text, between: str = "  ") -> str:
    return between.join(filter(None, (chinese(text), english(text)))).replace("\n", " ")


def _one_line(text: str, width: float, style: s.Style, where: str) -> SetLine:
    """The first line of ``text``, with an ellipsis where it had to be cut."""
    lines = break_lines(text, width / style.size, bold=style.bold, where=where)
    if len(lines) > 1:
        kept = "".join(piece.run.text for piece in lines[0].pieces)[:-1] + "…"
        return SetLine(break_lines(kept, 999, bold=style.bold, where=where)[0], style)
    return SetLine(lines[0], style)


def _opening(record: Record) -> list[Strip]:
    """The title, what the record is about, and its first facts."""
    strips = [
        *flowing(set_text(record.title.zh, s.COLUMN, s.TITLE, s.TITLE, "Title")),
        *flowing(set_text(record.title.en, s.COLUMN, s.TITLE_EN, s.TITLE_EN, "Title")),
    ]
    if record.subtitle:
        lines = set_text(record.subtitle, s.COLUMN, s.SUBTITLE, s.SUBTITLE_EN, "Subtitle")
        strips.extend(flowing(lines, gap=8.0))
    if record.summary:
        rule = Strip(
            1.4,
            lambda pen, y: pen.rule(s.LEFT, y, s.COLUMN, weight=1.4, colour=s.INK),
            gap=16.0,
            keep=True,
        )
        strips.append(rule)
        for pair in record.summary:
            strips.extend(pair_row(pair, "Summary"))
    return strips


class _Frame:
    """What stands on every page around the text: brand, running head, foot."""

    def __init__(self, record: Record, pages: int) -> None:
        half = s.COLUMN * 0.62
        self.pages = pages
        strong = s.Style(10.5, 16, s.INK, True)
        quiet = s.Style(8.5, 16, s.INK_SOFT)
        self.brand = _one_line(BRAND.zh, half, strong, "Brand")
        self.brand_en = _one_line(BRAND.en, half, quiet, "Brand")
        self.number = _one_line(record.number, half, s.SMALL, "Record number")
        self.issuer = _one_line(_joined(record.issuer), half, s.SMALL, "Issuer")
        self.running = _one_line(_joined(record.title), half, s.SMALL, "Title")
        self.ledger = set_text(record.ledger, s.COLUMN - 80.0, s.SMALL, s.SMALL, "Ledger position")

    def first(self, pen: Pen) -> None:
        top = s.PAGE_HEIGHT - 44.0
        pen.sun(s.LEFT, top, 19.0, s.INK)
        x = s.LEFT + 27.0
        pen.line(x, top - 1.5, self.brand.line, self.brand.style)
        x += self.brand.line.width * self.brand.style.size + 8.0
        pen.line(x, top - 2.0, self.brand_en.line, self.brand_en.style)
        end = s.LEFT + s.COLUMN
        pen.line_end(end, top + 1.0, self.number.line, s.SMALL)
        pen.line_end(end, top - 10.0, self.issuer.line, s.SMALL)

    def later(self, pen: Pen) -> None:
        top = s.PAGE_HEIGHT - 44.0
        pen.line(s.LEFT, top, self.running.line, s.SMALL)
        pen.line_end(s.LEFT + s.COLUMN, top, self.number.line, s.SMALL)
        pen.rule(s.LEFT, top - 17.0, s.COLUMN, weight=0.5, colour=s.RULE)

    def foot(self, pen: Pen, page: int) -> None:
        top = s.BOTTOM - 18.0
        pen.rule(s.LEFT, top, s.COLUMN, weight=0.5, colour=s.RULE)
        draw_lines(pen, s.LEFT, top - 6.0, self.ledger)
        end = s.LEFT + s.COLUMN
        for drop, text in (
            (6.0, f"第 {page} 页，共 {self.pages} 页"),
            (17.0, f"Page {page} of {self.pages}"),
        ):
            pen.line_end(end, top - drop, break_lines(text, 99)[0], s.SMALL)


def _draw(record: Record) -> tuple[bytes, tuple[FieldBox, ...], int]:
    pages = paginate([*_opening(record), *strips_of(record.blocks)])
    frame = _Frame(record, len(pages))
    out = BytesIO()
    face(REGULAR)
    canvas = Canvas(
        out,
        pagesize=(s.PAGE_WIDTH, s.PAGE_HEIGHT),
        invariant=1,
        pageCompression=1,
        # The stubs call this a number; without it the canvas names an unembedded Helvetica.
        initialFontName=cast(Any, REGULAR),
        lang=record.language,
    )
    canvas.setTitle(_joined(record.title))
    pen = Pen(canvas)
    pen.outline(_joined(record.title, " "), 0, s.PAGE_HEIGHT)
    for index, placed in enumerate(pages):
        pen.page = index
        if index:
            frame.later(pen)
        else:
            frame.first(pen)
        for one in placed:
            one.strip.draw(pen, one.y)
        frame.foot(pen, index + 1)
        canvas.showPage()
    canvas.save()
    names = [field.name for field in pen.fields]
    if len(set(names)) != len(names):
        raise ValueError("Two signature areas of the record have the same name.")
    return out.getvalue(), tuple(pen.fields), len(pages)


def render(
    record: Record,
    *,
    created: datetime,
    document_id: UUID,
    profile: Profile = "2b",
    attachments: Sequence[Attachment] = (),
) -> Rendered:
    """Set ``record`` as PDF/A on A4, ready to be signed.

    Equal arguments give equal bytes: ``created`` (with its time zone) is the only date in the
    file and ``document_id`` its identifier. ``attachments`` need profile ``3b``. Raises
    :class:`~signatures.paper.glyphs.MissingGlyph` naming a character that cannot be printed,
    :class:`~signatures.paper.pdfa.NotArchivable` when the result is not valid, and
    ``InsideTransaction`` within a database transaction.
    """
    outside("Rendering a record")
    drawn, fields, pages = _draw(record)
    data = convert(
        drawn,
        profile=profile,
        title=_joined(record.title, " "),
        author=_joined(record.issuer, " ") or _joined(BRAND, " "),
        subject=record.number,
        language=record.language,
        created=created,
        document_id=document_id,
        attachments=attachments,
    )
    return Rendered(data, fields, pages)
