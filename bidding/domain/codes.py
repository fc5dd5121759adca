"""Under which codes a committee reads bids (暗标): chosen by nobody, checkable by everybody.

A 32-byte seed is drawn when the committee's draw is opened; its commitment stands in the ledger
before any party of the draw commits, so it cannot be fitted to the draw's seed, and the draw's
parties do not know it. The order of the codes is keyed by both:

    commitment = SHA-256("SUNLIT-CODES-1|" ‖ seed)
    place of a bid = its rank by HMAC-SHA256(seed, "SUNLIT-CODES-1|" ‖ draw seed ‖ bid uuid 16)
    code = "T" and the place from 01

The seed is published with the frozen scores; then anyone can compute the codes again. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from uuid import UUID

_MARK = b"SUNLIT-CODES-1|"


def commitment(seed: bytes) -> bytes:
    """What the ledger holds of the seed (32 bytes) before the committee is drawn."""
    return hashlib.sha256(_MARK + seed).digest()


def assign(seed: bytes, draw_seed: bytes, bids: Iterable[UUID]) -> dict[UUID, str]:
    """The code of each bid, in the order of the codes."""
    ordered = sorted(
        set(bids), key=lambda bid: hmac.digest(seed, _MARK + draw_seed + bid.bytes, "sha256")
    )
    return {bid: f"T{place:02d}" for place, bid in enumerate(ordered, start=1)}


def label(seed: bytes, members: Iterable[str]) -> dict[str, str]:
    """Under which name each member's score sheet is shown to others: ``E1``, ``E2`` …

    ``members`` are URNs. The order says nothing of seats.
    """
    ordered = sorted(
        set(members),
        key=lambda urn: hmac.digest(seed, b"SUNLIT-SHEETS-1|" + urn.encode(), "sha256"),
    )
    return {urn: f"E{place}" for place, urn in enumerate(ordered, start=1)}
