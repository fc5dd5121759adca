"""Following the ledger: what a trustee's client keeps of it between two looks.

The client reads **every** leaf from where it stopped to the new checkpoint and computes the root
itself. That proves that the new tree only adds to the one it stored, and that no plain leaf of
its tender was kept from it, which a proof for single leaves could not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bidding.kit import fields
from bidding.kit.errors import Malformed, Refused
from signatures.domain import jcs, ledger
from signatures.domain.checkpoint import Checkpoint

_MAX_LEAVES = 100_000


@dataclass(frozen=True, slots=True)
class Follower:
    """Where a client stands in the log ``origin``, and all plain leaves of ``lot`` up to there.

    ``size`` leaves have been read; ``edge`` are the hashes of ``ledger.Range``; ``leaves`` pairs
    each leaf's index in the log with its bytes.
    """

    origin: str
    lot: str
    size: int = 0
    edge: tuple[bytes, ...] = ()
    leaves: tuple[tuple[int, bytes], ...] = ()

    def advance(self, new: Iterable[bytes], checkpoint: Checkpoint) -> Follower:
        """The state after reading leaves ``self.size`` to ``checkpoint.size``, which are ``new``.

        The checkpoint's signatures have been checked by the caller. Raises ``Refused``:
        ``wrong-log``, ``stale-checkpoint`` (older than what was seen), ``incomplete-leaves``,
        ``forked-checkpoint`` (the log was altered, or shows different trees to different people).
        """
        if checkpoint.origin != self.origin:
            raise Refused("The checkpoint is of another log.", code="wrong-log")
        if checkpoint.size < self.size:
            raise Refused(
                f"The checkpoint has {checkpoint.size} leaves; {self.size} were seen before.",
                code="stale-checkpoint",
            )
        edge = ledger.Range(self.size, self.edge)
        found = list(self.leaves)
        mark = jcs.dumps(self.lot)
        for data in new:
            if mark in data:
                found.append((edge.size, bytes(data)))
            edge.append(ledger.leaf_hash(data))
            if edge.size > checkpoint.size:
                break
        if edge.size != checkpoint.size:
            raise Refused(
                f"{checkpoint.size} leaves were promised and {edge.size} came.",
                code="incomplete-leaves",
            )
        if edge.root() != checkpoint.root:
            raise Refused(
                "The ledger's leaves do not give the checkpoint's root: it was altered since this"
                " client last looked, or somebody is shown another ledger. Release nothing and"
                " tell the supervisor.",
                code="forked-checkpoint",
            )
        return Follower(
            origin=self.origin,
            lot=self.lot,
            size=edge.size,
            edge=edge.hashes,
            leaves=tuple(found),
        )

    def as_json(self) -> dict[str, Any]:
        """The state as canonical JSON can hold it."""
        return {
            "origin": self.origin,
            "lot": self.lot,
            "size": self.size,
            "edge": [hash_.hex() for hash_ in self.edge],
            "leaves": [{"index": index, "data": data.hex()} for index, data in self.leaves],
        }

    @classmethod
    def from_json(cls, value: Any) -> Follower:
        """Read what ``as_json`` gave; ``Malformed`` for anything else."""
        item = jcs.require_fields(
            value,
            ("origin", "lot", "size", "edge", "leaves"),
            where="The stored state",
            error=Malformed,
        )
        state = cls(
            origin=fields.text(item["origin"], 255, where="The log's origin"),
            lot=fields.urn(item["lot"], where="The lot"),
            size=fields.integer(item["size"], 0, jcs.MAX_INTEGER, where="The size"),
            edge=tuple(
                fields.hexadecimal(each, 32, where="A hash of the edge")
                for each in fields.listing(item["edge"], 0, 64, where="The edge")
            ),
            leaves=tuple(
                _stored(each)
                for each in fields.listing(item["leaves"], 0, _MAX_LEAVES, where="The leaves")
            ),
        )
        ledger.Range(state.size, state.edge)
        return state


def _stored(value: Any) -> tuple[int, bytes]:
    item = jcs.require_fields(value, ("index", "data"), where="A stored leaf", error=Malformed)
    return (
        fields.integer(item["index"], 0, jcs.MAX_INTEGER, where="A leaf's index"),
        fields.hexadecimal(item["data"], None, where="A leaf"),
    )
