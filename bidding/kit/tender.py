"""What the plain leaves of a lot say about its sealing: policy, schedules, freeze, gates.

The leaves carry digests; the signed statements behind them come from anywhere and are taken only
if their SHA-256 is the leaf's. The same names of acts serve whoever writes these leaves:

======================= ======================== ==========================================
act                     digests                  context
======================= ======================== ==========================================
``bidding.policy``      ``policy``: P            anything
``bidding.schedule``    ``statement``            ``policy``: P
``bidding.freeze``      ``set``: root            ``policy``: P, ``count``
``bidding.gate``        ``statement``            ``policy``: P, ``slot``
======================= ======================== ==========================================

The subject of all of them is the lot's URN; more fields may stand in digests and context.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bidding.kit import fields
from bidding.kit.errors import Malformed, Refused
from bidding.kit.gate import Gate, require_signatures
from bidding.kit.policy import Policy
from bidding.kit.schedule import Schedule, governing
from signatures.domain import jcs, ledger

ACT_POLICY = "bidding.policy"
ACT_SCHEDULE = "bidding.schedule"
ACT_FREEZE = "bidding.freeze"
ACT_GATE = "bidding.gate"


@dataclass(frozen=True, slots=True)
class TenderLeaf:
    """A plain leaf of the lot: its index in the log, its time, its entry."""

    index: int
    at: datetime
    act: str
    subject: str | None
    digests: Mapping[str, Any]
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement's bytes and the detached signatures that came with it."""

    data: bytes
    signatures: tuple[bytes, ...] = ()

    @property
    def digest(self) -> bytes:
        """SHA-256 of the statement's bytes."""
        return hashlib.sha256(self.data).digest()


@dataclass(frozen=True, slots=True)
class FrozenBid:
    """One accepted bid: ``statement`` is the SHA-256 of its ``sunlit.bid/1``."""

    bid: uuid.UUID
    version: int
    statement: bytes

    def encode(self) -> bytes:
        """JCS ``{bid, version, statement}``: one leaf of the frozen set's tree."""
        return jcs.dumps(
            {"bid": str(self.bid), "version": self.version, "statement": self.statement.hex()}
        )


@dataclass(frozen=True, slots=True)
class Freeze:
    """The FREEZE leaf: where it stands, when, how many bids, and their root."""

    index: int
    at: datetime
    #: None where the ledger keeps secret how many there are; the root binds the set all the same.
    count: int | None
    root: bytes


@dataclass(frozen=True, slots=True)
class GateLeaf:
    """A gate that took effect: where and when its leaf stands, and what it says."""

    index: int
    at: datetime
    gate: Gate


def frozen_root(bids: Iterable[FrozenBid]) -> bytes:
    """The RFC 9162 root over the frozen set, sorted by bid; ``Malformed`` if one stands twice."""
    ordered = sorted(bids, key=lambda each: str(each.bid))
    fields.distinct([each.bid for each in ordered], where="The frozen set")
    return ledger.root_of(ledger.leaf_hash(each.encode()) for each in ordered)


class Tender:
    """The plain leaves of one lot, read for one policy.

    ``leaves`` are those of ``Follower.leaves``; ``objects`` gives signed statements by SHA-256.
    Leaves that mention the lot without being its plain acts are passed over; one whose bytes are
    no leaf raises ``Malformed``.
    """

    def __init__(
        self,
        policy: Policy,
        leaves: Iterable[tuple[int, bytes]],
        objects: Iterable[Signed] = (),
    ) -> None:
        self._policy = policy
        self._digest = policy.digest.hex()
        self._objects = {each.digest: each for each in objects}
        read = (_read_leaf(index, data) for index, data in leaves)
        self.leaves: Sequence[TenderLeaf] = tuple(
            leaf for leaf in read if leaf is not None and leaf.subject == policy.lot
        )

    def require_policy(self) -> None:
        """Raise ``Refused`` unless this very policy stands in the ledger."""
        published = [leaf.digests.get("policy") for leaf in self._acts(ACT_POLICY)]
        if self._digest not in published:
            raise Refused("The sealing policy does not stand in the ledger.", code="wrong-policy")

    def schedule(self) -> Schedule:
        """The governing schedule. Raises ``Refused`` when one is missing, forged or not allowed."""
        freezes = self._own(ACT_FREEZE)
        schedules: list[Schedule] = []
        for leaf in self._own(ACT_SCHEDULE):
            if freezes and leaf.index > freezes[0].index:
                raise Refused("A schedule was published after the freeze.", code="bad-schedule")
            signed = self._statement(leaf)
            require_signatures(
                signed.data, signed.signatures, self._policy, self._policy.schedule_signed_by
            )
            schedules.append(Schedule.parse(signed.data, origin=self._policy.origin))
        return governing(schedules, self._policy)

    def freeze(self) -> Freeze:
        """The one FREEZE. Raises ``Refused`` ``no-freeze`` or ``two-freezes``."""
        found = self._own(ACT_FREEZE)
        if not found:
            raise Refused("The set of bids has not been frozen.", code="no-freeze")
        if len(found) > 1:
            raise Refused(
                f"The set of bids was frozen {len(found)} times. Release nothing and tell the"
                " supervisor.",
                code="two-freezes",
            )
        leaf = found[0]
        return Freeze(
            index=leaf.index,
            at=leaf.at,
            count=fields.integer(
                leaf.context["count"], 0, jcs.MAX_INTEGER, where="The freeze's count"
            )
            if "count" in leaf.context
            else None,
            root=fields.hexadecimal(leaf.digests.get("set"), 32, where="The frozen set's root"),
        )

    def gate(self, slot: int) -> GateLeaf:
        """The slot's gate, signed as the policy says and after the act that it waited for.

        Raises ``Refused`` ``no-gate``, ``two-gates``, ``not-signed`` or ``bad-gate``.
        """
        found = [leaf for leaf in self._own(ACT_GATE) if leaf.context.get("slot") == slot]
        if not found:
            raise Refused(f"The gate of slot {slot} is not open.", code="no-gate")
        if len(found) > 1:
            raise Refused(f"Slot {slot} has {len(found)} gates.", code="two-gates")
        leaf, rule = found[0], self._policy.rule(slot)
        signed = self._statement(leaf)
        require_signatures(signed.data, signed.signatures, self._policy, rule.signed_by)
        gate = Gate.parse(signed.data, origin=self._policy.origin)
        if gate.policy != self._policy.digest or gate.slot != slot:
            raise Refused("The gate belongs to another tender or slot.", code="bad-gate")
        if (gate.result is None) != (rule.after is None):
            raise Refused("The gate names no result, or one that it must not.", code="bad-gate")
        if rule.after is not None:
            self._require_result(rule.after, gate, leaf)
        return GateLeaf(index=leaf.index, at=leaf.at, gate=gate)

    def _require_result(self, act: str, gate: Gate, gate_leaf: TenderLeaf) -> None:
        assert gate.result is not None
        wanted = gate.result.hex()
        for leaf in self._acts(act):
            if leaf.index < gate_leaf.index and wanted in leaf.digests.values():
                return
        raise Refused(f"The ledger holds no {act} with the gate's result.", code="bad-gate")

    def _acts(self, act: str) -> list[TenderLeaf]:
        return [leaf for leaf in self.leaves if leaf.act == act]

    def _own(self, act: str) -> list[TenderLeaf]:
        """Leaves of this act under this policy; one that names no policy is refused."""
        found = self._acts(act)
        for leaf in found:
            fields.hexadecimal(leaf.context.get("policy"), 32, where=f"The policy of {act}")
        return [leaf for leaf in found if leaf.context["policy"] == self._digest]

    def _statement(self, leaf: TenderLeaf) -> Signed:
        digest = fields.hexadecimal(
            leaf.digests.get("statement"), 32, where=f"The statement of {leaf.act}"
        )
        signed = self._objects.get(digest)
        if signed is None:
            raise Refused(
                f"The statement behind leaf {leaf.index} ({leaf.act}) was not shown.",
                code="missing-statement",
            )
        return signed


def _read_leaf(index: int, data: bytes) -> TenderLeaf | None:
    """A plain leaf; None for a hidden one, which cannot name a lot."""
    value = jcs.loads(data, canonical=True)
    if not isinstance(value, dict) or "entry" not in value:
        return None
    leaf = jcs.require_fields(value, ("v", "at", "entry"), where="The leaf", error=Malformed)
    if leaf["v"] != 1:
        raise Malformed(f"Leaf {index} is of an unknown version.")
    entry = jcs.require_fields(
        leaf["entry"], ledger.ENTRY_FIELDS, where="The leaf's entry", error=Malformed
    )
    if not isinstance(entry["digests"], dict) or not isinstance(entry["context"], dict):
        raise Malformed(f"Leaf {index} has no digests or no context.")
    return TenderLeaf(
        index=index,
        at=jcs.parse_timestamp(leaf["at"]),
        act=fields.text(entry["act"], 160, where="The leaf's act"),
        subject=entry["subject"],
        digests=entry["digests"],
        context=entry["context"],
    )
