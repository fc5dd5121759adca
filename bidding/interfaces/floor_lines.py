"""Applications and floors as the programming interface shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bidding.domain import auction, room_state, rooms
from bidding.domain.room_kinds import ALL
from bidding.models import FloorApplication
from signatures.domain import jcs
from trading.models import Lot


def application(row: FloorApplication) -> dict[str, Any]:
    """One application for those who may know of it."""
    return {
        "id": str(row.pk),
        "organisation": row.organisation.urn,
        "name": row.organisation.name,
        "at": jcs.timestamp(row.at),
        "deposit": None if row.deposit is None else str(row.deposit),
        "paid_at": _moment(row.paid_at),
        "qualified": row.qualified,
        "number": row.number,
        "reason": row.reason,
        "returned_at": _moment(row.returned_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else jcs.timestamp(at)


def floor(lot: Lot) -> dict[str, Any] | None:
    """The lot's floor as everybody sees it, with every ask; None before it was opened."""
    room = auction.last(lot.pk)
    if room is None:
        return None
    state = room_state.state(room, frozenset({ALL}))
    asks = [
        {**event.data, "at": jcs.timestamp(event.at)}
        for event in rooms.events(room.pk, audiences=frozenset({ALL}))
        if event.kind == "ask"
    ]
    return {
        "room": room.urn,
        "open": room.is_open,
        **{name: state[name] for name in (
            "phase", "format", "until", "round", "call", "price", "leader", "reserve", "result",
            "named",
        )},
        "asks": asks,
    }
