"""A tenderer's own bid on a project's page: where it stands, and the way to its page."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from bidding.domain import sealed_rounds, tenderers
from bidding.interfaces import bid_page
from signatures.domain.errors import SunlitError
from signatures.models import User
from trading.domain import registry
from trading.models import Lot

#: Where on its page each of a tenderer's commands is given.
WAYS = {
    "bidding.register-statement": "sign",
    "bidding.receive-part": "upload",
    "bidding.abandon-version": "upload",
    "bidding.confirm-bid": "to-confirm",
    "bidding.withdraw-bid": "withdraw",
}


def register() -> None:
    """The part of the project's page, and the way from there to each command."""
    registry.register_panel("own-bid", "bidding/bid_panel.html", panel, order=40)
    for command, anchor in WAYS.items():
        registry.register_way(command, way(anchor))


def way(anchor: str) -> registry.Way:
    """The place on the bid's page where one of its commands is given."""

    def address(lot: Lot) -> str:
        return f"{reverse('bid', args=[lot.project.code, lot.number])}#{anchor}"

    return address


def panel(lot: Lot, viewer: Any, at: Any) -> dict[str, Any] | None:
    """The project page's word about the viewer's own bid; None for who is no tenderer here."""
    if not isinstance(viewer, User):
        return None
    try:
        tenderer = tenderers.tenderer_of(viewer, lot.pk)
    except SunlitError:
        return None
    row = bid_page.latest(lot, tenderer, viewer)
    shut = bid_page.closed(lot, tenderer, at)
    return {
        "tenderer": tenderer,
        "bid": None if row is None else bid_page.own(row),
        "deadline": bid_page.deadline_of(lot),
        "open": not shut,
        "waits": shut == bid_page.WAITS,
        "address": reverse("bid", args=[lot.project.code, lot.number]),
        "applies": sealed_rounds.is_application(lot),
        "final": sealed_rounds.is_final(lot),
    }
