"""Judging an upload before it is kept: its name, its size, and whether it is what it says.

The type is read from the file's own first bytes and must agree with the extension. That says
nothing about what is inside: a document is opened only in the sandbox.
"""

from __future__ import annotations

import unicodedata
from codecs import getincrementaldecoder
from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from signatures.domain.errors import Malformed

MAX_NAME_BYTES = 240
_EDGE = 65536
_FORBIDDEN = frozenset('/\\<>:"|?*')
_PORTS = (f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789¹²³")
_RESERVED = frozenset(("con", "prn", "aux", "nul", "conin$", "conout$", *_PORTS))
_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
#: Spaces that people type: the common, the ideographic, the one that keeps words together.
_SPACES = " \u3000\u00a0"


class HostileName(Malformed):
    """A file name that could mislead a reader or a file system."""

    default_code = "hostile-name"


class WrongType(Malformed):
    """A type that is not accepted here, or content that is not what the extension says."""

    default_code = "wrong-type"


class EmptyFile(Malformed):
    """A file without a byte."""

    default_code = "empty-file"


class TooLarge(Malformed):
    """A file over the limit of its place."""

    default_code = "too-large"


@dataclass(frozen=True)
class Kind:
    """A file type: what its first bytes are, and strings that must stand near head or tail."""

    mime: str
    magic: tuple[bytes, ...]
    holds: tuple[bytes, ...] = ()
    text: bool = False


_ZIP = (b"PK\x03\x04",)
_OPC = b"[Content_Types].xml"
_OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS: dict[str, Kind] = {
    "pdf": Kind("application/pdf", (b"%PDF-",)),
    "ofd": Kind("application/ofd", _ZIP, (b"OFD.xml",)),
    "docx": Kind(f"{_OFFICE}wordprocessingml.document", _ZIP, (_OPC, b"word/")),
    "xlsx": Kind(f"{_OFFICE}spreadsheetml.sheet", _ZIP, (_OPC, b"xl/")),
    "zip": Kind("application/zip", (*_ZIP, b"PK\x05\x06")),
    "png": Kind("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": Kind("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": Kind("image/jpeg", (b"\xff\xd8\xff",)),
    "mp4": Kind("video/mp4", (), (b"ftyp",)),
    "xml": Kind("application/xml", (b"<", b"\xef\xbb\xbf<"), text=True),
    "json": Kind("application/json", (b"{", b"["), text=True),
    "csv": Kind("text/csv", (), text=True),
    "txt": Kind("text/plain", (), text=True),
    "pem": Kind("application/x-pem-file", (b"-----BEGIN ",), text=True),
    "cer": Kind("application/pkix-cert", (b"0\x82", b"-----BEGIN ")),
    "p7s": Kind("application/pkcs7-signature", (b"0\x80", b"0\x82", b"0\x83", b"0\x84")),
}


@dataclass(frozen=True)
class Checked:
    """An upload that passed: its name in NFC, extension, MIME type, and size in bytes."""

    name: str
    extension: str
    mime: str
    size: int


def shown(name: str) -> str:
    """A name as it may be shown to people: what cannot be seen is written as its code point."""
    return "".join(
        f"[U+{ord(c):04X}]" if _is_hidden(c) else c for c in name[:80]
    ) + ("…" if len(name) > 80 else "")


def _is_hidden(character: str) -> bool:
    """Nothing is seen of it, or it looks like a space and is none that people type."""
    kind = unicodedata.category(character)
    return kind in _CATEGORIES or (kind == "Zs" and character not in _SPACES)


def check_name(name: str) -> str:
    """The name in NFC. Raises :class:`HostileName` that says what is wrong with it."""
    clean = unicodedata.normalize("NFC", name)

    def refuse(why: str) -> HostileName:
        return HostileName(
            _("The file name “%(name)s” %(why)s. Rename the file and send it again.")
            % {"name": shown(name), "why": why}
        )

    if not clean.strip(f".{_SPACES}"):
        raise refuse(_("is empty or consists of dots and spaces"))
    for character in clean:
        if character in _FORBIDDEN:
            raise refuse(_("contains “%(character)s”") % {"character": character})
        if _is_hidden(character):
            raise refuse(
                _("contains the invisible character %(code)s") % {"code": f"U+{ord(character):04X}"}
            )
    if len(clean.encode()) > MAX_NAME_BYTES:
        raise refuse(_("is longer than %(limit)d bytes") % {"limit": MAX_NAME_BYTES})
    if clean != clean.strip() or clean.endswith(".") or clean.startswith((".", "-", "~")):
        raise refuse(_("begins or ends with a character that file systems treat specially"))
    if clean.split(".")[0].strip().lower() in _RESERVED:
        raise refuse(_("is reserved by an operating system"))
    return clean


def check_upload(name: str, stream: BinaryIO, allowed: Collection[str], max_bytes: int) -> Checked:
    """Check an upload and leave ``stream`` at its start.

    ``stream`` is seekable, ``allowed`` holds extensions of :data:`KINDS`, ``max_bytes`` is the
    limit. Raises :class:`HostileName`, :class:`WrongType`, :class:`EmptyFile` or
    :class:`TooLarge`, each naming the file.
    """
    clean = check_name(name)
    extension = clean.rpartition(".")[2].lower() if "." in clean else ""
    if extension not in allowed:
        raise WrongType(
            _("“%(name)s” is of a type that is not accepted here. Accepted are: %(types)s.")
            % {"name": shown(clean), "types": ", ".join(sorted(allowed))}
        )
    size = stream.seek(0, 2)
    if size == 0:
        raise EmptyFile(_("“%(name)s” is empty. Choose the file again.") % {"name": shown(clean)})
    if size > max_bytes:
        raise TooLarge(
            _("“%(name)s” has %(size)s bytes; at most %(limit)s are accepted here.")
            % {"name": shown(clean), "size": f"{size:,}", "limit": f"{max_bytes:,}"}
        )
    kind = KINDS[extension]
    stream.seek(0)
    head = stream.read(_EDGE)
    stream.seek(max(0, size - _EDGE))
    tail = stream.read(_EDGE)
    stream.seek(0)
    if not _is(kind, head, tail, whole=size <= _EDGE):
        raise WrongType(
            _("“%(name)s” does not contain what its extension says: it is not a %(type)s file.")
            % {"name": shown(clean), "type": extension.upper()}
        )
    return Checked(clean, extension, kind.mime, size)


def _is(kind: Kind, head: bytes, tail: bytes, *, whole: bool) -> bool:
    if kind.text:
        if b"\x00" in head:
            return False
        try:
            # The window's end may fall within a character.
            getincrementaldecoder("utf-8")().decode(head, final=whole)
        except UnicodeDecodeError:
            return False
        head = head.lstrip()
    if kind.mime == "video/mp4":
        return head[4:8] == b"ftyp"
    if kind.magic and not head.startswith(kind.magic):
        return False
    return all(mark in head or mark in tail for mark in kind.holds)
