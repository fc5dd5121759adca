"""The opening on a project's page: where it stands, and the way into its hall."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from bidding.domain import hall
from trading.enums import LotState
from trading.models import Lot


def panel(lot: Lot, viewer: Any, at: Any) -> dict[str, Any] | None:
    """The project page's word about the opening; None for a lot that has none."""
    room = hall.last(lot.pk)
    planned = lot.dates.get("opening")
    ended = lot.state not in (LotState.ACTIVE, LotState.SUSPENDED)
    if room is None and (ended or not planned or lot.published_at is None):
        return None
    state = {} if room is None else hall.whole(room)
    return {
        "room": room,
        "planned": planned,
        "read": len(state.get("read", ())),
        "frozen": (state.get("frozen") or {}).get("count"),
        "address": reverse("opening", args=[lot.project.code, lot.number]),
    }
