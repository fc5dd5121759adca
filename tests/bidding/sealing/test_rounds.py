"""Final offers: a second round with keys, policy, times and bids of its own.

Four suppliers were read in the first round; the group goes on with three. Everything about seals
goes the way it goes outside; the first round and the group's result are rows put in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bidding.domain import evaluation, ranking, sealed_rounds
from bidding.enums import BidState, Outcome
from bidding.kit.policy import SlotRule
from bidding.kit.trustee import SlotKeys
from bidding.models import Bid, Envelope, Evaluation, Freeze, SealingPolicy, TrusteeKey
from signatures.domain import clock, guard, jcs, platform
from tests.bidding.sealing import steps
from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.negotiated import (
    CALL,
    OUT,
    TIME,
    call,
    closes,
    make_keys,
    negotiating,
    post_policy,
    post_schedule,
    result_filed,
)
from tests.bidding.sealing.negotiated import called as final_offers_called
from tests.bidding.sealing.people import move_clock, tick
from tests.bidding.sealing.world import World, registration, withdrawal
from tests.factories import standing as standings
from tests.factories.floor import START, sha
from tests.factories.standing import put_back
from trading.domain import procedure
from trading.models import Exhibit, Message

pytestmark = pytest.mark.django_db

def offer(world: World, number: int, price: str) -> None:
    world.submit(world.tenderers[number], price=price)


@pytest.fixture(scope="module")
def standing_negotiated(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("platform")
    with standings.standing(django_db_blocker):
        world = worlds.build(folder, tenderers=4)
        move_clock(START + timedelta(hours=1))
        negotiating(world)
        for person in (*world.trustees.values(), *world.tenderers):
            assert person.headers
        yield world


@pytest.fixture(scope="module")
def standing_called(standing_negotiated: World) -> Iterator[World]:
    with put_back():
        world = steps.copied(standing_negotiated)
        final_offers_called(world)
        yield world


@pytest.fixture
def negotiated(standing_negotiated: World) -> Iterator[World]:
    with put_back():
        yield steps.copied(standing_negotiated)


@pytest.fixture
def called(standing_called: World) -> Iterator[World]:
    """Final offers are called for, and may come."""
    with put_back():
        yield steps.copied(standing_called)


def sealed_for(world: World, number: int, price: str = "4700000.00") -> Any:
    return world.seal(world.tenderers[number], price=price)[0]


# --- which round it is ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", procedure.names())
def test_rounds_follow_from_the_stages_at_which_bids_are_frozen(name):
    rules = procedure.load(name)
    stages = sealed_rounds.begins(rules)
    assert len(stages) == (
        2 if rules.flag("final-offers") or rules.flag("prequalification") else len(stages[:1])
    )


def test_before_the_call_it_is_the_first_round_and_after_it_the_second(negotiated):
    lot = negotiated.lot_row
    assert (sealed_rounds.number(lot), sealed_rounds.slots(lot)) == (1, (2, 3))
    assert sealed_rounds.bids(lot).count() == 4
    result_filed(negotiated)
    call(negotiated)
    lot = negotiated.house.refresh()
    assert (lot.stage, sealed_rounds.number(lot)) == ("OFFERS", 2)
    assert sealed_rounds.slots(lot) == (1, 4)
    assert (sealed_rounds.policy(lot), sealed_rounds.freeze(lot)) == (None, None)
    assert not sealed_rounds.bids(lot).exists()
    assert sealed_rounds.freeze(lot, round_=1) is not None


def test_nobody_calls_for_offers_before_the_group_has_its_result(negotiated):
    with Unchanged():
        refusal(call(negotiated), 409, "exhibit-filed")
    assert negotiated.house.refresh().stage == "EVALUATION"


def test_supplier_does_not_call_for_offers(negotiated):
    result_filed(negotiated)
    answer = negotiated.tenderers[0].post(negotiated.path("steps"), {"step": CALL})
    refusal(answer, 403, "wrong-role")


@pytest.mark.parametrize("slots", [(1,), (4,), (2, 3), (1, 2, 3, 4)])
def test_policy_of_other_slots_is_refused(negotiated, slots):
    result_filed(negotiated)
    call(negotiated)
    make_keys(negotiated, slots)
    with Unchanged():
        rules = tuple(SlotRule(slot) for slot in slots)
        refusal(post_policy(negotiated, slots=rules), 409, "wrong-slots")
    assert not SealingPolicy.objects.filter(round=2).exists()


def test_policy_that_opens_fewer_offers_than_the_law_is_refused(negotiated):
    result_filed(negotiated)
    call(negotiated)
    make_keys(negotiated)
    refusal(post_policy(negotiated, min_bids=2), 409, "too-few-bidders")


# --- keys, policy and times of their own ---------------------------------------------------------


def test_final_offers_have_keys_and_a_policy_of_their_own(called):
    assert set(TrusteeKey.objects.values_list("round", flat=True)) == {2}
    assert list(SealingPolicy.objects.order_by("round").values_list("round", flat=True)) == [1, 2]
    public = called.tenderers[0].get(called.path("sealing")).json()
    assert called.policy is not None
    assert (public["policy"]["digest"], public["slots"]) == (called.policy.digest.hex(), [1, 4])
    assert public["freeze"] is None


def test_second_policy_of_the_round_is_refused(called):
    with Unchanged():
        refusal(post_policy(called, min_bids=4), 409, "policy-stands")


def test_keys_are_not_exchanged_once_the_policy_stands(called):
    person = called.trustees["notary"]
    keys = SlotKeys.generate(
        origin=platform.origin(), project=called.lot_row.project.urn, lot=called.lot_row.urn,
        trustee=person.organisation.urn, slots=(1, 4),
    )
    answer = person.post(called.path("trustee-keys"), person.sign(keys.offer(at=clock.now())))
    refusal(answer, 409, "policy-stands")


def test_time_moves_later_only_and_the_lot_s_own_date_follows(called):
    before = closes(called)
    refusal(post_schedule(called, seq=2, after=TIME - timedelta(minutes=1)), 409, "moved-earlier")
    assert closes(called) == before
    assert post_schedule(called, seq=2, after=TIME + timedelta(hours=1)).status_code == 201
    assert closes(called) == before + timedelta(hours=1)
    assert called.house.refresh().dates["deadline"] == jcs.timestamp(START + timedelta(minutes=2))


def test_each_supplier_that_goes_on_is_told_and_nobody_else(called):
    told = Message.objects.filter(template="final-offers-called")
    going_on = {one.organisation.pk for one in called.tenderers[:OUT]}
    assert set(told.values_list("organisation_id", flat=True)) == going_on


# --- who offers, and what ------------------------------------------------------------------------


def test_three_offers_are_frozen_as_a_set_of_their_own(called):
    for number, price in enumerate(("4700000.00", "4600000.00", "4800000.00")):
        offer(called, number, price)
    assert called.tenderee.get(called.path("frozen")).status_code == 404
    move_clock(closes(called) + timedelta(seconds=5))
    tick()
    lot = called.house.refresh()
    assert lot.stage == "RANKING"
    freeze = sealed_rounds.freeze(lot)
    assert freeze is not None and freeze.count == 3
    assert Freeze.objects.count() == 2
    assert {bid.state for bid in sealed_rounds.bids(lot)} == {BidState.FROZEN}
    assert sealed_rounds.bids(lot, round_=1).filter(state=BidState.FROZEN).count() == 4


def test_two_offers_end_the_procedure_and_nothing_is_opened(called):
    for number in (0, 1):
        offer(called, number, "4700000.00")
    move_clock(closes(called) + timedelta(seconds=5))
    tick()
    lot = called.house.refresh()
    assert (lot.stage, lot.state) == ("OFFERS", "failed")
    freeze = sealed_rounds.freeze(lot)
    assert freeze is not None and freeze.next_gate_at is None
    assert not Envelope.objects.exclude(outcome=Outcome.SEALED).exists()


def test_who_was_rejected_makes_no_offer(called):
    person = called.tenderers[OUT]
    with Unchanged():
        refusal(called.register(person, sealed_for(called, OUT)), 403, "not-admitted")
    assert not Bid.objects.filter(round=2).exists()


def test_bid_of_the_first_round_is_no_offer(called):
    submission = called.seal(
        called.tenderers[0], bid=Bid.objects.get(tenderer=called.tenderers[0].organisation).pk
    )[0]
    with Unchanged():
        refusal(called.register(called.tenderers[0], submission), 409, "bid-id-taken")


def test_second_offer_beside_the_first_is_refused(called):
    offer(called, 0, "4700000.00")
    answer = called.register(called.tenderers[0], sealed_for(called, 0))
    refusal(answer, 409, "bid-exists")


def test_offer_sealed_under_another_policy_is_refused(called):
    standing = called.policy
    assert standing is not None
    called.policy = replace(standing, min_bids=4)
    submission = sealed_for(called, 0)
    called.policy = standing
    answer = called.tenderers[0].post(called.path("bids"), registration(submission))
    assert answer.status_code in (400, 409, 422), answer.content
    assert not Bid.objects.filter(round=2).exists()


def test_offer_a_second_too_late_is_refused(called):
    submission = sealed_for(called, 0)
    move_clock(closes(called))
    with Unchanged():
        refusal(called.register(called.tenderers[0], submission), 409, "too-late")


def test_offer_is_taken_back_before_its_time_and_not_after(called):
    person = called.tenderers[0]
    submission, _kit = called.submit(person)
    body = withdrawal(called, person, submission.bid.bid)
    answer = person.post(called.path(f"bids/{submission.bid.bid}/withdraw"), body)
    assert answer.status_code in (200, 201), answer.content
    again, _kit = called.submit(person)
    move_clock(closes(called))
    late = person.post(
        called.path(f"bids/{again.bid.bid}/withdraw"), withdrawal(called, person, again.bid.bid)
    )
    refusal(late, 409, "too-late")
    assert Bid.objects.get(pk=again.bid.bid).state == BidState.LIVE


# --- what opens, and who sees it -----------------------------------------------------------------


def opened(world: World, prices: tuple[str, ...]) -> None:
    """These suppliers' offers, frozen and opened by three trustees' own clients."""
    for number, price in enumerate(prices):
        offer(world, number, price)
    move_clock(closes(world) + timedelta(seconds=5))
    steps.renew_lists()
    tick()
    world.house.refresh()
    steps.prove()
    for name in ("tenderee", "centre", "supervisor"):
        for answer in steps.released(world, name):
            assert getattr(answer, "status_code", answer) == 201, answer
    steps.run_tasks()


@pytest.fixture
def ranked(called: World) -> World:
    opened(called, ("4700000.00", "4600000.00", "4800000.00"))
    return called


def test_prices_count_for_the_bids_that_were_read(ranked):
    row = Evaluation.objects.get()
    found = ranking.offers(row)
    assert {code: str(price) for code, price in found.prices.items()} == {
        "T01": "4700000.00", "T02": "4600000.00", "T03": "4800000.00",
    }
    assert found.dropped == []
    read = evaluation.coded(row.committee)
    assert {bid.round for bid in read.values()} == {1}
    assert {bid.round for bid in ranking.priced_bids(row).values()} == {2}


def test_who_made_no_offer_drops_out_and_is_told_why(called):
    with guard.writes("test arrangement"):
        Evaluation.objects.update(rejected=[])
    numbers = (0, 1, 3)
    for number in numbers:
        offer(called, number, "4700000.00")
    move_clock(closes(called) + timedelta(seconds=5))
    tick()
    called.house.refresh()
    row = Evaluation.objects.select_related("committee__lot").get()
    priced = ranking.priced_bids(row)
    assert sorted(priced) == ["T01", "T02", "T04"]
    with guard.writes("test arrangement"):
        for code, bid in priced.items():
            Exhibit.objects.create(
                lot=called.lot_row, kind="bid-price", stage="RANKING", name="price.json",
                digest=sha(code), size=1, media_type="application/json", filed_at=START,
                facts={"bid": bid.urn, "bid-price": {"price": "5.00", "currency": "CNY"}},
            )
    (dropped,) = ranking.offers(row).dropped
    assert (dropped["code"], dropped["reason"]) == ("T03", ranking.NO_OFFER)


def test_final_offer_is_shown_to_its_supplier_and_never_to_another(ranked):
    prices = Exhibit.objects.filter(kind__in=("bid-price", "opening-sheet"))
    assert prices.count() == 6
    for exhibit in prices:
        whose = exhibit.facts["tenderer"]
        assert "tenderer" not in exhibit.audience and whose in exhibit.audience
        for person in ranked.tenderers:
            answer = person.get(f"exhibits/{exhibit.pk}/content")
            b"".join(answer)
            assert (answer.status_code == 200) == (person.organisation.urn == whose)


def test_nothing_opens_before_its_time(called):
    for number in range(3):
        offer(called, number, "4700000.00")
    move_clock(closes(called) - timedelta(seconds=1))
    tick()
    assert called.house.refresh().stage == "OFFERS"
    assert not Exhibit.objects.filter(kind="bid-price").exists()
    refusal(called.trustees["notary"].get(called.path("frozen")), 404, "no-freeze")
