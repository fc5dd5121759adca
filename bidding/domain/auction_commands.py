"""What a floor knows: its commands, what procedures name, whom the clock and signatures call."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bidding.domain import (
    auction,
    auction_acts,
    auction_confirming,
    auction_entry,
    room_commands,
)
from bidding.domain.auction_entry import format_of
from signatures.domain import signing_documents
from signatures.domain.errors import Malformed
from trading.domain import registry, suspensions
from trading.domain.registry import GuardScene

ACTS = (
    auction_entry.ApplyForFloor,
    auction_entry.RecordDeposit,
    auction_entry.DecideApplication,
    auction_entry.ReturnDeposit,
    auction_acts.OpenFloor,
    auction_acts.EndListing,
    auction_acts.Ask,
    auction_acts.CloseFloor,
    auction_acts.OpenReserve,
    auction_confirming.ConfirmSale,
)
GUARD = "floor-stated"


def floor_stated(scene: GuardScene) -> str | None:
    """The floor's format is stated and can be held; its deposit keeps to the procedure's figure."""
    try:
        form = format_of(scene.lot)
    except Malformed as fault:
        return fault.message
    figure = scene.procedure.figures.get("deposit")
    if figure is not None and figure.least is not None:
        least = form.start * figure.least / 100
        if form.deposit < least:
            return _("The deposit must be at least %(least)s CNY, %(share)d %% of the start.") % {
                "least": f"{least:,.2f}",
                "share": figure.least,
            }
    return None


def register() -> None:
    """Make all of it known; called once, when the app is ready."""
    for act in ACTS:
        registry.register_command(act.name, act)
    registry.register_guard(GUARD, floor_stated)
    room_commands.register(auction.KIND, "ask", auction_acts.Ask)
    room_commands.register(auction.KIND, "open-reserve", auction_acts.OpenReserve)
    signing_documents.on_complete(auction_confirming.PURPOSE, auction_confirming.complete)
    suspensions.on_resume(auction.on_resume)
    suspensions.on_terminate(auction.on_terminate)
