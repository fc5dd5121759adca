"""What stands in a document that is a ZIP package (Office, OpenDocument, OFD).

The twin of ``bidding/static/bidding/js/check/office.js``.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from bidding.kit.checks.finding import WARN, Problem, Read, Said
from bidding.kit.checks.markup import fields_of, text_of
from bidding.kit.checks.pictures import read_picture

_MOST_OF_A_PART = 16 * 1024 * 1024
_MOST = 128 * 1024 * 1024
_MOST_PARTS = 20_000
_PROPERTIES = re.compile(r"(^|/)(core|app|custom|meta|OFD)\.xml$")
_NUMBERED = re.compile(r"(?:slide|sheet|Page_)(\d+)(?:\.xml|/Content\.xml)$")
_PICTURE = re.compile(r"\.(jpe?g|png)$", re.IGNORECASE)
_MACROS = re.compile(r"(^|/)(vbaProject\.bin|Basic/)", re.IGNORECASE)
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError)


def read_office(path: Path) -> Read:
    """Properties, authors, text and pictures' metadata of a package."""
    said: list[Said] = []
    problems: dict[str, Problem] = {}
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            if len(parts) > _MOST_PARTS:
                return Read("zip", (Problem("damaged"),))
            if any(part.flag_bits & 1 for part in parts):
                return Read("zip", (Problem("encrypted"),))
            left = _MOST
            for part in parts:
                name = part.filename
                if _MACROS.search(name):
                    problems["macros"] = Problem("macros", WARN)
                if left <= 0 or not (_PICTURE.search(name) or name.endswith(".xml")):
                    continue
                with package.open(part) as stream:
                    data = stream.read(min(_MOST_OF_A_PART, left))
                left -= len(data)
                said += _said(name, data)
    except _BROKEN:
        problems["damaged"] = Problem("damaged")
    readable = not problems and any(each.where != "field" for each in said)
    return Read("zip", tuple(problems.values()), tuple(said), readable)


def _said(name: str, data: bytes) -> list[Said]:
    if _PICTURE.search(name):
        return list(read_picture(data, "picture").said)
    xml = data.decode("utf-8", "replace")
    if _PROPERTIES.search(name):
        return [Said("field", text, field=field) for field, text in fields_of(xml)]
    text, authors = text_of(xml)
    found: list[Said] = []
    if text.strip():
        number = _NUMBERED.search(name)
        page = int(number[1]) + ("Page_" in name) if number else 0
        found.append(Said("page", text, page=page) if page else Said("text", text))
    return [*found, *(Said("field", one, field="Author") for one in authors)]


def read_archive(path: Path) -> Read:
    """The names in an archive; what is inside is not unpacked."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except _BROKEN:
        return Read("zip", (Problem("damaged"),))
    if any(part.flag_bits & 1 for part in parts):
        return Read("zip", (Problem("encrypted"),))
    return Read("zip", (), tuple(Said("text", part.filename) for part in parts))
