"""The demonstration's clock moves forward, and never past the present."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from signatures.domain import clock, log
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Refused
from signatures.domain.moving import MoveClock, StartClock

FOUNDER = Actor.process("founder")
VISITOR = Actor.process("demonstration")


@pytest.fixture
def started(db: None) -> None:
    dispatch(StartClock(), actor=FOUNDER)


def test_start_clock_is_400_days_behind(started: None) -> None:
    reading = clock.look()
    assert reading.real - reading.official == timedelta(days=400)


def test_start_clock_twice_is_refused(started: None) -> None:
    before = clock.look().offset
    with pytest.raises(Refused):
        dispatch(StartClock(), actor=FOUNDER)
    assert clock.look().offset == before


def test_move_clock_forward_reaches_what_was_asked(started: None) -> None:
    target = clock.now() + timedelta(days=20)
    dispatch(MoveClock(to=target), actor=VISITOR)
    assert abs(clock.now() - target) < timedelta(seconds=2)
    assert log.size() == 2


@pytest.mark.parametrize("by", [timedelta(seconds=-1), timedelta(days=400), timedelta(days=9000)])
def test_move_clock_back_or_past_the_present_is_refused(started: None, by: timedelta) -> None:
    before = clock.look().offset
    with pytest.raises(Refused):
        dispatch(MoveClock(to=clock.now() + by), actor=VISITOR)
    assert clock.look().offset == before
    assert log.size() == 1


def test_move_clock_in_production_is_denied(started: None, settings: Any) -> None:
    settings.PRODUCTION = True
    before = clock.look().offset
    with pytest.raises(Denied):
        dispatch(MoveClock(to=clock.now() + timedelta(days=1)), actor=VISITOR)
    assert clock.look().offset == before


def test_clock_page_malformed_request_is_refused(started: None, client: Any) -> None:
    before = clock.look().offset
    for body in ("", "[]", '{"to":1}', '{"to":"tomorrow"}', '{"to":"2026-01-01"}', '{"a":1}'):
        answer = client.post("/demonstration/clock", body, "application/json")
        assert answer.status_code == 400, body
    assert clock.look().offset == before
