"""Schedules: when a tender closes and when its slots open.

``sunlit.schedule/1`` ``{policy, seq, deadline, gates}``: ``gates`` gives a time for each slot that
the policy opens at a time. The highest ``seq`` governs, times only move later, and none is valid
after the freeze (design, "Keys and policy" 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bidding.kit import fields
from bidding.kit.errors import Malformed, Refused
from bidding.kit.header import SLOTS
from bidding.kit.policy import Policy
from signatures.domain import jcs, statements

PURPOSE = "sunlit.schedule/1"
MAX_SEQ = 1000


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule: ``seq`` counts from 1, ``deadline`` and ``gates`` (by slot) are moments."""

    origin: str
    at: datetime
    policy: bytes
    seq: int
    deadline: datetime
    gates: Mapping[int, datetime]

    def encode(self) -> bytes:
        """The statement's canonical bytes, ready to be signed."""
        return statements.build(
            PURPOSE,
            origin=self.origin,
            at=self.at,
            policy=self.policy.hex(),
            seq=self.seq,
            deadline=jcs.timestamp(self.deadline),
            gates={str(slot): jcs.timestamp(time) for slot, time in self.gates.items()},
        )

    @classmethod
    def parse(cls, data: bytes, *, origin: str | None = None) -> Schedule:
        """Read a schedule; ``Malformed`` for unknown fields or bad values."""
        value = statements.parse(
            data, purpose=PURPOSE, origin=origin, fields=("policy", "seq", "deadline", "gates")
        )
        gates = value["gates"]
        if not isinstance(gates, dict) or not set(gates) <= {str(slot) for slot in SLOTS}:
            raise Malformed("The schedule's gates must be an object of slots.")
        return cls(
            origin=value["origin"],
            at=jcs.parse_timestamp(value["at"]),
            policy=fields.hexadecimal(value["policy"], 32, where="The schedule's policy"),
            seq=fields.integer(value["seq"], 1, MAX_SEQ, where="The schedule's seq"),
            deadline=jcs.parse_timestamp(value["deadline"]),
            gates={int(slot): jcs.parse_timestamp(time) for slot, time in sorted(gates.items())},
        )

    def require(self, policy: Policy) -> None:
        """Raise ``Refused`` unless the schedule belongs to this policy and can stand alone."""
        timed = {rule.slot for rule in policy.slots if rule.after is None}
        if self.policy != policy.digest or self.origin != policy.origin:
            raise _refused("belongs to another tender")
        if set(self.gates) != timed:
            raise _refused(f"must give times for the slots {sorted(timed)} and no others")
        if any(time < self.deadline for time in self.gates.values()):
            raise _refused("opens a slot before the deadline")


def governing(schedules: Iterable[Schedule], policy: Policy) -> Schedule:
    """The schedule that governs: the last of these, given in the order of the ledger.

    Raises ``Refused`` when there is none, when ``seq`` does not rise, or when any time moves
    earlier: whoever signed that is not to be followed, and nothing opens until it is explained.
    """
    current: Schedule | None = None
    for schedule in schedules:
        schedule.require(policy)
        if current is not None:
            if schedule.seq <= current.seq:
                raise _refused(f"with seq {schedule.seq} comes after seq {current.seq}")
            earlier = schedule.deadline < current.deadline or any(
                schedule.gates[slot] < time for slot, time in current.gates.items()
            )
            if earlier:
                raise _refused(f"with seq {schedule.seq} moves a time earlier")
        current = schedule
    if current is None:
        raise Refused("The ledger holds no schedule for this tender.", code="no-schedule")
    return current


def _refused(what: str) -> Refused:
    return Refused(f"A schedule {what}.", code="bad-schedule")
