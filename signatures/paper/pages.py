"""Looking into PDF files: pages as images, text as strings. Both by PDFium.

Files of ours may be read in this process. Files from outside are untrusted: read them through
``signatures.sandbox`` with :func:`png_job` or :func:`text_job`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO

import pypdfium2 as pdfium

from signatures.domain.errors import Malformed
from signatures.paper.guard import outside

MAX_PIXELS = 4000


class Unreadable(Malformed):
    """PDFium cannot open the file, or it has no such page."""

    default_code = "unreadable-pdf"


def _open(data: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise Unreadable(f"This is not a PDF file that can be opened ({error}).") from error


def count(data: bytes) -> int:
    """How many pages the file has."""
    with _open(data) as document:
        return len(document)


def png(data: bytes, page: int = 0, *, dpi: int = 110) -> bytes:
    """One page (from 0) as PNG without metadata; no side is longer than ``MAX_PIXELS``."""
    outside("Rendering a page")
    with _open(data) as document:
        if not 0 <= page < len(document):
            raise Unreadable(f"The file has {len(document)} pages, so there is no page {page + 1}.")
        document.init_forms()  # else signature fields, and so seals, are left out
        sheet = document[page]
        scale = min(dpi / 72, MAX_PIXELS / max(sheet.get_size()))
        image = sheet.render(scale=scale, may_draw_forms=True).to_pil()
        out = BytesIO()
        image.save(out, "PNG", optimize=True)
        return out.getvalue()


def texts(data: bytes) -> Iterator[str]:
    """The text of each page in reading order, as far as the file gives it."""
    outside("Reading a PDF file")
    with _open(data) as document:
        for sheet in document:
            content = sheet.get_textpage()
            yield content.get_text_range().replace("\r\n", "\n")
            content.close()
            sheet.close()


def text(data: bytes) -> str:
    """The text of all pages, parted by form feeds."""
    return "\f".join(texts(data))


def png_job(payload: bytes) -> bytes:
    """For the sandbox: two bytes of page number (big-endian, from 0), then the file; a PNG."""
    return png(payload[2:], int.from_bytes(payload[:2], "big"))


def text_job(payload: bytes) -> bytes:
    """For the sandbox: the file; a JSON list of the pages' texts."""
    return json.dumps(list(texts(payload)), ensure_ascii=False).encode()
