"""A lot that goes on after it stood still: until when bids are taken in, and what waits meanwhile.

Nobody but the policy's signers can sign times, so the old deadline stands until they do (decision
12). A tenderer loses nothing by that, and nothing opens early.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bidding.domain import freezing, times_alarm
from bidding.enums import BidState, VersionState
from bidding.models import Bid, BidVersion, Envelope, Freeze, Gate, OwedTimes, Schedule
from signatures.domain import clock, jcs, log, platform, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Refused
from tests.bidding.sealing import steps
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.people import move_clock, renew_lists, tick
from tests.bidding.sealing.test_submission import withdraw
from tests.bidding.sealing.world import BIDDING, DEADLINE, MIB, World, batches, prepared
from tests.factories.floor import beijing
from trading.domain import grievance_drafts, grievance_filing, grievance_steps, grievance_words
from trading.domain.grievance_drafts import Draft
from trading.domain.grievance_words import Words
from trading.domain.signed import Signed
from trading.domain.suspensions import Resume, Suspend
from trading.models import Message

pytestmark = pytest.mark.django_db

CLOCK = Actor.process("clock")
#: Resumed before the signed deadline, 31 March: two days begun, so the lot's own is 2 April then.
EARLY, MOVED = BIDDING + timedelta(days=2, hours=-1), DEADLINE + timedelta(days=2)
#: Resumed after it, 20 days begun: the lot's own is Monday, 20 April.
LATE = BIDDING + timedelta(days=20, hours=-1)
SECOND = timedelta(seconds=1)


def act(world: World, command: Any) -> Any:
    outcome = dispatch(command, actor=Actor.person(world.tenderee.user))
    world.house.refresh()
    return outcome


def stand_still(world: World, until: datetime) -> None:
    act(world, Suspend(lot=world.lot, reason="核查"))
    move_clock(until)
    renew_lists()
    act(world, Resume(lot=world.lot, reason="已核查"))


@pytest.fixture
def resumed(world: World) -> World:
    """The lot stood still for two days and goes on nine days before the signed deadline."""
    stand_still(world, EARLY)
    return world


@pytest.fixture
def stopped(resumed: World) -> World:
    """The signed deadline came, and nobody has signed the later one."""
    move_clock(DEADLINE)
    renew_lists()
    return resumed


def closes(world: World) -> datetime:
    return jcs.parse_timestamp(world.house.refresh().dates["deadline"])


def told(template: str) -> set[str]:
    return {row.organisation.name for row in Message.objects.filter(template=template)}


def names(*people: Any) -> set[str]:
    return {one.organisation.name for one in people}


# --- what is owed --------------------------------------------------------------------------------


# The first: in what follows it the lot has its times.
def test_lot_without_signed_times_owes_none(unsealed: World):
    stand_still(unsealed, clock.now() + timedelta(days=2))
    assert not OwedTimes.objects.exists()
    assert not Message.objects.filter(template="times-to-sign").exists()


def test_resumed_lot_owes_later_times_and_everybody_is_told(resumed: World):
    owed = OwedTimes.objects.get()
    assert closes(resumed) == MOVED
    assert (owed.stops_at, owed.until, owed.settled_at) == (DEADLINE, MOVED, None)
    assert told("times-to-sign") == names(resumed.tenderee)
    assert told("taking-in-stops") == names(*resumed.tenderers)
    assert told("taking-in-stopped") == set()


def test_withdrawn_objection_owes_times_and_names_nobody_TBR_22_TBL_22(world: World):
    objector = world.tenderers[0]
    draft = Draft(
        about="documents", organisation=objector.organisation.pk,
        facts="资格条件与项目规模不相称，妨碍竞争。", requests="请修改资格条件并顺延投标截止时间。",
    )
    says = draft.says(world.house.refresh())
    dispatch(
        grievance_filing.prepare(
            objector.user, world.lot, signed(objector, grievance_drafts.PURPOSE, says)
        ),
        actor=Actor.person(objector.user),
    )
    assert world.house.refresh().state == "suspended"
    move_clock(BIDDING + timedelta(days=1))
    row = world.house.lot.grievances.get()
    says = grievance_words.says(row, "withdraw", Words(text="招标人已作出说明，不再坚持原异议。"))
    outcome = dispatch(
        grievance_steps.prepare(
            objector.user, world.lot, row.pk, "withdraw",
            signed(objector, grievance_words.PURPOSE, says),
        ),
        actor=Actor.person(objector.user),
    )
    assert world.house.refresh().state == "active"
    assert OwedTimes.objects.get().until == closes(world) > DEADLINE
    leaves = [jcs.loads(log.entry(leaf)).get("entry", {}) for leaf in outcome.leaves]
    entries = [entry for entry in leaves if entry.get("act") == times_alarm.OWE]
    assert [entry["actor"] for entry in entries] == ["process:procedure"]


def signed(person: Any, purpose: str, says: dict[str, Any]) -> Signed:
    data = statements.build(purpose, origin=platform.origin(), at=clock.now(), **says)
    return Signed(data, statements.sign(data, person.key))


# --- before the old deadline ---------------------------------------------------------------------


def test_bids_are_taken_in_until_the_signed_deadline(resumed: World):
    resumed.submit(resumed.tenderers[0])
    move_clock(DEADLINE - 5 * SECOND)
    assert resumed.register(resumed.tenderers[1], resumed.seal(resumed.tenderers[1])[0])


@pytest.mark.parametrize("short", [SECOND, timedelta(days=1)])
def test_deadline_before_the_lots_own_is_not_made_up(resumed: World, short):
    with Unchanged():
        answer = resumed.publish_schedule(seq=2, deadline=MOVED - short)
        body = refusal(answer, 409, "time-not-made-up")
    assert body["rule"] == "TBL 24, TBR 21"
    assert (Schedule.objects.count(), closes(resumed)) == (1, MOVED)


def test_the_lots_own_deadline_settles_what_is_owed(resumed: World):
    assert resumed.publish_schedule(seq=2, deadline=MOVED).status_code == 201
    assert OwedTimes.objects.get().settled_at is not None
    assert told("times-signed") == names(*resumed.tenderers)
    move_clock(DEADLINE + timedelta(hours=1))
    renew_lists()
    resumed.submit(resumed.tenderers[0])
    assert tick() == []
    move_clock(MOVED + SECOND)
    tick()
    assert Freeze.objects.exists()


# --- between the old deadline and the signature ---------------------------------------------------


def test_statement_is_refused_at_the_signed_deadline_and_told_why(stopped: World):
    submitted = stopped.seal(stopped.tenderers[0])[0]
    with Unchanged():
        body = refusal(stopped.register(stopped.tenderers[0], submitted), 409, "times-awaited")
    assert "2026-03-31 09:30" in body["detail"]
    assert not Bid.objects.exists()


def test_statement_is_refused_as_awaiting_after_the_lots_own_deadline_too(stopped: World):
    move_clock(MOVED + timedelta(hours=2))
    renew_lists()
    submitted = stopped.seal(stopped.tenderers[0])[0]
    with Unchanged():
        refusal(stopped.register(stopped.tenderers[0], submitted), 409, "times-awaited")


def test_withdrawal_is_refused_and_the_bid_stands(resumed: World):
    person = resumed.tenderers[0]
    bid = resumed.submit(person)[0].bid.bid
    move_clock(DEADLINE)
    renew_lists()
    with Unchanged():
        refusal(withdraw(resumed, person, bid), 409, "times-awaited")
    assert Bid.objects.get(pk=bid).state == BidState.LIVE


def test_outsider_is_refused_for_its_role_and_not_told_to_wait(stopped: World):
    submitted = stopped.seal(stopped.tenderers[0])[0]
    command = prepared(stopped, stopped.tenderers[0], submitted)
    with Unchanged(), pytest.raises(Denied) as caught:
        dispatch(command, actor=Actor.person(stopped.trustees["notary"].user))
    assert caught.value.code == "wrong-role"


def test_suspended_lot_says_that_it_stands_still(stopped: World):
    submitted = stopped.seal(stopped.tenderers[0])[0]
    act(stopped, Suspend(lot=stopped.lot, reason="再次核查"))
    with Unchanged():
        refusal(stopped.register(stopped.tenderers[0], submitted), 409, "not-running")


def test_half_an_upload_goes_on_from_where_it_stood_once_the_times_are_signed(resumed: World):
    person = resumed.tenderers[0]
    submitted = resumed.seal(person, technical=bytes(9 * MIB))[0]
    uploads = resumed.register(person, submitted).json()["uploads"]
    url = next(one["url"] for one in uploads if one["slot"] == 3)
    first, second = batches(submitted, 3)[:2]
    assert person.patch(url, 0, joined(first)).status_code == 204
    row = Envelope.objects.get(pk=url.rpartition("/")[2])
    move_clock(DEADLINE)
    renew_lists()
    with Unchanged():
        refusal(person.patch(url, second[0].offset, joined(second)), 409, "times-awaited")
    assert tick() == ["bidding.alarm-times"]
    row.refresh_from_db()
    assert (row.received, row.version.state) == (second[0].offset, VersionState.RECEIVING)
    later = MOVED + timedelta(minutes=5)
    assert resumed.publish_schedule(seq=2, deadline=later).status_code == 201
    assert person.patch(url, second[0].offset, joined(second)).status_code == 204
    for each in uploads:
        if each["url"] != url:
            for batch in batches(submitted, each["slot"]):
                assert person.patch(each["url"], batch[0].offset, joined(batch)).status_code == 204
    assert BidVersion.objects.get().state == VersionState.COMPLETE


def joined(parts: list[Any]) -> bytes:
    return b"".join(part.data for part in parts)


# --- time that was lost ---------------------------------------------------------------------------


def test_time_lost_is_made_up_to_the_second(stopped: World):
    lost = timedelta(hours=30)
    move_clock(DEADLINE + lost)
    renew_lists()
    now = clock.now()
    with Unchanged():
        answer = stopped.publish_schedule(seq=2, deadline=MOVED + lost - timedelta(minutes=1))
        refusal(answer, 409, "time-not-made-up")
    assert OwedTimes.objects.get().settled_at is None
    deadline = now + (MOVED - DEADLINE) + timedelta(minutes=1)
    assert stopped.publish_schedule(seq=2, deadline=deadline).status_code == 201
    assert closes(stopped) == deadline
    stopped.submit(stopped.tenderers[0])


def test_lot_that_goes_on_after_the_signed_deadline_owes_what_was_left_of_it(world: World):
    stand_still(world, LATE)
    owed = OwedTimes.objects.get()
    assert LATE <= owed.stops_at < LATE + timedelta(minutes=1)
    assert owed.until == closes(world) == DEADLINE + timedelta(days=20)
    assert told("taking-in-stopped") == names(*world.tenderers)
    assert told("taking-in-stops") == set()
    move_clock(LATE + timedelta(days=1))
    renew_lists()
    with Unchanged():
        answer = world.publish_schedule(seq=2, deadline=owed.until + timedelta(hours=23))
        refusal(answer, 409, "time-not-made-up")
    later = owed.until + timedelta(days=1, minutes=1)
    assert world.publish_schedule(seq=2, deadline=later).status_code == 201


def test_second_standstill_adds_to_the_first(resumed: World):
    stand_still(resumed, EARLY + timedelta(days=1, minutes=-1))
    owed = OwedTimes.objects.get()
    assert (owed.stops_at, owed.until) == (DEADLINE, DEADLINE + timedelta(days=3))


def test_standstill_after_taking_in_stopped_keeps_what_was_owed(stopped: World):
    stand_still(stopped, DEADLINE + timedelta(days=1))
    owed = OwedTimes.objects.get()
    assert (owed.stops_at, owed.until) == (DEADLINE, MOVED)
    assert closes(stopped) > MOVED
    with Unchanged():
        refusal(stopped.publish_schedule(seq=2, deadline=MOVED), 409, "time-not-made-up")


# --- the lot's own deadline comes ----------------------------------------------------------------


def test_nothing_is_frozen_or_opened_while_times_are_owed(resumed: World):
    for person in resumed.tenderers:
        resumed.submit(person)
    move_clock(MOVED - SECOND)
    assert tick() == ["bidding.alarm-times"]
    move_clock(MOVED)
    renew_lists()
    assert tick() == ["bidding.alarm-times"]
    with Unchanged(), pytest.raises(Refused) as caught:
        dispatch(freezing.FreezeBids(lot=resumed.lot), actor=CLOCK)
    assert caught.value.code == "times-awaited"
    steps.prove()
    move_clock(MOVED + timedelta(days=9))
    renew_lists()
    assert tick() == []
    lot = resumed.house.refresh()
    assert (lot.stage, lot.state) == ("BIDDING", "active")
    assert not Freeze.objects.exists()
    assert not Gate.objects.exists()
    assert set(Bid.objects.values_list("state", flat=True)) == {BidState.LIVE}


def test_times_are_signed_after_the_lots_own_deadline_and_then_it_closes(stopped: World):
    move_clock(MOVED + timedelta(days=1))
    renew_lists()
    tick()
    later = beijing(2026, 4, 8)
    assert stopped.publish_schedule(seq=2, deadline=later).status_code == 201
    for person in stopped.tenderers:
        stopped.submit(person)
    move_clock(later - SECOND)
    renew_lists()
    assert tick() == []
    move_clock(later)
    tick()
    assert Freeze.objects.get().count == 3


def test_schedule_after_the_deadline_is_refused_where_nothing_is_owed(world: World):
    move_clock(DEADLINE + SECOND)
    renew_lists()
    with Unchanged():
        answer = world.publish_schedule(seq=2, deadline=MOVED)
        refusal(answer, 409, "times-still-move")
    assert Schedule.objects.count() == 1


def test_tenderee_and_supervision_are_alarmed_when_taking_in_stops_and_when_the_deadline_comes(
    resumed: World,
):
    move_clock(DEADLINE - SECOND)
    assert tick() == []
    hosts = names(resumed.tenderee, resumed.trustees["supervisor"])
    move_clock(DEADLINE)
    assert tick() == ["bidding.alarm-times"]
    assert tick() == []
    assert told("times-not-signed") == hosts
    assert told("taking-in-stopped") == names(*resumed.tenderers)
    assert told("freeze-waits") == set()
    move_clock(MOVED)
    assert tick() == ["bidding.alarm-times"]
    assert told("freeze-waits") == hosts


def test_alarm_is_the_clocks_alone(stopped: World):
    for actor in (Actor.person(stopped.tenderee.user), Actor.process("worker")):
        with Unchanged(), pytest.raises(Denied):
            dispatch(times_alarm.AlarmTimes(lot=stopped.lot), actor=actor)


def test_alarm_is_not_given_before_its_time_nor_twice(resumed: World):
    alarm = times_alarm.AlarmTimes(lot=resumed.lot)
    for _time in range(2):
        with Unchanged(), pytest.raises(Refused) as caught:
            dispatch(alarm, actor=CLOCK)
        assert caught.value.code == "no-alarm"
        move_clock(DEADLINE)
        if not told("times-not-signed"):
            dispatch(alarm, actor=CLOCK)


def test_settled_times_give_no_alarm(resumed: World):
    assert resumed.publish_schedule(seq=2, deadline=MOVED).status_code == 201
    move_clock(DEADLINE + SECOND)
    assert tick() == []
    assert told("times-not-signed") == set()


# The last: the lot is sealed and frozen for good in what follows it.


def test_lot_that_stood_still_after_the_freeze_owes_none(frozen: World):
    stand_still(frozen, DEADLINE + timedelta(days=3))
    assert not OwedTimes.objects.exists()
