"""What stands in a PDF: whether it can be opened, its properties, its text page by page, scripts
and files inside. The page reads the same with pdf.js (``js/check/pdf.js``)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2

from bidding.kit.checks.finding import BLOCK, WARN, Damaged, Problem, Read, Said
from bidding.kit.checks.markup import field_name, fields_of

_TAIL = 1024
_MOST_PAGES = 5000
_MOST_XMP = 4 * 1024 * 1024
_INFO = {
    "/Author": "Author",
    "/Creator": "Application",
    "/Producer": "Producer",
    "/Title": "Title",
    "/Subject": "Subject",
    "/Keywords": "Keywords",
    "/Company": "Company",
}
_TIMES = frozenset({"/CreationDate", "/ModDate", "/Trapped"})


def read_pdf(path: Path) -> Read:
    """Problems, properties and text of a PDF."""
    if not _is_whole(path):
        return Read("pdf", (Problem("damaged"),))
    try:
        with pikepdf.open(path) as pdf:
            if pdf.is_encrypted:
                return Read("pdf", (Problem("encrypted"),))
            if len(pdf.pages) == 0:
                return Read("pdf", (Problem("damaged"),))
            problems = _inside(pdf)
            said = [*_info(pdf), *_xmp(pdf)]
        pages = [*_pages(path)]
    except pikepdf.PasswordError:
        return Read("pdf", (Problem("encrypted"),))
    except (pikepdf.PdfError, pypdfium2.PdfiumError, ValueError, RuntimeError):
        return Read("pdf", (Problem("damaged"),))
    return Read("pdf", tuple(problems), (*said, *pages), bool(pages))


def without_metadata(path: Path, target: Path) -> None:
    """The same pages in a new file without properties: Info and XMP are left out.

    Raises :class:`Damaged` for a PDF that does not open without a password.
    """
    if any(each.level == BLOCK for each in read_pdf(path).problems):
        raise Damaged
    with pikepdf.open(path) as pdf:
        if "/Info" in pdf.trailer:
            del pdf.trailer["/Info"]
        for each in (pdf.Root, *(page.obj for page in pdf.pages)):
            if "/Metadata" in each:
                del each["/Metadata"]
        pdf.save(target, fix_metadata_version=False)


def _is_whole(path: Path) -> bool:
    """Whether the end is where it belongs; what is cut off short has none."""
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL))
        tail = stream.read()
    return b"startxref" in tail and b"%%EOF" in tail


def _inside(pdf: pikepdf.Pdf) -> list[Problem]:
    found = []
    holders = [pdf.Root, *(page.obj for page in pdf.pages[:_MOST_PAGES])]
    names: Any = pdf.Root.get("/Names", {})
    acts = pdf.Root.get("/OpenAction")
    scripted = isinstance(acts, pikepdf.Dictionary) and acts.get("/S") == "/JavaScript"
    if scripted or "/JavaScript" in names or any("/AA" in each for each in holders):
        found.append(Problem("scripts", WARN))
    if len(pdf.attachments) > 0:
        found.append(Problem("embedded", WARN))
    return found


def _info(pdf: pikepdf.Pdf) -> Iterator[Said]:
    info = pdf.trailer.get("/Info")
    if not isinstance(info, pikepdf.Dictionary):
        return
    for key, value in info.items():
        if key in _TIMES or not isinstance(value, pikepdf.String):
            continue
        text = str(value).strip()
        if text:
            yield Said("field", text, field=_INFO.get(key, field_name(key[1:])))


def _xmp(pdf: pikepdf.Pdf) -> Iterator[Said]:
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return
    xml = metadata.read_bytes()[:_MOST_XMP].decode("utf-8", "replace")
    for name, text in fields_of(xml):
        yield Said("field", text, field=name)


def _pages(path: Path) -> Iterator[Said]:
    document = pypdfium2.PdfDocument(path)
    try:
        for number in range(min(len(document), _MOST_PAGES)):
            page = document[number]
            text_page = page.get_textpage()
            text = text_page.get_text_bounded()
            text_page.close()
            page.close()
            if text.strip():
                yield Said("page", text, page=number + 1)
    finally:
        document.close()
