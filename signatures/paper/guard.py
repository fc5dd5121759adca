"""The one gate before slow work: nothing on paper happens inside a database transaction."""

from __future__ import annotations

from signatures.domain.outside import require_outside_transaction


def outside(what: str) -> None:
    """Raise ``InsideTransaction`` when a transaction is open; ``what`` names the work."""
    require_outside_transaction(what)
