"""Bodies on the platform's disk: one file an envelope under ``DATA/uploads``, named by its id."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings

from bidding.domain.body_errors import DiskFull, busy, full, missing, unreachable

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: Bytes of one write: for larger ones Linux keeps the file in larger pages, and where these have
#: to be made first, a write takes ten times as long.
PIECE = 64 * 1024


def path(envelope: UUID) -> Path:
    """Where the envelope's body lies, or would lie."""
    name = envelope.hex
    return Path(settings.DATA) / "uploads" / name[:2] / f"{name}.body"


@dataclass(frozen=True)
class Body:
    """An envelope's file, open and locked for one writer."""

    descriptor: int

    def write(self, data: bytes | memoryview, offset: int) -> None:
        """Write all of ``data`` at ``offset``; raises :class:`DiskFull`."""
        view = memoryview(data)
        try:
            while view:
                written = os.pwrite(self.descriptor, view[:PIECE], offset)
                view, offset = view[written:], offset + written
        except OSError as error:
            raise _full(error) from error

    def read(self, size: int, offset: int) -> bytes:
        """Up to ``size`` bytes at ``offset``; fewer where the file ends."""
        return os.pread(self.descriptor, size, offset)

    def sync(self) -> None:
        """Return once everything that was written survives a power failure."""
        try:
            os.fdatasync(self.descriptor)
        except OSError as error:
            raise _full(error) from error


def probe() -> None:
    """Write some bytes where bodies lie, as safely as those; raises :class:`DiskFull`."""
    folder = Path(settings.DATA) / "uploads"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(b"\0" * PIECE)
            stream.flush()
            os.fdatasync(stream.fileno())
    except OSError as error:
        raise _full(error) from error


def length(envelope: UUID) -> int:
    """How long the file is, in bytes; 0 where there is none."""
    try:
        return path(envelope).stat().st_size
    except FileNotFoundError:
        return 0


def free() -> int:
    """Bytes that may still be written where bodies lie."""
    return shutil.disk_usage(settings.DATA).free


@contextmanager
def writing(envelope: UUID) -> Iterator[Body]:
    """The envelope's body for one writer at a time; raises :class:`Busy`, :class:`DiskFull`."""
    target = path(envelope)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        is_new = not target.exists()
        descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _full(error) from error
    try:
        _lock(descriptor)
        if is_new:
            _sync_folder(target.parent)
        yield Body(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def reading(envelope: UUID) -> Iterator[BinaryIO]:
    """The envelope's body to be read; raises :class:`NotFound` where it is gone."""
    try:
        stream = path(envelope).open("rb")
    except FileNotFoundError:
        raise missing() from None
    with stream:
        yield stream


def erase(envelope: UUID) -> bool:
    """Remove the envelope's body, after any writer is done; whether there was one."""
    target = path(envelope)
    try:
        descriptor = os.open(target, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        target.unlink(missing_ok=True)
        _sync_folder(target.parent)
    finally:
        os.close(descriptor)
    return True


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise busy() from None


def _full(error: OSError) -> DiskFull:
    return full() if error.errno in FULL else unreachable()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
