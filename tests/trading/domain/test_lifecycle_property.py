"""Whatever people and the clock do, in whatever order, no mandatory interval is cut short."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.domain.errors import SunlitError
from tests.factories.floor import DATES, START
from trading.domain import calendar, lifecycle, planning, procedure
from trading.domain.lifecycle import Position
from trading.enums import LotState

CHINA = calendar.from_package(range(2025, 2029))
RULES = procedure.load("construction")

steps = st.lists(
    st.tuples(
        st.integers(0, 99),  # which of the commands that could be done where the lot stands
        st.just(0) | st.integers(0, 60 * 24 * 12),  # minutes since the step before
        st.none() | st.tuples(st.integers(1, 40), st.integers(1, 60)),  # days to chosen dates
    ),
    min_size=8,
    max_size=25,
)


def _choice(now, days):
    if days is None:
        return None
    names = [named.name for named in RULES.dates.values() if named.chosen]
    return {
        name: now + timedelta(days=sum(days[: number + 1]))
        for number, name in enumerate(names)
    }


@settings(max_examples=400, deadline=None)
@given(start=st.integers(0, 300), steps=steps)
def test_no_sequence_reaches_a_stage_with_a_mandatory_interval_unmet(start, steps):
    now = START + timedelta(days=start)
    at = Position(stage=RULES.first_stage.name)
    moved = []
    for number, minutes, days in steps:
        now += timedelta(minutes=minutes)
        name = _pick(at, number)
        if name is None:
            break
        command = RULES.commands[name]
        choose = _choice(now, days) if command.marks == "notice" else None
        try:
            move = lifecycle.decide(
                RULES, at, name, roles=command.roles, now=now, calendar=CHINA, choose=choose
            )
        except SunlitError:
            continue
        at = move.after
        moved.append(name)
        _check(at, command, now, moved)


def _pick(at, number):
    """A command of this place; of ten, one that ends or halts the lot."""
    here = {at.stage, "*"} if at.state == LotState.ACTIVE else {at.state.upper()}
    names = [one.name for one in RULES.commands.values() if not here.isdisjoint(one.from_)]
    onward = [name for name in names if RULES.commands[name].to not in (None, *RULES.exits)]
    if number < 90 and onward:
        return onward[number % len(onward)]
    return names[number % len(names)] if names else None


def _check(at, command, now, moved):
    broken = [
        breach.rule.name
        for breach in planning.breaches(RULES, at.dates, CHINA)
        if breach.rule.mandatory and breach.rule.least is not None
    ]
    assert broken == [], moved
    if command.at is not None:
        assert at.dates[command.at] <= now
    if at.stage == "BIDDING":
        assert at.dates["documents-until"] <= now or "trading.resume" in moved
        rule = RULES.days["documents-on-offer"]
        first = calendar.local_day(at.dates["documents-from"])
        assert calendar.local_day(now) >= CHINA.last_day(first, rule.count, rule.unit)
    assert (at.suspended_at is not None) == (at.state == LotState.SUSPENDED)


@given(days=st.integers(1, 90), hour=st.integers(0, 23))
def test_resuming_moves_what_lay_ahead_by_whole_days_at_least(days, hour):
    run = planning.dry_run(RULES, start=START, calendar=CHINA, chosen=DATES)
    dates = {one.name: one.at for one in run.dates if not one.expected}
    dates["documents-from"] = START
    since = START + timedelta(days=2, hours=hour)
    now = since + timedelta(days=days, minutes=-1)
    at = Position(
        stage="DOCUMENTS", state=LotState.SUSPENDED, dates=dates, suspended_at=since
    )
    move = lifecycle.decide(
        RULES, at, "trading.resume", roles=frozenset({"supervisor"}), now=now, calendar=CHINA
    )
    for name in ("documents-until", "deadline"):
        shift = move.after.dates[name] - dates[name]
        assert shift >= now - since
        assert shift % timedelta(days=1) == timedelta(0)
        assert CHINA.is_working(calendar.local_day(move.after.dates[name]))
    assert move.after.dates["opening"] == move.after.dates["deadline"]
    assert planning.breaches(RULES, move.after.dates, CHINA) == []
