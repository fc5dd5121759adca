"""Draws that anyone can run again: commit, reveal, weighted selection (SUNLIT-DRAW-1).

Used for experts, coefficients, tie-breaks, lotteries at a price cap, anonymous bid codes, inspected
projects and their inspectors. Four phases, each closed by a plain leaf of the ledger: the record;
every party's commitment; the reveals; the result. The same rules live in
``static/trading/js/draw.js`` (the page) and ``static/trading/redraw.py`` (published with the
record, standard library only); shared vectors keep the three together.
"""

from __future__ import annotations

from typing import Any

from signatures.domain import jcs
from trading.domain.draw_bundle import PHASES, phase_digests, verify_draw
from trading.domain.draw_record import (
    VERSION,
    DrawError,
    check_record,
    check_reveals,
    commitment_of,
    seed_of,
)
from trading.domain.draw_selection import DrawFailed, run

__all__ = [
    "PHASES",
    "VERSION",
    "DrawError",
    "DrawFailed",
    "commitment",
    "draw",
    "phase_digests",
    "record_digest",
    "verify_draw",
]


def record_digest(record: dict[str, Any]) -> bytes:
    """SHA-256(JCS(record)) of a record that keeps the format; ``DrawError`` otherwise."""
    return check_record(record).digest


def commitment(record: dict[str, Any], party: str, reveal: bytes) -> bytes:
    """The 32 bytes that ``party`` publishes before anybody reveals.

    ``reveal`` is 32 random bytes that the party keeps secret until all commitments stand in the
    ledger. A party that the record does not name, or another length, raises ``DrawError``.
    """
    checked = check_record(record)
    if party not in checked.parties:
        raise DrawError(f"parties does not name {jcs.shown(party)}.")
    if type(reveal) is not bytes or len(reveal) != 32:
        raise DrawError(f"The reveal of {party} must be 32 bytes.")
    return commitment_of(checked.digest, party, reveal)


def draw(record: dict[str, Any], reveals: dict[str, bytes]) -> dict[str, Any]:
    """The result of a record and its parties' reveals:
    ``{"drawn": {stratum: [id]}, "alternates": {stratum: [id]}, "seed": hex, "record_digest": hex}``
    with ids in drawn order.

    Raises ``DrawError`` naming the field when anything is not exactly right, and ``DrawFailed``
    when a stratum gives fewer than its quota. Commitments are checked by ``verify_draw``.
    """
    checked = check_record(record)
    seed = seed_of(checked.digest, checked.parties, check_reveals(checked, reveals))
    return run(checked, seed)
