"""What a printed record says, without how it looks.

A :class:`Record` is made of blocks in reading order. Text is a plain string (a name, a figure,
anything a user wrote: it is never translated) or :class:`Words`, the same thing said in Chinese
and in English; the Chinese is set first and larger, the English second. Line feeds in text are
kept. Everything is a frozen value, so that a record can be compared, tested and built anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Words:
    """The same text in Chinese and in English; ``en`` may be empty."""

    zh: str
    en: str = ""


Text = str | Words


@dataclass(frozen=True)
class Heading:
    """Opens a section under a heavy rule (level 1) or parts one (level 2); in the outline."""

    text: Text
    level: Literal[1, 2] = 1


@dataclass(frozen=True)
class Paragraph:
    """Running text across the column. ``lead`` sets it larger, for a record's opening words."""

    text: Text
    lead: bool = False


@dataclass(frozen=True)
class Pair:
    """A term and what it is; ``remark`` is set smaller below the value."""

    key: Text
    value: Text
    remark: Text = ""


@dataclass(frozen=True)
class Pairs:
    """A list of terms on the left rail with their values; also a log with its times."""

    rows: Sequence[Pair]


@dataclass(frozen=True)
class Column:
    """A table's column. ``weight`` is its share of the width; figures are aligned to the end."""

    title: Text
    weight: float = 1
    align: Literal["start", "end", "centre"] = "start"


@dataclass(frozen=True)
class Table:
    """A table whose header is repeated on every page. ``foot`` rows are set bold at its end.

    Every row has as many cells as there are ``columns``; a cell is text.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Text]]
    caption: Text = ""
    foot: Sequence[Sequence[Text]] = ()

    def __post_init__(self) -> None:
        for number, row in enumerate((*self.rows, *self.foot), 1):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"Row {number} has {len(row)} cells where the table has {len(self.columns)}."
                )


@dataclass(frozen=True)
class Note:
    """A remark set off by a bar: what is not covered, what to do. ``bad`` marks a refusal."""

    text: Text
    title: Text = ""
    bad: bool = False


@dataclass(frozen=True)
class Digest:
    """A digest or key in hexadecimal, set in groups of eight; it is copied without gaps."""

    key: Text
    hexadecimal: str
    remark: Text = ""

    def __post_init__(self) -> None:
        if not self.hexadecimal or set(self.hexadecimal) - set("0123456789abcdef"):
            raise ValueError("A digest is printed as lower-case hexadecimal.")


@dataclass(frozen=True)
class QrCode:
    """A QR code with what it opens beside it. ``data`` is what a scanner reads."""

    data: str
    title: Text
    text: Text = ""


@dataclass(frozen=True)
class SignatureArea:
    """Room for one signature. ``name`` becomes the PDF field's name and is unique in a record.

    ``seal`` areas are square, for a round organisation seal 40 mm across; others are wide and
    low, for a person. ``title`` says in which capacity, ``signer`` who is expected.
    """

    name: str
    title: Text
    signer: Text = ""
    seal: bool = False


@dataclass(frozen=True)
class SignatureAreas:
    """Areas side by side, two a row, never parted from their titles by a page's end."""

    areas: Sequence[SignatureArea]


@dataclass(frozen=True)
class PageBreak:
    """What follows begins on a new page."""


Block = Heading | Paragraph | Pairs | Table | Note | Digest | QrCode | SignatureAreas | PageBreak


@dataclass(frozen=True)
class Record:
    """One printed record.

    ``number`` is the record's own number, printed on every page; ``language`` its BCP 47 tag
    (``zh-Hans`` or ``en``); ``issuer`` who issues it; ``ledger`` its place in the ledger as the
    foot of every page says it; ``subtitle`` what it is about (a project, a lot).
    """

    title: Words
    number: str
    blocks: Sequence[Block]
    language: str = "zh-Hans"
    issuer: Text = ""
    subtitle: Text = ""
    ledger: Text = ""
    summary: Sequence[Pair] = field(default=())


@dataclass(frozen=True)
class Attachment:
    """A file carried inside a PDF/A-3b record, such as its machine-readable twin.

    ``relationship`` is the AFRelationship of ISO 32000-2, 14.13.3: what the file is to the page.
    """

    name: str
    data: bytes
    mime: str
    relationship: Literal["Data", "Source", "Alternative", "Supplement", "Unspecified"] = "Data"
    description: str = ""
    modified: datetime | None = None
