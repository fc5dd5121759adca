"""The kinds of room: who sees what in each, and what its events add up to.

One mechanism serves all of them; a kind registers itself when its app is ready, and nothing else
knows which kinds there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from bidding.models import Room
from signatures.domain.act import Actor
from signatures.domain.errors import NotFound
from signatures.models import User

ALL: Final = "all"
COMMITTEE: Final = "committee"
SUPERVISORS: Final = "supervisors"
TENDERERS: Final = "tenderers"
#: Nobody: events that steer the hub itself.
NOBODY: Final = "nobody"

_AUDIENCE = re.compile(r"all|committee|supervisors|tenderers|nobody|one:[a-z]+:[0-9a-z-]{1,120}")


def only(urn: str) -> str:
    """The audience of one person or one organisation, given by URN."""
    return f"one:{urn}"


def is_audience(text: str) -> bool:
    """Whether ``text`` names an audience."""
    return _AUDIENCE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Event:
    """A committed event as reducers and readers see it; ``at`` is UTC, ``actor`` a URN."""

    seq: int
    at: datetime
    kind: str
    audience: str
    actor: str
    data: dict[str, Any]


#: What a stream adds up to: a JSON object.
State = dict[str, Any]


def _processes(actor: Actor, lot: UUID) -> bool:
    return actor.is_process


@dataclass(frozen=True, kw_only=True)
class RoomKind:
    """One kind of room.

    ``reduce(state, event)`` is pure: it returns the next state and changes neither argument; it
    is folded once for each set of audiences, over the events that these may see, and its result
    is what a socket gets as a snapshot. ``audiences(user, room)`` says what a person may see now;
    nobody without ``all`` among it may be in the room. ``may_manage(actor, lot)`` says who opens
    and closes such rooms by the generic acts. ``presence`` is the audience that learns who comes
    and goes (events ``joined`` and ``left``), empty where nobody does.
    """

    name: str
    audiences: Callable[[User, Room], frozenset[str]]
    reduce: Callable[[State, Event], State]
    initial: Callable[[], State] = field(default=dict)
    may_manage: Callable[[Actor, UUID], bool] = _processes
    presence: str = ""


_kinds: dict[str, RoomKind] = {}


def register(kind: RoomKind) -> RoomKind:
    """Make a kind known; two of one name are a fault in our code."""
    if _kinds.get(kind.name, kind) != kind:
        raise RuntimeError(f"Two kinds of room are called {kind.name}.")
    if kind.presence and not is_audience(kind.presence):
        raise RuntimeError(f"{kind.name} shows presence to {kind.presence}, which is no audience.")
    _kinds[kind.name] = kind
    return kind


def kind_of(room: Room) -> RoomKind:
    """The kind of this room; raises :class:`NotFound` where no app knows it any more."""
    return find(room.kind)


def find(name: str) -> RoomKind:
    """The kind of that name; raises :class:`NotFound`."""
    kind = _kinds.get(name)
    if kind is None:
        raise NotFound(f"There is no room of the kind {name}.", code="no-such-room")
    return kind


def audiences(user: User, room: Room) -> frozenset[str]:
    """What this person may see in this room now; empty where they may not be in it."""
    granted = kind_of(room).audiences(user, room) - {NOBODY}
    return granted if ALL in granted else frozenset()
