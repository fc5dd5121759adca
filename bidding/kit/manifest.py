"""The manifest: which files an envelope holds, signed by the tenderer and sealed with them.

It is the signed statement ``sunlit.manifest/1`` and the first thing in an envelope's plaintext::

    manifest length u32 | manifest (JCS) | signature length u32 | signature | files | zeros

Its one detached CAdES signature signs all files, because their digests stand in it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bidding.kit import fields
from bidding.kit.body import MAX_BODY_SIZE
from bidding.kit.errors import Malformed
from bidding.kit.header import MAX_VERSION, SLOTS, Header
from signatures.domain import jcs, statements

PURPOSE = "sunlit.manifest/1"
MAX_MANIFEST = 1024 * 1024
MAX_SIGNATURE = 256 * 1024
MAX_FILES = 1000
MAX_NAME_BYTES = 240

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}", re.ASCII)
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: its name, media type, bytes and SHA-256 (32 bytes)."""

    name: str
    type: str
    size: int
    sha256: bytes

    @classmethod
    def describe(cls, path: Path, *, type: str, name: str | None = None) -> FileEntry:
        """The entry of a file on this device; refuses an empty or too large file by name."""
        shown = check_name(unicodedata.normalize("NFC", name or path.name))
        state, size = hashlib.sha256(), 0
        try:
            with path.open("rb") as stream:
                while block := stream.read(_BLOCK):
                    state.update(block)
                    size += len(block)
        except OSError as error:
            raise Malformed(f"The file {shown} cannot be read: {error.strerror}.") from None
        return _check_entry(cls(name=shown, type=type, size=size, sha256=state.digest()))

    def as_json(self) -> dict[str, Any]:
        """The entry as it stands in the manifest."""
        return {
            "name": self.name,
            "type": self.type,
            "size": self.size,
            "sha256": self.sha256.hex(),
        }


@dataclass(frozen=True, slots=True)
class Manifest:
    """``{purpose, origin, at, policy, bid, version, slot, files}``.

    ``policy`` is P (32 bytes); names in ``files`` are unique; their order is that of the bytes.
    """

    origin: str
    at: datetime
    policy: bytes
    bid: uuid.UUID
    version: int
    slot: int
    files: tuple[FileEntry, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.files) <= MAX_FILES:
            raise Malformed(f"An envelope holds 1 to {MAX_FILES} files, not {len(self.files)}.")
        seen: set[str] = set()
        for entry in self.files:
            _check_entry(entry)
            if entry.name in seen:
                raise Malformed(f"Two files are called {entry.name}; rename one of them.")
            seen.add(entry.name)
        if self.size > MAX_BODY_SIZE:
            raise Malformed("The files of one envelope have more than 4 GiB together.")

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(entry.size for entry in self.files)

    @classmethod
    def of(
        cls, header: Header, *, origin: str, at: datetime, files: Iterable[FileEntry]
    ) -> Manifest:
        """The manifest that belongs into the envelope with this header."""
        return cls(
            origin=origin,
            at=at,
            policy=header.policy,
            bid=header.bid,
            version=header.version,
            slot=header.slot,
            files=tuple(files),
        )

    def encode(self) -> bytes:
        """The statement's canonical bytes, ready to be signed."""
        return statements.build(
            PURPOSE,
            origin=self.origin,
            at=self.at,
            policy=self.policy.hex(),
            bid=str(self.bid),
            version=self.version,
            slot=self.slot,
            files=[entry.as_json() for entry in self.files],
        )

    @classmethod
    def parse(cls, data: bytes, *, origin: str | None = None) -> Manifest:
        """Read a manifest; ``Malformed`` for unknown fields, hostile names, bad values."""
        if len(data) > MAX_MANIFEST:
            raise Malformed(f"A manifest has at most {MAX_MANIFEST} bytes.")
        value = statements.parse(
            data,
            purpose=PURPOSE,
            origin=origin,
            fields=("policy", "bid", "version", "slot", "files"),
        )
        return cls(
            origin=value["origin"],
            at=jcs.parse_timestamp(value["at"]),
            policy=fields.hexadecimal(value["policy"], 32, where="The manifest's policy"),
            bid=fields.identifier(value["bid"], where="The manifest's bid"),
            version=fields.integer(
                value["version"], 1, MAX_VERSION, where="The manifest's version"
            ),
            slot=fields.integer(value["slot"], SLOTS[0], SLOTS[-1], where="The manifest's slot"),
            files=tuple(
                _entry(item, f"File {number} of the manifest")
                for number, item in enumerate(
                    fields.listing(
                        value["files"], 1, MAX_FILES, where="The manifest's list of files"
                    ),
                    start=1,
                )
            ),
        )

    def belongs_to(self, header: Header) -> bool:
        """Whether this is the manifest of that tender, bid, version and slot."""
        return (self.policy, self.bid, self.version, self.slot) == (
            header.policy,
            header.bid,
            header.version,
            header.slot,
        )


def preamble(manifest: bytes, signature: bytes) -> bytes:
    """What stands before the files: both lengths, the manifest and its signature."""
    if not 0 < len(manifest) <= MAX_MANIFEST or not 0 < len(signature) <= MAX_SIGNATURE:
        raise Malformed(
            f"A manifest has at most {MAX_MANIFEST} bytes and its signature {MAX_SIGNATURE}."
        )
    return b"".join(
        (len(manifest).to_bytes(4, "big"), manifest, len(signature).to_bytes(4, "big"), signature)
    )


def check_name(name: str) -> str:
    """``name`` itself if it may name a file in an envelope, else ``Malformed``.

    NFC, at most 240 bytes of UTF-8, no separator, no control or invisible formatting character
    (which can make ``exe.fdp`` look like ``pdf.exe``), not ``.`` or ``..``, no blank at an end.
    """
    problem = None
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        problem = f"must have 1 to {MAX_NAME_BYTES} bytes"
    elif any(character in '/\\:*?"<>|' for character in name):
        problem = 'must not contain / \\ : * ? " < > |'
    elif any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in name):
        problem = "must not contain control or invisible characters"
    elif unicodedata.normalize("NFC", name) != name:
        problem = "must be in Unicode form NFC"
    elif name.strip() != name or name.endswith(".") or name.startswith("."):
        problem = "must not start with a dot, end with one, or have blanks at its ends"
    if problem:
        raise Malformed(f"The file name {ascii(name)[:100]} {problem}.", code="hostile-name")
    return name


def _entry(value: Any, where: str) -> FileEntry:
    item: Mapping[str, Any] = jcs.require_fields(
        value, ("name", "type", "size", "sha256"), where=where, error=Malformed
    )
    return FileEntry(
        name=fields.text(item["name"], MAX_NAME_BYTES, where=f"{where}: its name"),
        type=fields.text(item["type"], 129, where=f"{where}: its type"),
        size=fields.integer(item["size"], 1, MAX_BODY_SIZE, where=f"{where}: its size"),
        sha256=fields.hexadecimal(item["sha256"], 32, where=f"{where}: its digest"),
    )


def _check_entry(entry: FileEntry) -> FileEntry:
    check_name(entry.name)
    if not _TYPE.fullmatch(entry.type):
        raise Malformed(f"The file {entry.name} has no media type of the form kind/name.")
    if not 1 <= entry.size <= MAX_BODY_SIZE:
        raise Malformed(
            f"The file {entry.name} has {entry.size} bytes; a file has 1 byte to 4 GiB."
        )
    if len(entry.sha256) != 32:
        raise Malformed(f"The digest of {entry.name} is not a SHA-256.")
    return entry
