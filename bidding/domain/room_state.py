"""What a room's stream adds up to: the fold of its kind's reducer, cached as it grows.

The cache is never the record. Each cached fold remembers the chain's value at its last event, and
is thrown away where the stream in the database says otherwise (an act that was rolled back).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from bidding.domain import rooms
from bidding.domain.room_kinds import State, kind_of
from bidding.models import Room, RoomEvent

#: Folds kept in this process: one for each room and set of audiences in use.
_KEPT = 512

_Key = tuple[UUID, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Fold:
    """The state after event ``seq``, over the events of one set of audiences."""

    seq: int
    chain: bytes
    state: State


_cache: OrderedDict[_Key, Fold] = OrderedDict()
_lock = threading.Lock()


def fold(room: Room, audiences: frozenset[str] | None = None) -> Fold:
    """The state of the room at its head, as these audiences see it; None sees every event.

    ``room`` says which head: inside an act that holds the room's lock it includes the act's own
    events. The state belongs to the cache; whoever wants to change it copies it first.
    """
    key = (room.pk, audiences)
    kind = kind_of(room)
    seq, value = room.seq, bytes(room.chain)
    start = _start(key, room.pk, seq, value)
    state = kind.initial() if start is None else start.state
    after = 0 if start is None else start.seq
    for event in rooms.events(room.pk, after=after, until=seq, audiences=audiences):
        state = kind.reduce(state, event)
    result = Fold(seq=seq, chain=value, state=state)
    with _lock:
        _cache[key] = result
        _cache.move_to_end(key)
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return result


def state(room: Room, audiences: frozenset[str] | None = None) -> State:
    """Just the state of :func:`fold`."""
    return fold(room, audiences).state


def forget() -> None:
    """Empty the cache."""
    with _lock:
        _cache.clear()


def _start(key: _Key, room: UUID, seq: int, value: bytes) -> Fold | None:
    """The cached fold, where it is a prefix of the stream up to ``seq``."""
    with _lock:
        found = _cache.get(key)
    if found is None or found.seq > seq:
        return None
    if found.seq == seq:
        return found if found.chain == value else None
    row = RoomEvent.objects.filter(room_id=room, seq=found.seq).values_list("chain", flat=True)
    return found if found.seq == 0 or [bytes(item) for item in row] == [found.chain] else None
