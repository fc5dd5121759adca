"""Releasing shares: a trustee's for every bid of a lot, or a tenderer's own in an absence.

Nothing goes out before every check of ``opening`` holds; each envelope that is held back comes
with all the reasons. What was released is remembered; releasing again does no harm, because the
platform takes each holder's share of an envelope once.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from bidding.kit import looking, wire
from bidding.kit import release as statements_of
from bidding.kit.api import ApiClient
from bidding.kit.errors import EnvelopeError, Refused, SunlitError
from bidding.kit.log_reader import LogReader
from bidding.kit.looking import Look
from bidding.kit.opening import Reason, View, decide
from bidding.kit.policy import Policy
from bidding.kit.recovery import RecoveryKit
from bidding.kit.shares import Share
from bidding.kit.trustee import SlotKeys
from bidding.kit.watch import Key, Watch
from bidding.kit.wire import FrozenEntry, FrozenEnvelope
from bidding.kit.wraps import Head

RELEASED, SETTLED, HELD, COMPLAINED = "released", "settled", "held", "complained"
#: Refusals that say that the platform has this very share already.
_HAS_IT = ("share-already-received", "already-received", "already-released", "already-opened")
_SOON = 0.5


@dataclass(frozen=True, slots=True)
class Item:
    """One envelope: what this client did about it, and why not where it did not."""

    bid: uuid.UUID
    version: int
    slot: int
    state: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """One round over a lot. ``reasons`` are those that hold back the whole lot."""

    items: tuple[Item, ...]
    reasons: tuple[Reason, ...]

    @property
    def done(self) -> bool:
        """Whether no envelope waits for this client any more."""
        return bool(self.items) and all(each.state != HELD for each in self.items)


class Holder(Protocol):
    """Who holds one share of each envelope."""

    def index(self, policy: Policy) -> int:
        """The share's number; raises for a policy that this holder has no part in."""

    def holds(self, entry: FrozenEntry) -> bool:
        """Whether this holder has a share of that bid at all."""

    def share(self, policy: Policy, head: Head) -> Share:
        """The share; ``EnvelopeError`` ``wrap-bad`` when the tenderer spoiled it."""


@dataclass(frozen=True)
class TrusteeHolder:
    """A trustee: a wrap in every envelope."""

    keys: SlotKeys

    def index(self, policy: Policy) -> int:
        return self.keys.index_in(policy)

    def holds(self, entry: FrozenEntry) -> bool:
        return True

    def share(self, policy: Policy, head: Head) -> Share:
        return self.keys.unwrap(policy, head)


@dataclass(frozen=True)
class TendererHolder:
    """A tenderer: the share kept back from its own bid, for when a trustee is absent."""

    kit: RecoveryKit

    def index(self, policy: Policy) -> int:
        if self.kit.policy != policy.digest:
            raise Refused("The recovery kit belongs to another tender.", code="foreign-kit")
        return policy.n + 1

    def holds(self, entry: FrozenEntry) -> bool:
        return (entry.frozen.bid, entry.frozen.version) == (self.kit.bid, self.kit.version)

    def share(self, policy: Policy, head: Head) -> Share:
        return self.kit.share_for(head)


def release_once(
    api: ApiClient,
    lot: uuid.UUID | str,
    holder: SlotKeys | RecoveryKit,
    watch: Watch,
    *,
    slots: Collection[int] | None = None,
    reader: LogReader | None = None,
) -> Round:
    """Look at the lot once and release whatever may be released now.

    ``slots`` limits it to some; all of the policy's by default. Raises ``Unavailable`` only when
    the platform does not answer at all.
    """
    rehearsal = isinstance(holder, SlotKeys) and holder.rehearsal
    held = TrusteeHolder(holder) if isinstance(holder, SlotKeys) else TendererHolder(holder)
    found = looking.look(api, lot, watch, accept=held.index, reader=reader, rehearsal=rehearsal)
    if found.policy is None or found.view is None or found.frozen is None:
        return Round(items=(), reasons=found.reasons or (_not_frozen(),))
    try:
        held.index(found.policy)
        recipient = looking.opening_key(found.sealing, found.policy, watch)
    except SunlitError as error:
        return Round(items=(), reasons=(Reason(error.code, str(error)),))
    wanted = {rule.slot for rule in found.policy.slots}
    wanted &= wanted if slots is None else set(slots)
    worker = _Releases(
        api=api,
        lot=lot,
        holder=held,
        watch=watch,
        policy=found.policy,
        view=found.view,
        recipient=recipient,
        rehearsal=rehearsal,
    )
    return Round(items=tuple(worker.items(found, wanted)), reasons=found.reasons)


def release(
    api: ApiClient,
    lot: uuid.UUID | str,
    holder: SlotKeys | RecoveryKit,
    watch: Watch,
    *,
    slots: Collection[int] | None = None,
    window: float = 0.0,
    every: float = 2.0,
    show: Callable[[Round], None] | None = None,
) -> Round:
    """``release_once`` until nothing waits any more or ``window`` seconds have passed.

    ``show`` is told every round; the last one is returned.
    """
    until = time.monotonic() + window
    reader = LogReader(api)
    while True:
        found = release_once(api, lot, holder, watch, slots=slots, reader=reader)
        if show is not None:
            show(found)
        left = until - time.monotonic()
        if found.done or left <= 0:
            return found
        time.sleep(min(every, max(left, 0.0)))


@dataclass(frozen=True)
class _Releases:
    """The envelopes of one look, gone through one after another."""

    api: ApiClient
    lot: uuid.UUID | str
    holder: Holder
    watch: Watch
    policy: Policy
    view: View
    recipient: bytes
    rehearsal: bool

    def items(self, found: Look, wanted: Collection[int]) -> list[Item]:
        if found.frozen is None:
            return []
        return [
            self._item(entry, envelope)
            for entry in found.frozen.bids
            if self.holder.holds(entry)
            for envelope in entry.envelopes
            if envelope.slot in wanted
        ]

    def _item(self, entry: FrozenEntry, envelope: FrozenEnvelope) -> Item:
        frozen = entry.frozen
        key: Key = (frozen.bid, frozen.version, envelope.slot)
        index = self.holder.index(self.policy)
        needless = envelope.opened or not entry.stands or index in envelope.shares
        if needless or key in self.watch.settled:
            return Item(*key, state=SETTLED)
        try:
            head = Head.parse(envelope.head)
            if (head.header.bid, head.header.version, head.header.slot) != key:
                raise Refused("The platform shows another envelope's head.", code="wrong-head")
            return self._release(key, head, entry)
        except SunlitError as error:
            return Item(*key, state=HELD, reasons=(Reason(error.code, str(error)),))

    def _release(self, key: Key, head: Head, entry: FrozenEntry) -> Item:
        now = self.api.clock()
        decision = decide(self.view, head, entry.signed, now=now, rehearsal=self.rehearsal)
        if not decision.release:
            return Item(*key, state=HELD, reasons=decision.reasons)
        index = self.holder.index(self.policy)
        try:
            share = self.holder.share(self.policy, head)
        except EnvelopeError as error:
            if error.code != "wrap-bad":
                raise
            statement = statements_of.complain(
                policy=self.policy, head=head, index=index, at=self.api.clock()
            )
            self._post("complaints", statement)
            self.watch.settle(key)
            return Item(*key, state=COMPLAINED, reasons=(Reason(error.code, str(error)),))
        statement = statements_of.release(
            share,
            policy=self.policy,
            head=head,
            recipient=self.recipient,
            checkpoint=decision.checkpoint,
            at=self.api.clock(),
        )
        self._post("shares", statement)
        self.watch.settle(key)
        return Item(*key, state=RELEASED)

    def _post(self, what: str, statement: bytes) -> None:
        try:
            self.api.post(
                wire.lot_path(self.lot, what),
                self.api.sign_bytes(statement).as_json(),
                key=f"{what}-{hashlib.sha256(statement).hexdigest()}",
            )
        except Refused as error:
            if error.code not in _HAS_IT:
                raise


def _not_frozen() -> Reason:
    return Reason("no-freeze", "The set of bids has not been frozen.")
