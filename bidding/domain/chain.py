"""The hash chain under a room's stream. Pure: the archive's verifier follows the same rule.

``chain_0`` is 32 zero bytes and ``chain_n = SHA-256("SUNLIT-ROOM-1|" ‖ room uuid, 16 bytes ‖
chain_{n-1} ‖ JCS(event))``, where the event is the object of :func:`record`. Its random salt of
16 bytes keeps an event that may not be seen from being guessed out of the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from signatures.domain import jcs
from signatures.domain.errors import Malformed

ORIGIN = bytes(32)
SALT_SIZE = 16

_PREFIX = b"SUNLIT-ROOM-1|"


class BrokenChain(Malformed):
    """A stream whose events do not give the chain that it claims."""

    default_code = "broken-chain"


def record(
    *, seq: int, at: datetime, kind: str, audience: str, actor: str, data: Any, salt: bytes
) -> dict[str, Any]:
    """The event as it is hashed and archived: JSON with the salt in hex."""
    return {
        "seq": seq,
        "at": jcs.timestamp(at),
        "kind": kind,
        "audience": audience,
        "actor": actor,
        "data": data,
        "salt": salt.hex(),
    }


def link(room: UUID, previous: bytes, event: Mapping[str, Any]) -> bytes:
    """The chain's next value, 32 bytes; raises ``JcsError`` where the event has no JCS form."""
    return hashlib.sha256(_PREFIX + room.bytes + previous + jcs.dumps(dict(event))).digest()


def follow(room: UUID, events: Iterable[Mapping[str, Any]]) -> tuple[int, bytes]:
    """The head ``(seq, chain)`` that these records, from the first on, lead to.

    A record may carry its own ``chain`` in hex, which is then compared. Raises
    :class:`BrokenChain` at the first record out of order or unlike its chain.
    """
    seq, value = 0, ORIGIN
    for event in events:
        body = {name: item for name, item in event.items() if name != "chain"}
        if body.get("seq") != seq + 1:
            raise BrokenChain(f"Event {seq + 1} is missing or out of order.")
        seq += 1
        value = link(room, value, body)
        if "chain" in event and event["chain"] != value.hex():
            raise BrokenChain(f"Event {seq} does not give the chain recorded beside it.")
    return seq, value
