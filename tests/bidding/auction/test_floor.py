"""The floor by its acts: who may ask what and when; refusals leave no trace; how it ends."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from bidding.domain import auction, auction_rules, chain, room_kinds, room_state, rooms
from bidding.domain.auction_acts import Ask, CloseFloor, EndListing, OpenFloor
from bidding.models import FloorAsk, RoomEvent
from signatures.domain import guard, jcs
from signatures.domain.act import Actor
from signatures.domain.errors import Denied, Malformed, Refused
from tests.bidding.auction import floors
from tests.bidding.auction.floors import AFTER, CLOCK, FORMAT, FROM, SALT, UNTIL
from tests.factories import floor
from trading.domain import ticking
from trading.domain.suspensions import Resume, Suspend, Terminate

pytestmark = pytest.mark.django_db

TICK = timedelta(microseconds=1)
ROUND = timedelta(seconds=FORMAT["round_seconds"])
START, STEP = Decimal(FORMAT["start"]), Decimal(FORMAT["step"])


def refusal(home, call, kind=Refused):
    """The code of a refusal that left everything as it was."""
    before = home.standing()
    with pytest.raises(kind) as caught:
        call()
    assert home.standing() == before
    return caught.value.code


@pytest.fixture
def home():
    made = floors.house()
    made.open()
    return made


# --- opening -------------------------------------------------------------------------------------


def test_the_clock_opens_the_floor_at_its_hour_and_nobody_else_does():
    home = floors.house()
    assert refusal(home, lambda: home.open(FROM - TICK)) == "too-early"
    for person in (home.buyer, home.operator, home.supervisor, home.firms[0][1]):
        act = OpenFloor(lot=home.lot.pk)
        code = refusal(home, lambda act=act, by=person: home.act(act, by=by, at=FROM), Denied)
        assert code == "wrong-role"
    home.open()
    assert (home.lot.stage, home.state["phase"]) == ("LISTING", "listing")
    assert home.state["until"] == jcs.timestamp(UNTIL)


def test_without_a_qualified_bidder_nothing_is_sold():
    home = floors.house(bidders=0)
    home.open()
    assert (home.lot.state, home.lot.ended_at_stage) == ("failed", "APPLICATION")
    assert home.room is None


def test_numbers_stand_for_names_until_the_sale_is_confirmed(home):
    home.ask(0, START, FROM + AFTER)
    public = list(rooms.events(home.room.pk, audiences=frozenset({"all"})))
    said = jcs.dumps([[one.kind, one.actor, one.data] for one in public]).decode()
    for firm, person in home.firms:
        assert firm.urn not in said and firm.name not in said and person.urn not in said
    assert public[-1].actor == f"bidder:{home.number(0)}"
    for firm, person in home.firms:
        granted = room_kinds.audiences(person, home.room)
        assert granted == {"all", f"one:{person.urn}", f"one:{firm.urn}"}
    watched = rooms.events(
        home.room.pk, audiences=room_kinds.audiences(home.supervisor, home.room)
    )
    assert {one.kind for one in watched} >= {"bidders", "asked-by"}
    assert "bidders" not in {
        one.kind
        for one in rooms.events(
            home.room.pk, audiences=room_kinds.audiences(home.buyer, home.room)
        )
    }


# --- asks ----------------------------------------------------------------------------------------


def test_asks_climb_in_steps_and_each_is_a_row_an_event_and_no_more(home):
    assert home.ask(0, START, FROM + AFTER)["ask"] == 1
    assert home.ask(1, START + STEP, FROM + AFTER)["ask"] == 2
    assert home.ask(2, START + 7 * STEP, FROM + 2 * AFTER)["price"] == "1140000.00"
    assert [(one.seq, one.price) for one in FloorAsk.objects.order_by("seq")] == [
        (1, START), (2, START + STEP), (3, START + 7 * STEP),
    ]  # fmt: skip
    state = home.state
    assert (state["price"], state["leader"], state["count"]) == (
        "1140000.00", home.number(2), 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("price", "code"),
    [
        (START - STEP, "not-better"), ("0.01", "not-better"), (START + 1, "off-step"),
        (START + STEP / 2, "off-step"), ("0", "bad-amount"), ("-1000000", "bad-amount"),
        ("1000000.001", "bad-amount"), ("1e15", "bad-amount"), ("1e39", "bad-amount"),
        ("NaN", "bad-amount"), ("Infinity", "bad-amount"), ("-Infinity", "bad-amount"),
        ("sNaN", "bad-amount"),
    ],
)  # fmt: skip
def test_wrong_first_asks_are_refused_without_trace(home, price, code):
    assert refusal(home, lambda: home.ask(0, price, FROM + AFTER)) == code


@pytest.mark.parametrize(
    ("price", "code"),
    [
        (START, "not-better"), (START + STEP, "not-better"), (START + 2 * STEP - 1, "not-better"),
        (START + 2 * STEP + 1, "off-step"),
    ],
)
def test_the_next_ask_is_better_by_a_step_at_least(home, price, code):
    home.ask(0, START + STEP, FROM + AFTER)
    assert refusal(home, lambda: home.ask(1, price, FROM + 2 * AFTER)) == code


def test_nobody_asks_over_their_own_price(home):
    home.ask(0, START, FROM + AFTER)
    code = refusal(home, lambda: home.ask(0, START + STEP, FROM + 2 * AFTER))
    assert code == "leading-already"


def test_only_qualified_bidders_ask(home):
    firm = floor.organisation("旁观公司", "tenderer")
    outsider = floor.person("旁观者", firm)
    floor.assignment(home.lot, "tenderer", organisation=firm)
    assert refusal(home, lambda: home.ask(outsider, START, FROM + AFTER), Denied) == "not-qualified"
    for person in (home.buyer, home.operator, home.supervisor, floor.person("路人")):
        code = refusal(home, lambda by=person: home.ask(by, START, FROM + AFTER), Denied)
        assert code == "wrong-role"
    refused = floors.qualify(home, firm, 999)
    with guard.writes("test"):
        refused.qualified, refused.number = False, None
        refused.save()
    assert refusal(home, lambda: home.ask(outsider, START, FROM + AFTER), Denied) == "not-qualified"


def test_nobody_asks_for_two_bidders(home):
    both = floor.person("两家代理", home.firms[0][0], home.firms[1][0])
    assert refusal(home, lambda: home.ask(both, START, FROM + AFTER), Denied) == "two-bidders"


def test_the_end_of_the_listing_is_too_late_even_before_the_clock_has_said_so(home):
    assert refusal(home, lambda: home.ask(0, START, UNTIL)) == "too-late"
    home.ask(0, START, UNTIL - TICK)


def test_the_same_command_id_asks_once(home):
    first = home.ask(0, START, FROM + AFTER, key="k1")
    before = home.standing()
    assert home.ask(0, START, FROM + 2 * AFTER, key="k1") == first
    assert home.standing() == before


# --- limited rounds ------------------------------------------------------------------------------


def test_every_ask_starts_the_round_again_and_a_round_without_one_ends_it(home):
    home.ask(0, START, FROM + AFTER)
    home.end_listing()
    assert (home.lot.stage, home.state["phase"]) == ("LIMITED", "rounds")
    at = UNTIL + ROUND - TICK
    home.ask(1, START + STEP, at)
    assert home.state["until"] == jcs.timestamp(at + ROUND)
    assert refusal(home, lambda: home.close(at + ROUND - TICK)) == "round-runs"
    assert refusal(home, lambda: home.ask(0, START + 2 * STEP, at + ROUND)) == "too-late"
    assert home.close(at + ROUND) == {"sold": True}
    assert home.lot.stage == "CONFIRMATION"
    assert home.state["result"] == {
        "sold": True, "price": "1020000.00", "number": home.number(1), "reason": "",
    }
    assert refusal(home, lambda: home.ask(0, START + 2 * STEP, at + ROUND)) == "wrong-stage"
    assert refusal(home, lambda: home.close(at + 2 * ROUND)) == "wrong-stage"


def test_a_price_is_called_as_often_as_the_format_says():
    home = floors.house(parameters=FORMAT | {"calls": 3})
    home.open()
    home.ask(0, START, FROM + AFTER)
    home.end_listing()
    assert home.close(UNTIL + ROUND) == {"called": 2}
    assert home.close(UNTIL + 2 * ROUND) == {"called": 3}
    home.ask(1, START + STEP, UNTIL + 3 * ROUND - TICK)
    assert home.state["call"] == 1
    late = UNTIL + 4 * ROUND
    assert home.close(late) == {"called": 2}
    assert home.close(late + ROUND) == {"called": 3}
    assert home.close(late + 2 * ROUND) == {"sold": True}


def test_nobody_else_ends_a_listing_or_a_round(home):
    for person in (home.buyer, home.operator, home.supervisor, home.firms[0][1]):
        for act in (EndListing(lot=home.lot.pk), CloseFloor(lot=home.lot.pk)):
            code = refusal(
                home, lambda act=act, by=person: home.act(act, by=by, at=UNTIL), Denied
            )
            assert code == "wrong-role"
    assert refusal(home, lambda: home.end_listing(UNTIL - TICK)) == "too-early"


def test_nobody_asked_and_nothing_is_sold(home):
    home.end_listing()
    assert home.close(UNTIL + ROUND) == {"sold": False}
    assert (home.lot.state, home.lot.ended_at_stage) == ("failed", "LIMITED")
    assert home.state["result"]["reason"] == "no-ask"
    assert not home.room.is_open
    assert refusal(home, lambda: home.ask(0, START, UNTIL + ROUND)) == "not-running"


def test_the_clock_process_carries_a_floor_to_its_end(home, monkeypatch):
    from signatures.domain.clock import FixedClock

    home.ask(0, START, FROM + AFTER)
    done = ticking.tick(FixedClock(UNTIL))
    assert ("bidding.end-listing", None) in {(one.command, one.held) for one in done}
    held = {one.held for one in ticking.tick(FixedClock(UNTIL + ROUND - TICK))}
    assert "round-runs" in held
    ticking.tick(FixedClock(UNTIL + ROUND))
    home.refresh()
    assert (home.lot.stage, home.state["phase"]) == ("CONFIRMATION", "sold")


# --- the reserve ---------------------------------------------------------------------------------


def fallen(amount="1020000.00", price=START + STEP):
    home = floors.house(parameters=floors.reserved(amount))
    home.open()
    home.ask(0, price, FROM + AFTER)
    home.end_listing()
    assert home.close(UNTIL + ROUND) == {"sold": None}
    assert (home.lot.stage, home.state["phase"]) == ("CONFIRMATION", "fallen")
    return home


@pytest.mark.parametrize(
    ("amount", "salt", "kind", "code"),
    [
        ("1020000.01", SALT, Refused, "wrong-reserve"),
        ("1019999.99", SALT, Refused, "wrong-reserve"),
        ("1020000.00", "5b" * 32, Refused, "wrong-reserve"),
        ("-1020000.00", SALT, Refused, "wrong-reserve"),
        ("NaN", SALT, Refused, "wrong-reserve"),
        ("1020000.00", "", Malformed, "bad-salt"),
        ("1020000.00", SALT.upper(), Malformed, "bad-salt"),
    ],
)
def test_another_reserve_than_the_committed_one_is_refused(amount, salt, kind, code):
    home = fallen()
    at = UNTIL + ROUND + AFTER
    call = lambda: home.open_reserve(amount, salt, at=at)  # noqa: E731
    assert refusal(home, call, kind) == code


def test_the_reserve_is_opened_by_the_seller_once_the_price_has_fallen():
    home = fallen()
    at = UNTIL + ROUND + AFTER
    for person in (home.operator, home.supervisor, home.firms[0][1]):
        code = refusal(
            home, lambda by=person: home.open_reserve("1020000.00", by=by, at=at), Denied
        )
        assert code == "wrong-role"
    assert home.open_reserve("1020000.00", at=at) == {"sold": True}
    assert home.state["phase"] == "sold"
    assert refusal(home, lambda: home.open_reserve("1020000.00", at=at)) == "no-reserve"


def test_a_price_under_the_reserve_sells_nothing():
    home = fallen(amount="1020000.01")
    assert home.open_reserve("1020000.01", at=UNTIL + ROUND) == {"sold": False}
    assert (home.lot.state, home.lot.ended_at_stage) == ("failed", "CONFIRMATION")
    assert home.state["result"] == {
        "sold": False, "price": None, "number": None, "reason": "under-reserve",
    }
    assert not home.room.is_open


def test_nobody_opens_a_reserve_early_or_where_there_is_none(home):
    assert refusal(home, lambda: home.open_reserve("1.00", at=FROM)) == "wrong-stage"
    home.ask(0, START, FROM + AFTER)
    home.end_listing()
    home.close(UNTIL + ROUND)
    assert refusal(home, lambda: home.open_reserve("1.00", at=UNTIL + ROUND)) == "no-reserve"


# --- standing still ------------------------------------------------------------------------------


def test_a_lot_that_stands_still_takes_no_ask_and_goes_on_with_a_whole_round(home):
    home.end_listing()
    halt = UNTIL + AFTER
    home.act(Suspend(lot=home.lot.pk, reason="异议"), by=home.supervisor, at=halt)
    assert refusal(home, lambda: home.ask(0, START, halt + AFTER)) == "not-running"
    assert refusal(home, lambda: home.close(halt + ROUND)) == "not-running"
    again = halt + timedelta(days=3)
    home.act(Resume(lot=home.lot.pk, reason="已答复"), by=home.supervisor, at=again)
    assert home.state["until"] == jcs.timestamp(again + ROUND)
    home.ask(0, START, again + ROUND - TICK)


def test_a_listing_that_stood_still_ends_as_much_later(home):
    home.act(Suspend(lot=home.lot.pk, reason="异议"), by=home.supervisor, at=FROM + AFTER)
    again = FROM + AFTER + timedelta(days=2)
    home.act(Resume(lot=home.lot.pk, reason="已答复"), by=home.supervisor, at=again)
    assert home.state["until"] == home.lot.dates["deadline"] > jcs.timestamp(UNTIL)


def test_a_terminated_lot_takes_no_ask(home):
    home.act(Terminate(lot=home.lot.pk, reason="规划调整"), by=home.buyer, at=FROM + AFTER)
    assert refusal(home, lambda: home.ask(0, START, FROM + 2 * AFTER)) == "not-running"


@pytest.mark.parametrize("since", ["listing", "rounds", "suspended", "sold"])
def test_a_terminated_lot_closes_its_floor_in_the_same_act(home, since):
    home.ask(0, START, FROM + AFTER)
    at = FROM + 2 * AFTER
    if since != "listing" and since != "suspended":
        home.end_listing()
        at = UNTIL + AFTER
    if since == "sold":
        at = UNTIL + ROUND + AFTER
        home.close(UNTIL + ROUND)
    if since == "suspended":
        home.act(Suspend(lot=home.lot.pk, reason="异议"), by=home.supervisor, at=at)
        at += AFTER
    before, room = home.standing(), home.room
    with pytest.raises(Malformed):
        home.act(Terminate(lot=home.lot.pk, reason=" "), by=home.buyer, at=at)
    assert (home.standing(), home.room.is_open) == (before, True)
    home.act(Terminate(lot=home.lot.pk, reason="规划调整"), by=home.buyer, at=at)
    assert (home.room.pk, home.room.is_open, home.room.closed_at) == (room.pk, False, at)
    assert home.state["phase"] == "unsold"
    assert home.state["result"] == {
        "sold": False, "price": None, "number": None, "reason": "terminated",
    }
    assert home.state["closed"] == jcs.timestamp(at)
    assert home.lot.state == "terminated"
    asks = FloorAsk.objects.count()
    for late in (at, at + AFTER, at + 2 * ROUND):
        assert refusal(home, lambda late=late: home.ask(1, "1040000.00", late)) == "not-running"
    assert FloorAsk.objects.count() == asks == 1


def test_the_clock_calls_no_price_of_a_terminated_lot(home):
    home.act(Terminate(lot=home.lot.pk, reason="规划调整"), by=home.buyer, at=FROM + AFTER)
    seq = home.room.seq
    assert refusal(home, lambda: home.end_listing()) == "not-running"
    assert refusal(home, lambda: home.close(UNTIL + ROUND)) == "not-running"
    assert home.room.seq == seq


# --- the record ----------------------------------------------------------------------------------


def test_the_database_itself_refuses_what_does_not_climb(home):
    home.ask(0, START, FROM + AFTER)
    row = FloorAsk.objects.get()
    before = home.standing()
    for seq, worth in ((2, row.worth), (2, row.worth - 1), (3, row.worth + 1), (1, row.worth + 1)):
        with pytest.raises(DatabaseError), transaction.atomic(), guard.writes("test"):
            FloorAsk.objects.create(
                room=row.room, lot=row.lot, seq=seq, worth=worth, bidder=row.bidder,
                user=row.user, at=row.at,
            )  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic(), guard.writes("test"):
        FloorAsk.objects.filter(pk=row.pk).update(worth=row.worth + 1)
    assert home.standing() == before


def test_the_stream_folds_to_the_state_and_chains(home):
    for number, step in enumerate((0, 1, 2, 5, 6)):
        home.ask(number % 3, START + step * STEP, FROM + AFTER * (number + 1))
    home.end_listing()
    home.close(UNTIL + ROUND)
    state = auction_rules.initial()
    for event in rooms.events(home.room.pk):
        state = auction_rules.reduce(state, event)
    room_state.forget()
    assert state == auction.whole(home.room)
    records = rooms.transcript(home.room.pk)
    assert chain.follow(home.room.pk, records)[1] == bytes(home.room.chain)
    assert RoomEvent.objects.filter(room=home.room).count() == home.room.seq


def test_a_bare_process_asks_nothing(home):
    act = Ask(lot=home.lot.pk, price=START)
    for actor in (CLOCK, Actor.process("worker")):
        assert refusal(home, lambda a=actor: home.act(act, by=a, at=FROM), Denied) == "wrong-role"
