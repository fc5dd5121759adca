"""Files on disk under their SHA-256, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from signatures.domain.errors import Malformed, NotFound, Unavailable
from signatures.domain.outside import require_outside_transaction

CHUNK = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store: SHA-256 in hex and size in bytes."""

    sha256: str
    size: int


def put(content: bytes | BinaryIO | Iterator[bytes], *, limit: int | None = None) -> Stored:
    """Keep ``content`` and return what it is. The same content twice is kept once.

    Raises :class:`Malformed` when it is longer than ``limit`` bytes and :class:`Unavailable` when
    the disk is full; in both cases nothing is left behind.
    """
    require_outside_transaction("The content store")
    root = Path(settings.STORE)
    draft = root / "drafts" / secrets.token_hex(16)
    draft.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    length = 0
    try:
        with draft.open("wb") as stream:
            for chunk in _chunks(content):
                length += len(chunk)
                if limit is not None and length > limit:
                    raise Malformed(f"The file is larger than {limit} bytes.", code="too-large")
                digest.update(chunk)
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        target = path(digest.hexdigest())
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise Unavailable(
            "The file could not be kept: the store is full or out of reach.", code="store-full"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return Stored(sha256=digest.hexdigest(), size=length)


def path(sha256: str) -> Path:
    """Where the file with this digest lies, or would lie."""
    if not _DIGEST.fullmatch(sha256):
        raise Malformed("A file in the store is named by its SHA-256 in hex.", code="bad-digest")
    return Path(settings.STORE) / sha256[:2] / sha256[2:4] / sha256


def exists(sha256: str) -> bool:
    """Whether the store holds this file."""
    return path(sha256).is_file()


def open_stored(sha256: str) -> BinaryIO:
    """The file, open for reading; raises :class:`NotFound`."""
    try:
        return path(sha256).open("rb")
    except FileNotFoundError:
        raise NotFound(f"The store has no file {sha256}.", code="no-such-file") from None


def read(sha256: str) -> bytes:
    """The whole file, checked against its name, for records that fit in memory."""
    with open_stored(sha256) as stream:
        data = stream.read()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Unavailable(
            f"The file {sha256} is damaged in the store. Restore it from a replica.",
            code="damaged-file",
        )
    return data


def size(sha256: str) -> int:
    """Length in bytes; raises :class:`NotFound`."""
    try:
        return path(sha256).stat().st_size
    except FileNotFoundError:
        raise NotFound(f"The store has no file {sha256}.", code="no-such-file") from None


def delete(sha256: str) -> None:
    """Erase a file: withdrawn ciphertexts and disposed records, each by an act of its own."""
    require_outside_transaction("The content store")
    path(sha256).unlink(missing_ok=True)


def _chunks(content: bytes | BinaryIO | Iterator[bytes]) -> Iterator[bytes]:
    if isinstance(content, (bytes, bytearray, memoryview)):
        yield bytes(content)
    elif hasattr(content, "read"):
        while chunk := content.read(CHUNK):
            yield chunk
    else:
        yield from content


def _sync_folder(folder: Path) -> None:
    """The name of a new file is durable only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
