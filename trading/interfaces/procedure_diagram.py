"""A procedure drawn: its stages from top to bottom, and beside them the ways out.

Each way out is a line of its own that runs along all stages; where a stage may be left by it, the
two are joined. The drawing is a table, so that it reads the same without being seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trading.domain.procedure import ANY, Command, Procedure, Stage
from trading.enums import LotRole, LotState
from trading.interfaces import procedure_words


@dataclass(frozen=True)
class Way:
    """One command that leads somewhere: what it is, who gives it and when."""

    title: str
    #: By whom and when; that the clock does it, its time says.
    how: str
    #: The stage it leads to, for its anchor; empty where it leads back or out.
    stage: str
    target: str
    #: Whether it leads to the stage that is drawn next.
    straight: bool


@dataclass(frozen=True)
class Lane:
    """A way out beside one stage: the commands that take it, and how far the wire runs."""

    title: str
    by: str
    #: ``on`` to this lane and on, ``end`` to this lane and no further, ``past`` over it, or empty.
    wire: str


@dataclass(frozen=True)
class Row:
    """One stage of the drawing."""

    name: str
    number: int
    title: str
    ways: tuple[Way, ...]
    lanes: tuple[Lane, ...]

    @property
    def leaves(self) -> bool:
        """Whether a wire leads from here to a way out."""
        return any(lane.by for lane in self.lanes)


@dataclass(frozen=True)
class Outside:
    """A way out, and what leads on from there."""

    name: str
    title: str
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Diagram:
    """The whole drawing."""

    rows: tuple[Row, ...]
    outside: tuple[Outside, ...]


def draw(rules: Procedure) -> Diagram:
    """The drawing of a procedure."""
    return Diagram(
        rows=tuple(_row(rules, index, stage) for index, stage in enumerate(rules.stages)),
        outside=tuple(
            Outside(
                name=name,
                title=rules.title("exits", name),
                ways=tuple(
                    _way(rules, command, "")
                    for command in rules.commands.values()
                    if name in command.from_ and command.to not in (None, name)
                ),
            )
            for name in rules.exits
        ),
    )


def at_stage(rules: Procedure, stage: Stage) -> Iterable[Command]:
    """What may be done at this stage; what may be done at any is possible while a lot runs."""
    for command in rules.commands.values():
        running = stage.state == LotState.ACTIVE
        if stage.name in command.from_ or (running and ANY in command.from_):
            yield command


def _row(rules: Procedure, index: int, stage: Stage) -> Row:
    following = rules.stages[index + 1].name if index + 1 < len(rules.stages) else ""
    by = {
        name: procedure_words.run_on(
            _named(rules, command) for command in at_stage(rules, stage) if command.to == name
        )
        for name in rules.exits
    }
    last = max((place for place, name in enumerate(by) if by[name]), default=-1)
    return Row(
        name=stage.name,
        number=index + 1,
        title=rules.title("stages", stage.name),
        ways=_ways(rules, stage, following),
        lanes=tuple(
            Lane(
                title=rules.title("exits", name),
                by=by[name],
                wire="" if place > last else "past" if not by[name]
                else "end" if place == last else "on",
            )
            for place, name in enumerate(by)
        ),
    )


def _ways(rules: Procedure, stage: Stage, following: str) -> tuple[Way, ...]:
    """What leads from a stage to other stages, the next one first."""
    found = [
        _way(rules, command, following)
        for command in at_stage(rules, stage)
        if command.to not in (None, ANY, stage.name, *rules.exits)
    ]
    return tuple(sorted(found, key=lambda way: not way.straight))


def _way(rules: Procedure, command: Command, following: str) -> Way:
    to = str(command.to)
    return Way(
        title=rules.title("commands", command.name),
        how=procedure_words.run_on(
            ["" if command.at is not None else LotRole.named(command.roles),
             *procedure_words.times(rules, command)]
        ),
        stage=to if to != ANY and to not in rules.exits else "",
        target=procedure_words.target(rules, to),
        straight=to == following,
    )


def _named(rules: Procedure, command: Command) -> str:
    return procedure_words.with_note(
        rules.title("commands", command.name), LotRole.named(command.roles)
    )
