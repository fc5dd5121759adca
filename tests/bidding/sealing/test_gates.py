"""The price slot: opened after a ledgered result, by the signatures that the policy names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest

from bidding.domain import gates, opened
from bidding.enums import BidState
from bidding.models import Bid, Freeze, Gate
from signatures.domain import clock, guard, jcs, log
from signatures.domain.act import Actor, Scene, command, dispatch
from tests.bidding.sealing import people, steps
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.test_opening import envelope, post_share
from tests.bidding.sealing.world import World
from trading.domain.acts import LotAct
from trading.models import Exhibit

pytestmark = pytest.mark.django_db

RESULT = b"\x77" * 32


@command("test.publish-result")
@dataclass(frozen=True, kw_only=True)
class PublishResult(LotAct):
    """Stands for whatever act a policy lets a slot wait for: a plain leaf with its result."""

    public: ClassVar[bool] = True
    leaf: str
    result: str

    def permit(self, actor: Actor) -> None:
        """Anybody, in a test."""

    def decide(self, scene: Scene) -> dict:
        scene.enter(subject=scene.subject.urn, act=self.leaf, digests={"result": self.result})
        return {}


def publish_result(world: World, *, leaf: str = "bidding.freeze-scores", result: bytes = RESULT):
    act = PublishResult(lot=world.lot, leaf=leaf, result=result.hex())
    dispatch(act, actor=Actor.process("clock"))


def statement(world: World, **changes: object) -> bytes:
    freeze = Freeze.objects.get()
    values = {
        "slot": 4,
        "at": clock.now(),
        "bids": [one["bid"] for one in freeze.bids],
        "result": RESULT,
    }
    return gates.statement_of(freeze, **{**values, **changes})


def sign(world: World, name: str, data: bytes):
    person = world.trustees[name]
    return person.post(world.path("gates"), person.sign(data))


def test_price_opens_when_both_have_signed_and_trustees_release(frozen: World):
    publish_result(frozen)
    data = statement(frozen)
    first = sign(frozen, "tenderee", data)
    assert (first.status_code, first.json()["missing"]) == (201, ["supervisor"])
    (proposed,) = [
        one for one in frozen.tenderee.get(frozen.path("sealing")).json()["gates"]
        if one["slot"] == 4
    ]
    assert (proposed["open"], proposed["signed_by"]) == (False, ["tenderee"])
    second = sign(frozen, "supervisor", data)
    assert (second.status_code, second.json()["open"]) == (201, True)
    people.move_clock(clock.now() + timedelta(seconds=10))
    steps.prove()
    for name in ("supervisor", "centre", "notary"):
        answers = steps.released(frozen, name, slot=4)
        assert [one if isinstance(one, list) else one.status_code for one in answers] == [201] * 3
    assert steps.run_tasks() == ["open_envelope:opened"] * 3
    prices = Exhibit.objects.filter(kind="bid-price")
    assert {one.facts["bid-price"]["price"] for one in prices} == {"4800000.00"}
    assert all(one.is_open(4) for one in opened.bids(frozen.lot_row))


def test_one_signature_opens_nothing(frozen: World):
    publish_result(frozen)
    sign(frozen, "tenderee", statement(frozen))
    assert Gate.objects.filter(slot=4, opened_at__isnull=False).count() == 0
    with Unchanged():
        refusal(post_share(frozen, "notary", envelope(frozen, slot=4)), 409, "no-gate")


def test_signatures_under_two_statements_open_nothing(frozen: World):
    publish_result(frozen)
    bids = [one["bid"] for one in Freeze.objects.get().bids]
    assert sign(frozen, "tenderee", statement(frozen)).status_code == 201
    answer = sign(frozen, "supervisor", statement(frozen, bids=bids[:2]))
    assert answer.json()["open"] is False


def test_gate_may_admit_fewer_bids_and_then_the_others_stay_sealed(frozen: World):
    publish_result(frozen)
    bids = [one["bid"] for one in Freeze.objects.get().bids]
    data = statement(frozen, bids=bids[:2])
    sign(frozen, "tenderee", data)
    sign(frozen, "supervisor", data)
    left = next(
        envelope(frozen, slot=4, tenderer=number)
        for number in range(3)
        if str(envelope(frozen, slot=4, tenderer=number).version.bid_id) == bids[2]
    )
    with Unchanged():
        refusal(post_share(frozen, "notary", left), 409, "bid-not-admitted")


def test_gate_without_a_ledgered_result_is_refused(frozen: World):
    with Unchanged():
        refusal(sign(frozen, "tenderee", statement(frozen)), 404, "no-result")


@pytest.mark.parametrize(
    "wrong", [{"leaf": "bidding.other"}, {"result": b"\x78" * 32}]
)
def test_gate_after_another_act_or_result_is_refused(frozen: World, wrong):
    publish_result(frozen, **wrong)
    with Unchanged():
        refusal(sign(frozen, "tenderee", statement(frozen)), 404, "no-result")


def test_gate_signed_twice_for_one_role_is_refused(frozen: World):
    publish_result(frozen)
    data = statement(frozen)
    sign(frozen, "tenderee", data)
    with Unchanged():
        refusal(sign(frozen, "tenderee", data), 409, "already-signed")


def test_gate_signed_by_somebody_whom_the_policy_does_not_name_is_denied(frozen: World):
    publish_result(frozen)
    with Unchanged():
        refusal(sign(frozen, "notary", statement(frozen)), 403, "not-a-signer")


def test_gate_of_a_timed_slot_is_never_signed(frozen: World):
    publish_result(frozen)
    with Unchanged():
        refusal(sign(frozen, "tenderee", statement(frozen, slot=1)), 409, "timed-slot")


def test_gate_with_a_bid_outside_the_frozen_set_is_refused(frozen: World):
    publish_result(frozen)
    with guard.writes("test"):
        Bid.objects.filter(tenderer=frozen.tenderers[0].organisation).update(
            state=BidState.REVOKED
        )
    with Unchanged():
        refusal(sign(frozen, "tenderee", statement(frozen)), 409, "bid-not-frozen")


def test_gate_from_the_future_is_refused(frozen: World):
    publish_result(frozen)
    with Unchanged():
        answer = sign(frozen, "tenderee", statement(frozen, at=clock.now() + timedelta(hours=1)))
        assert answer.status_code == 409


def test_gate_is_open_once(frozen: World):
    publish_result(frozen)
    data = statement(frozen)
    sign(frozen, "tenderee", data)
    sign(frozen, "supervisor", data)
    other = statement(frozen, at=clock.now() - timedelta(seconds=1))
    with Unchanged():
        refusal(sign(frozen, "tenderee", other), 409, "gate-open")
    (leaf,) = Gate.objects.filter(slot=4).values_list("leaf", flat=True)
    entry = jcs.loads(log.entry(leaf))["entry"]
    assert (entry["act"], entry["digests"]["result"]) == ("bidding.gate", RESULT.hex())
