"""Whatever people and the clock do, in whatever order, no mandatory interval is cut short."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.domain.errors import SunlitError
from tests.factories.floor import DATES, START
from tests.trading.editions import edited
from trading.domain import calendar, lifecycle, planning, procedure
from trading.domain.lifecycle import Position
from trading.enums import LotState

CHINA = calendar.from_package(range(2025, 2029))
RULES = procedure.load("construction")
ALL = [procedure.load(name) for name in procedure.names()]
EVERY = pytest.mark.parametrize("rules", ALL, ids=lambda rules: rules.name)

steps = st.lists(
    st.tuples(
        st.integers(0, 99),  # which of the commands that could be done where the lot stands
        st.just(0) | st.integers(0, 60 * 24 * 12),  # minutes since the step before
        st.none() | st.tuples(st.integers(1, 40), st.integers(1, 60)),  # days to chosen dates
    ),
    min_size=8,
    max_size=25,
)


def _choice(rules, now, days):
    if days is None:
        return None
    names = [named.name for named in rules.dates.values() if named.chosen]
    return {
        name: now + timedelta(days=sum(days[: number + 1]))
        for number, name in enumerate(names)
    }


@EVERY
@settings(max_examples=200, deadline=None)
@given(start=st.integers(0, 300), steps=steps)
def test_no_sequence_reaches_a_stage_with_a_mandatory_interval_unmet(rules, start, steps):
    now = START + timedelta(days=start)
    at = Position(stage=rules.first_stage.name)
    moved = []
    for number, minutes, days in steps:
        now += timedelta(minutes=minutes)
        name = _pick(rules, at, number)
        if name is None:
            break
        command = rules.commands[name]
        choose = _choice(rules, now, days) if command.marks == "notice" else None
        try:
            move = lifecycle.decide(
                rules, at, name, roles=command.roles, now=now, calendar=CHINA, choose=choose
            )
        except SunlitError:
            continue
        at = move.after
        moved.append(name)
        _check(rules, at, command, now, moved)


def _pick(rules, at, number):
    """A command of this place; of ten, one that ends or halts the lot."""
    here = {at.stage, "*"} if at.state == LotState.ACTIVE else {at.state.upper()}
    names = [one.name for one in rules.commands.values() if not here.isdisjoint(one.from_)]
    onward = [name for name in names if rules.commands[name].to not in (None, *rules.exits)]
    if number < 90 and onward:
        return onward[number % len(onward)]
    return names[number % len(names)] if names else None


def _check(rules, at, command, now, moved):
    broken = [
        breach.rule.name
        for breach in planning.breaches(rules, at.dates, CHINA)
        if breach.rule.mandatory and breach.rule.least is not None
    ]
    assert broken == [], moved
    if command.at is not None:
        assert at.dates[command.at] <= now
    if at.stage == "BIDDING":
        assert at.dates["documents-until"] <= now or "trading.resume" in moved
        rule = rules.days.get(rules.dates["documents-until"].rule or "")
        if rule is not None:
            first = calendar.local_day(at.dates[rule.from_])
            assert calendar.local_day(now) >= CHINA.last_day(first, rule.count, rule.unit)
    assert (at.suspended_at is not None) == (at.state == LotState.SUSPENDED)
    assert _goes_on(rules, at), moved


# --- an end, or a next step ---------------------------------------------------------------------

#: States from which nothing more follows.
OVER = {LotState.ARCHIVED.value}


def _onward(rules, place):
    """Where commands lead from a stage or an exit; back into a suspended stage is no way on."""
    return {
        one.to
        for one in rules.commands.values()
        if one.to not in (None, "*")
        and (place in one.from_ or ("*" in one.from_ and place not in rules.exits))
    }


def _goes_on(rules, at):
    """Whether the lot has ended, or somebody or the clock has a step that leads on."""
    if at.state in OVER:
        return True
    if at.state == LotState.SUSPENDED:
        return any("SUSPENDED" in one.from_ and one.to == "*" for one in rules.commands.values())
    if at.state != LotState.ACTIVE:
        return bool(_onward(rules, at.state.upper()))
    return bool(_onward(rules, at.stage) - set(rules.exits))


def dead_ends(rules):
    """Stages and exits from which no commands lead to an archived lot."""
    last = {stage.name for stage in rules.stages if stage.state in OVER}
    halts = {one.name for one in rules.exits.values() if one.state == LotState.SUSPENDED}
    found = []
    for place in (*(stage.name for stage in rules.stages), *rules.exits):
        reached, more = {place}, {place}
        while more:
            more = {to for one in reached for to in _onward(rules, one)}
            if reached & halts:
                more.add(rules.first_stage.name)  # back to where the lot stood
            more -= reached
            reached |= more
        if not reached & last:
            found.append(place)
    return found


@EVERY
def test_every_stage_and_exit_leads_to_an_end(rules):
    assert dead_ends(rules) == []


def test_dead_end_is_found():
    def forget(data):
        for row in data["commands"]:
            if row["name"].startswith("archive."):
                row["from"] = ["PERFORMANCE", "TERMINATED"]

    assert dead_ends(edited(forget)) == ["FAILED"]


@EVERY
def test_every_stage_goes_on_without_a_way_out(rules):
    """Ends by failure or termination apart, every stage leads to the next, up to the last."""
    order = [stage.name for stage in rules.stages]
    for place, following in zip(order, order[1:], strict=False):
        assert following in _onward(rules, place), place


@EVERY
def test_what_waits_for_a_date_waits_for_one_that_comes(rules):
    """A step that the clock takes, or that may not be taken before a date, has that date known by
    then: a lot never waits for what nothing sets."""
    run = planning.dry_run(rules, start=START, calendar=CHINA)
    known = {one.name for one in run.dates} | rules.marked
    for command in rules.commands.values():
        for name in (command.at, command.not_before, command.not_after):
            assert name is None or name in known, (command.name, name)


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
