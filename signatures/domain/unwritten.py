"""Whether this transaction has written anything since a moment.

SQLite counts every row that a connection writes, and its transaction is the only writer while it
lasts: two equal states mean that nothing in the database has changed between them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from django.db import transaction

#: The transaction's open blocks (what an inner one wrote may be taken back when it ends), and how
#: many rows its connection has written.
State: TypeAlias = tuple[tuple[Any, ...], int]


def state() -> State | None:
    """The state now; None outside a transaction, and on databases that do not count."""
    line = transaction.get_connection()
    if line.vendor != "sqlite" or not line.atomic_blocks or line.connection is None:
        return None
    return tuple(line.atomic_blocks), line.connection.total_changes
