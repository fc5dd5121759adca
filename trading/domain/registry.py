"""What the floor needs of the apps above it, by name.

Each app registers in ``AppConfig.ready()``; procedure files name commands and guards, pages ask
for panels and for what a URN means. Start-up refuses a name that nobody registered
(``trading.checks``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from signatures.domain.act import Act
from signatures.domain.errors import NotFound
from trading.domain import procedure

if TYPE_CHECKING:
    from trading.domain.acts import LotAct
    from trading.domain.grounds import Ground
    from trading.domain.procedure import Procedure
    from trading.models import Lot


@dataclass(frozen=True)
class GuardScene:
    """What a guard may look at. It reads the dossier's facts wherever it can."""

    lot: Lot
    procedure: Procedure
    now: datetime
    parameters: Mapping[str, Any]


#: A guard answers None where its condition holds, else a sentence that says what is missing.
Guard = Callable[[GuardScene], str | None]


@dataclass(frozen=True)
class Resolved:
    """What a URN means to people: a name and, where there is one, the page about it."""

    title: str
    address: str = ""


#: From an identifier to what it means; raises :class:`NotFound`.
Resolver = Callable[[str], Resolved]

#: One part of a project's page: ``panel(lot, viewer, at)`` gives the template's context or None.
Panel = Callable[[Any, Any, datetime], Mapping[str, Any] | None]

#: Acts besides the stages' own that are due by now: the clock dispatches each.
DueSource = Callable[[datetime], Iterable[Act]]

#: From a lot to the address of the page where a command is given there; empty where there is none.
Way = Callable[[Any], str]

_commands: dict[str, type[LotAct]] = {}
_guards: dict[str, Guard] = {}
_grounds: dict[str, Ground] = {}
_panels: dict[str, tuple[int, str, Panel]] = {}
_resolvers: dict[str, Resolver] = {}
_due: dict[str, DueSource] = {}
_ways: dict[str, Way] = {}
_steps: list[Callable[[Any, str], str]] = []

T = TypeVar("T")


def _add(table: dict[str, T], name: str, value: T, what: str) -> None:
    if name in table and table[name] != value:
        raise RuntimeError(f"Two {what} are called {name}.")
    table[name] = value


def register_command(name: str, act: type[LotAct]) -> None:
    """Make an act nameable as ``act`` (or ``name``) of a procedure's command."""
    _add(_commands, name, act, "commands")


def register_guard(name: str, guard: Guard) -> None:
    """Make a condition nameable in ``[[commands.guards]]``."""
    _add(_guards, name, guard, "guards")


def register_ground(name: str, ground: Ground) -> None:
    """Make a condition nameable in ``[[grounds]]``."""
    _add(_grounds, name, ground, "grounds")


def register_panel(name: str, template: str, panel: Panel, *, order: int = 100) -> None:
    """Add a part to every project's page, in increasing ``order``."""
    _add(_panels, name, (order, template, panel), "panels")


def register_resolver(kind: str, resolver: Resolver) -> None:
    """Say what URNs ``kind:<id>`` mean."""
    _add(_resolvers, kind, resolver, "resolvers")


def register_due(name: str, source: DueSource) -> None:
    """Give the clock more to do than the stages' own commands: gates, terms of single cases."""
    _add(_due, name, source, "sources of due acts")


def register_way(name: str, way: Way) -> None:
    """Say on which page people give the command ``name`` of a procedure."""
    _add(_ways, name, way, "ways")


def command(name: str) -> type[LotAct]:
    try:
        return _commands[name]
    except KeyError:
        raise NotFound(f"No app registered the command {name}.", code="unknown-command") from None


def guard(name: str) -> Guard:
    try:
        return _guards[name]
    except KeyError:
        raise NotFound(f"No app registered the guard {name}.", code="unknown-guard") from None


def ground(name: str) -> Ground:
    try:
        return _grounds[name]
    except KeyError:
        raise NotFound(f"No app registered the ground {name}.", code="unknown-ground") from None


def commands() -> frozenset[str]:
    return frozenset(_commands)


def guards() -> frozenset[str]:
    return frozenset(_guards)


def grounds() -> frozenset[str]:
    return frozenset(_grounds)


def panels() -> list[tuple[str, str, Panel]]:
    """``(name, template, panel)`` in the order of the page."""
    rows = sorted((row[0], name) for name, row in _panels.items())
    return [(name, _panels[name][1], _panels[name][2]) for _order, name in rows]


def register_steps(way: Callable[[Any, str], str]) -> None:
    """Say on which page people give the commands that only a procedure file knows."""
    _steps[:] = [way]


def way(name: str, lot: Lot) -> str:
    """The address where this command is given for this lot; empty where no page was registered.

    A command that a procedure names after its own case is given where its act is.
    """
    step = procedure.of(lot).commands.get(name)
    found = _ways.get(name) or _ways.get(step.act if step is not None else name)
    if found is None:
        return next((steps(lot, name) for steps in _steps), "")
    return found(lot)


def due_sources() -> list[tuple[str, DueSource]]:
    return sorted(_due.items(), key=lambda item: item[0])


def resolve(urn: str) -> Resolved:
    """What a URN means; a kind that nobody registered is shown as it is."""
    kind, _colon, identifier = urn.partition(":")
    resolver = _resolvers.get(kind)
    return resolver(identifier) if resolver is not None else Resolved(title=urn)
