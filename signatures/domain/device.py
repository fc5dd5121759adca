"""The signer's side of signing a PDF: on the tenderer's device, never on the server.

The server prepares a document that has room for a signature. The device takes those bytes, shows
them, computes the digest over everything but the room itself, and builds the signed attributes; it
never signs a digest, an attribute or a challenge that somebody else made (design: "Signing").

Nothing here parses PDF beyond its last ``/ByteRange``, and nothing knows Django: the range must
cover the whole file but the room, and the room must be empty, so what is signed is exactly the
file that was given, whatever a parser would make of it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from signatures.domain import cades
from signatures.domain.errors import Malformed
from signatures.domain.keys import Signer

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


@dataclass(frozen=True)
class Room:
    """Where the signature goes: the hexadecimal string from ``start`` (``<``) to ``end`` (past
    ``>``) in a document of ``size`` bytes."""

    start: int
    end: int
    size: int

    @property
    def capacity(self) -> int:
        """How many bytes of DER fit."""
        return (self.end - self.start - 2) // 2


def find_room(data: bytes) -> Room:
    """The empty room for a signature in a prepared document.

    Raises :class:`Malformed` when there is none, when it is not empty, or when the byte range
    leaves out anything else.
    """
    found = None
    for found in _BYTE_RANGE.finditer(data):  # noqa: B007  # the last one is the newest
        pass
    if found is None:
        raise Malformed("The document has no place prepared for a signature.", code="no-room")
    first, start, end, rest = (int(number) for number in found.groups())
    room = Room(start=start, end=end, size=len(data))
    if first != 0 or not 0 < start < end or end + rest != len(data) or room.capacity < 1:
        raise Malformed("The place for the signature leaves out other bytes.", code="no-room")
    gap = data[start:end]
    if gap[:1] != b"<" or gap[-1:] != b">" or gap[1:-1].strip(b"0"):
        raise Malformed("The place for the signature is not empty.", code="no-room")
    return room


def digest(data: bytes, room: Room, algorithm: str) -> bytes:
    """The digest of a document without its room."""
    hashed = hashlib.new(algorithm)
    view = memoryview(data)
    hashed.update(view[: room.start])
    hashed.update(view[room.end :])
    return hashed.digest()


def sign_pdf(data: bytes, signer: Signer) -> bytes:
    """The signature (CMS, DER) over a prepared document, to be handed back to the server.

    PAdES B-B (EN 319 142-1): content type, message digest, signing certificate; no signing time,
    which stands in the document itself.
    """
    room = find_room(data)
    return cades.sign_digest(digest(data, room, signer.digest_algorithm), signer, signing_time=None)
