"""What must never happen inside a database transaction.

Files, networks, signatures, timestamps and PDF rendering are slow and cannot be rolled back.
Measured on SQLite, 150 ms of signing inside one worker's transaction starved four writers for
seconds. So the store, the signer, the timestamper and the paper call
:func:`require_outside_transaction` first, and a command prepares such work before its act.

Imports nothing of Django at module level: the kit and the paper engine use it without Django.
"""

from __future__ import annotations

import sys


class InsideTransaction(RuntimeError):
    """Slow or irrevocable work was begun while a transaction was open: a fault in our code."""


def require_outside_transaction(what: str) -> None:
    """Raise :class:`InsideTransaction` when a database transaction is open in this thread.

    ``what`` names the work in the message. Without Django, or before its settings are read,
    there is no transaction and nothing happens. The transaction that a Django test case wraps
    around a test does not count.
    """
    database = sys.modules.get("django.db")
    conf = sys.modules.get("django.conf")
    if database is None or conf is None or not conf.settings.configured:
        return
    for connection in database.connections.all(initialized_only=True):
        blocks = getattr(connection, "atomic_blocks", ())
        if any(not getattr(block, "_from_testcase", False) for block in blocks):
            raise InsideTransaction(f"{what} was called inside a database transaction.")
