"""The deadline to the microsecond: what is in before it, and what is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bidding.domain import freezing
from bidding.domain.freezing import FreezeBids
from bidding.domain.uploads import ReceivePart
from bidding.enums import BidState
from bidding.kit.tender import frozen_root
from bidding.models import Bid, BidVersion, Freeze, SealingPolicy
from signatures.domain import jcs, log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, Refused
from signatures.models import LedgerEntry
from tests.bidding.sealing import rows
from tests.bidding.sealing.rows import DEADLINE, PART
from tests.factories import floor
from trading.domain import ticking
from trading.models import Lot

pytestmark = pytest.mark.django_db

TICK = timedelta(microseconds=1)
CLOCK = Actor.process("clock")


@pytest.fixture
def house():
    house = floor.house()
    house.publish_notice()
    house.publish_documents()
    rows.policy(house)
    return house


def last_part(house, envelope, user, at):
    act = ReceivePart(
        lot=house.lot.pk,
        organisation=envelope.version.bid.tenderer_id,
        envelope=envelope.pk,
        start=0,
        end=PART,
    )
    return dispatch(act, actor=Actor.person(user), clock=FixedClock(at))


def freeze(house, at=DEADLINE):
    return dispatch(FreezeBids(lot=house.lot.pk), actor=CLOCK, clock=FixedClock(at))


def complete(house, count: int) -> None:
    for number in range(count):
        organisation, _user = rows.bidder(house, f"tenderer {number}")
        rows.bid(house, organisation, received=PART, state="complete")


def test_last_part_a_microsecond_before_the_deadline_is_in(house):
    organisation, user = rows.bidder(house, "in time")
    envelope = rows.bid(house, organisation)
    outcome = last_part(house, envelope, user, DEADLINE - TICK)
    assert outcome.result["counts"] is True
    complete(house, 2)
    freeze(house)
    assert str(envelope.version.bid_id) in {one["bid"] for one in Freeze.objects.get().bids}


@pytest.mark.parametrize("late", [timedelta(0), TICK])
def test_last_part_at_the_deadline_or_after_is_out(house, late):
    organisation, user = rows.bidder(house, "late")
    envelope = rows.bid(house, organisation)
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as caught:
        last_part(house, envelope, user, DEADLINE + late)
    assert (caught.value.code, LedgerEntry.objects.count()) == ("too-late", before)
    complete(house, 3)
    freeze(house)
    assert Bid.objects.get(pk=envelope.version.bid_id).state == BidState.LAPSED


def test_schedule_may_end_before_the_lots_own_date_and_then_it_counts(house):
    from bidding.models import Schedule
    from signatures.domain import guard

    with guard.writes("test"):
        Schedule.objects.update(deadline=DEADLINE - timedelta(days=1))
    organisation, user = rows.bidder(house, "late")
    envelope = rows.bid(house, organisation)
    with pytest.raises(Refused) as caught:
        last_part(house, envelope, user, DEADLINE - timedelta(days=1))
    assert (caught.value.code, caught.value.rule) == ("too-late", "TBR 36")


def test_freeze_before_the_deadline_is_refused(house):
    complete(house, 3)
    with pytest.raises(Refused) as caught:
        freeze(house, DEADLINE - TICK)
    assert caught.value.code == "too-early"
    assert (Freeze.objects.count(), Lot.objects.get(pk=house.lot.pk).stage) == (0, "BIDDING")


def test_freeze_by_anybody_but_the_clock_is_denied(house):
    complete(house, 3)
    for actor in (Actor.person(house.buyer), Actor.person(house.supervisor),
                  Actor.process("worker")):
        with pytest.raises(Denied):
            dispatch(FreezeBids(lot=house.lot.pk), actor=actor, clock=FixedClock(DEADLINE))
    assert Freeze.objects.count() == 0


def test_freeze_twice_is_refused(house):
    complete(house, 3)
    freeze(house)
    with pytest.raises(Refused) as caught:
        freeze(house, DEADLINE + TICK)
    assert (caught.value.code, Freeze.objects.count()) == ("wrong-stage", 1)


def test_freeze_is_a_plain_urgent_leaf_with_count_and_root(house):
    complete(house, 3)
    outcome = freeze(house)
    row = Freeze.objects.get()
    entries = [jcs.loads(log.entry(leaf))["entry"] for leaf in outcome.leaves]
    (entry,) = [one for one in entries if one["act"] == "bidding.freeze"]
    policy = SealingPolicy.objects.get()
    assert entry["digests"] == {"set": row.root}
    assert (entry["context"]["count"], entry["context"]["policy"]) == (3, policy.statement)
    bids = freezing.frozen_bids(row)
    assert frozen_root(bids).hex() == row.root
    assert [one["bid"] for one in row.bids] == sorted(one["bid"] for one in row.bids)
    assert outcome.leaves[-1] == row.leaf or row.leaf in outcome.leaves


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_bids_fail_the_lot_and_nothing_is_ever_opened(house, count):
    complete(house, count)
    outcome = freeze(house)
    lot = Lot.objects.get(pk=house.lot.pk)
    assert (outcome.result["failed"], lot.state, lot.stage) == (True, "failed", "BIDDING")
    assert (Freeze.objects.get().count, Freeze.objects.get().next_gate_at) == (count, None)
    assert ticking.tick(FixedClock(DEADLINE + timedelta(days=1))) == ()


def test_lot_without_a_policy_fails_at_the_deadline(arrange):
    house = floor.house()
    house.publish_notice()
    house.publish_documents()
    house.lot.stage = "BIDDING"
    house.lot.save(update_fields=["stage"])
    outcome = freeze(house)
    assert (outcome.result, Lot.objects.get(pk=house.lot.pk).state) == (
        {"count": 0, "failed": True}, "failed"
    )


def test_withdrawn_and_incomplete_bids_are_not_in_the_set(house):
    complete(house, 3)
    organisation, _user = rows.bidder(house, "unfinished")
    unfinished = rows.bid(house, organisation, received=0)
    organisation, _user = rows.bidder(house, "withdrawn")
    withdrawn = rows.bid(house, organisation, received=PART, state="withdrawn")
    from signatures.domain import guard

    with guard.writes("test"):
        Bid.objects.filter(pk=withdrawn.version.bid_id).update(state=BidState.WITHDRAWN)
    freeze(house)
    frozen = {one["bid"] for one in Freeze.objects.get().bids}
    assert frozen.isdisjoint({str(unfinished.version.bid_id), str(withdrawn.version.bid_id)})
    assert len(frozen) == 3
    assert BidVersion.objects.get(pk=unfinished.version_id).state == "abandoned"


def test_last_complete_version_stands_when_a_newer_one_is_unfinished(house):
    complete(house, 2)
    organisation, _user = rows.bidder(house, "replacing")
    envelope = rows.bid(house, organisation, received=PART, state="complete")
    from signatures.domain import guard

    with guard.writes("test"):
        BidVersion.objects.create(bid=envelope.version.bid, number=2, **rows.statement())
    freeze(house)
    versions = {one["bid"]: one["version"] for one in Freeze.objects.get().bids}
    assert versions[str(envelope.version.bid_id)] == 1


def test_clock_freezes_at_the_deadline_by_itself(house):
    complete(house, 3)
    assert ticking.tick(FixedClock(DEADLINE - TICK)) == ()
    done = [one.command for one in ticking.tick(FixedClock(DEADLINE)) if one.held is None]
    assert done[0] == "bidding.freeze-bids"
    assert Lot.objects.get(pk=house.lot.pk).stage == "OPENING"
