"""One leader among several clock processes.

PostgreSQL gives an advisory lock that ends with its session; on SQLite, where all processes share
a folder, a locked file does. Both are let go by the kernel when the process dies.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

#: Any number that nothing else in this database locks: "SUN" in ASCII, then the purpose.
_CLOCK_LOCK = 0x53554E01


@contextmanager
def leadership() -> Iterator[bool]:
    """Yields whether this process leads; the lock is held while the block runs."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_CLOCK_LOCK])
            leads = bool(cursor.fetchone()[0])
        try:
            yield leads
        finally:
            if leads and connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [_CLOCK_LOCK])
        return
    with (settings.DATA / "clock.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def still_leading() -> bool:
    """Whether the session that holds the lock is still there (PostgreSQL may have restarted)."""
    return connection.vendor != "postgresql" or connection.is_usable()
