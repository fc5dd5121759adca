"""What a socket gets when it says hello: the events it missed, or the state if that is shorter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from bidding.domain import room_state, rooms, stream_rows
from bidding.domain.room_kinds import audiences
from bidding.models import RoomEvent
from signatures.models import User

#: Up to this many events are always sent as events: a snapshot would save nothing worth having.
FEW = 16
#: Above this many events the state is sent without comparing.
MANY = 5000

#: Writes the frame of a snapshot: ``(state, seq) -> text``.
WriteSnapshot: TypeAlias = Callable[[dict[str, Any], int], str]


@dataclass(frozen=True, slots=True)
class Replay:
    """The frames that bring a socket up to event ``seq``, for these audiences."""

    seq: int
    audiences: frozenset[str]
    frames: list[str]


def replay(
    room: UUID,
    user: User,
    *,
    after: int,
    write_snapshot: WriteSnapshot,
    shown: frozenset[str] | None = None,
) -> Replay:
    """What this person may see of the stream after event ``after``, as of now.

    The head is read first and the rights after it, so nobody sees an event committed after their
    right to it was taken away. ``shown`` is for whom the socket got what it has; ``None`` where
    nobody knows. Where rights have changed since, earlier events look different too and the state
    comes instead of what followed. No audiences means: out of the room.
    """
    found = rooms.get(room)
    granted = audiences(user, found)
    if not granted:
        return Replay(found.seq, granted, [])
    changed = _rights_changed(room, after) if shown is None else granted != shown
    # A client that has seen what never was starts anew.
    state_only = changed or after > found.seq
    rows = (
        []
        if state_only
        else stream_rows.visible(
            room, after=after, until=found.seq, audiences=granted, limit=MANY + 1
        )
    )
    frames = [row.text for row in rows]
    if state_only or len(frames) > FEW:
        snapshot = write_snapshot(room_state.state(found, granted), found.seq)
        if state_only or len(frames) > MANY or len(snapshot) < sum(map(len, frames)):
            frames = [snapshot]
    return Replay(found.seq, granted, frames)


def _rights_changed(room: UUID, after: int) -> bool:
    """Whether anybody's rights changed since a client of an earlier socket saw that event."""
    later = RoomEvent.objects.filter(room=room, seq__gt=after, kind=rooms.AUDIENCES_CHANGED)
    return after > 0 and later.exists()
