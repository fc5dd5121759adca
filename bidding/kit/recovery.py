"""The recovery kit: the tenderer's own share of each envelope (index n+1), kept by the tenderer.

It replaces an absent trustee at the opening. Alone it opens nothing, but with k-1 trustees' shares
it does, so the file is encrypted under a passphrase.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bidding.kit import fields, shares, vault
from bidding.kit.errors import EnvelopeError, Malformed
from bidding.kit.header import MAX_VERSION, SLOTS
from bidding.kit.shares import Share
from bidding.kit.wraps import Head
from signatures.domain import jcs

KIND = "recovery-kit"


@dataclass(frozen=True, slots=True)
class RecoveryKit:
    """The tenderer's shares by slot, for one version of one bid; ``policy`` is P."""

    origin: str
    policy: bytes
    bid: uuid.UUID
    version: int
    shares: Mapping[int, Share] = field(repr=False)

    def share_for(self, head: Head) -> Share:
        """The share of this envelope; ``EnvelopeError`` when the kit is another bid's."""
        header = head.header
        share = self.shares.get(header.slot)
        fits = (header.policy, header.bid, header.version) == (self.policy, self.bid, self.version)
        if not fits or share is None or not shares.is_committed(share, head.wraps.tenderer):
            raise EnvelopeError(
                "The recovery kit belongs to another bid or another version of it.",
                code="foreign-kit",
            )
        return share

    def save(self, path: Path, passphrase: str) -> None:
        """Write the kit, encrypted; an existing file is never overwritten."""
        plain = jcs.dumps(
            {
                "origin": self.origin,
                "policy": self.policy.hex(),
                "bid": str(self.bid),
                "version": self.version,
                "shares": {str(slot): each.encode().hex() for slot, each in self.shares.items()},
            }
        )
        vault.write_private(path, vault.lock(plain, passphrase, kind=KIND))

    @classmethod
    def load(cls, path: Path, passphrase: str) -> RecoveryKit:
        """Read a kit; ``Malformed`` for a wrong passphrase or a damaged file."""
        value = jcs.require_fields(
            jcs.loads(vault.unlock(path.read_bytes(), passphrase, kind=KIND)),
            ("origin", "policy", "bid", "version", "shares"),
            where="The recovery kit",
            error=Malformed,
        )
        if not isinstance(value["shares"], dict) or not set(value["shares"]) <= set(
            map(str, SLOTS)
        ):
            raise Malformed("The recovery kit's shares must be an object of slots.")
        return cls(
            origin=fields.text(value["origin"], 255, where="The origin"),
            policy=fields.hexadecimal(value["policy"], 32, where="The policy"),
            bid=fields.identifier(value["bid"], where="The bid"),
            version=fields.integer(value["version"], 1, MAX_VERSION, where="The version"),
            shares={
                int(slot): Share.parse(
                    fields.hexadecimal(each, shares.SHARE_SIZE, where=f"The share of slot {slot}")
                )
                for slot, each in sorted(value["shares"].items())
            },
        )
