"""When a trustee's client releases its share, and every way in which it must not."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from bidding.kit.errors import Refused
from bidding.kit.follower import Follower
from bidding.kit.policy import SlotRule
from bidding.kit.tender import FrozenBid, Signed
from signatures.domain import jcs, ledger, statements
from signatures.domain.checkpoint import COSIGNATURE, Checkpoint
from tests.bidding.kit import world
from tests.bidding.kit.world import DEADLINE, OPENING, T0, House, judge

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def policy():
    return world.a_policy()


@pytest.fixture(scope="module")
def submission(policy, tmp_path_factory):
    return world.sealed_bid(policy, tmp_path_factory.mktemp("bid"))[0]


@pytest.fixture
def house(policy, submission):
    return world.opened_house(policy, submission)


def rebuilt(policy, submission, *steps) -> House:
    """A house whose ledger holds exactly these steps after the policy."""
    house = world.opened_house(policy, submission)
    house.leaves.clear()
    house.publish_policy()
    for step in steps:
        step(house)
    return house


def schedule(house):
    house.publish_schedule(world.a_schedule(house.policy))


def freeze(house):
    house.freeze()


def gate(house):
    house.open_gate()


def codes(decision) -> set[str]:
    assert decision.release == (not decision.reasons)
    return {reason.code for reason in decision.reasons}


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


RESULT = b"\x77" * 32


def technical(house):
    house.plain("bidding.technical", OPENING + MINUTE, digests={"result": RESULT.hex()}, context={})


def price_gate(house, **changes):
    wanted = {"slot": 4, "at": OPENING + 2 * MINUTE, "by": ["supervisor"], "result": RESULT}
    house.open_gate(**{**wanted, **changes})


def late(house):
    house.note_at = house.token_at = OPENING + 3 * MINUTE
    return house


AFTER = OPENING + 3 * MINUTE


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


# --- ledger ---------------------------------------------------------------------------------------


def seen(house) -> Follower:
    return world.a_follower().advance(house.leaves, house.checkpoint)


def test_decide_continues_what_was_stored(policy, submission):
    house = rebuilt(policy, submission, schedule, freeze)
    stored = seen(house)
    house.open_gate()
    assert judge(house, submission, stored=stored).release


def test_decide_checkpoint_older_than_the_stored_one_is_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, freeze, gate)
    house.hidden(OPENING)
    stored = seen(house)
    house.leaves.pop()
    assert codes(judge(house, submission, stored=stored)) == {"stale-checkpoint"}


def test_decide_history_rewritten_since_the_stored_one_is_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, freeze)
    house.hidden(T0)
    stored = seen(house)
    forked = rebuilt(policy, submission, schedule, freeze)
    forked.hidden(T0 + MINUTE)
    forked.open_gate()
    assert codes(judge(forked, submission, stored=stored)) == {"forked-checkpoint"}


def test_decide_leaf_withheld_is_refused(house, submission):
    decision = judge(house, submission, change=lambda s: replace(s, leaves=s.leaves[:-1]))
    assert codes(decision) == {"incomplete-leaves"}


def test_decide_leaf_replaced_is_refused(house, submission):
    decision = judge(house, submission, change=lambda s: replace(s, leaves=(*s.leaves[:-1], b"{}")))
    assert codes(decision) == {"forked-checkpoint"}


def test_decide_surplus_leaf_is_refused(house, submission):
    decision = judge(house, submission, change=lambda s: replace(s, leaves=(*s.leaves, b"{}")))
    assert codes(decision) == {"incomplete-leaves"}


def test_decide_without_a_witness_is_refused(house, submission):
    house.witness = None
    assert codes(judge(house, submission)) == {"no-witness"}


def test_decide_witness_that_the_policy_does_not_name_is_refused(house, submission):
    house.witness = world.note_signer("stranger", COSIGNATURE)
    assert codes(judge(house, submission)) == {"no-witness"}


def test_decide_witness_of_the_same_name_with_another_key_is_refused(house, submission):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from signatures.domain.checkpoint import NoteSigner

    house.witness = NoteSigner("witness", Ed25519PrivateKey.generate(), COSIGNATURE)
    assert codes(judge(house, submission)) == {"no-witness"}


def test_decide_checkpoint_signed_by_another_log_is_refused(house, submission):
    house.log = world.note_signer("other.test/log")
    assert "not-signed" in codes(judge(house, submission))


def test_decide_note_that_is_none_is_refused(house, submission):
    decision = judge(house, submission, change=lambda s: replace(s, note="nothing"))
    assert "bad-checkpoint" in codes(decision)


def test_decide_policy_missing_from_the_ledger_is_refused(policy, submission):
    house = rebuilt(policy, submission, schedule, freeze, gate)
    del house.leaves[0]
    assert codes(judge(house, submission)) == {"wrong-policy"}


def test_decide_broken_leaf_of_the_lot_is_refused(house, submission):
    house.leaves.append(b'{"lot" : ' + jcs.dumps(world.LOT) + b"}")
    assert "not-canonical" in codes(judge(house, submission))


def test_decide_state_of_another_lot_is_refused(house, submission):
    stored = replace(world.a_follower(), lot="lot:other")
    assert "wrong-log" in codes(judge(house, submission, stored=stored))


# --- timestamp ------------------------------------------------------------------------------------


def test_decide_timestamp_by_the_centre_s_own_authority_is_refused(house, submission):
    house.token_by = "centre-tsa"
    assert codes(judge(house, submission)) == {"bad-timestamp"}


def test_decide_timestamp_by_an_unnamed_authority_is_refused(house, submission):
    house.token_by = "stranger-tsa"
    assert codes(judge(house, submission)) == {"bad-timestamp"}


def test_decide_timestamp_of_another_checkpoint_is_refused(house, submission):
    other = world.token(b"another checkpoint", house.token_at)
    decision = judge(house, submission, change=lambda s: replace(s, token=other))
    assert codes(decision) == {"bad-timestamp"}


@pytest.mark.parametrize("data", [b"", b"\x30\x03\x02\x01\x01", b"junk"])
def test_decide_token_that_is_none_is_refused(house, submission, data):
    decision = judge(house, submission, change=lambda s: replace(s, token=data))
    assert codes(decision) == {"bad-timestamp"}


# --- policy and rehearsal -------------------------------------------------------------------------


def test_decide_envelope_of_another_policy_is_refused(policy, tmp_path):
    other = world.a_policy(min_bids=1)
    foreign = world.sealed_bid(other, tmp_path)[0]
    house = world.opened_house(policy, foreign)
    assert codes(judge(house, foreign)) == {"foreign-envelope"}


def test_decide_rehearsal_releases_in_a_rehearsal(tmp_path):
    policy = world.a_policy(rehearsal=True)
    bid = world.sealed_bid(policy, tmp_path)[0]
    assert judge(world.opened_house(policy, bid), bid, rehearsal=True).release


def test_decide_rehearsal_in_the_real_opening_is_refused(tmp_path):
    policy = world.a_policy(rehearsal=True)
    bid = world.sealed_bid(policy, tmp_path)[0]
    assert codes(judge(world.opened_house(policy, bid), bid)) == {"rehearsal"}


def test_decide_real_bid_in_a_rehearsal_is_refused(house, submission):
    assert codes(judge(house, submission, rehearsal=True)) == {"rehearsal"}


def test_decide_real_envelope_under_a_rehearsal_s_policy_is_refused(house, submission):
    house.policy = world.a_policy(rehearsal=True)
    assert "rehearsal" in codes(judge(house, submission, rehearsal=True))


def test_decide_price_slot_under_a_policy_with_other_gates_is_refused(submission, tmp_path):
    policy = world.a_policy(slots=(SlotRule(1), SlotRule(4)))
    house = world.opened_house(policy, submission)
    found = codes(judge(house, submission, slot=4))
    assert "foreign-envelope" in found


# --- the follower ---------------------------------------------------------------------------------


def test_follower_survives_being_stored(house):
    state = seen(house)
    again = Follower.from_json(jcs.loads(jcs.dumps(state.as_json())))
    assert again == state
    assert len(state.leaves) == 4


def test_follower_of_another_log_is_refused(house):
    with pytest.raises(Refused):
        world.a_follower().advance(house.leaves, replace(house.checkpoint, origin="other"))


def test_follower_same_size_with_another_root_is_refused(house):
    stored = seen(house)
    twin = Checkpoint("sunlit.test/log", stored.size, bytes(32))
    with pytest.raises(Refused) as caught:
        stored.advance([], twin)
    assert caught.value.code == "forked-checkpoint"


def test_follower_keeps_nothing_of_other_lots(house):
    other = world.entry("notice", digests={}, context={}, subject="lot:other")
    house.leaves.append(ledger.plain_leaf(jcs.timestamp(OPENING), other))
    assert len(seen(house).leaves) == 4


def test_frozen_bid_is_what_the_design_hashes():
    bid = FrozenBid(uuid.UUID(int=5), 2, bytes(32))
    assert bid.encode() == (
        b'{"bid":"00000000-0000-0000-0000-000000000005","statement":"'
        + b"00" * 32
        + b'","version":2}'
    )
