"""Looking into one record: does it open, render, and hold anything that acts. Runs in the sandbox.

Records come from outside, so :func:`run` is called in a child process that can be lost
(``signatures.sandbox``). Nothing here knows Django. Several records go in at once, because a child
takes longer to start than to read one; each answer is JSON: ``opened`` (true, false, or null where
nobody here can tell), ``reason``, and for PDF ``pages``, ``rendered``, ``encrypted``,
``active`` (what acts or leads outside), ``profile`` (the PDF/A that it claims), ``compliant``,
``findings``, ``signed``, ``characters``; for ZIP-based files ``bomb`` and ``traversal``.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from typing import Any

MAX_PAGES_RENDERED = 5000
MAX_RATIO = 200
MAX_UNPACKED = 4 * 1024**3
MAX_DEPTH = 100
SCALE = 0.25
#: Keys of a PDF's dictionaries that act, or lead out of the file.
ACTIVE = frozenset(
    {"/JS", "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/RichMedia", "/Movie",
     "/GoToR", "/GoToE", "/URI", "/Rendition"}
)  # fmt: skip
_PART = re.compile(rb"pdfaid:part(?:>|=[\"'])(\d)")
_LEVEL = re.compile(rb"pdfaid:conformance(?:>|=[\"'])([A-Za-z])")


def enclose(records: Sequence[tuple[str, bytes]]) -> bytes:
    """Records as (media type, bytes), as :func:`run` takes them."""
    head = json.dumps([[kind, len(data)] for kind, data in records]).encode()
    return b"".join([head, b"\n", *(data for _kind, data in records)])


def run(payload: bytes) -> bytes:
    """What :func:`enclose` made in, a JSON list out: one object for each record, in order."""
    head, _line, rest = payload.partition(b"\n")
    found = []
    at = 0
    for kind, length in json.loads(head):
        found.append(_inspected(kind, rest[at : at + length]))
        at += length
    return json.dumps(found, sort_keys=True).encode()


def _inspected(kind: str, data: bytes) -> dict[str, Any]:
    try:
        return _INSPECTORS[kind](data) if kind in _INSPECTORS else {"opened": None}
    except MemoryError:
        raise
    except Exception as error:
        return {"opened": False, "reason": f"{type(error).__name__}: {error}"[:300]}


def _pdf(data: bytes) -> dict[str, Any]:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            found = _structure(pdf)
    except pikepdf.PasswordError:
        return {"opened": False, "encrypted": True, "reason": "It is encrypted."}
    found.update(_claim(data, found.pop("metadata"), signed=found["signed"]))
    found.update(_rendering(data, found["pages"]))
    return found


def _structure(pdf: Any) -> dict[str, Any]:

    active: set[str] = set()
    for thing in pdf.objects:
        active |= _active(thing, 0)
    form = pdf.Root.get("/AcroForm")
    signed = form is not None and int(form.get("/SigFlags", 0)) & 1 == 1
    metadata = pdf.Root.get("/Metadata")
    return {
        "opened": True,
        "encrypted": bool(pdf.is_encrypted),
        "pages": len(pdf.pages),
        "active": sorted(active),
        "signed": signed,
        "attachments": len(pdf.attachments),
        "metadata": b"" if metadata is None else metadata.read_bytes(),
    }


def _active(thing: Any, depth: int) -> set[str]:
    """What acts in one object and in what is written directly inside it; other objects are asked
    by themselves."""
    import pikepdf

    if depth > MAX_DEPTH:
        return {"nesting"}
    found: set[str] = set()
    inside: list[Any] = []
    if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        found |= ACTIVE & set(thing.keys())
        if str(thing.get("/S", "")) in ACTIVE:
            found.add(str(thing["/S"]))
        inside = list(thing.values())
    elif isinstance(thing, pikepdf.Array):
        inside = list(thing)
    for each in inside:
        if isinstance(each, pikepdf.Object) and not each.is_indirect:
            found |= _active(each, depth + 1)
    return found


def _claim(data: bytes, metadata: bytes, *, signed: bool) -> dict[str, Any]:
    """The PDF/A that the file says it is, and whether it is that."""
    from signatures.paper import gate

    part, level = _PART.search(metadata), _LEVEL.search(metadata)
    if part is None or level is None:
        return {"profile": None, "compliant": None, "findings": []}
    profile = (part[1] + level[1].lower()).decode()
    if profile not in ("2b", "3b"):
        return {"profile": profile, "compliant": None, "findings": []}
    verdict = gate.validate(data, profile, signed=signed)  # type: ignore[arg-type]
    return {
        "profile": profile,
        "compliant": verdict.compliant,
        "validators": list(verdict.validators),
        "findings": [f"{one.rule}: {one.message}"[:200] for one in verdict.findings[:5]],
    }


def _rendering(data: bytes, pages: int) -> dict[str, Any]:
    """Every page is drawn, small; text is counted."""
    import pypdfium2

    if pages > MAX_PAGES_RENDERED:
        return {"rendered": None, "characters": None}
    characters = 0
    document = pypdfium2.PdfDocument(data)
    try:
        for index in range(len(document)):
            sheet = document[index]
            sheet.render(scale=SCALE).close()
            text = sheet.get_textpage()
            characters += text.count_chars()
            text.close()
            sheet.close()
    finally:
        document.close()
    return {"rendered": pages, "characters": characters}


def _json(data: bytes) -> dict[str, Any]:
    json.loads(data.decode("utf-8"))
    return {"opened": True}


def _xml(data: bytes) -> dict[str, Any]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(data, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        return {"opened": True, "active": ["DTD"]}
    return {"opened": True}


def _text(data: bytes) -> dict[str, Any]:
    data.decode("utf-8")
    return {"opened": True}


def _image(data: bytes) -> dict[str, Any]:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return {"opened": True, "pages": 1, "rendered": 1}


def _zip(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        rows = archive.infolist()
        unpacked = sum(row.file_size for row in rows)
        names = [row.filename for row in rows]
    return {
        "opened": True,
        "bomb": unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(1, len(data)),
        "traversal": any(
            name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) for name in names
        ),
        "active": ["macros"] if any(name.endswith("vbaProject.bin") for name in names) else [],
    }


_OFFICE = "application/vnd.openxmlformats-officedocument."
_INSPECTORS = {
    "application/pdf": _pdf,
    "application/json": _json,
    "application/xml": _xml,
    "text/plain": _text,
    "text/csv": _text,
    "image/png": _image,
    "image/jpeg": _image,
    "application/zip": _zip,
    "application/ofd": _zip,
    f"{_OFFICE}wordprocessingml.document": _zip,
    f"{_OFFICE}spreadsheetml.sheet": _zip,
}
