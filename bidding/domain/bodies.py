"""The bodies of envelopes: ciphertext only, written part by part, read at the opening.

They lie on the platform's own disk, or with a service that speaks S3 (``SUNLIT_BODIES``). What the
database counts as received is there, checked and safe from a power failure; what lies beyond it is
left over from a request that was cut short, and is checked anew before it counts, or written again.
"""

from __future__ import annotations

import fcntl
import importlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bidding.domain.body_errors import AT_ONCE, Busy, DiskFull, TooManyUploads
from signatures.domain.outside import require_outside_transaction

__all__ = [
    "Body", "Busy", "DiskFull", "TooManyUploads", "erase", "free", "length", "probe", "reading",
    "transfer", "writing",
]  # fmt: skip


class Body(Protocol):
    """An envelope's body, open for one writer."""

    def write(self, data: bytes | memoryview, offset: int) -> None:
        """Write all of ``data``, which begins a part; raises :class:`DiskFull`."""

    def read(self, size: int, offset: int) -> bytes:
        """Up to ``size`` bytes of one part from its beginning; fewer where the body ends."""

    def sync(self) -> None:
        """Return once everything that was written survives a power failure."""


class Storage(Protocol):
    """Where bodies lie; the functions of this module without their preconditions."""

    def free(self) -> int | None: ...

    def length(self, envelope: UUID) -> int: ...

    def writing(self, envelope: UUID) -> AbstractContextManager[Body]: ...

    def reading(self, envelope: UUID) -> AbstractContextManager[BinaryIO]: ...

    def erase(self, envelope: UUID) -> bool: ...

    def probe(self) -> None: ...


def _storage() -> Storage:
    storage: Storage = importlib.import_module(f"bidding.domain.bodies_on_{settings.BODIES}")
    return storage


def free() -> int | None:
    """Bytes that may still be written where bodies lie; None where nobody can tell."""
    return _storage().free()


def length(envelope: UUID) -> int:
    """How long the body is, in bytes; 0 where there is none."""
    return _storage().length(envelope)


def writing(envelope: UUID) -> AbstractContextManager[Body]:
    """The envelope's body for one writer at a time; raises :class:`Busy`, :class:`DiskFull`."""
    require_outside_transaction("Writing an envelope's body")
    return _storage().writing(envelope)


def reading(envelope: UUID) -> AbstractContextManager[BinaryIO]:
    """The envelope's body to be read; raises :class:`NotFound` where it is gone."""
    return _storage().reading(envelope)


def erase(envelope: UUID) -> bool:
    """Remove the envelope's body, after any writer is done; whether there was one."""
    require_outside_transaction("Erasing an envelope's body")
    return _storage().erase(envelope)


def probe() -> None:
    """Return if bodies can be taken in; else raise what a writer would be told."""
    _storage().probe()


@contextmanager
def transfer(tenderer: UUID) -> Iterator[None]:
    """One of the tenderer's transfers, in whatever process; raises :class:`TooManyUploads`."""
    folder = Path(settings.DATA) / "uploads" / "transfers"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(AT_ONCE):
        descriptor = os.open(
            folder / f"{tenderer.hex}.{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        try:
            yield
        finally:
            os.close(descriptor)
        return
    raise TooManyUploads(
        _("Your organisation has %(most)d uploads under way; wait until one of them is done.")
        % {"most": AT_ONCE}
    )
