"""What sealing tells the rooms: the bids are frozen, a share is in, a sheet or price is open.

The opening hall of the lot, where there is a live one, gets each as an event of its stream, in
the act's own transaction. Others who must know (an evaluation room, statistics) listen by name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from bidding.domain import rooms
from bidding.domain.room_kinds import ALL
from signatures.domain.act import Scene
from trading.models import Lot

#: The kind of room that hears everything here.
HALL = "opening"

FROZEN = "frozen"
GATE = "gate"
SHARE = "share"
SHEET = "sheet"
PRICE = "price"
OPENED = "opened"
LOST = "lost"
GUARANTEE = "guarantee"
CONSORTIUM = "consortium"
TWICE = "twice"
KINDS = frozenset(
    {FROZEN, GATE, SHARE, SHEET, PRICE, OPENED, LOST, GUARANTEE, CONSORTIUM, TWICE}
)

#: ``listener(scene, lot, data)``, called in the act's transaction after its rows are written.
Listener = Callable[[Scene, Lot, dict[str, Any]], None]

_listeners: defaultdict[str, list[Listener]] = defaultdict(list)


def listen(kind: str, listener: Listener) -> None:
    """Have ``listener`` called at every event of a kind; the same one is only kept once."""
    if kind not in KINDS:
        raise RuntimeError(f"Sealing tells nothing called {kind}.")
    if listener not in _listeners[kind]:
        _listeners[kind].append(listener)


def tell(scene: Scene, lot: Lot, kind: str, data: dict[str, Any]) -> None:
    """Tell the opening hall and every listener; ``data`` is for everybody in the hall."""
    room = rooms.live(lot.pk, HALL)
    if room is not None:
        rooms.emit(scene, room, kind, data, ALL)
    for listener in _listeners[kind]:
        listener(scene, lot, data)
