"""An outage before the deadline moves it, by rule, before anything is frozen (decision 29)."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest

from bidding.domain import freezing, outages
from bidding.domain.outages import ExtendForOutage, Rule, SettleOutage
from bidding.models import Bid, Freeze, OutageExtension, OwedTimes
from signatures.domain import availability, clock, guard, jcs, log
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Refused
from signatures.models import LedgerEntry, Outage, Presence
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.people import move_clock, renew_lists, tick
from tests.bidding.sealing.world import DEADLINE, World
from tests.factories.floor import beijing
from trading.domain.calendar import Calendar
from trading.domain.suspensions import Suspend
from trading.models import Lot, Message

pytestmark = pytest.mark.django_db

CLOCK = Actor.process("clock")
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
#: 11 hours around the deadline, which is Tuesday, 31 March, 09:30.
NIGHT, MORNING = beijing(2026, 3, 30, 23, 0), beijing(2026, 3, 31, 10, 0)


def was_there(since: datetime, until: datetime) -> None:
    """A server answered between these moments of official time."""
    shift = timedelta(seconds=clock.look().offset)
    with guard.writes("test arrangement"):
        Presence.objects.create(server="one", since=since - shift, until=until - shift)


def go_to(at: datetime) -> None:
    """Let the official time be ``at``, and what was there by it stay where it is."""
    before = clock.look().offset
    move_clock(at)
    renew_lists()
    moved = timedelta(seconds=clock.look().offset - before)
    with guard.writes("test arrangement"):
        for row in Presence.objects.all():
            row.since, row.until = row.since - moved, row.until - moved
            row.save()
        for row in Outage.objects.all():
            row.real_since, row.real_until = row.real_since - moved, row.real_until - moved
            row.save()


def still_there(until: datetime) -> None:
    """The last server that answered did so until then."""
    with guard.writes("test arrangement"):
        row = Presence.objects.latest("since")
        row.until = until - timedelta(seconds=clock.look().offset)
        row.save()


def away(since: datetime, until: datetime, *, now: datetime | None = None) -> None:
    """The platform was away, and is back since ``until``; the clock process has not looked yet."""
    go_to(now or until + 2 * SECOND)
    if Presence.objects.exists():
        still_there(since)
    else:
        was_there(since - 300 * HOUR, since)
    was_there(until, clock.now())


def note() -> list[str]:
    """What a turn of the clock process does of it."""
    availability.note_outages(clock.platform)
    return tick()


def closes(world: World) -> datetime:
    return jcs.parse_timestamp(world.house.refresh().dates["deadline"])


def told(template: str) -> set[str]:
    return {row.organisation.name for row in Message.objects.filter(template=template)}


def names(*people) -> set[str]:
    return {one.organisation.name for one in people}


def frozen(world: World) -> Refused | None:
    try:
        dispatch(freezing.FreezeBids(lot=world.lot), actor=CLOCK)
    except Refused as refusal_:
        return refusal_
    return None


# --- the rule ------------------------------------------------------------------------------------

RULE = Rule(length=10 * MINUTE, clear=24 * HOUR, article="TBL 24")


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        (DEADLINE - 5 * HOUR, DEADLINE - 5 * HOUR + 10 * MINUTE, True),
        (DEADLINE - 5 * HOUR, DEADLINE - 5 * HOUR + 10 * MINUTE - SECOND, False),
        (DEADLINE - 30 * HOUR, DEADLINE - 24 * HOUR + SECOND, True),
        (DEADLINE - 30 * HOUR, DEADLINE - 24 * HOUR, False),
        (DEADLINE - SECOND, DEADLINE + HOUR, True),
        (DEADLINE, DEADLINE + HOUR, False),
        (DEADLINE + HOUR, DEADLINE + 2 * HOUR, False),
    ],
)
def test_outage_counts_by_its_length_and_nearness_TBL_24(since, until, counts):
    assert RULE.counts(since, until, DEADLINE) is counts


@pytest.mark.parametrize(
    ("since", "until", "after"),
    [
        # Twenty minutes, 23 hours before: the day after it came back.
        (beijing(2026, 3, 30, 10, 10), beijing(2026, 3, 30, 10, 30), beijing(2026, 3, 31, 10, 30)),
        # Three days, until a day before: by the three days.
        (beijing(2026, 3, 27, 9, 40), beijing(2026, 3, 30, 9, 40), beijing(2026, 4, 3, 9, 30)),
        # Across the deadline.
        (NIGHT, MORNING, beijing(2026, 4, 1, 10, 0)),
        # A moment within a minute: the next whole one.
        (NIGHT, MORNING + SECOND, beijing(2026, 4, 1, 10, 1)),
    ],
)
def test_deadline_moves_by_what_was_lost_and_leaves_a_whole_day(since, until, after):
    assert RULE.moved(since, until, DEADLINE, Calendar()) == after


def test_deadline_on_a_day_of_rest_moves_on_to_the_next_working_day():
    until = beijing(2026, 4, 3, 11, 0)  # Friday
    after = RULE.moved(until - HOUR, until, beijing(2026, 4, 3, 12, 0), Calendar())
    assert after == beijing(2026, 4, 6, 11, 0)


def test_every_procedure_that_seals_bids_says_what_an_outage_does():
    from bidding.domain import sealed_rounds
    from trading.domain import procedure

    for name in procedure.names():
        rules = procedure.load(name)
        seals = any(one.act == sealed_rounds.FREEZE for one in rules.commands.values())
        for figure in (outages.LENGTH, outages.CLEAR):
            assert (figure in rules.figures) is seals, (name, figure)
            if seals:
                assert not rules.figures[figure].confirmed
                assert timedelta(hours=rules.figures[outages.CLEAR].least) <= outages.MOST_CLEAR


# --- nothing is frozen ---------------------------------------------------------------------------


def test_nothing_is_frozen_while_no_server_answers(world: World):
    for person in world.tenderers:
        world.submit(person)
    move_clock(DEADLINE + SECOND)
    was_there(DEADLINE - 300 * HOUR, DEADLINE - 30 * SECOND)
    with Unchanged():
        assert tick() == []
        assert frozen(world).code == "platform-away"
    assert not Freeze.objects.exists()


def test_freeze_is_not_kept_by_a_restart_or_a_short_outage(world: World):
    for person in world.tenderers:
        world.submit(person)
    away(DEADLINE - 5 * MINUTE, DEADLINE + 4 * MINUTE)
    assert "bidding.freeze-bids" in note()
    assert Freeze.objects.get().count == 3
    assert Outage.objects.count() == 1
    assert not OutageExtension.objects.exists()


def test_freeze_waits_for_an_outage_that_nobody_has_noted_yet(world: World):
    for person in world.tenderers:
        world.submit(person)
    away(NIGHT, MORNING)
    with Unchanged():
        refused = frozen(world)
    assert (refused.code, refused.rule) == ("outage-not-settled", "TBL 24")
    assert "2026-03-30 23:00" in str(refused)


def test_freeze_is_not_kept_by_an_outage_that_is_long_past(world: World):
    for person in world.tenderers:
        world.submit(person)
    away(DEADLINE - 40 * HOUR, DEADLINE - 25 * HOUR, now=DEADLINE + SECOND)
    note()
    assert Freeze.objects.exists()


# --- the deadline moves --------------------------------------------------------------------------


@pytest.fixture
def moved(world: World) -> World:
    """The platform was away across the deadline; the clock process has looked once."""
    world.submit(world.tenderers[0])
    away(NIGHT, MORNING)
    assert note() == ["bidding.extend-for-outage"]
    return world


def test_deadline_moves_and_everybody_is_told_and_times_are_owed(moved: World):
    after = beijing(2026, 4, 1, 10, 0)
    row = OutageExtension.objects.get()
    assert (row.name, row.before, row.after) == ("deadline", DEADLINE, after)
    assert closes(moved) == after
    assert moved.house.lot.dates["opening"] == moved.house.lot.dates["deadline"]
    assert moved.house.lot.next_due_at <= after
    owed = OwedTimes.objects.get()
    assert (owed.until, owed.settled_at) == (after, None)
    assert MORNING < owed.stops_at < MORNING + MINUTE
    everybody = names(moved.tenderee, *moved.tenderers)
    assert told("deadline-moved-by-outage") >= everybody
    assert told("times-to-sign") == names(moved.tenderee)
    assert told("taking-in-stopped") == names(*moved.tenderers)


def test_move_stands_in_the_ledger_with_its_reason(moved: World):
    entries = [jcs.loads(bytes(row.data)).get("entry", {}) for row in LedgerEntry.objects.all()]
    [entry] = [one for one in entries if one.get("act") == "bidding.extend-for-outage"]
    outage = Outage.objects.get()
    assert entry["actor"] == "process:clock"
    assert entry["subject"] == moved.house.lot.urn
    said = entry["context"]
    assert (said["outage"], said["article"], said["date"]) == (outage.urn, "TBL 24", "deadline")
    assert said["before"] == jcs.timestamp(DEADLINE)
    assert said["after"] == jcs.timestamp(beijing(2026, 4, 1, 10, 0))


def test_message_says_from_when_to_when_and_the_new_deadline(moved: World):
    from trading.domain import messages

    row = Message.objects.filter(template="deadline-moved-by-outage").first()
    for language in ("zh-hans", "en"):
        text = messages.text_for(row, language)
        for word in (
            "2026-03-30 23:00", "2026-03-31 10:00", "2026-03-31 09:30", "2026-04-01 10:00",
        ):  # fmt: skip
            assert word in text["body"]


def test_outage_is_settled_when_it_has_moved_what_it_moves(moved: World):
    assert tick() == ["bidding.settle-outage"]
    outage = Outage.objects.get()
    assert outage.settled_at is not None
    last = jcs.loads(log.entry(LedgerEntry.objects.latest("index").index))["entry"]
    assert (last["act"], last["context"]["moved"]) == ("bidding.settle-outage", 1)
    assert tick() == []


def test_until_later_times_are_signed_nothing_is_taken_in_and_then_it_goes_on(moved: World):
    person = moved.tenderers[1]
    with Unchanged():
        refusal(moved.register(person, moved.seal(person)[0]), 409, "times-awaited")
        short = moved.publish_schedule(seq=2, deadline=beijing(2026, 4, 1, 10, 0))
        refusal(short, 409, "time-not-made-up")
    later = beijing(2026, 4, 1, 10, 2)
    assert moved.publish_schedule(seq=2, deadline=later).status_code == 201
    for person in moved.tenderers[1:]:
        moved.submit(person)
    go_to(later + SECOND)
    still_there(clock.now())
    note()
    assert Freeze.objects.get().count == 3
    assert Bid.objects.filter(state="frozen").count() == 3


def test_outage_before_the_deadline_leaves_the_signed_one_in_force_until_it_comes(world: World):
    away(DEADLINE - 6 * HOUR, DEADLINE - 5 * HOUR)
    assert note() == ["bidding.extend-for-outage"]
    assert closes(world) == DEADLINE + 19 * HOUR
    world.submit(world.tenderers[0])
    assert told("taking-in-stops") == names(*world.tenderers)


def test_second_outage_moves_it_again(moved: World):
    tick()
    first = closes(moved)
    away(MORNING + HOUR, MORNING + 3 * HOUR)
    assert note() == ["bidding.extend-for-outage"]
    assert closes(moved) == max(first + 2 * HOUR, MORNING + 27 * HOUR)
    assert [row.before for row in outages.of_lot(moved.house.lot)] == [DEADLINE, first]


# --- refused -------------------------------------------------------------------------------------


def extend(world: World, actor: Actor = CLOCK) -> None:
    dispatch(ExtendForOutage(lot=world.lot, outage=Outage.objects.get().pk), actor=actor)


def test_outage_moves_a_deadline_once(moved: World):
    with Unchanged(), pytest.raises(Refused) as caught:
        extend(moved)
    assert caught.value.code in ("outage-settled", "outage-elsewhere")
    assert OutageExtension.objects.count() == 1


def test_nobody_asks_for_an_extension(moved: World):
    for person in (moved.tenderee, *moved.tenderers):
        with Unchanged(), pytest.raises(Denied):
            extend(moved, Actor.person(person.user))


def test_outage_after_the_freeze_moves_nothing(world: World):
    for person in world.tenderers:
        world.submit(person)
    move_clock(DEADLINE + SECOND)
    tick()
    assert Freeze.objects.exists()
    away(DEADLINE - HOUR, DEADLINE + HOUR)
    assert "bidding.extend-for-outage" not in note()
    with Unchanged(), pytest.raises(Refused) as caught:
        extend(world)
    assert caught.value.code == "outage-elsewhere"
    assert closes(world) == DEADLINE


def test_lot_that_stands_still_is_not_moved_by_it(world: World):
    dispatch(Suspend(lot=world.lot, reason="核查"), actor=Actor.person(world.tenderee.user))
    away(NIGHT, MORNING)
    assert "bidding.extend-for-outage" not in note()
    assert closes(world) == DEADLINE


def test_outage_is_not_settled_while_it_has_deadlines_to_move(world: World):
    away(NIGHT, MORNING)
    availability.note_outages(clock.platform)
    outage = Outage.objects.get()
    with Unchanged(), pytest.raises(Refused) as caught:
        dispatch(SettleOutage(outage=outage.pk), actor=CLOCK)
    assert caught.value.code == "outage-not-settled"
    with pytest.raises(Denied):
        dispatch(SettleOutage(outage=outage.pk), actor=Actor.person(world.tenderee.user))
    tick()
    tick()
    with Unchanged(), pytest.raises(Refused) as caught:
        dispatch(SettleOutage(outage=outage.pk), actor=CLOCK)
    assert caught.value.code == "outage-settled"


def test_procedure_that_says_nothing_of_outages_is_not_moved_or_kept(world: World, monkeypatch):
    monkeypatch.setattr(Rule, "of", classmethod(lambda cls, lot: None))
    for person in world.tenderers:
        world.submit(person)
    away(NIGHT, MORNING)
    note()
    assert Freeze.objects.exists()


def test_rule_is_the_lots_own(world: World):
    found = Rule.of(Lot.objects.get(pk=world.lot))
    assert dataclasses.asdict(found) == {
        "length": 10 * MINUTE, "clear": 24 * HOUR, "article": "TBL 24",
    }  # fmt: skip
