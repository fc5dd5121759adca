"""State by command by role, generated from the procedure files, without a database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from signatures.domain.errors import Denied, Refused
from tests.factories.floor import START
from trading.domain import calendar, lifecycle, procedure
from trading.domain.lifecycle import Position
from trading.domain.procedure import ANY
from trading.enums import LotRole, LotState

CHINA = calendar.from_package(range(2025, 2028))
PROCEDURES = [procedure.load(name) for name in procedure.names()]

#: Wide apart and in order, so that only stage, state and role decide.
SPACING = timedelta(days=60)


def _dates(rules, command):
    """Dates at which no rule of time stands in this command's way."""
    dates = {}
    for number, name in enumerate(rules.dates):
        dates[name] = START + SPACING * (number + 1)
    for name in (command.at, command.not_before):
        if name is not None:
            dates[name] = START - timedelta(days=1)
    if command.marks is not None:
        dates = {name: at for name, at in dates.items() if name != command.marks}
    return dates


def _cases():
    for rules in PROCEDURES:
        for command in rules.commands.values():
            yield pytest.param(rules, command, id=f"{rules.name}-{command.name}")


def _may_stand_here(rules, command, stage, state) -> bool:
    if state == LotState.ACTIVE:
        return stage in command.from_ or ANY in command.from_
    return any(
        name in rules.exits and rules.exits[name].state == state for name in command.from_
    )


@pytest.mark.parametrize(("rules", "command"), list(_cases()))
def test_command_in_every_state_for_every_role(rules, command):
    dates = _dates(rules, command)
    for stage in rules.stages:
        for state in LotState.values:
            at = Position(
                stage=stage.name,
                state=state,
                dates=dates,
                suspended_at=START - timedelta(days=1) if state == LotState.SUSPENDED else None,
            )
            for role in LotRole.values:
                _try(rules, command, at, role)


def _try(rules, command, at, role):
    """One cell of the matrix; what is wrong is told with its state and role."""
    cell = (at.stage, at.state, role)
    stands = _may_stand_here(rules, command, at.stage, at.state)
    try:
        move = lifecycle.decide(
            rules, at, command.name, roles=frozenset({role}), now=START, calendar=CHINA
        )
    except Denied as denial:
        assert (denial.code, role in command.roles) == ("wrong-role", False), cell
        assert denial.rule, cell
    except Refused as refusal:
        assert role in command.roles, cell
        assert not stands, (cell, refusal)
        assert refusal.code in {"wrong-stage", "not-running"}, cell
        assert refusal.rule, cell
    else:
        assert role in command.roles and stands, cell
        _check_arrival(rules, command, at, move)


def _check_arrival(rules, command, at, move):
    if command.to is None:
        expected = (at.stage, at.state)
    elif command.to == ANY:
        expected = (at.stage, "active")
    elif command.to in rules.exits:
        expected = (at.stage, rules.exits[command.to].state)
    else:
        expected = (command.to, rules.stage(command.to).state)
    assert (move.after.stage, move.after.state) == expected


@pytest.mark.parametrize("rules", PROCEDURES, ids=lambda rules: rules.name)
def test_nobody_without_a_role_does_anything(rules):
    for command in rules.commands:
        for stage in rules.stages:
            with pytest.raises(Denied):
                lifecycle.decide(
                    rules, Position(stage=stage.name), command,
                    roles=frozenset(), now=START, calendar=CHINA,
                )


@pytest.mark.parametrize("rules", PROCEDURES, ids=lambda rules: rules.name)
def test_every_bound_in_time_holds_to_the_microsecond(rules):
    tick = timedelta(microseconds=1)
    for command in rules.commands.values():
        stage = next((name for name in command.from_ if name != ANY), rules.stages[0].name)
        if stage in rules.exits:
            continue
        bounds = [(command.at, True), (command.not_before, True), (command.not_after, False)]
        for name, early in bounds:
            if name is None:
                continue
            at = Position(stage=stage, dates={**_dates(rules, command), name: START})
            for now, code in (
                (START - tick, "too-early" if early else None),
                (START, None if early else "too-late"),
            ):
                assert _code(rules, at, command, now) == code


def _code(rules, at, command, now):
    try:
        lifecycle.decide(
            rules, at, command.name, roles=command.roles, now=now, calendar=CHINA
        )
    except Refused as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-hans", "招标人、招标代理机构"), ("en", "tenderee, tendering agency")],
)
def test_refusal_names_roles_in_the_readers_language(language, said):
    rules = procedure.load("construction")
    with translation.override(language), pytest.raises(Denied) as caught:
        lifecycle.decide(
            rules, Position(stage="REGISTERED"), "trading.publish-notice",
            roles=frozenset({"supervisor"}), now=START, calendar=CHINA,
        )
    assert said in str(caught.value)
