"""``sunlit.bid/1``: the one statement by which a tenderer commits to all envelopes of a version.

For each slot it fixes SHA-256(H ‖ W), the body's size and the RFC 9162 root over the body's parts
of 1 MiB. What is uploaded later is only accepted if it is exactly that.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bidding.kit import body, fields
from bidding.kit.errors import EnvelopeError, Fault, Malformed
from bidding.kit.header import MAX_VERSION, SLOTS
from bidding.kit.padding import padded_size
from bidding.kit.policy import Policy
from bidding.kit.wraps import Head
from signatures.domain import jcs, ledger, statements

PURPOSE = "sunlit.bid/1"


@dataclass(frozen=True, slots=True)
class Commitment:
    """What the tenderer signs for one slot: ``head`` and ``root`` 32 bytes, ``size`` in bytes."""

    slot: int
    head: bytes
    size: int
    root: bytes

    def as_json(self) -> dict[str, Any]:
        """The commitment as it stands in the statement."""
        return {
            "slot": self.slot,
            "head": self.head.hex(),
            "size": self.size,
            "root": self.root.hex(),
        }

    def check_leaves(self, leaves: Sequence[bytes]) -> None:
        """Raise ``EnvelopeError`` unless these are the leaf hashes of the committed body."""
        count = body.part_count(self.size)
        if len(leaves) != count:
            raise _wrong(self.slot, f"has {count} parts, but {len(leaves)} leaf hashes were sent")
        if any(len(leaf) != 32 for leaf in leaves) or ledger.root_of(leaves) != self.root:
            raise _wrong(self.slot, "has another root than the leaf hashes that were sent")


@dataclass(frozen=True, slots=True)
class BidStatement:
    """One version of a bid: ``policy`` is P, ``envelopes`` one commitment a slot, in slot order."""

    origin: str
    at: datetime
    policy: bytes
    bid: uuid.UUID
    version: int
    envelopes: tuple[Commitment, ...]

    def __post_init__(self) -> None:
        slots = [commitment.slot for commitment in self.envelopes]
        if not slots or slots != sorted(set(slots)):
            raise Malformed("A bid has one envelope a slot, in the order of slots.")

    def encode(self) -> bytes:
        """The statement's canonical bytes, ready to be signed."""
        return statements.build(
            PURPOSE,
            origin=self.origin,
            at=self.at,
            policy=self.policy.hex(),
            bid=str(self.bid),
            version=self.version,
            envelopes=[commitment.as_json() for commitment in self.envelopes],
        )

    @classmethod
    def parse(cls, data: bytes, *, origin: str | None = None) -> BidStatement:
        """Read a statement; ``Malformed`` for unknown fields or values out of bounds."""
        value = statements.parse(
            data,
            purpose=PURPOSE,
            origin=origin,
            fields=("policy", "bid", "version", "envelopes"),
        )
        return cls(
            origin=value["origin"],
            at=jcs.parse_timestamp(value["at"]),
            policy=fields.hexadecimal(value["policy"], 32, where="The bid's policy"),
            bid=fields.identifier(value["bid"], where="The bid's id"),
            version=fields.integer(value["version"], 1, MAX_VERSION, where="The bid's version"),
            envelopes=tuple(
                _commitment(item)
                for item in fields.listing(
                    value["envelopes"], 1, len(SLOTS), where="The bid's envelopes"
                )
            ),
        )

    def commitment(self, slot: int) -> Commitment:
        """The commitment for a slot; ``Malformed`` when the bid has no such envelope."""
        for commitment in self.envelopes:
            if commitment.slot == slot:
                return commitment
        raise Malformed(f"This bid has no envelope for slot {slot}.")

    def check(self, policy: Policy, heads: Sequence[Head], *, certificate: bytes) -> None:
        """Raise ``EnvelopeError`` unless the bid is complete and its heads are the committed ones.

        ``heads`` are in the order of ``envelopes``; ``certificate`` is the SHA-256 of the
        certificate that signed the statement. Needs no secret and sees no content.
        """
        if self.policy != policy.digest:
            raise _wrong(0, "belongs to another tender")
        if self.origin != policy.origin:
            raise _wrong(0, "is meant for another platform")
        wanted = [rule.slot for rule in policy.slots]
        if [each.slot for each in self.envelopes] != wanted or len(heads) != len(wanted):
            raise _wrong(0, f"must have exactly one envelope for each of the slots {wanted}")
        for commitment, head in zip(self.envelopes, heads, strict=True):
            self.check_head(policy, commitment, head, certificate=certificate)

    def check_head(
        self, policy: Policy, commitment: Commitment, head: Head, *, certificate: bytes
    ) -> None:
        """The same for one envelope."""
        header = head.header
        policy.require(header)
        slot = commitment.slot
        if head.digest != commitment.head:
            raise _wrong(slot, "has another head than the statement says")
        if (header.slot, header.bid, header.version) != (slot, self.bid, self.version):
            raise _wrong(slot, "belongs to another bid, version or slot")
        if header.certificate != certificate:
            raise _wrong(slot, "names another certificate than the one that signed the bid")
        plain = body.plaintext_size(commitment.size)
        if plain is None or padded_size(plain) != plain:
            raise _wrong(slot, "has a size that no padded envelope has")


def _commitment(value: Any) -> Commitment:
    item = jcs.require_fields(
        value, ("slot", "head", "size", "root"), where="An envelope", error=Malformed
    )
    slot = fields.integer(item["slot"], SLOTS[0], SLOTS[-1], where="An envelope's slot")
    return Commitment(
        slot=slot,
        head=fields.hexadecimal(item["head"], 32, where=f"The head of slot {slot}"),
        size=fields.integer(
            item["size"], body.body_size(0), body.MAX_BODY_SIZE, where=f"The size of slot {slot}"
        ),
        root=fields.hexadecimal(item["root"], 32, where=f"The root of slot {slot}"),
    )


def _wrong(slot: int, what: str) -> EnvelopeError:
    subject = f"The envelope for slot {slot}" if slot else "The bid"
    return EnvelopeError(f"{subject} {what}.", code="bid-refused", fault=Fault.TENDERER)
