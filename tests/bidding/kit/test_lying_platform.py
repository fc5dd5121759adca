"""A trustee's client before platforms that lie: no share leaves it, and it says why."""

from __future__ import annotations

import dataclasses

import pytest

from bidding.kit.releasing import HELD, RELEASED
from bidding.kit.watch import Watch
from signatures.domain.errors import Unavailable
from tests.bidding.kit import stage as stages
from tests.bidding.kit import world
from tests.bidding.kit.steps import DAY, MINUTE, RESULT
from tests.bidding.kit.trusteeship import codes, once, refrozen, states
from tests.bidding.kit.world import OPENING


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


def forged_time(stage):
    """The platform's clock says that it is time; the device's own says otherwise."""
    official = stages.jcs.timestamp(stage.now)
    stage.instead = lambda request: (
        stages.plain({"now": official}) if request.path == "/api/v1/time" else False
    )
    stage.now = OPENING - MINUTE


def superseded_schedule(stage):
    """The opening was put off by a day; everything is in order for the time before that."""
    again(stage, world.a_schedule(stage.policy), world.a_schedule(stage.policy, seq=2, shift=DAY))


def withheld_schedule(stage):
    """The same, and the statement of the later schedule is not shown."""
    superseded_schedule(stage)
    stage.house.objects.pop()


def too_few_bids(stage):
    stage.submissions.pop()
    stage.house.bids.pop()
    refrozen(stage)


def exchanged_statement(stage):
    """The shown set holds another statement than the frozen one: signed by somebody else."""
    first, *rest = stage.submissions
    data = first.statement.replace(b'"version":1', b'"version":2')
    signature = world.statements.sign(data, world.signer("tenderer-0"))
    stage.submissions = [dataclasses.replace(first, statement=data, signature=signature), *rest]


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


def as_rehearsal(stage):
    """The real tender's policy, called a rehearsal: its gates may open at any time."""
    policy = dataclasses.replace(stage.policy, rehearsal=True)
    stage.shown["policy"] = stages.wire(world.signed(policy.encode(), "tenderee"))


def again(stage, *schedules):
    stage.house.leaves.clear()
    stage.house.objects.clear()
    stage.house.publish_policy()
    for schedule in schedules:
        stage.house.publish_schedule(schedule)
    stage.house.freeze()
    stage.house.open_gate()


LIES = {
    no_witness: "no-witness",
    strange_witness: "no-witness",
    strange_log: "not-signed",
    early_witness: "early-cosignature",
    early_timestamp: "early-timestamp",
    own_timestamp: "bad-timestamp",
    no_timestamp: "no-timestamp",
    early_clock: "early-clock",
    forged_time: "early-clock",
    superseded_schedule: "early-clock",
    withheld_schedule: "missing-statement",
    exchanged_statement: "wrong-set",
    as_rehearsal: "no-policy",
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
    too_few_bids(stage)
    found = once(stage)
    assert stage.shares == []
    assert "too-few-bids" in codes(found)


def test_keys_of_a_rehearsal_release_nothing_of_a_real_tender(stage):
    """A real envelope is shown where a rehearsal is meant."""
    real = stage.trustee_keys("supervisor")
    stage.keys["supervisor"] = dataclasses.replace(real, rehearsal=True)
    found = once(stage)
    assert stage.shares == []
    assert not found.done
    assert codes(found) == {"no-policy"}


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
