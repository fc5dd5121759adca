"""``sunlit.withdrawal/1``: a tenderer takes its bid back before the deadline.

``{purpose, origin, at, policy, bid}``: ``policy`` is P, ``bid`` the bid's id. It withdraws every
version of the bid; a later bid of the same tenderer is a new one with a new id.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from bidding.kit import fields
from signatures.domain import jcs, statements

PURPOSE = "sunlit.withdrawal/1"
FIELDS = ("policy", "bid")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The parsed statement; ``policy`` has 32 bytes."""

    origin: str
    at: datetime
    policy: bytes
    bid: uuid.UUID

    def encode(self) -> bytes:
        """The statement's canonical bytes, ready to be signed."""
        return statements.build(
            PURPOSE, origin=self.origin, at=self.at, policy=self.policy.hex(), bid=str(self.bid)
        )

    @classmethod
    def parse(cls, data: bytes, *, origin: str | None = None) -> Withdrawal:
        """Read a statement; ``Malformed`` for unknown fields or bad values."""
        value = statements.parse(data, purpose=PURPOSE, origin=origin, fields=FIELDS)
        return cls(
            origin=value["origin"],
            at=jcs.parse_timestamp(value["at"]),
            policy=fields.hexadecimal(value["policy"], 32, where="The withdrawal's policy"),
            bid=fields.identifier(value["bid"], where="The bid's id"),
        )
