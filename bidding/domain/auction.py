"""The auction floor: who may see it, how it comes to be, and what its end is.

It opens by itself when applications have ended. Whoever is signed in may watch; bidders are numbers
to each other and to everybody but supervision until the sale is confirmed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.module_loading import import_string

from bidding.domain import auction_entry, auction_rules, room_state, rooms
from bidding.domain.auction_rules import Format
from bidding.domain.room_kinds import ALL, SUPERVISORS, RoomKind, State, only, register
from bidding.models import FloorApplication, Room
from signatures.domain import jcs
from signatures.domain.act import Actor, Scene
from signatures.models import User
from trading import access
from trading.domain import procedure
from trading.enums import LotRole
from trading.models import Lot

KIND = "auction"
ASK, END_LISTING = "bidding.ask", "bidding.end-listing"


def audiences(user: User, room: Room) -> frozenset[str]:
    """Everybody who is signed in watches; supervision learns who stands behind a number."""
    if not user.is_active:
        return frozenset()
    found = {ALL, only(user.urn), *(only(each.urn) for each in access.organisations_of(user))}
    if LotRole.SUPERVISOR in access.roles_of(user, room.lot_id):
        found.add(SUPERVISORS)
    return frozenset(found)


def _may_manage(actor: Actor, lot: UUID) -> bool:
    """The platform alone opens and closes a floor."""
    return actor.is_process


kind = register(
    RoomKind(
        name=KIND,
        audiences=audiences,
        reduce=auction_rules.reduce,
        initial=auction_rules.initial,
        may_manage=_may_manage,
    )
)


def last(lot: UUID) -> Room | None:
    """The lot's newest floor, open or closed."""
    return Room.objects.filter(lot_id=lot, kind=KIND).order_by("opened_at").last()


def whole(room: Room) -> State:
    """The floor's state over every event."""
    return room_state.state(room)


def lists_first(lot: Lot) -> bool:
    """Whether prices are asked for a listing's time before limited rounds begin."""
    return END_LISTING in procedure.of(lot).commands


def begin(scene: Scene, lot: Lot, bidders: list[FloorApplication]) -> Room:
    """Open the floor: its format, who the numbers are (for supervision), and the first time."""
    form = auction_entry.format_of(lot)
    data: dict[str, Any] = {"format": form.as_json(), "until": None}
    if lists_first(lot):
        data["until"] = lot.dates["deadline"]
    room = rooms.open_room(scene, kind=KIND, lot=lot.pk, data=data)
    rooms.emit(scene, room, "bidders", {"bidders": names(bidders)}, SUPERVISORS)
    if data["until"] is None:
        call(scene, room, form, auction_rules.initial())
    else:
        rooms.enter_stage(scene, room, auction_rules.LISTING)
    return room


def names(bidders: list[FloorApplication]) -> list[dict[str, Any]]:
    """Who the numbers are."""
    return [
        {"number": one.number, "organisation": one.organisation.urn, "name": one.organisation.name}
        for one in bidders
    ]


def call(scene: Scene, room: Room, form: Format, state: State) -> None:
    """Begin a limited round: the first one, or the same price called once more."""
    first = state["phase"] != auction_rules.ROUNDS
    until = scene.now + form.round
    rooms.emit(
        scene,
        room,
        "round",
        {
            "round": state["round"] + 1,
            "call": 1 if first else state["call"] + 1,
            "until": jcs.timestamp(until),
        },
    )
    if first:
        rooms.enter_stage(scene, room, auction_rules.ROUNDS)


def finish(scene: Scene, room: Room, *, sold: bool, state: State, reason: str = "") -> None:
    """Say how the floor ended. A floor without a sale is closed; its record is made."""
    price = state["price"]
    rooms.emit(
        scene,
        room,
        "result",
        {
            "sold": sold,
            "price": price if sold else None,
            "number": state["leader"] if sold else None,
            "reason": reason,
        },
    )
    if sold:
        rooms.enter_stage(scene, room, auction_rules.SOLD)
        _task("prepare_confirmation").enqueue(str(room.pk))
    else:
        close(scene, room)


def close(scene: Scene, room: Room) -> None:
    """Close the floor for good; its whole stream is filed by the queue."""
    rooms.close_room(scene, room)
    _task("file_floor_record").enqueue(str(room.pk))


def _task(name: str) -> Any:
    """The queue's tasks stand above this room, so they are named by string only."""
    return import_string(f"bidding.floor_tasks.{name}")


def on_resume(scene: Scene, lot: Lot, since: datetime) -> None:
    """What ran on the floor when the lot stood still goes on: a listing until its moved end, a
    round from its beginning."""
    room = rooms.live(lot.pk, KIND)
    if room is None:
        return
    room = rooms.lock(room.pk)
    state = whole(room)
    if state["phase"] == auction_rules.LISTING:
        rooms.emit(scene, room, "until", {"until": lot.dates["deadline"]})
    elif state["phase"] == auction_rules.ROUNDS:
        until = jcs.timestamp(scene.now + auction_entry.format_of(lot).round)
        rooms.emit(scene, room, "until", {"until": until})


def on_terminate(scene: Scene, lot: Lot) -> None:
    """A lot that is terminated sells nothing: its open floor closes in the same act."""
    room = rooms.live(lot.pk, KIND)
    if room is None:
        return
    room = rooms.lock(room.pk)
    finish(scene, room, sold=False, state=whole(room), reason="terminated")
