"""The only place where a lot changes its stage, its state or its dates.

:func:`decide` is pure: procedure, position, command, roles and time in; a :class:`Move` or the
refusal with its rule out. :func:`apply` does the same inside an act, asks the guards, writes the
lot and puts the move into the ledger as a public entry of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Scene
from signatures.domain.errors import Denied, Refused, SunlitError
from trading.domain import calendar as calendars
from trading.domain import planning, procedure, registry
from trading.domain.calendar import Calendar
from trading.domain.planning import Breach, DryRun, Due, dry_run
from trading.domain.procedure import ANY, Command, Procedure
from trading.domain.procedure_rules import basis
from trading.enums import LotRole, LotState
from trading.models import Lot

MOVE_ACT = "trading.move-lot"

__all__ = [
    "Breach",
    "DryRun",
    "Due",
    "Move",
    "Position",
    "allowed",
    "apply",
    "check",
    "decide",
    "dry_run",
    "due",
    "position",
    "postpone",
]


@dataclass(frozen=True)
class Position:
    """Where a lot stands."""

    stage: str
    state: str = LotState.ACTIVE.value
    dates: Mapping[str, datetime] = field(default_factory=dict)
    suspended_at: datetime | None = None


@dataclass(frozen=True)
class Move:
    """What a command makes of a lot; ``late`` are limits that its moment did not keep."""

    command: Command
    before: Position
    after: Position
    late: tuple[Breach, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether stage or state changed."""
        return (self.before.stage, self.before.state) != (self.after.stage, self.after.state)


def position(lot: Lot) -> Position:
    """Where this lot stands, by its row."""
    return Position(
        stage=lot.stage,
        state=lot.state,
        dates={name: jcs.parse_timestamp(at) for name, at in lot.dates.items()},
        suspended_at=lot.suspended_at,
    )


def decide(
    procedure_: Procedure,
    at: Position,
    command_name: str,
    *,
    roles: frozenset[str],
    now: datetime,
    calendar: Calendar,
    choose: Mapping[str, datetime] | None = None,
) -> Move:
    """What this command makes of a lot that stands there, for somebody with these roles, now.

    ``choose`` sets dates that the procedure lets people choose. Guards are not asked. Raises
    :class:`Denied` (``wrong-role``) or :class:`Refused` (``not-running``, ``wrong-stage``,
    ``too-early``, ``too-late``, ``days-not-kept``) with the rule; :class:`NotFound` for a command
    that the procedure does not know.
    """
    command = procedure_.command(command_name)
    _check_role(procedure_, command, roles)
    _check_place(procedure_, command, at)
    # What lay ahead when the lot was suspended lies ahead still: it moves when the lot goes on.
    _check_time(procedure_, command, at, now if at.suspended_at is None else at.suspended_at)
    dates = dict(at.dates)
    if choose:
        planning.check_chosen(procedure_, choose, start=now)
        dates.update(choose)
    changed = frozenset(choose or ())
    if command.marks is not None:
        dates[command.marks] = now
        changed |= {command.marks}
    dates = planning.settle(procedure_, dates, calendar, changed=changed)
    late = _check_days(procedure_, dates, calendar, changed)
    stage, state = _arrive(procedure_, command, at)
    resumed = at.state == LotState.SUSPENDED and state == LotState.ACTIVE
    if resumed and at.suspended_at is not None:
        dates = _shift(procedure_, dates, since=at.suspended_at, now=now, calendar=calendar)
    return Move(
        command=command,
        before=at,
        after=Position(
            stage=stage,
            state=state,
            dates=dates,
            suspended_at=(at.suspended_at or now) if state == LotState.SUSPENDED else None,
        ),
        late=late,
    )


def _check_role(procedure_: Procedure, command: Command, roles: frozenset[str]) -> None:
    if roles.isdisjoint(command.roles):
        raise Denied(
            _("“%(command)s” is not for you: it takes one of %(roles)s.")
            % {
                "command": procedure_.title("commands", command.name),
                "roles": LotRole.named(command.roles),
            },
            code="wrong-role",
            rule=procedure_.cite(command),
        )


def _check_place(procedure_: Procedure, command: Command, at: Position) -> None:
    running = at.state == LotState.ACTIVE
    places = {at.stage, ANY} if running else _exit_names(procedure_, at.state)
    if not places.isdisjoint(command.from_):
        return
    if running:
        message = _("“%(command)s” cannot be done at the stage “%(stage)s”.") % {
            "command": procedure_.title("commands", command.name),
            "stage": procedure_.title("stages", at.stage),
        }
    else:
        message = _("“%(command)s” cannot be done: the lot is %(state)s.") % {
            "command": procedure_.title("commands", command.name),
            "state": LotState(at.state).label,
        }
    raise Refused(
        message,
        code="wrong-stage" if running else "not-running",
        rule=procedure_.cite(command),
    )


def _exit_names(procedure_: Procedure, state: str) -> set[str]:
    return {one.name for one in procedure_.exits.values() if one.state == state}


def _check_time(procedure_: Procedure, command: Command, at: Position, now: datetime) -> None:
    for name in (command.at, command.not_before):
        if name is None:
            continue
        moment = at.dates.get(name)
        if moment is None or now < moment:
            raise Refused(
                _("It is too early for “%(command)s”: it waits for “%(date)s”%(when)s.")
                % {
                    "command": procedure_.title("commands", command.name),
                    "date": procedure_.title("dates", name),
                    "when": f" ({planning.shown(moment)})" if moment else "",
                },
                code="too-early",
                rule=_rule_of(procedure_, name) or procedure_.cite(command),
            )
    if command.not_after is not None:
        moment = at.dates.get(command.not_after)
        if moment is None or now >= moment:
            raise Refused(
                _("It is too late for “%(command)s”: “%(date)s” was %(when)s.")
                % {
                    "command": procedure_.title("commands", command.name),
                    "date": procedure_.title("dates", command.not_after),
                    "when": planning.shown(moment) if moment else "—",
                },
                code="too-late",
                rule=_rule_of(procedure_, command.not_after) or procedure_.cite(command),
            )


def _rule_of(procedure_: Procedure, date_name: str) -> str | None:
    rule = procedure_.days.get(procedure_.dates[date_name].rule or "")
    return rule.article if rule is not None else None


def _check_days(
    procedure_: Procedure,
    dates: Mapping[str, datetime],
    calendar: Calendar,
    changed: frozenset[str],
) -> tuple[Breach, ...]:
    """Refuse what comes too soon; what comes too late has happened, and is recorded as late."""
    if not changed:
        return ()
    broken = planning.breaches(procedure_, dates, calendar, touching=changed)
    for breach in broken:
        if breach.rule.mandatory and breach.rule.least is not None:
            raise breach.refusal()
    return tuple(broken)


def _arrive(procedure_: Procedure, command: Command, at: Position) -> tuple[str, str]:
    if command.to is None:
        return at.stage, at.state
    if command.to == ANY:
        return at.stage, LotState.ACTIVE.value
    if command.to in procedure_.exits:
        return at.stage, procedure_.exits[command.to].state
    return command.to, procedure_.stage(command.to).state


def _shift(
    procedure_: Procedure,
    dates: Mapping[str, datetime],
    *,
    since: datetime,
    now: datetime,
    calendar: Calendar,
) -> dict[str, datetime]:
    """What lay ahead when the lot was suspended moves by as many whole days as it stood still.

    The hour stays; a day of rest moves a date on to the next working day. What follows from a
    date that moved is worked out anew, so that every interval still holds.
    """
    days = timedelta(days=math.ceil((now - since) / timedelta(days=1)))
    moved = {}
    for name, at in dates.items():
        if at > since:
            last = calendars.last_day_of(at + days)
            moved[name] = at + days + (calendar.next_working(last) - last)
    roots = frozenset(
        name for name in moved if basis(procedure_, procedure_.dates[name]) not in moved
        or procedure_.dates[name].chosen
    )
    return planning.settle(procedure_, {**dates, **moved}, calendar, changed=roots)


# --- on rows ------------------------------------------------------------------------------------


def check(
    lot: Lot,
    command_name: str,
    *,
    actor_roles: frozenset[str],
    now: datetime,
    choose: Mapping[str, datetime] | None = None,
) -> Move:
    """What this command would make of the lot now, guards asked, and nothing written.

    Raises what :func:`apply` raises. It is asked before slow work that an act will need.
    """
    rules = procedure.of(lot)
    move = decide(
        rules,
        position(lot),
        command_name,
        roles=actor_roles,
        now=now,
        calendar=calendars.load(),
        choose=choose,
    )
    _ask_guards(rules, move.command, lot, now)
    return move


def apply(
    scene: Scene,
    lot: Lot,
    command_name: str,
    *,
    actor_roles: frozenset[str],
    choose: Mapping[str, datetime] | None = None,
) -> Move:
    """Do what the procedure says this command does to the lot; the lot's row must be locked.

    A change of stage or state leaves a public entry ``trading.move-lot``. Raises what
    :func:`decide` raises, and :class:`Refused` with a guard's name as its code.
    """
    rules = procedure.of(lot)
    move = check(lot, command_name, actor_roles=actor_roles, now=scene.now, choose=choose)
    _write(rules, lot, move, scene.now)
    if move.moved:
        scene.enter(
            subject=lot.urn,
            act=MOVE_ACT,
            public=True,
            context={
                "command": command_name,
                "procedure": rules.digest,
                "from": move.before.stage,
                "to": move.after.stage,
                "state": move.after.state,
                "dates": lot.dates,
                "late": [breach.rule.name for breach in move.late],
            },
        )
    return move


def postpone(lot: Lot, name: str, at: datetime) -> None:
    """Move one date of the lot to a later moment, by rule and in an act that says which; the lot's
    row must be locked. What follows from it by law follows."""
    rules, before = procedure.of(lot), position(lot)
    if at <= before.dates[name]:
        raise ValueError(f"{name} is only ever postponed")
    dates = planning.settle(
        rules, {**before.dates, name: at}, calendars.load(), changed=frozenset({name})
    )
    lot.dates = {each: jcs.timestamp(when) for each, when in sorted(dates.items())}
    lot.next_due_at = next_due(rules, replace(before, dates=dates))
    lot.save(update_fields=["dates", "next_due_at"])


def _ask_guards(rules: Procedure, command: Command, lot: Lot, now: datetime) -> None:
    for use in command.guards:
        scene = registry.GuardScene(
            lot=lot, procedure=rules, now=now, parameters=use.parameters
        )
        missing = registry.guard(use.name)(scene)
        if missing is not None:
            raise Refused(missing, code=use.name, rule=use.article or rules.cite(command))


def _write(rules: Procedure, lot: Lot, move: Move, now: datetime) -> None:
    after = move.after
    if after == move.before:
        return  # the row may be locked for sharing only
    if after.stage != lot.stage:
        lot.stage, lot.stage_since = after.stage, now
    if after.state != lot.state:
        if after.state in (LotState.TERMINATED, LotState.FAILED):
            lot.ended_at_stage = lot.stage
        if after.state == LotState.ACTIVE:
            lot.halted_for = ""
    lot.state = after.state
    lot.suspended_at = after.suspended_at
    lot.dates = {name: jcs.timestamp(at) for name, at in sorted(after.dates.items())}
    lot.next_due_at = next_due(rules, after)
    lot.save(
        update_fields=[
            "stage", "stage_since", "state", "suspended_at", "ended_at_stage", "halted_for",
            "dates", "next_due_at",
        ]
    )


def allowed(lot: Lot, now: datetime, roles: frozenset[str]) -> tuple[str, ...]:
    """The commands that somebody with these roles could do to this lot now, guards included."""
    rules, at, calendar = procedure.of(lot), position(lot), calendars.load()
    names = []
    for command in rules.commands.values():
        try:
            decide(rules, at, command.name, roles=roles, now=now, calendar=calendar)
            _ask_guards(rules, command, lot, now)
        except SunlitError:
            continue
        names.append(command.name)
    return tuple(names)


def due(lot: Lot) -> list[Due]:
    """What the clock will do with this lot, and when, in order of time.

    Empty while the lot is suspended: its clock stands still, and its dates move when it resumes.
    """
    return _due(procedure.of(lot), position(lot))


def _due(rules: Procedure, at: Position) -> list[Due]:
    if at.state != LotState.ACTIVE:
        return []
    order = [stage.name for stage in rules.stages]
    ahead = {*order[order.index(at.stage) :], ANY}
    return [
        one
        for one in planning.due(rules, at.dates)
        if not ahead.isdisjoint(rules.commands[one.command].from_)
    ]


def next_due(rules: Procedure, at: Position) -> datetime | None:
    """When the clock must next look at a lot that stands there."""
    here = {at.stage, ANY}
    times = [
        one.when
        for one in _due(rules, at)
        if not here.isdisjoint(rules.commands[one.command].from_)
    ]
    return min(times, default=None)
