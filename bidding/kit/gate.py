"""Gates: the statement that a slot may now be opened, and for which bids.

``sunlit.gate/1`` ``{policy, slot, freeze, bids, result}``: ``freeze`` is the frozen set's root,
``bids`` the bids that it admits, sorted; ``result`` is the SHA-256 of the signed result that the
slot waited for, null where the slot opens at a time. It takes effect through its plain leaf only.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bidding.kit import fields
from bidding.kit.errors import Malformed, Refused
from bidding.kit.header import SLOTS
from bidding.kit.policy import MAX_BIDS, Policy
from signatures.domain import jcs, statements

PURPOSE = "sunlit.gate/1"


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: ``policy``, ``freeze`` and ``result`` are 32-byte digests."""

    origin: str
    at: datetime
    policy: bytes
    slot: int
    freeze: bytes
    bids: tuple[uuid.UUID, ...]
    result: bytes | None

    def __post_init__(self) -> None:
        texts = [str(bid) for bid in self.bids]
        if texts != sorted(set(texts)):
            raise Malformed("A gate's bids are sorted and named once each.")

    def encode(self) -> bytes:
        """The statement's canonical bytes, ready to be signed."""
        return statements.build(
            PURPOSE,
            origin=self.origin,
            at=self.at,
            policy=self.policy.hex(),
            slot=self.slot,
            freeze=self.freeze.hex(),
            bids=[str(bid) for bid in self.bids],
            result=None if self.result is None else self.result.hex(),
        )

    @classmethod
    def parse(cls, data: bytes, *, origin: str | None = None) -> Gate:
        """Read a gate; ``Malformed`` for unknown fields or bad values."""
        value = statements.parse(
            data,
            purpose=PURPOSE,
            origin=origin,
            fields=("policy", "slot", "freeze", "bids", "result"),
        )
        result = value["result"]
        return cls(
            origin=value["origin"],
            at=jcs.parse_timestamp(value["at"]),
            policy=fields.hexadecimal(value["policy"], 32, where="The gate's policy"),
            slot=fields.integer(value["slot"], SLOTS[0], SLOTS[-1], where="The gate's slot"),
            freeze=fields.hexadecimal(value["freeze"], 32, where="The gate's freeze"),
            bids=tuple(
                fields.identifier(item, where="A bid of the gate")
                for item in fields.listing(value["bids"], 0, MAX_BIDS, where="The gate's bids")
            ),
            result=None
            if result is None
            else fields.hexadecimal(result, 32, where="The gate's result"),
        )


def require_signatures(
    data: bytes, signatures: Iterable[bytes], policy: Policy, roles: Iterable[str]
) -> None:
    """Raise ``Refused`` unless each of these roles signed ``data``, by the policy's certificates.

    A signature by somebody unknown, or a broken one, is ignored: it takes nothing away from the
    good ones.
    """
    signed: set[bytes] = set()
    for signature in signatures:
        try:
            certificate = statements.check_signature(data, signature)
        except Malformed:
            continue
        signed.add(hashlib.sha256(certificate.dump()).digest())
    missing = [role for role in roles if signed.isdisjoint(policy.signers.get(role, ()))]
    if missing:
        raise Refused(f"The statement is not signed by {', '.join(missing)}.", code="not-signed")
