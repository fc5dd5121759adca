"""Bidders who ask at one moment: one order, no ask lost, the price climbs; also on PostgreSQL.

Real threads, real transactions, the real clock. ``test_race_postgresql`` runs this module there.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections

from bidding.domain import auction_rules, room_state, rooms
from bidding.domain.auction_acts import Ask, CloseFloor
from bidding.models import FloorAsk
from signatures.domain import clock
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Refused, SunlitError
from tests.bidding.auction import floors
from tests.bidding.auction.floors import FORMAT, FROM, UNTIL
from tests.trading.pages import move_clock

BIDDERS, EACH = 4, 8
START, STEP = Decimal(FORMAT["start"]), Decimal(FORMAT["step"])


def _run(workers) -> list[BaseException]:
    errors: list[BaseException] = []
    start = threading.Barrier(len(workers))

    def run(work) -> None:
        try:
            start.wait(timeout=10)
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return errors


@pytest.mark.django_db(transaction=True)
def test_asks_at_one_moment_have_one_order_and_none_is_lost():
    home = floors.house(bidders=BIDDERS)
    home.open()
    move_clock(FROM + timedelta(hours=1))
    accepted: list[tuple[int, str]] = []

    def bidder(number: int):
        def work() -> None:
            actor = Actor.person(home.firms[number][1])
            for step in range(EACH):
                try:
                    act = Ask(lot=home.lot.pk, price=START + step * STEP)
                    result = dispatch(act, actor=actor).result
                except Refused as refusal:
                    assert refusal.code in ("not-better", "leading-already"), refusal.code
                else:
                    accepted.append((result["ask"], result["price"]))

        return work

    assert _run([bidder(number) for number in range(BIDDERS)]) == []
    rows = list(FloorAsk.objects.order_by("seq"))
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert [row.worth for row in rows] == sorted({row.worth for row in rows})
    assert sorted(accepted) == [(row.seq, auction_rules.shown(row.price)) for row in rows]
    assert rows and rows[0].price == START
    said = [one.data["ask"] for one in rooms.events(home.room.pk) if one.kind == "ask"]
    assert said == [row.seq for row in rows]


@pytest.mark.django_db(transaction=True)
def test_an_ask_and_the_end_of_its_round_are_one_or_the_other():
    home = floors.house(parameters=FORMAT | {"round_seconds": 10}, bidders=2)
    home.open()
    home.ask(0, START, FROM + timedelta(minutes=1))
    home.end_listing()
    # The round runs out while both are on their way.
    move_clock(UNTIL + timedelta(seconds=9))
    taken: list[bool] = []

    def ask() -> None:
        try:
            act = Ask(lot=home.lot.pk, price=START + STEP)
            dispatch(act, actor=Actor.person(home.firms[1][1]))
            taken.append(True)
        except Refused as refusal:
            assert refusal.code in ("too-late", "wrong-stage"), refusal.code

    def close() -> None:
        while not taken:
            try:
                result = dispatch(CloseFloor(lot=home.lot.pk), actor=floors.CLOCK).result
                assert result == {"sold": True}
                return
            except SunlitError as refusal:
                assert refusal.code == "round-runs", refusal.code
                threading.Event().wait(0.02)

    def late() -> None:
        while clock.now() < UNTIL + timedelta(seconds=9.98):
            threading.Event().wait(0.001)
        ask()

    assert _run([late, close]) == []
    room_state.forget()
    state = home.state
    assert FloorAsk.objects.count() == state["count"] == (2 if taken else 1)
    if taken:  # the round began again: nothing is sold yet, and the other one may still ask
        assert (state["phase"], state["result"]) == ("rounds", None)
    else:
        assert state["result"]["number"] == home.number(0)
        assert Decimal(state["result"]["price"]) == START
