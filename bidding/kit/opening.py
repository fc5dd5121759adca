"""Whether a trustee's client releases its share of one envelope: every check of the design.

Pure: it reads nothing but its arguments. The client fetches leaves, checkpoint, timestamp and
statements from the platform, believes none of them, and keeps a ``Follower`` of its own.

Nothing is released unless the policy is P and stands in the ledger; the slot's gate exists, is
signed as P says and admits the bid; exactly one FREEZE exists, after the deadline, with enough
bids, and holds this bid; the checkpoint is signed by the log, continues the one stored and is
cosigned by a witness named in P; and timestamp, cosignature and own clock are past the opening
time by the governing schedule.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from bidding.kit import tokens
from bidding.kit.bid import BidStatement
from bidding.kit.errors import Refused, SunlitError
from bidding.kit.follower import Follower
from bidding.kit.policy import Policy
from bidding.kit.schedule import Schedule
from bidding.kit.tender import Freeze, FrozenBid, GateLeaf, Signed, Tender, frozen_root
from bidding.kit.tokens import Stamp
from bidding.kit.wraps import Head
from signatures.domain import statements
from signatures.domain.checkpoint import Checkpoint, NoteVerifier, open_checkpoint

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a share is not released: a stable code and a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the platform shows a client about a lot.

    ``note`` is the signed checkpoint with cosignatures, ``token`` an RFC 3161 token over the
    checkpoint's text (``Checkpoint.text``), ``leaves`` the log's leaves from the follower's size
    to the checkpoint's, ``objects`` the signed statements, ``frozen`` the frozen set.
    """

    note: str
    token: bytes
    leaves: Sequence[bytes]
    objects: Sequence[Signed]
    frozen: Sequence[FrozenBid]


@dataclass(frozen=True, slots=True)
class View:
    """What a client could prove about a lot; anything it could not is None, with a reason.

    ``follower`` is to be stored, whether or not anything is released: it is set as soon as the
    log's own signature and the continuation of the stored tree have been proven.
    """

    policy: Policy
    follower: Follower | None
    checkpoint: Checkpoint | None
    cosigned_at: datetime | None
    stamp: Stamp | None
    tender: Tender | None
    schedule: Schedule | None
    freeze: Freeze | None
    frozen: tuple[FrozenBid, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether this share goes out; ``reasons`` is empty exactly when it does."""

    release: bool
    reasons: tuple[Reason, ...]
    slot: int
    opens_at: datetime | None
    checkpoint: Checkpoint | None


class _Reasons:
    """Runs checks and remembers what each one says."""

    def __init__(self, reasons: Sequence[Reason] = ()) -> None:
        self.found = list(reasons)

    def run(self, check: Callable[[], T]) -> T | None:
        try:
            return check()
        except SunlitError as error:
            self.add(error.code, str(error))
            return None

    def add(self, code: str, message: str) -> None:
        self.found.append(Reason(code, message))


def observe(policy: Policy, stored: Follower, shown: Shown) -> View:
    """Everything that can be proven about the lot from what is shown, once for all its bids."""
    reasons = _Reasons()
    checkpoint, cosigned_at = _checkpoint(policy, shown.note, reasons)
    follower = None
    if stored.lot != policy.lot:
        reasons.add("wrong-log", "The stored state is of another lot.")
    elif checkpoint is not None:
        new = checkpoint
        follower = reasons.run(lambda: stored.advance(shown.leaves, new))
    stamp = None
    if checkpoint is not None:
        stamp = _stamp(policy, shown.token, checkpoint, reasons)
    tender = None
    if follower is not None:
        known = follower
        tender = reasons.run(lambda: Tender(policy, known.leaves, shown.objects))
    schedule = freeze = None
    if tender is not None:
        reasons.run(tender.require_policy)
        schedule = reasons.run(tender.schedule)
        freeze = reasons.run(tender.freeze)
    if freeze is not None:
        _check_freeze(policy, freeze, schedule, shown.frozen, reasons)
    return View(
        policy=policy,
        follower=follower,
        checkpoint=checkpoint,
        cosigned_at=cosigned_at,
        stamp=stamp,
        tender=tender,
        schedule=schedule,
        freeze=freeze,
        frozen=tuple(shown.frozen),
        reasons=tuple(reasons.found),
    )


def decide(
    view: View, head: Head, statement: Signed, *, now: datetime, rehearsal: bool = False
) -> Decision:
    """Whether to release a share of the envelope ``head``.

    ``statement`` is the tenderer's ``sunlit.bid/1`` with its signature, ``now`` the client's own
    clock, ``rehearsal`` what the client means to be doing. Never raises on what the platform sent.
    """
    reasons = _Reasons(view.reasons)
    policy, slot = view.policy, head.header.slot
    if policy.rehearsal != rehearsal or head.header.rehearsal != rehearsal:
        meant = "a rehearsal" if rehearsal else "the real opening"
        reasons.add("rehearsal", f"This is {meant}; the envelope or the policy is of the other.")
    reasons.run(lambda: _check_bid(view, head, statement))
    gate, opens_at = None, None
    if view.tender is not None:
        tender = view.tender
        gate = reasons.run(lambda: tender.gate(slot))
    if gate is not None:
        opens_at = _opens_at(view, slot, gate)
        _check_gate(view, head, gate, opens_at, reasons)
    if opens_at is not None:
        _check_times(view, opens_at, now, reasons)
    complete = None not in (view.checkpoint, view.follower, view.stamp, view.freeze, opens_at)
    if not complete and not reasons.found:
        reasons.add("not-proven", "Not everything that must be shown was shown.")
    return Decision(
        release=complete and not reasons.found,
        reasons=tuple(reasons.found),
        slot=slot,
        opens_at=opens_at,
        checkpoint=view.checkpoint,
    )


def _checkpoint(
    policy: Policy, note: str, reasons: _Reasons
) -> tuple[Checkpoint | None, datetime | None]:
    """The checkpoint if the log signed it, and when the latest witness of P cosigned it."""
    log = NoteVerifier.parse(policy.log)
    witnesses = [NoteVerifier.parse(key) for key in policy.witnesses]
    opened = reasons.run(
        lambda: open_checkpoint(note, [log, *witnesses], origin=log.name, require=[log.name])
    )
    if opened is None:
        return None, None
    times = [
        opened.cosignatures[witness.name]
        for witness in witnesses
        if witness.name in opened.cosignatures
    ]
    if not times:
        reasons.add("no-witness", "No witness that the policy names has cosigned the checkpoint.")
        return opened.checkpoint, None
    try:
        return opened.checkpoint, datetime.fromtimestamp(max(times), UTC)
    except (OverflowError, ValueError, OSError):
        reasons.add("no-witness", "The witness's cosignature has an impossible time.")
        return opened.checkpoint, None


def _stamp(policy: Policy, token: bytes, checkpoint: Checkpoint, reasons: _Reasons) -> Stamp | None:
    """The timestamp of the checkpoint by an authority of P that the centre does not run."""
    independent = [each for each in policy.authorities if each.operator != policy.centre]
    return reasons.run(lambda: tokens.verify(token, checkpoint.text.encode(), independent))


def _check_freeze(
    policy: Policy,
    freeze: Freeze,
    schedule: Schedule | None,
    frozen: Sequence[FrozenBid],
    reasons: _Reasons,
) -> None:
    if schedule is not None and freeze.at < schedule.deadline:
        reasons.add("early-freeze", "The set of bids was frozen before the deadline.")
    count = len(frozen) if freeze.count is None else freeze.count
    if count < policy.min_bids:
        reasons.add(
            "too-few-bids",
            f"{count} bids were received; under {policy.min_bids} nothing is opened.",
        )
    root = reasons.run(lambda: frozen_root(frozen))
    if root is not None and (root != freeze.root or len(frozen) != count):
        reasons.add("wrong-set", "The set of bids that was shown is not the one frozen.")


def _check_bid(view: View, head: Head, statement: Signed) -> None:
    """The envelope is that of a frozen bid: by its statement, signed by the header's holder."""
    header = head.header
    wanted = FrozenBid(bid=header.bid, version=header.version, statement=statement.digest)
    if wanted not in view.frozen:
        raise Refused("The bid is not in the frozen set.", code="bid-not-frozen")
    bid = BidStatement.parse(statement.data, origin=view.policy.origin)
    if len(statement.signatures) != 1:
        raise Refused("The bid's statement must have one signature.", code="not-signed")
    certificate = statements.check_signature(statement.data, statement.signatures[0])
    bid.check_head(
        view.policy,
        bid.commitment(header.slot),
        head,
        certificate=hashlib.sha256(certificate.dump()).digest(),
    )


def _opens_at(view: View, slot: int, gate: GateLeaf) -> datetime | None:
    """The schedule's time; for a slot that waits for a result, when its gate was ledgered.

    Timestamps and cosignatures know whole seconds only, so the gate's time is cut to the second.
    """
    if view.schedule is None:
        return None
    if view.policy.rule(slot).after is None:
        return view.schedule.gates[slot]
    return max(gate.at.replace(microsecond=0), *view.schedule.gates.values())


def _check_gate(
    view: View, head: Head, gate: GateLeaf, opens_at: datetime | None, reasons: _Reasons
) -> None:
    if view.freeze is not None and (
        gate.gate.freeze != view.freeze.root or gate.index < view.freeze.index
    ):
        reasons.add("bad-gate", "The gate was made for another set of bids.")
    if head.header.bid not in gate.gate.bids:
        reasons.add("bid-not-admitted", "The gate does not admit this bid.")
    if opens_at is not None and gate.at < opens_at:
        reasons.add("early-gate", "The gate was opened before its time.")


def _check_times(view: View, opens_at: datetime, now: datetime, reasons: _Reasons) -> None:
    moments = (
        ("early-timestamp", "The timestamp", None if view.stamp is None else view.stamp.time),
        ("early-cosignature", "The witness's cosignature", view.cosigned_at),
        ("early-clock", "This computer's clock", now),
    )
    for code, what, moment in moments:
        if moment is not None and moment < opens_at:
            reasons.add(
                code,
                f"{what} is at {moment.isoformat()}, before the opening time"
                f" {opens_at.isoformat()}.",
            )
