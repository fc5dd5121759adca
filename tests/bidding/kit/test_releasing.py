"""A trustee's client before an honest platform and before lying ones: what it lets go, or not."""

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
from signatures.domain.errors import Unavailable
from tests.bidding.kit import stage as stages
from tests.bidding.kit import world
from tests.bidding.kit.steps import DAY, MINUTE, RESULT
from tests.bidding.kit.world import OPENING


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    with stages.theatre() as theatre:
        theatre.stage.opened(tmp_path_factory.mktemp("bids"))
        yield theatre, theatre.stage


@pytest.fixture
def stage(scene):
    theatre, template = scene
    theatre.stage = template.copy()
    yield theatre.stage
    theatre.stage.close()


def once(stage, watch=None, name="supervisor", **more):
    return release_once(
        stage.client(name), world.LOT, stage.trustee_keys(name), watch or stage.watch(), **more
    )


def codes(found) -> set[str]:
    reasons = [*found.reasons, *(each for item in found.items for each in item.reasons)]
    return {each.code for each in reasons}


def states(found, slot=1) -> list[str]:
    return [each.state for each in found.items if each.slot == slot]


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
    _refrozen(stage)
    found = release_once(stage.client("tenderer"), world.LOT, kit, stage.watch(), slots=[1])
    assert [(each.bid, each.state) for each in found.items] == [(kit.bid, RELEASED)]


def _refrozen(stage) -> None:
    house = stage.house
    house.leaves.clear()
    house.objects.clear()
    house.publish_policy()
    house.publish_schedule(world.a_schedule(stage.policy))
    house.freeze()
    house.open_gate()


# --- a lying platform ---------------------------------------------------------------------------


def no_witness(stage):
    stage.house.witness = None


def strange_witness(stage):
    stage.house.witness = world.note_signer("another", 4)


def strange_log(stage):
    other = world.note_signer("sunlit.test/other")
    stage.house.log = dataclasses.replace(other, name=stage.house.log.name)


def early_witness(stage):
    stage.house.note_at = OPENING - MINUTE


def early_timestamp(stage):
    stage.house.token_at = OPENING - MINUTE


def own_timestamp(stage):
    stage.house.token_by = "centre-tsa"


def no_timestamp(stage):
    stage.shown["frozen"] = {"token": ""}


def early_clock(stage):
    stage.now = OPENING - MINUTE


def hidden_leaf(stage):
    """The tile lacks what the checkpoint counts."""
    stage.instead = lambda request: (
        (200, {}, b"\x00\x02{}" * 5) if "/tile/entries/" in request.path else False
    )


def no_tiles(stage):
    stage.instead = lambda request: (
        stages.problem(404, "not-found") if "/tile/entries/" in request.path else False
    )


def no_freeze_leaf(stage):
    del stage.house.leaves[3:]


def no_gate_leaf(stage):
    del stage.house.leaves[4:]


def second_freeze(stage):
    stage.house.freeze(at=OPENING)


def second_gate(stage):
    stage.house.open_gate()


def forged_gate(stage):
    """A gate for the price that nobody whom the policy names has signed."""
    house = stage.house
    house.plain("bidding.technical", OPENING + MINUTE, digests={"result": RESULT.hex()}, context={})
    house.open_gate(slot=4, at=OPENING + 2 * MINUTE, by=["tenderee"], result=RESULT)


def gate_without_its_result(stage):
    stage.house.open_gate(slot=4, at=OPENING + 2 * MINUTE, by=["supervisor"], result=RESULT)


def earlier_schedule(stage):
    schedule = world.a_schedule(stage.policy, seq=2, shift=-DAY)
    stage.house.leaves[3:3] = []
    stage.house.publish_schedule(schedule)


def schedule_by_another(stage):
    stage.house.leaves.clear()
    stage.house.objects.clear()
    stage.house.publish_policy()
    stage.house.publish_schedule(world.a_schedule(stage.policy), "supervisor")
    stage.house.freeze()
    stage.house.open_gate()


def missing_bid(stage):
    stage.submissions.pop()


def other_opening_key(stage):
    stage.shown["opening_service"] = stages.wire(stage.opening_statement(name="receipts"))


def unsigned_opening_key(stage):
    value = stages.wire(stage.opening_statement())
    value["signatures"] = []
    stage.shown["opening_service"] = value


def other_platform(stage):
    stage.shown["origin"] = "https://elsewhere.test"


def other_lot(stage):
    stage.shown["lot"] = world.LOT[:-1] + "9"


def unsigned_policy(stage):
    value = stages.wire(world.signed(stage.policy.encode(), "tenderee"))
    value["signatures"] = [stages.b64(b"\x30\x00")]
    stage.shown["policy"] = value


def foreign_keys(stage):
    """A policy with keys that are not this trustee's own."""
    other = world.SlotKeys.generate(
        origin=stage.origin,
        project=world.PROJECT,
        lot=world.LOT,
        trustee="org:supervisor",
        slots=[1, 4],
    )
    trustees = tuple(
        dataclasses.replace(each, keys=other.public) if each.id == "org:supervisor" else each
        for each in stage.policy.trustees
    )
    policy = dataclasses.replace(stage.policy, trustees=trustees)
    stage.shown["policy"] = stages.wire(world.signed(policy.encode(), "tenderee"))


LIES = {
    no_witness: "no-witness",
    strange_witness: "no-witness",
    strange_log: "not-signed",
    early_witness: "early-cosignature",
    early_timestamp: "early-timestamp",
    own_timestamp: "bad-timestamp",
    no_timestamp: "no-timestamp",
    early_clock: "early-clock",
    hidden_leaf: "forked-checkpoint",
    no_freeze_leaf: "no-freeze",
    no_gate_leaf: "no-gate",
    second_freeze: "two-freezes",
    second_gate: "two-gates",
    forged_gate: "not-signed",
    gate_without_its_result: "bad-gate",
    earlier_schedule: "bad-schedule",
    schedule_by_another: "not-signed",
    missing_bid: "wrong-set",
    other_opening_key: "wrong-key",
    unsigned_opening_key: "wrong-seal",
    other_platform: "wrong-lot",
    other_lot: "wrong-lot",
    unsigned_policy: "bad-signature",
    foreign_keys: "foreign-keys",
}
#: Lies about the price's gate, which must not keep the other slots shut.
ABOUT_PRICE = (forged_gate, gate_without_its_result)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_lying_platform_gets_no_share(stage, lie):
    lie(stage)
    slots = [4] if lie in ABOUT_PRICE else None
    found = once(stage, slots=slots)
    assert stage.shares == []
    assert not found.done
    assert LIES[lie] in codes(found)


@pytest.mark.parametrize("answer", [no_tiles], ids=["no-tiles"])
def test_platform_that_hides_its_log_gets_no_share(stage, answer):
    answer(stage)
    found = once(stage)
    assert stage.shares == []
    assert not found.done


def test_stale_checkpoint_after_a_newer_one_gets_no_share(stage):
    watch = stage.watch()
    stage.house.hidden(OPENING)
    once(stage, watch, slots=[4])
    stage.house.leaves.pop()
    found = once(stage, watch)
    assert stage.shares == []
    assert "stale-checkpoint" in codes(found)


def test_forked_log_gets_no_share_and_is_not_forgotten(stage, tmp_path):
    path = tmp_path / "state.json"
    once(stage, Watch.open(path, world.LOT), slots=[4])
    before = path.read_bytes()
    stage.house.leaves[2] = stage.house.leaves[2].replace(b'"c":"', b'"c":"00')
    stage.house.hidden(OPENING)
    found = once(stage, Watch.open(path, world.LOT))
    assert stage.shares == []
    assert "forked-checkpoint" in codes(found)
    assert path.read_bytes() == before


def test_another_policy_than_before_gets_no_share(stage):
    watch = stage.watch()
    once(stage, watch, slots=[4])
    other = stage.a_policy(min_bids=1)
    stage.shown["policy"] = stages.wire(world.signed(other.encode(), "tenderee"))
    found = once(stage, watch)
    assert stage.shares == []
    assert codes(found) == {"wrong-policy"}


def test_another_seal_than_before_gets_no_share(stage):
    watch = stage.watch()
    once(stage, watch, slots=[4])
    stage.seal = "somebody"
    found = once(stage, watch)
    assert stage.shares == []
    assert codes(found) == {"wrong-seal"}


def test_too_few_bids_get_no_share(stage):
    stage.submissions.pop()
    stage.house.bids.pop()
    _refrozen(stage)
    found = once(stage)
    assert stage.shares == []
    assert "too-few-bids" in codes(found)


def test_heads_that_were_swapped_get_no_share(stage):
    first, second = (stage._bid(each, []) for each in stage.submissions[:2])
    first["envelopes"], second["envelopes"] = second["envelopes"], first["envelopes"]
    rest = [stage._bid(each, []) for each in stage.submissions[2:]]
    stage.shown["frozen"] = {"bids": [first, second, *rest]}
    found = once(stage, slots=[1])
    assert states(found) == [HELD, HELD, RELEASED]
    assert codes(found) == {"wrong-head"}


@pytest.mark.parametrize(
    "damage",
    [
        {"note": 5},
        {"bids": [{"bid": "x"}]},
        {"bids": None},
        {"token": "%%%"},
    ],
    ids=["note", "bid", "no-bids", "token"],
)
def test_answer_that_makes_no_sense_gets_no_share(stage, damage):
    stage.shown["frozen"] = damage
    with pytest.raises(Unavailable) as caught:
        once(stage)
    assert caught.value.code == "bad-answer"
    assert stage.shares == []


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
    _refrozen(stage)
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
