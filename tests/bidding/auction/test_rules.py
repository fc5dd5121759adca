"""The rules of a floor over arbitrary courses of asks and ticks; formats that cannot be held."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.domain import auction_rules as rules
from bidding.domain.room_kinds import Event
from signatures.domain import jcs
from signatures.domain.errors import Malformed, Refused
from tests.bidding.auction.floors import FORMAT, SALT

T0 = datetime(2026, 4, 8, 1, 30, tzinfo=UTC)
LISTED = timedelta(minutes=20)

#: One thing that happens: after so many seconds a bidder asks so many hundredths of a step away
#: from the start, or (bidder 0) the clock looks.
_ACTS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.integers(0, 4),
        st.one_of(
            st.integers(-3, 40).map(lambda steps: Decimal(steps)),
            st.decimals(-2, 40, places=2),
            st.sampled_from([Decimal("NaN"), Decimal("Infinity"), Decimal("-1e20"), Decimal(0)]),
        ),
    ),
    max_size=60,
)


class Course:
    """A floor in memory, by the rules alone, as the acts apply them."""

    def __init__(self, form: rules.Format) -> None:
        self.form, self.state, self.events = form, rules.initial(), []
        self.asks: list[tuple[int, Decimal]] = []
        self.say(T0, "opened", {"format": form.as_json(), "until": jcs.timestamp(T0 + LISTED)})

    def say(self, at, kind, data) -> None:
        event = Event(len(self.events) + 1, at, kind, "all", "x", data)
        before = copy.deepcopy(self.state)
        after = rules.reduce(self.state, event)
        assert self.state == before  # the reducer changes nothing in place
        self.state, self.events = after, [*self.events, event]

    def ask(self, at, number, price) -> None:
        before = copy.deepcopy(self.state)
        try:
            rules.check_ask(self.form, self.state, number=number, price=price, now=at)
        except Refused:
            assert self.state == before
            return
        until = self.state["until"]
        if self.state["phase"] == rules.ROUNDS:
            until = jcs.timestamp(at + self.form.round)
        self.asks.append((number, price))
        data = {
            "ask": len(self.asks), "number": number, "price": rules.shown(price), "until": until,
        }  # fmt: skip
        self.say(at, "ask", data)

    def look(self, at) -> None:
        state = self.state
        ended = state["until"] and at >= jcs.parse_timestamp(state["until"])
        if state["phase"] == rules.LISTING and ended:
            self._round(at, 1)
            return
        todo = rules.next_step(self.form, state, at)
        if todo == rules.CALL:
            self._round(at, state["call"] + 1)
        elif todo == rules.FALL:
            sold = state["price"] is not None
            self.say(at, "fallen", {"price": state["price"], "number": state["leader"]})
            data = {"sold": sold, "price": state["price"], "number": state["leader"], "reason": ""}
            self.say(at, "result", data)

    def _round(self, at, call) -> None:
        until = jcs.timestamp(at + self.form.round)
        self.say(at, "round", {"round": self.state["round"] + 1, "call": call, "until": until})


@given(acts=_ACTS, rising=st.booleans(), calls=st.integers(1, 3))
def test_no_course_breaks_the_rules(acts, rising, calls):
    direction = rules.RISING if rising else rules.FALLING
    form = rules.read(FORMAT | {"direction": direction, "calls": calls})
    course, at = Course(form), T0
    results = []
    for seconds, number, steps in acts:
        at += timedelta(seconds=seconds)
        if number == 0:
            course.look(at)
        else:
            sign = 1 if rising else -1
            course.ask(at, number, form.start + sign * steps * form.step)
        results.append(course.state["result"])
    prices = [price for _number, price in course.asks]
    for before, after in zip(prices, prices[1:], strict=False):
        assert form.better(after, before) and abs(after - before) >= form.step
    for price in prices:
        assert not form.better(form.start, price) and (price - form.start) % form.step == 0
    for (one, _), (other, _) in zip(course.asks, course.asks[1:], strict=False):
        assert one != other
    said = [event for event in course.events if event.kind == "result"]
    assert len(said) <= 1
    ended = [result for result in results if result is not None]
    assert all(result == ended[0] for result in ended)
    if said and said[0].data["sold"]:
        number, price = course.asks[-1]
        assert said[0].data["number"] == number
        assert Decimal(said[0].data["price"]) == price
    elif said:
        assert course.asks == []
    if said:
        after = course.events[course.events.index(said[0]) + 1 :]
        assert [event for event in after if event.kind in ("ask", "round")] == []


@given(acts=_ACTS, split=st.integers(0, 60))
def test_a_fold_from_any_point_is_the_replay(acts, split):
    form = rules.read(FORMAT)
    course, at = Course(form), T0
    for seconds, number, steps in acts:
        at += timedelta(seconds=seconds)
        if number == 0:
            course.look(at)
        else:
            course.ask(at, number, form.start + steps * form.step)
    state = rules.initial()
    for event in course.events[:split]:
        state = rules.reduce(state, event)
    kept = copy.deepcopy(state)
    for event in course.events[split:]:
        state = rules.reduce(state, event)
    assert state == course.state
    again = kept
    for event in course.events[split:]:
        again = rules.reduce(again, event)
    assert again == state
    assert jcs.loads(jcs.dumps(state)) == state


@pytest.mark.parametrize(
    "change",
    [
        {"start": "0"}, {"start": "-1"}, {"start": "NaN"}, {"start": "1e15"}, {"start": 1000000},
        {"start": "1.001"}, {"start": None}, {"step": "0"}, {"step": "Infinity"}, {"step": ""},
        {"round_seconds": 9}, {"round_seconds": 86_401}, {"round_seconds": "300"},
        {"round_seconds": True}, {"calls": 0}, {"calls": 11}, {"calls": 1.5},
        {"deposit": "0"}, {"deposit": None}, {"direction": "up"}, {"reserve": "ab"},
        {"reserve": "Z" * 64}, {"reserve": 7}, {"extra": 1}, {"method": "comprehensive"},
        {"direction": "falling", "step": "1000000.00"},
    ],
)  # fmt: skip
def test_formats_that_cannot_be_held_are_refused(change):
    with pytest.raises(Malformed):
        rules.read(FORMAT | change)


def test_a_commitment_tells_nothing_and_binds_price_and_salt():
    one = rules.commitment(Decimal("1020000.00"), SALT)
    assert one == rules.commitment(Decimal(1020000), SALT)
    assert one != rules.commitment(Decimal("1020000.01"), SALT)
    assert one != rules.commitment(Decimal("1020000.00"), "5b" * 32)
    for salt in ("", "5a" * 31, "5A" * 32, "zz" * 32):
        with pytest.raises(Malformed):
            rules.commitment(Decimal(1), salt)


def test_a_reserve_is_reached_from_its_own_side():
    up = rules.read(FORMAT)
    down = rules.read(FORMAT | {"direction": "falling"})
    assert rules.meets(up, Decimal(10), Decimal(10)) and rules.meets(down, Decimal(10), Decimal(10))
    assert rules.meets(up, Decimal(11), Decimal(10))
    assert not rules.meets(up, Decimal(9), Decimal(10))
    assert rules.meets(down, Decimal(9), Decimal(10))
    assert not rules.meets(down, Decimal(11), Decimal(10))
