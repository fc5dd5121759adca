"""Metadata of JPEG and PNG (Exif, XMP, IPTC, comments, text chunks), and pictures without it.

The twin of ``bidding/static/bidding/js/check/pictures.js``. No pixel is ever touched.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from bidding.kit.checks.finding import Damaged, Problem, Read, Said
from bidding.kit.checks.markup import field_name, fields_of

_MOST_TEXT = 1024 * 1024
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_TAGS = {
    0x010E: "Description", 0x0131: "Software", 0x013B: "Artist", 0x8298: "Copyright",
    0x9C9B: "Title", 0x9C9C: "Comment", 0x9C9D: "XPAuthor", 0x9C9E: "Keywords",
    0x9C9F: "Subject", 0xA430: "CameraOwnerName",
}  # fmt: skip
_XP = range(0x9C9B, 0x9CA0)
_EXIF_TABLE, _GPS_TABLE = 0x8769, 0x8825
#: What a JPEG needs to be seen as it is: JFIF, colour profile, Adobe's colour transform.
_KEPT_SEGMENTS = frozenset({0xE0, 0xE2, 0xEE})
_DROPPED_CHUNKS = frozenset({b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME"})


def read_picture(data: bytes, kind: str) -> Read:
    """What a JPEG or PNG says besides its picture."""
    said: list[Said] = []
    try:
        for name, body, _from, _to in _metadata(data):
            if isinstance(name, int):
                said += _segment_said(name, body)
            else:
                said += _chunk_said(name, body)
    except Damaged:
        return Read(kind, (Problem("damaged"),), tuple(said))
    return Read(kind, (), tuple(said))


def without_metadata(data: bytes) -> bytes:
    """The same picture without its metadata; raises :class:`Damaged`."""
    pieces, at = [], 0
    for _name, _body, start, end in list(_metadata(data)):
        pieces.append(data[at:start])
        at = end
    return b"".join([*pieces, data[at:]])


def _metadata(data: bytes) -> Iterator[tuple[int | bytes, bytes, int, int]]:
    if data[:1] == b"\xff":
        for marker, body, start, end in _segments(data):
            if marker == 0xFE or (0xE0 <= marker <= 0xEF and marker not in _KEPT_SEGMENTS):
                yield marker, body, start, end
    else:
        for name, body, start, end in _chunks(data):
            if name in _DROPPED_CHUNKS:
                yield name, body, start, end


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int, int]]:
    at = 2
    while True:
        if at + 4 > len(data) or data[at] != 0xFF:
            raise Damaged
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in (0xDA, 0xD9):
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data) or end < at + 4:
            raise Damaged
        yield marker, data[at + 4 : end], at, end
        at = end


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int, int]]:
    at = 8
    while True:
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if at + 12 > len(data) or end > len(data):
            raise Damaged
        name = data[at + 4 : at + 8]
        yield name, data[at + 8 : end - 4], at, end
        if name == b"IEND":
            return
        at = end


def _said(name: str, text: str) -> list[Said]:
    plain = text.replace("\0", " ").strip()
    return [Said("field", plain, field=field_name(name))] if plain else []


def _packet(xml: str) -> list[Said]:
    return [Said("field", text, field=name) for name, text in fields_of(xml)]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _segment_said(marker: int, body: bytes) -> list[Said]:
    if marker == 0xE1 and body.startswith(b"Exif\0\0"):
        return _exif_said(body[6:])
    if marker == 0xE1 and body.startswith(_XMP):
        return _packet(_text(body[len(_XMP) :]))
    return _said("Comment" if marker == 0xFE else "IPTC", _text(body))


def _chunk_said(name: bytes, body: bytes) -> list[Said]:
    if name == b"tIME":
        return []
    if name == b"eXIf":
        return _exif_said(body)
    keyword, zero, text = body.partition(b"\0")
    if not zero:
        raise Damaged
    key = keyword.decode("latin-1")
    if name == b"tEXt":
        return _said(key, text.decode("latin-1"))
    if name == b"zTXt":
        return _said(key, _unpacked(text[1:]).decode("latin-1"))
    packed = text[:1] == b"\1"
    parts = text[2:].split(b"\0", 2)
    if len(parts) < 3:
        raise Damaged
    words = _text(_unpacked(parts[2]) if packed else parts[2])
    return _packet(words) if key == "XML:com.adobe.xmp" else _said(key, words)


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST_TEXT)
    except zlib.error:
        raise Damaged from None


def _exif_said(data: bytes) -> list[Said]:
    """Names, words and the place in an Exif block; what is cut short says what it can."""
    found: list[Said] = []
    seen: set[int] = set()

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "little" if data[:1] == b"I" else "big")

    def table(at: int) -> None:
        if at in seen or at + 2 > len(data):
            return
        seen.add(at)
        for place in range(at + 2, at + 2 + 12 * number(at, 2), 12):
            if place + 12 > len(data):
                return
            tag, size = number(place, 2), number(place + 4, 4)
            if tag == _EXIF_TABLE:
                table(number(place + 8, 4))
            if tag == _GPS_TABLE:
                found.append(Said("field", "GPS", field="Place"))
            if tag in _TAGS:
                start = number(place + 8, 4) if size > 4 else place + 8
                text = data[start : start + size]
                found.extend(
                    _said(
                        _TAGS[tag], text.decode("utf-16-le" if tag in _XP else "utf-8", "replace")
                    )
                )

    if len(data) >= 8:
        table(number(4, 4))
    return found
