"""What happens on a floor: the clock opens it, calls prices and lets them fall; bidders ask."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.utils.translation import gettext as _

from bidding.domain import auction, auction_entry, auction_rules, rooms
from bidding.domain.room_kinds import SUPERVISORS
from bidding.models import FloorApplication, FloorAsk, Room
from bidding.models.floor import worth
from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Denied, Refused
from trading import access
from trading.domain import lifecycle, procedure
from trading.domain.acts import LotAct
from trading.models import Lot

#: The procedure's commands for a floor that comes to nothing, and for one buyer alone.
FAIL_OPEN, FAIL_FLOOR, FAIL_RESERVE, AGREE = (
    "bidding.fail-application",
    "bidding.fail-floor",
    "bidding.fail-reserve",
    "bidding.begin-agreement",
)


def locked_floor(lot: Lot) -> Room:
    """The lot's floor, locked after the lot; raises :class:`Refused` where there is none."""
    room = rooms.live(lot.pk, auction.KIND)
    if room is None:
        raise Refused(_("There is no open floor for this lot."), code="no-floor")
    return rooms.lock(room.pk)


@command("bidding.open-floor")
@dataclass(frozen=True, kw_only=True)
class OpenFloor(LotAct):
    """Open the floor when applications have ended; with too few bidders nothing is sold.

    How many there must be is the procedure's figure ``bidders``. One alone goes by agreement, at
    not less than the reserve, where the procedure knows that step.
    """

    public: ClassVar[bool] = True

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        rules = procedure.of(lot)
        bidders = auction_entry.qualified(lot)
        figure = rules.figures.get("bidders")
        least = max(1, figure.least or 1) if figure is not None else 1
        step = ""
        if len(bidders) == 1 and AGREE in rules.commands:
            step = AGREE
        elif len(bidders) < least:
            step = FAIL_OPEN
        self.proceed(scene, step=step)
        failed = step == FAIL_OPEN
        scene.enter(subject=lot.urn, context={"failed": failed})
        if failed:
            return {"failed": True}
        room = auction.begin(scene, lot, bidders)
        return {"failed": False, "room": str(room.pk)}


@command(auction.END_LISTING)
@dataclass(frozen=True, kw_only=True)
class EndListing(LotAct):
    """The listing is over: does anyone still bid? The first limited round begins."""

    public: ClassVar[bool] = True

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        room = locked_floor(lot)
        scene.enter(subject=lot.urn, context={"room": room.urn})
        auction.call(scene, room, auction_entry.format_of(lot), auction.whole(room))
        return {"seq": room.seq}


@command(auction.ASK)
@dataclass(frozen=True, kw_only=True)
class Ask(LotAct):
    """A qualified bidder asks a price; it is taken or refused at the server's time, for good.

    The floor's own chain is its record. Result: ``{"ask", "price", "seq"}``.
    """

    ledgered: ClassVar[bool] = False

    price: Decimal

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        room = locked_floor(lot)
        bidder = self._bidder(scene, lot)
        form, state = auction_entry.format_of(lot), auction.whole(room)
        number = bidder.number or 0
        auction_rules.check_ask(form, state, number=number, price=self.price, now=scene.now)
        user = scene.actor.user
        assert user is not None  # a bidder is a person
        ask, price = state["count"] + 1, auction_rules.shown(self.price)
        listing = state["phase"] == auction_rules.LISTING
        until = state["until"] if listing else jcs.timestamp(scene.now + form.round)
        FloorAsk.objects.create(
            room=room,
            lot=lot,
            seq=ask,
            worth=worth(self.price, rising=form.rising),
            bidder=bidder,
            user=user,
            at=scene.now,
        )
        rooms.emit(
            scene,
            room,
            "ask",
            {"ask": ask, "number": number, "price": price, "until": until},
            by=f"bidder:{number}",
        )
        rooms.emit(
            scene,
            room,
            "asked-by",
            {"ask": ask, "organisation": bidder.organisation.urn},
            SUPERVISORS,
        )
        return {"ask": ask, "price": price, "seq": room.seq}

    def _bidder(self, scene: Scene, lot: Lot) -> FloorApplication:
        found = auction_entry.bidders_of(lot.pk, scene.actor.user, scene.now)
        if not found:
            raise Denied(
                _("Only bidders whose qualification was confirmed ask a price here."),
                code="not-qualified",
                rule=procedure.of(lot).cite(procedure.of(lot).command(self.name)),
            )
        if len(found) > 1:
            raise Denied(
                _("You act for two bidders on this floor; nobody bids against themselves."),
                code="two-bidders",
            )
        return found[0]


@command("bidding.close-floor")
@dataclass(frozen=True, kw_only=True)
class CloseFloor(LotAct):
    """The clock at the end of a round: the price is called once more, or it falls.

    Without an ask nothing is sold. With a sealed reserve the tenderee opens it next. Result:
    ``{"called": n}`` or ``{"sold": bool | None}``.
    """

    public: ClassVar[bool] = True

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        roles = access.actor_roles(scene.actor, lot, scene.now)
        lifecycle.check(lot, self.step_name(), actor_roles=roles, now=scene.now)
        room = locked_floor(lot)
        form, state = auction_entry.format_of(lot), auction.whole(room)
        todo = auction_rules.next_step(form, state, scene.now)
        if todo == auction_rules.WAIT:
            raise Refused(_("The round has not run out."), code="round-runs")
        if todo == auction_rules.CALL:
            auction.call(scene, room, form, state)
            scene.enter(subject=lot.urn, context={"room": room.urn, "call": state["call"] + 1})
            return {"called": state["call"] + 1}
        asked = state["price"] is not None
        self.proceed(scene, step="" if asked else FAIL_FLOOR)
        scene.enter(
            subject=lot.urn,
            context={"room": room.urn, "asks": state["count"], "price": state["price"]},
        )
        rooms.emit(
            scene, room, "fallen", {"price": state["price"], "number": state["leader"]}
        )
        rooms.enter_stage(scene, room, auction_rules.FALLEN)
        if asked and form.reserve:
            return {"sold": None}
        auction.finish(scene, room, sold=asked, state=state, reason="" if asked else "no-ask")
        return {"sold": asked}


@command("bidding.open-reserve")
@dataclass(frozen=True, kw_only=True)
class OpenReserve(LotAct):
    """Open the sealed reserve: the price and the salt that the published commitment was made of.

    A price that does not reach it sells nothing. Result: ``{"sold": bool}``.
    """

    public: ClassVar[bool] = True

    reserve: Decimal
    salt: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        roles = access.actor_roles(scene.actor, lot, scene.now)
        lifecycle.check(lot, self.step_name(), actor_roles=roles, now=scene.now)
        room = locked_floor(lot)
        form, state = auction_entry.format_of(lot), auction.whole(room)
        if not form.reserve or state["phase"] != auction_rules.FALLEN or state["reserve"]:
            raise Refused(_("There is no reserve to open here now."), code="no-reserve")
        rule = procedure.of(lot).cite(procedure.of(lot).command(self.step_name()))
        if not auction_rules.is_amount(self.reserve) or (
            auction_rules.commitment(self.reserve, self.salt) != form.reserve
        ):
            raise Refused(
                _("This price and salt are not those that were committed to when the format was"
                  " published. Look at what was kept with the commitment."),
                code="wrong-reserve",
                rule=rule,
            )
        met = auction_rules.meets(form, Decimal(state["price"]), self.reserve)
        self.proceed(scene, step="" if met else FAIL_RESERVE)
        said = {"reserve": auction_rules.shown(self.reserve), "salt": self.salt, "met": met}
        rooms.emit(scene, room, "reserve", said)
        scene.enter(
            subject=lot.urn,
            digests={"reserve": form.reserve},
            context={"room": room.urn, "reserve": said["reserve"], "met": met},
        )
        auction.finish(scene, room, sold=met, state=state, reason="" if met else "under-reserve")
        return {"sold": met}
