"""An envelope's plaintext as a source that can be read again: preamble, files, zeros.

It is never held in memory or written to disk as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from bidding.kit.errors import EnvelopeError, Fault, Malformed
from bidding.kit.manifest import Manifest
from bidding.kit.padding import padded_size


@dataclass(frozen=True, slots=True)
class _Segment:
    """Where one file's bytes stand in the plaintext."""

    start: int
    end: int
    path: Path
    name: str
    sha256: bytes


class Plaintext:
    """The bytes of one envelope before encryption; a ``body.Source`` and a context manager.

    ``preamble`` is that of ``manifest.preamble``, ``paths`` the files in the manifest's order.
    With ``check`` the source must be read once, from start to end, and every file is compared
    with its digest on the way: ``EnvelopeError`` ``content-changed`` names the one that differs.
    """

    def __init__(
        self, preamble: bytes, manifest: Manifest, paths: Sequence[Path], *, check: bool = False
    ) -> None:
        if len(paths) != len(manifest.files):
            raise Malformed("There must be one path for each file of the manifest.")
        self._preamble = preamble
        self._segments: list[_Segment] = []
        position = len(preamble)
        for entry, path in zip(manifest.files, paths, strict=True):
            end = position + entry.size
            self._segments.append(_Segment(position, end, path, entry.name, entry.sha256))
            position = end
        self._content = position
        self._check = check
        self._hash = hashlib.sha256()
        self._next = 0
        self._open: tuple[_Segment, BinaryIO] | None = None

    @property
    def size(self) -> int:
        """Bytes in all, padding included."""
        return padded_size(self._content)

    def read(self, offset: int, size: int) -> bytes:
        """Exactly ``size`` bytes from ``offset``, or what is left before the end."""
        end = min(offset + size, self.size)
        if offset >= end:
            return b""
        pieces: list[bytes] = []
        if offset < len(self._preamble):
            pieces.append(self._preamble[offset:end])
        for segment in self._segments:
            if segment.start < end and offset < segment.end:
                start = max(offset, segment.start)
                pieces.append(self._read_file(segment, start, min(end, segment.end) - start))
        if end > self._content:
            pieces.append(bytes(end - max(offset, self._content)))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Close the file that is open, if any."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def __enter__(self) -> Plaintext:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read_file(self, segment: _Segment, start: int, size: int) -> bytes:
        stream = self._stream(segment)
        try:
            stream.seek(start - segment.start)
            data = stream.read(size)
        except OSError as error:
            raise self._changed(segment, f"cannot be read: {error.strerror}") from None
        if len(data) != size:
            raise self._changed(segment, "became shorter while it was being sealed")
        if self._check:
            self._compare(segment, start, data)
        return data

    def _compare(self, segment: _Segment, start: int, data: bytes) -> None:
        if start == segment.start:
            self._hash = hashlib.sha256()
        elif start != self._next:
            raise ValueError("A checked plaintext is read from start to end.")
        self._hash.update(data)
        self._next = start + len(data)
        if self._next == segment.end and self._hash.digest() != segment.sha256:
            raise self._changed(segment, "changed after it was listed in the manifest")

    def _stream(self, segment: _Segment) -> BinaryIO:
        if self._open is None or self._open[0] is not segment:
            self.close()
            try:
                self._open = (segment, segment.path.open("rb"))
            except OSError as error:
                raise self._changed(segment, f"cannot be read: {error.strerror}") from None
        return self._open[1]

    @staticmethod
    def _changed(segment: _Segment, what: str) -> EnvelopeError:
        return EnvelopeError(
            f"The file {segment.name} {what}. Seal the bid again.",
            code="content-changed",
            fault=Fault.TENDERER,
        )
