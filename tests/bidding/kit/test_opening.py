"""When a trustee's client releases its share: times, schedules, freeze and gates."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from bidding.kit.tender import Signed
from signatures.domain import statements
from tests.bidding.kit import world
from tests.bidding.kit.steps import (
    AFTER,
    DAY,
    MINUTE,
    RESULT,
    codes,
    freeze,
    gate,
    late,
    price_gate,
    rebuilt,
    schedule,
    technical,
)
from tests.bidding.kit.world import DEADLINE, OPENING, judge


def test_decide_everything_in_order_releases(house, submission):
    decision = judge(house, submission)
    assert decision.reasons == ()
    assert decision.release
    assert decision.opens_at == OPENING
    assert decision.checkpoint == house.checkpoint


def test_decide_exactly_at_the_opening_time_releases(house, submission):
    house.note_at = house.token_at = OPENING
    assert judge(house, submission, now=OPENING).release


# --- time -----------------------------------------------------------------------------------------


def test_decide_own_clock_before_the_opening_is_refused(house, submission):
    early = OPENING - timedelta(microseconds=1)
    assert codes(judge(house, submission, now=early)) == {"early-clock"}


def test_decide_timestamp_before_the_opening_is_refused(house, submission):
    house.token_at = OPENING - timedelta(seconds=1)
    assert codes(judge(house, submission)) == {"early-timestamp"}


def test_decide_cosignature_before_the_opening_is_refused(house, submission):
    house.note_at = OPENING - timedelta(seconds=1)
    assert codes(judge(house, submission)) == {"early-cosignature"}


def test_decide_gate_leaf_before_the_opening_is_refused(policy, submission):
    house = rebuilt(
        policy, submission, schedule, freeze, lambda h: h.open_gate(at=OPENING - MINUTE)
    )
    assert codes(judge(house, submission)) == {"early-gate"}


def test_decide_all_three_early_names_all_three(house, submission):
    house.note_at = house.token_at = OPENING - MINUTE
    found = codes(judge(house, submission, now=OPENING - MINUTE))
    assert found == {"early-clock", "early-timestamp", "early-cosignature"}


# --- schedule -------------------------------------------------------------------------------------


def test_decide_superseded_schedule_does_not_open(policy, submission):
    """The platform shows evidence that satisfies the first schedule; the second governs."""
    house = rebuilt(
        policy,
        submission,
        schedule,
        lambda h: h.publish_schedule(world.a_schedule(policy, seq=2, shift=DAY)),
        freeze,
        gate,
    )
    decision = judge(house, submission)
    assert decision.opens_at == OPENING + DAY
    assert codes(decision) >= {"early-clock", "early-timestamp", "early-freeze", "early-gate"}


def test_decide_extension_is_followed_when_its_time_has_come(policy, submission):
    house = rebuilt(
        policy,
        submission,
        schedule,
        lambda h: h.publish_schedule(world.a_schedule(policy, seq=2, shift=DAY)),
        lambda h: h.freeze(at=DEADLINE + DAY),
        lambda h: h.open_gate(at=OPENING + DAY),
    )
    house.note_at = house.token_at = OPENING + DAY
    assert judge(house, submission, now=OPENING + DAY).release


def test_decide_times_moved_earlier_are_refused(policy, submission):
    house = rebuilt(
        policy,
        submission,
        schedule,
        lambda h: h.publish_schedule(world.a_schedule(policy, seq=2, shift=-DAY)),
        freeze,
        gate,
    )
    assert "bad-schedule" in codes(judge(house, submission))


@pytest.mark.parametrize("seq", [1, 2])
def test_decide_seq_that_does_not_rise_is_refused(policy, submission, seq):
    house = rebuilt(
        policy,
        submission,
        lambda h: h.publish_schedule(world.a_schedule(policy, seq=2)),
        lambda h: h.publish_schedule(world.a_schedule(policy, seq=seq)),
        freeze,
        gate,
    )
    assert "bad-schedule" in codes(judge(house, submission))


def test_decide_schedule_after_the_freeze_is_refused(policy, submission):
    house = rebuilt(
        policy,
        submission,
        schedule,
        freeze,
        lambda h: h.publish_schedule(world.a_schedule(policy, seq=2)),
        gate,
    )
    assert "bad-schedule" in codes(judge(house, submission))


@pytest.mark.parametrize("names", [("centre",), ("supervisor",), ("stranger",)])
def test_decide_schedule_signed_by_others_is_refused(policy, submission, names):
    house = rebuilt(
        policy,
        submission,
        lambda h: h.publish_schedule(world.a_schedule(policy), *names),
        freeze,
        gate,
    )
    assert "not-signed" in codes(judge(house, submission))


def test_decide_no_schedule_is_refused(policy, submission):
    house = rebuilt(policy, submission, freeze, gate)
    assert "no-schedule" in codes(judge(house, submission))


def test_decide_schedule_that_opens_before_the_deadline_is_refused(policy, submission):
    bad = replace(world.a_schedule(policy), gates={1: DEADLINE - MINUTE})
    house = rebuilt(policy, submission, lambda h: h.publish_schedule(bad), freeze, gate)
    assert "bad-schedule" in codes(judge(house, submission))


def test_decide_schedule_without_a_time_for_the_slot_is_refused(policy, submission):
    bad = replace(world.a_schedule(policy), gates={})
    house = rebuilt(policy, submission, lambda h: h.publish_schedule(bad), freeze, gate)
    assert "bad-schedule" in codes(judge(house, submission))


def test_decide_statement_behind_a_schedule_withheld_is_refused(house, submission):
    decision = judge(house, submission, change=lambda s: replace(s, objects=s.objects[1:]))
    assert "missing-statement" in codes(decision)


# --- freeze ---------------------------------------------------------------------------------------


def test_decide_no_freeze_is_refused(policy, submission):
    assert "no-freeze" in codes(judge(rebuilt(policy, submission, schedule, gate), submission))


def test_decide_two_freezes_are_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, freeze, freeze, gate)
    assert codes(judge(house, submission)) == {"two-freezes"}


def test_decide_second_freeze_after_the_gate_is_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, freeze, gate, freeze)
    assert codes(judge(house, submission)) == {"two-freezes"}


def test_decide_freeze_of_another_policy_does_not_count(policy, submission):
    other = world.a_policy(min_bids=1)

    def foreign(house):
        house.plain(
            "bidding.freeze",
            DEADLINE,
            digests={"set": bytes(32).hex()},
            context={"policy": other.digest.hex(), "count": 9},
        )

    assert judge(rebuilt(policy, submission, schedule, foreign, freeze, gate), submission).release
    found = codes(judge(rebuilt(policy, submission, schedule, foreign, gate), submission))
    assert "no-freeze" in found


def test_decide_freeze_that_names_no_policy_is_refused(policy, submission):
    def nameless(house):
        house.plain("bidding.freeze", DEADLINE, digests={"set": bytes(32).hex()}, context={})

    house = rebuilt(policy, submission, schedule, freeze, nameless, gate)
    assert "malformed" in codes(judge(house, submission))


def test_decide_freeze_before_the_deadline_is_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, lambda h: h.freeze(at=DEADLINE - MINUTE), gate)
    assert codes(judge(house, submission)) == {"early-freeze"}


def test_decide_too_few_bids_is_refused(policy, submission):
    house = world.opened_house(policy, submission)
    house.bids = house.bids[:2]
    house.leaves.clear()
    house.publish_policy()
    for step in (schedule, freeze, gate):
        step(house)
    assert codes(judge(house, submission)) == {"too-few-bids"}


def test_decide_count_that_is_not_the_set_s_is_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, lambda h: h.freeze(count=4), gate)
    assert codes(judge(house, submission)) == {"wrong-set"}


def test_decide_bid_outside_the_frozen_set_is_refused(policy, submission, tmp_path):
    late = world.sealed_bid(policy, tmp_path, name="late")[0]
    house = world.opened_house(policy, submission)
    assert codes(judge(house, late)) == {"bid-not-frozen", "bid-not-admitted"}


def test_decide_bid_slipped_into_the_shown_set_is_refused(policy, submission, tmp_path):
    late = world.sealed_bid(policy, tmp_path, name="late")[0]
    house = world.opened_house(policy, submission)
    house.frozen.append(world.frozen_bid(late))
    assert "wrong-set" in codes(judge(house, late))


def test_decide_another_version_of_a_frozen_bid_is_refused(policy, submission, tmp_path):
    bid = submission.bid.bid
    newer = world.sealed_bid(policy, tmp_path, bid=bid, version=2)[0]
    assert "bid-not-frozen" in codes(judge(world.opened_house(policy, submission), newer))


def test_decide_the_same_bid_twice_in_the_set_is_refused(house, submission):
    house.frozen.append(replace(house.frozen[0], version=2))
    assert "malformed" in codes(judge(house, submission))


def test_decide_envelope_that_the_statement_does_not_name_is_refused(policy, submission, tmp_path):
    """Same bid, version and tenderer, sealed again: another head."""
    again = world.sealed_bid(policy, tmp_path, bid=submission.bid.bid)[0]
    house = world.opened_house(policy, submission)
    statement = Signed(submission.statement, (submission.signature,))
    assert codes(judge(house, again, statement=statement)) == {"bid-refused"}


def test_decide_statement_signed_by_somebody_else_is_refused(house, submission):
    forged = statements.sign(submission.statement, world.signer("stranger"))
    statement = Signed(submission.statement, (forged,))
    assert codes(judge(house, submission, statement=statement)) == {"bid-refused"}


@pytest.mark.parametrize("count", [0, 2])
def test_decide_statement_without_exactly_one_signature_is_refused(house, submission, count):
    statement = Signed(submission.statement, (submission.signature,) * count)
    assert codes(judge(house, submission, statement=statement)) == {"not-signed"}


# --- gate -----------------------------------------------------------------------------------------


def test_decide_no_gate_is_refused(policy, submission):
    assert codes(judge(rebuilt(policy, submission, schedule, freeze), submission)) == {"no-gate"}


def test_decide_two_gates_are_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, freeze, gate, gate)
    assert codes(judge(house, submission)) == {"two-gates"}


def test_decide_gate_that_does_not_admit_the_bid_is_refused(policy, submission):
    others = tuple(uuid.UUID(int=n) for n in (1, 2))
    house = rebuilt(policy, submission, schedule, freeze, lambda h: h.open_gate(bids=others))
    assert codes(judge(house, submission)) == {"bid-not-admitted"}


def test_decide_gate_of_another_freeze_is_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, freeze, lambda h: h.open_gate(freeze=bytes(32)))
    assert codes(judge(house, submission)) == {"bad-gate"}


def test_decide_gate_before_the_freeze_is_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, gate, freeze)
    assert codes(judge(house, submission)) == {"bad-gate"}


def test_decide_gate_of_another_slot_is_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, freeze, lambda h: h.open_gate(slot=4))
    assert codes(judge(house, submission)) == {"no-gate"}


def test_decide_gate_leaf_for_one_slot_with_another_s_statement_is_refused(policy, submission):
    def swapped(house):
        house.open_gate()
        house.leaves.pop()
        house.plain(
            "bidding.gate",
            OPENING,
            digests={"statement": house.objects[-1].digest.hex()},
            context={"policy": policy.digest.hex(), "slot": 4},
        )

    house = rebuilt(policy, submission, schedule, freeze, technical, swapped)
    assert codes(judge(house, submission, slot=4)) >= {"not-signed"}


def test_decide_price_slot_after_the_signed_result_releases(policy, submission):
    house = late(rebuilt(policy, submission, schedule, freeze, technical, price_gate))
    decision = judge(house, submission, slot=4, now=AFTER)
    assert decision.reasons == ()
    assert decision.opens_at == OPENING + 2 * MINUTE


@pytest.mark.parametrize("by", [[], ["tenderee"], ["centre"], ["stranger"]])
def test_decide_forged_price_gate_is_refused(policy, submission, by):
    house = late(
        rebuilt(policy, submission, schedule, freeze, technical, lambda h: price_gate(h, by=by))
    )
    assert codes(judge(house, submission, slot=4, now=AFTER)) == {"not-signed"}


def test_decide_price_gate_without_the_result_in_the_ledger_is_refused(policy, submission):
    house = late(rebuilt(policy, submission, schedule, freeze, price_gate))
    assert codes(judge(house, submission, slot=4, now=AFTER)) == {"bad-gate"}


def test_decide_price_gate_before_the_result_is_refused(policy, submission):
    house = late(rebuilt(policy, submission, schedule, freeze, price_gate, technical))
    assert codes(judge(house, submission, slot=4, now=AFTER)) == {"bad-gate"}


@pytest.mark.parametrize("result", [None, bytes(32)])
def test_decide_price_gate_with_no_or_another_result_is_refused(policy, submission, result):
    house = late(
        rebuilt(
            policy,
            submission,
            schedule,
            freeze,
            technical,
            lambda h: price_gate(h, result=result),
        )
    )
    assert codes(judge(house, submission, slot=4, now=AFTER)) == {"bad-gate"}


def test_decide_price_gate_does_not_open_the_sheet(policy, submission):
    house = late(rebuilt(policy, submission, schedule, freeze, technical, price_gate))
    assert codes(judge(house, submission, slot=1, now=AFTER)) == {"no-gate"}


def test_decide_gate_at_a_time_that_names_a_result_is_refused(policy, submission):
    house = rebuilt(
        policy, submission, schedule, freeze, technical, lambda h: h.open_gate(result=RESULT)
    )
    assert "bad-gate" in codes(judge(house, submission))
