"""Openings that a holder's client judges: built once, judged by the kit and by the page.

Each is a function of a policy and a sealed bid; it gives the house that shows the ledger, and what
else the judgement is asked with. Nearly all of them must be refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from bidding.kit.follower import Follower
from bidding.kit.tender import Signed
from signatures.domain import statements
from signatures.domain.checkpoint import COSIGNATURE
from tests.bidding.kit import world
from tests.bidding.kit.steps import (
    AFTER,
    DAY,
    MINUTE,
    RESULT,
    freeze,
    gate,
    late,
    price_gate,
    rebuilt,
    schedule,
    technical,
)
from tests.bidding.kit.world import DEADLINE, OPENING, T0, House


@dataclass
class Opening:
    """A house and how it is asked; ``change`` alters what it shows."""

    house: House
    slot: int = 1
    now: Any = OPENING + 2 * MINUTE
    stored: Follower | None = None
    change: Callable[[Any], Any] = field(default=lambda shown: shown)
    statement: Signed | None = None
    rehearsal: bool = False


Build = Callable[[Any, Any], Opening]
RELEASES: dict[str, Build] = {}
REFUSES: dict[str, Build] = {}


def _case(table: dict[str, Build]) -> Callable[[Build], Build]:
    def add(build: Build) -> Build:
        table[build.__name__] = build
        return build

    return add


releases, refuses = _case(RELEASES), _case(REFUSES)


def _steps(*steps: Any, **asked: Any) -> Build:
    return lambda policy, bid: Opening(rebuilt(policy, bid, *steps), **asked)


def _seen(house: House) -> Follower:
    start = world.a_follower()
    return start.advance(house.leaves, house.checkpoint)


def _again(policy: Any, **moved: Any) -> Callable[[House], None]:
    return lambda house: house.publish_schedule(world.a_schedule(policy, **moved))


# --- released ------------------------------------------------------------------------------------


@releases
def in_order(policy, bid):
    return Opening(world.opened_house(policy, bid))


@releases
def at_the_second(policy, bid):
    house = world.opened_house(policy, bid)
    house.note_at = house.token_at = OPENING
    return Opening(house, now=OPENING)


@releases
def extended(policy, bid):
    house = rebuilt(
        policy, bid, schedule, _again(policy, seq=2, shift=DAY),
        lambda h: h.freeze(at=DEADLINE + DAY), lambda h: h.open_gate(at=OPENING + DAY),
    )
    house.note_at = house.token_at = OPENING + DAY
    return Opening(house, now=OPENING + DAY)


@releases
def continued(policy, bid):
    house = rebuilt(policy, bid, schedule, freeze)
    stored = _seen(house)
    house.open_gate()
    return Opening(house, stored=stored)


@releases
def price_after_the_result(policy, bid):
    house = late(rebuilt(policy, bid, schedule, freeze, technical, price_gate))
    return Opening(house, slot=4, now=AFTER)


# --- time ----------------------------------------------------------------------------------------

REFUSES["own_clock_early"] = _steps(
    schedule, freeze, gate, now=OPENING - timedelta(microseconds=1)
)
REFUSES["gate_early"] = _steps(schedule, freeze, lambda h: h.open_gate(at=OPENING - MINUTE))


@refuses
def timestamp_early(policy, bid):
    house = world.opened_house(policy, bid)
    house.token_at = OPENING - timedelta(seconds=1)
    return Opening(house)


@refuses
def cosignature_early(policy, bid):
    house = world.opened_house(policy, bid)
    house.note_at = OPENING - timedelta(seconds=1)
    return Opening(house)


# --- schedule ------------------------------------------------------------------------------------

REFUSES["no_schedule"] = _steps(freeze, gate)


@refuses
def superseded_schedule(policy, bid):
    return _steps(schedule, _again(policy, seq=2, shift=DAY), freeze, gate)(policy, bid)


@refuses
def times_moved_earlier(policy, bid):
    return _steps(schedule, _again(policy, seq=2, shift=-DAY), freeze, gate)(policy, bid)


@refuses
def seq_does_not_rise(policy, bid):
    return _steps(_again(policy, seq=2), _again(policy, seq=2), freeze, gate)(policy, bid)


@refuses
def schedule_after_the_freeze(policy, bid):
    return _steps(schedule, freeze, _again(policy, seq=2), gate)(policy, bid)


@refuses
def schedule_signed_by_the_centre(policy, bid):
    forged = world.a_schedule(policy)
    return _steps(lambda h: h.publish_schedule(forged, "centre"), freeze, gate)(policy, bid)


@refuses
def schedule_without_the_slot(policy, bid):
    bad = replace(world.a_schedule(policy), gates={})
    return _steps(lambda h: h.publish_schedule(bad), freeze, gate)(policy, bid)


@refuses
def schedule_opens_before_the_deadline(policy, bid):
    bad = replace(world.a_schedule(policy), gates={1: DEADLINE - MINUTE})
    return _steps(lambda h: h.publish_schedule(bad), freeze, gate)(policy, bid)


@refuses
def statement_withheld(policy, bid):
    house = world.opened_house(policy, bid)
    return Opening(house, change=lambda shown: replace(shown, objects=shown.objects[1:]))


# --- freeze --------------------------------------------------------------------------------------

REFUSES["no_freeze"] = _steps(schedule, gate)
REFUSES["two_freezes"] = _steps(schedule, freeze, freeze, gate)
REFUSES["second_freeze_after_the_gate"] = _steps(schedule, freeze, gate, freeze)
REFUSES["freeze_early"] = _steps(schedule, lambda h: h.freeze(at=DEADLINE - MINUTE), gate)
REFUSES["count_is_not_the_set"] = _steps(schedule, lambda h: h.freeze(count=4), gate)


def _nameless(house: House) -> None:
    house.plain("bidding.freeze", DEADLINE, digests={"set": bytes(32).hex()}, context={})


REFUSES["freeze_names_no_policy"] = _steps(schedule, freeze, _nameless, gate)


@refuses
def too_few_bids(policy, bid):
    house = world.opened_house(policy, bid)
    house.bids = house.bids[:2]
    house.leaves.clear()
    house.publish_policy()
    for step in (schedule, freeze, gate):
        step(house)
    return Opening(house)


@refuses
def bid_not_in_the_set(policy, bid):
    house = world.opened_house(policy, bid)
    house.bids = [replace(each, statement=bytes(32)) for each in house.bids]
    house.leaves.clear()
    house.publish_policy()
    for step in (schedule, freeze, gate):
        step(house)
    return Opening(house)


@refuses
def bid_slipped_into_the_shown_set(policy, bid):
    house = world.opened_house(policy, bid)
    house.frozen.append(replace(house.frozen[1], bid=uuid.UUID(int=9)))
    return Opening(house)


@refuses
def bid_shown_twice(policy, bid):
    house = world.opened_house(policy, bid)
    house.frozen.append(replace(house.frozen[0], version=2))
    return Opening(house)


@refuses
def statement_signed_by_a_stranger(policy, bid):
    forged = Signed(bid.statement, (statements.sign(bid.statement, world.signer("stranger")),))
    return Opening(world.opened_house(policy, bid), statement=forged)


@refuses
def statement_not_signed(policy, bid):
    return Opening(world.opened_house(policy, bid), statement=Signed(bid.statement, ()))


# --- gate ----------------------------------------------------------------------------------------

REFUSES["no_gate"] = _steps(schedule, freeze)
REFUSES["two_gates"] = _steps(schedule, freeze, gate, gate)
REFUSES["gate_before_the_freeze"] = _steps(schedule, gate, freeze)
REFUSES["gate_of_another_slot"] = _steps(schedule, freeze, lambda h: h.open_gate(slot=4))
REFUSES["gate_of_another_freeze"] = _steps(
    schedule, freeze, lambda h: h.open_gate(freeze=bytes(32))
)
REFUSES["bid_not_admitted"] = _steps(
    schedule, freeze, lambda h: h.open_gate(bids=(uuid.UUID(int=1), uuid.UUID(int=2)))
)
REFUSES["timed_gate_with_a_result"] = _steps(
    schedule, freeze, technical, lambda h: h.open_gate(result=RESULT)
)


def _price(*steps: Any) -> Build:
    return lambda policy, bid: Opening(
        late(rebuilt(policy, bid, schedule, freeze, *steps)), slot=4, now=AFTER
    )


REFUSES["price_gate_not_signed"] = _price(technical, lambda h: price_gate(h, by=[]))
REFUSES["price_gate_signed_by_the_tenderee"] = _price(
    technical, lambda h: price_gate(h, by=["tenderee"])
)
REFUSES["price_gate_before_the_result"] = _price(price_gate, technical)
REFUSES["price_gate_without_the_result"] = _price(price_gate)
REFUSES["price_gate_with_another_result"] = _price(
    technical, lambda h: price_gate(h, result=bytes(32))
)
REFUSES["price_gate_with_no_result"] = _price(technical, lambda h: price_gate(h, result=None))


# --- ledger, witness, timestamp ------------------------------------------------------------------


@refuses
def older_than_the_stored(policy, bid):
    house = world.opened_house(policy, bid)
    house.hidden(OPENING)
    stored = _seen(house)
    house.leaves.pop()
    return Opening(house, stored=stored)


@refuses
def history_rewritten(policy, bid):
    house = rebuilt(policy, bid, schedule, freeze)
    house.hidden(T0)
    stored = _seen(house)
    forked = rebuilt(policy, bid, schedule, freeze)
    forked.hidden(T0 + MINUTE)
    forked.open_gate()
    return Opening(forked, stored=stored)


def _shown(**parts: Callable[[Any], Any]) -> Build:
    def change(shown: Any) -> Any:
        return replace(shown, **{name: make(getattr(shown, name)) for name, make in parts.items()})

    return lambda policy, bid: Opening(world.opened_house(policy, bid), change=change)


REFUSES["leaf_withheld"] = _shown(leaves=lambda leaves: leaves[:-1])
REFUSES["leaf_replaced"] = _shown(leaves=lambda leaves: (*leaves[:-1], b"{}"))
REFUSES["surplus_leaf"] = _shown(leaves=lambda leaves: (*leaves, b"{}"))
REFUSES["note_that_is_none"] = _shown(note=lambda _note: "nothing")
REFUSES["note_with_a_false_signature"] = _shown(note=lambda note: note.replace("+", "/", 1))
REFUSES["token_empty"] = _shown(token=lambda _token: b"")
REFUSES["token_junk"] = _shown(token=lambda _token: b"junk")
REFUSES["token_flipped"] = _shown(token=lambda token: token[:-1] + bytes([token[-1] ^ 1]))
REFUSES["token_of_something_else"] = _shown(
    token=lambda _token: world.token(b"another checkpoint", OPENING + MINUTE)
)


@refuses
def no_witness(policy, bid):
    house = world.opened_house(policy, bid)
    house.witness = None
    return Opening(house)


@refuses
def witness_unknown(policy, bid):
    house = world.opened_house(policy, bid)
    house.witness = world.note_signer("stranger", COSIGNATURE)
    return Opening(house)


@refuses
def another_log(policy, bid):
    house = world.opened_house(policy, bid)
    house.log = world.note_signer("other.test/log")
    return Opening(house)


@refuses
def policy_not_in_the_ledger(policy, bid):
    house = rebuilt(policy, bid, schedule, freeze, gate)
    del house.leaves[0]
    return Opening(house)


@refuses
def state_of_another_lot(policy, bid):
    stored = replace(world.a_follower(), lot="lot:other")
    return Opening(world.opened_house(policy, bid), stored=stored)


@refuses
def timestamp_by_the_centre(policy, bid):
    house = world.opened_house(policy, bid)
    house.token_by = "centre-tsa"
    return Opening(house)


@refuses
def timestamp_by_a_stranger(policy, bid):
    house = world.opened_house(policy, bid)
    house.token_by = "stranger-tsa"
    return Opening(house)


@refuses
def real_bid_in_a_rehearsal(policy, bid):
    return Opening(world.opened_house(policy, bid), rehearsal=True)
