"""What a client remembers of a lot between two looks, so that nobody can show it two stories.

The policy that it once accepted, the seal that vouched for the opening service, where it stands in
the ledger, and what it has released. Written whole and synced before anything is released, so that
kill -9 at any moment makes it forget nothing that it acted on.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bidding.kit import fields, vault
from bidding.kit.errors import Malformed
from bidding.kit.follower import Follower
from bidding.kit.policy import MAX_BIDS, Policy
from bidding.kit.tender import Signed
from signatures.domain import jcs
from signatures.domain.checkpoint import NoteVerifier

FORMAT = "sunlit.watch/1"
_FIELDS = ("format", "lot", "policy", "seal", "follower", "settled")
_MAX_STATE = 64 * 1024 * 1024

#: One envelope: bid, version, slot.
Key = tuple[uuid.UUID, int, int]


@dataclass
class Watch:
    """The memory of one lot (its URN). Without ``path`` it lives in memory only."""

    lot: str
    path: Path | None = None
    policy: Signed | None = None
    seal: bytes | None = None
    follower: Follower | None = None
    settled: set[Key] = field(default_factory=set)

    @classmethod
    def open(cls, path: Path, lot: str) -> Watch:
        """The memory in ``path``, or a new one; ``Malformed`` when it is another lot's."""
        if not path.exists():
            return cls(lot=lot, path=path)
        value = jcs.require_fields(
            jcs.loads(path.read_bytes(), canonical=True, max_bytes=_MAX_STATE),
            _FIELDS,
            where="The stored state",
            error=Malformed,
        )
        if value["format"] != FORMAT or value["lot"] != lot:
            raise Malformed(f"{path.name} holds the state of another lot or another kind.")
        return cls(
            lot=lot,
            path=path,
            policy=None if value["policy"] is None else _policy(value["policy"]),
            seal=None
            if value["seal"] is None
            else fields.hexadecimal(value["seal"], 32, where="The stored seal"),
            follower=None if value["follower"] is None else Follower.from_json(value["follower"]),
            settled={
                _key(item)
                for item in fields.listing(
                    value["settled"], 0, 4 * MAX_BIDS, where="The settled envelopes"
                )
            },
        )

    def save(self) -> None:
        """Write the state, whole or not at all."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        vault.write_private(self.path, jcs.dumps(self._as_json()), replace=True)

    def standing(self, policy: Policy) -> Follower:
        """Where this client stands in the policy's log."""
        if self.follower is not None:
            return self.follower
        return Follower(origin=NoteVerifier.parse(policy.log).name, lot=policy.lot)

    def settle(self, key: Key) -> None:
        """Remember that this envelope needs nothing more from this client."""
        self.settled.add(key)
        self.save()

    def _as_json(self) -> dict[str, Any]:
        policy = self.policy
        return {
            "format": FORMAT,
            "lot": self.lot,
            "policy": None
            if policy is None
            else {
                "statement": policy.data.hex(),
                "signatures": [each.hex() for each in policy.signatures],
            },
            "seal": None if self.seal is None else self.seal.hex(),
            "follower": None if self.follower is None else self.follower.as_json(),
            "settled": [
                {"bid": str(bid), "version": version, "slot": slot}
                for bid, version, slot in sorted(self.settled)
            ],
        }


def _policy(value: Any) -> Signed:
    item = jcs.require_fields(
        value, ("statement", "signatures"), where="The stored policy", error=Malformed
    )
    return Signed(
        data=fields.hexadecimal(item["statement"], None, where="The policy"),
        signatures=tuple(
            fields.hexadecimal(each, None, where="The policy's signature")
            for each in fields.listing(item["signatures"], 1, 64, where="The signatures")
        ),
    )


def _key(value: Any) -> Key:
    item = jcs.require_fields(
        value, ("bid", "version", "slot"), where="A settled envelope", error=Malformed
    )
    return (
        fields.identifier(item["bid"], where="The bid"),
        fields.integer(item["version"], 1, jcs.MAX_INTEGER, where="The version"),
        fields.integer(item["slot"], 1, 4, where="The slot"),
    )
