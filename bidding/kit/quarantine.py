"""Where an envelope's plaintext waits while it is unproven.

A streaming decryptor gives bytes before the end is proven, so files are written into a private
folder under numbers (never under the names that a tenderer chose) and only ``release``, after the
end of the body, the manifest, its signature, every digest and the zero padding have been checked,
moves the folder to where others may read it. Anything wrong removes it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bidding.kit.errors import EnvelopeError, Fault, Malformed
from bidding.kit.hashing import FileWriter
from bidding.kit.header import Header
from bidding.kit.manifest import MAX_MANIFEST, MAX_SIGNATURE, FileEntry, Manifest
from bidding.kit.padding import padded_size
from signatures.domain import statements

_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Opened:
    """A checked envelope: its manifest, the signature over it, and the files on disk.

    ``manifest_data`` and ``signature`` are the exact bytes; ``certificate`` is the signer's, in
    DER, and is the one that the header names. ``files`` pairs each entry with its path.
    """

    header: Header
    manifest: Manifest
    manifest_data: bytes
    signature: bytes
    certificate: bytes
    files: tuple[tuple[FileEntry, Path], ...]


class Quarantine:
    """Takes the plaintext of one envelope as it streams in.

    ``folder`` is a private directory on the same disk as the later destination, ``size`` the
    plaintext's length as the body's length tells it, ``origin`` the platform that the manifest
    must be meant for. All errors are ``EnvelopeError`` with the tenderer's fault: the bytes were
    authenticated before they came here.
    """

    def __init__(self, folder: Path, header: Header, *, size: int, origin: str) -> None:
        self._header = header
        self._size = size
        self._origin = origin
        self._received = 0
        self._pending = bytearray()
        self._manifest: Manifest | None = None
        self._manifest_data = b""
        self._signature = b""
        self._certificate = b""
        self._content_end = 0
        self._number = 0
        #: Bytes of the current file that are still to come; None between files.
        self._left: int | None = None
        self._writer = FileWriter()
        self._folder = Path(tempfile.mkdtemp(prefix="envelope-", dir=folder))

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the plaintext."""
        self._received += len(data)
        if self._received > self._size:
            raise _wrong("The envelope holds more than its length allows.")
        rest = memoryview(data)
        if self._manifest is None:
            self._pending += data
            end = self._read_preamble()
            if end is None:
                return
            rest = memoryview(bytes(self._pending[end:]))
            self._pending.clear()
        rest = self._write_files(rest)
        if bytes(rest).count(0) != len(rest):
            raise _wrong("The envelope's padding is not all zeros.")

    def release(self, destination: Path) -> Opened:
        """Everything was received and is right: move the folder to ``destination``.

        Call it only after the body's end is proven. ``destination`` must not exist yet.
        """
        if self._manifest is None or self._received != self._size:
            raise _wrong("The envelope ends too early.")
        if self._number != len(self._manifest.files):
            raise _wrong("The envelope ends before its last file.")
        if destination.exists():
            raise Malformed(f"{destination.name} exists already; nothing is overwritten.")
        self._folder.rename(destination)
        return Opened(
            header=self._header,
            manifest=self._manifest,
            manifest_data=self._manifest_data,
            signature=self._signature,
            certificate=self._certificate,
            files=tuple(
                (entry, destination / _stored_name(number))
                for number, entry in enumerate(self._manifest.files, start=1)
            ),
        )

    def discard(self) -> None:
        """End, and remove whatever was written and not released."""
        self._writer.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read_preamble(self) -> int | None:
        """Where the files start, once manifest and signature are there and have been checked."""
        manifest = self._block(0, MAX_MANIFEST, "manifest")
        if manifest is None:
            return None
        signature_at = _LENGTH + len(manifest)
        signature = self._block(signature_at, MAX_SIGNATURE, "signature")
        if signature is None:
            return None
        self._accept(manifest, signature)
        return signature_at + _LENGTH + len(signature)

    def _block(self, at: int, most: int, what: str) -> bytes | None:
        if len(self._pending) < at + _LENGTH:
            return None
        length = int.from_bytes(self._pending[at : at + _LENGTH], "big")
        if not 0 < length <= most:
            raise _wrong(f"The envelope's {what} would have {length} bytes.")
        end = at + _LENGTH + length
        return bytes(self._pending[at + _LENGTH : end]) if len(self._pending) >= end else None

    def _accept(self, data: bytes, signature: bytes) -> None:
        try:
            manifest = Manifest.parse(data, origin=self._origin)
            certificate = statements.check_signature(data, signature).dump()
        except Malformed as error:
            raise _wrong(f"The envelope's manifest is refused: {error}") from None
        if not manifest.belongs_to(self._header):
            raise _wrong("The envelope's manifest belongs to another tender, bid, version or slot.")
        if hashlib.sha256(certificate).digest() != self._header.certificate:
            raise _wrong("The envelope's manifest is signed by another certificate than its own.")
        self._content_end = 2 * _LENGTH + len(data) + len(signature) + manifest.size
        if padded_size(self._content_end) != self._size:
            raise _wrong("The envelope's length is not that of its padded files.")
        self._manifest, self._manifest_data = manifest, data
        self._signature, self._certificate = signature, certificate

    def _write_files(self, data: memoryview) -> memoryview:
        """Write what belongs to files; what is left is padding."""
        assert self._manifest is not None
        entries = self._manifest.files
        while data and self._number < len(entries):
            entry = entries[self._number]
            if self._left is None:
                self._writer.begin(self._folder / _stored_name(self._number + 1))
                self._left = entry.size
            piece = data[: self._left]
            self._writer.write(piece)
            self._left -= len(piece)
            data = data[len(piece) :]
            if self._left == 0:
                self._close(entry)
        return data

    def _close(self, entry: FileEntry) -> None:
        if self._writer.finish() != entry.sha256:
            raise _wrong(f"The file {entry.name} is not the one that the manifest lists.")
        self._left = None
        self._number += 1


def _stored_name(number: int) -> str:
    return f"{number:04d}"


def _wrong(message: str) -> EnvelopeError:
    return EnvelopeError(message, code="content-refused", fault=Fault.TENDERER)
