"""What a trustee's client refuses of ledger, witnesses, timestamps and rehearsals."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from bidding.kit.errors import Refused
from bidding.kit.follower import Follower
from bidding.kit.policy import SlotRule
from bidding.kit.tender import FrozenBid
from signatures.domain import jcs, ledger
from signatures.domain.checkpoint import COSIGNATURE, Checkpoint
from tests.bidding.kit import world
from tests.bidding.kit.steps import MINUTE, codes, freeze, gate, rebuilt, schedule
from tests.bidding.kit.world import OPENING, T0, judge

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
