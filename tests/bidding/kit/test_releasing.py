"""A trustee's client before an honest platform: what it lets go, and what it remembers."""

from __future__ import annotations

import base64
import dataclasses
from datetime import timedelta

import pytest

from bidding.kit import release as statements_of
from bidding.kit.errors import Malformed
from bidding.kit.releasing import COMPLAINED, HELD, RELEASED, SETTLED, release, release_once
from bidding.kit.watch import Watch
from signatures.domain import jcs
from tests.bidding.kit import stage as stages
from tests.bidding.kit import world
from tests.bidding.kit.steps import MINUTE, RESULT
from tests.bidding.kit.trusteeship import codes, once, refrozen, states
from tests.bidding.kit.world import OPENING


def test_release_of_an_open_slot_sends_shares_that_the_service_accepts(stage):
    found = once(stage)
    assert states(found) == [RELEASED] * 3
    assert len(stage.shares) == 3
    heads = {
        (str(each.bid.bid), state.head.header.slot): state.head
        for each in stage.submissions
        for state in each.envelopes
    }
    for sent in stage.shares:
        data = base64.b64decode(sent["statement"])
        value = jcs.loads(data)
        received = statements_of.receive(
            data,
            base64.b64decode(sent["signature"]),
            policy=stage.policy,
            head=heads[value["bid"], value["slot"]],
            key=stage.opening,
        )
        assert received.share.index == 3
        assert value["checkpoint"]["size"] == stage.house.checkpoint.size


def test_release_holds_a_slot_without_a_gate(stage):
    found = once(stage)
    assert states(found, slot=4) == [HELD] * 3
    assert codes(found) == {"no-gate"}
    assert not found.done


def test_release_twice_sends_each_share_once(stage):
    watch = stage.watch()
    once(stage, watch)
    again = once(stage, watch)
    assert states(again) == [SETTLED] * 3
    assert len(stage.shares) == 3


def test_release_of_what_the_platform_has_already_is_settled(stage):
    stage.instead = lambda request: (
        stages.problem(409, "share-already-received") if request.path.endswith("/shares") else False
    )
    assert states(once(stage)) == [RELEASED] * 3


def test_release_of_a_share_that_is_refused_is_not_settled(stage):
    watch = stage.watch()
    stage.instead = lambda request: (
        stages.problem(409, "wrong-stage") if request.path.endswith("/shares") else False
    )
    found = once(stage, watch)
    assert states(found) == [HELD] * 3
    assert watch.settled == set()


def test_price_gate_after_a_signed_result_releases_the_price(stage):
    house = stage.house
    house.plain("bidding.technical", OPENING + MINUTE, digests={"result": RESULT.hex()}, context={})
    house.open_gate(slot=4, at=OPENING + 2 * MINUTE, by=["supervisor"], result=RESULT)
    house.note_at = house.token_at = stage.now = OPENING + 3 * MINUTE
    found = once(stage)
    assert found.done
    assert len(stage.shares) == 6


def test_own_share_of_a_tenderer_goes_out_for_its_own_bid_only(stage, tmp_path):
    submission, kit = world.sealed_bid(stage.policy, tmp_path / "own", name="tenderer")
    stage.submissions.append(submission)
    stage.house.bids.append(world.frozen_bid(submission))
    refrozen(stage)
    found = release_once(stage.client("tenderer"), world.LOT, kit, stage.watch(), slots=[1])
    assert [(each.bid, each.state) for each in found.items] == [(kit.bid, RELEASED)]


def test_bad_wrap_is_complained_about_and_the_others_go_out(stage):
    """A tenderer wrapped its share for another key than the trustee's."""
    keys = stage.trustee_keys("supervisor")
    good = stage.policy
    broken = dataclasses.replace(
        good,
        trustees=tuple(
            dataclasses.replace(
                each, keys={1: stage.trustee_keys("other").public[1], 4: each.keys[4]}
            )
            if each.id == "org:supervisor"
            else each
            for each in good.trustees
        ),
    )
    assert broken.digest != good.digest
    stage.submissions[0] = _sealed_for_another_key(stage)
    stage.house.bids[0] = world.frozen_bid(stage.submissions[0])
    refrozen(stage)
    found = release_once(stage.client("supervisor"), world.LOT, keys, stage.watch(), slots=[1])
    assert sorted(states(found)) == [COMPLAINED, RELEASED, RELEASED]
    assert len(stage.complaints) == 1
    assert found.done


def _sealed_for_another_key(stage):
    """A bid whose first wrap for the supervisor was replaced by nonsense, honestly signed."""
    from bidding.kit import bid as bids
    from bidding.kit import wraps

    submission = stage.submissions[0]
    state = submission.envelopes[0]
    trustees = list(state.head.wraps.trustees)
    trustees[2] = dataclasses.replace(trustees[2], ciphertext=bytes(49))
    head = wraps.Head(state.head.header, wraps.Wraps(tuple(trustees), state.head.wraps.tenderer))
    commitment = dataclasses.replace(state.sealed.commitment, head=head.digest)
    statement = dataclasses.replace(
        submission.bid, envelopes=(commitment, *submission.bid.envelopes[1:])
    )
    data = bids.BidStatement.encode(statement)
    sealed = dataclasses.replace(state.sealed, commitment=commitment)
    return dataclasses.replace(
        submission,
        statement=data,
        signature=world.statements.sign(data, world.signer("tenderer-0")),
        envelopes=(dataclasses.replace(state, head=head, sealed=sealed), *submission.envelopes[1:]),
    )


# --- windows and memory -------------------------------------------------------------------------


def test_release_tries_again_until_the_gate_opens(stage):
    leaf = stage.house.leaves.pop()
    rounds = []

    def show(found):
        rounds.append(codes(found))
        if len(rounds) == 2:
            stage.house.leaves.append(leaf)

    found = release(
        stage.client(),
        world.LOT,
        stage.trustee_keys("supervisor"),
        stage.watch(),
        slots=[1],
        window=10,
        every=0.01,
        show=show,
    )
    assert found.done
    assert rounds == [{"no-gate"}, {"no-gate"}, set()]
    assert len(stage.shares) == 3


def test_release_ends_with_its_window(stage):
    stage.house.leaves.pop()
    found = release(
        stage.client(),
        world.LOT,
        stage.trustee_keys("supervisor"),
        stage.watch(),
        window=0.05,
        every=0.01,
    )
    assert not found.done
    assert stage.shares == []


def test_watch_remembers_policy_seal_ledger_and_releases(stage, tmp_path):
    path = tmp_path / "state.json"
    watch = Watch.open(path, world.LOT)
    once(stage, watch, slots=[1])
    again = Watch.open(path, world.LOT)
    assert (again.policy, again.seal, again.follower, again.settled) == (
        watch.policy,
        watch.seal,
        watch.follower,
        watch.settled,
    )
    assert len(again.settled) == 3
    assert states(once(stage, again)) == [SETTLED] * 3


@pytest.mark.parametrize(
    "change",
    [
        lambda value: {**value, "lot": world.LOT[:-1] + "7"},
        lambda value: {**value, "format": "sunlit.watch/9"},
        lambda value: {**value, "more": 1},
        lambda value: {**value, "settled": [{"bid": "x", "version": 1, "slot": 1}]},
        lambda value: {**value, "seal": "00"},
    ],
    ids=["lot", "format", "field", "settled", "seal"],
)
def test_watch_that_is_damaged_is_refused(stage, tmp_path, change):
    path = tmp_path / "state.json"
    once(stage, Watch.open(path, world.LOT), slots=[1])
    path.write_bytes(jcs.dumps(change(jcs.loads(path.read_bytes()))))
    with pytest.raises(Malformed):
        Watch.open(path, world.LOT)


def test_before_the_freeze_the_ledger_is_followed(stage):
    house = stage.house
    del house.leaves[3:]
    house.frozen = []
    watch = stage.watch()
    found = once(stage, watch)
    assert watch.follower is not None
    assert watch.follower.size == 3
    assert codes(found) == {"no-freeze"}
    house.freeze()
    house.open_gate()
    stage.now = OPENING + timedelta(minutes=5)
    assert states(once(stage, watch)) == [RELEASED] * 3
