"""Acts on rooms of every kind: the base of room commands, opening, closing, coming and going."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.db.models import F, Q
from django.utils.translation import gettext as _

from bidding.domain import rooms
from bidding.domain.room_kinds import audiences, find, kind_of
from bidding.models import Room, RoomPresence
from signatures.domain import clock
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Refused
from signatures.models import Heartbeat

#: A web process whose hub has been silent for this long holds no sockets any more.
SILENCE = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class RoomAct(Act):
    """The base of every room command: its record is the room's hash chain.

    Subclasses write :meth:`permit` (usually through :meth:`require_audience`) and
    :meth:`perform`. The result gets ``seq``, the room's head after the act, which is what the
    socket's ack carries.
    """

    ledgered: ClassVar[bool] = False

    room: UUID

    def require_audience(self, actor: Actor, *names: str) -> frozenset[str]:
        """All audiences of the actor in this room, unless none of ``names`` is among them: then
        :class:`Denied`. Without names, being in the room is enough."""
        if actor.user is not None:
            granted = audiences(actor.user, rooms.get(self.room))
            if granted and (not names or granted.intersection(names)):
                return granted
        raise Denied(_("You may not do this in this room."))

    def lock(self) -> Room:
        return rooms.lock(self.room)

    def decide(self, scene: Scene) -> Result:
        room: Room = scene.subject
        rooms.require_open(room)
        result = self.perform(scene, room) or {}
        return {**result, "seq": room.seq}

    def perform(self, scene: Scene, room: Room) -> Result | None:
        """Decide by the rules of the kind and emit events; ``room`` is locked and open."""
        raise NotImplementedError  # pragma: no cover - every command has its own


@command("bidding.open-room")
@dataclass(frozen=True, kw_only=True)
class OpenRoom(Act):
    """Open a room of a lot. Its kind says who may; the platform's processes always may."""

    lot: UUID
    kind: str

    def permit(self, actor: Actor) -> None:
        if not find(self.kind).may_manage(actor, self.lot):
            raise Denied(_("You may not open this room."))

    def decide(self, scene: Scene) -> Result:
        room = rooms.open_room(scene, kind=self.kind, lot=self.lot)
        scene.enter(subject=room.urn, public=True, context={"kind": self.kind})
        return {"room": str(room.pk), "seq": room.seq}


@command("bidding.close-room")
@dataclass(frozen=True, kw_only=True)
class CloseRoom(Act):
    """Close a room for good; the head of its chain goes into the ledger."""

    room: UUID

    def permit(self, actor: Actor) -> None:
        room = rooms.get(self.room)
        if not kind_of(room).may_manage(actor, room.lot_id):
            raise Denied(_("You may not close this room."))

    def lock(self) -> Room:
        return rooms.lock(self.room)

    def decide(self, scene: Scene) -> Result:
        room = rooms.close_room(scene, scene.subject)
        return {"seq": room.seq, "chain": bytes(room.chain).hex()}


@command(rooms.LEDGER_ACT)
@dataclass(frozen=True, kw_only=True)
class LedgerRoom(Act):
    """Put the head of a live room's chain into the ledger, so that its past stands fast."""

    room: UUID

    def permit(self, actor: Actor) -> None:
        if not actor.is_process:
            raise Denied(_("Only the platform's clock does this."))

    def lock(self) -> Room:
        return rooms.lock(self.room)

    def decide(self, scene: Scene) -> Result:
        room: Room = scene.subject
        if room.ledgered_seq == room.seq:
            raise Refused(_("The ledger has this head already."), code="nothing-new")
        rooms.ledger_head(scene, room)
        return {"seq": room.seq}


@command("bidding.join-room")
@dataclass(frozen=True, kw_only=True)
class JoinRoom(RoomAct):
    """A person came: remember their socket; the first one is an event ``joined``."""

    socket: UUID
    process: str

    def permit(self, actor: Actor) -> None:
        self.require_audience(actor)

    def perform(self, scene: Scene, room: Room) -> None:
        user = scene.actor.user
        assert user is not None  # permit lets only people in
        here = RoomPresence.objects.filter(room=room, user=user)
        first = not here.exists()
        RoomPresence.objects.create(
            socket=self.socket, room=room, user=user, process=self.process, since=scene.now
        )
        presence = kind_of(room).presence
        if first and presence:
            rooms.emit(scene, room, "joined", {}, presence)


@command("bidding.leave-room")
@dataclass(frozen=True, kw_only=True)
class LeaveRoom(RoomAct):
    """A person's socket is gone; their last one is an event ``left``, by that person.

    Dispatched by the process that held the socket, or by the clock where that process is gone.
    """

    socket: UUID

    def permit(self, actor: Actor) -> None:
        if not actor.is_process:
            raise Denied(_("Only the platform says that somebody left."))

    def decide(self, scene: Scene) -> Result:
        room: Room = scene.subject
        row = RoomPresence.objects.filter(pk=self.socket, room=room).first()
        if row is not None:
            row.delete()
            others = RoomPresence.objects.filter(room=room, user=row.user_id)
            presence = kind_of(room).presence
            if presence and room.is_open and not others.exists():
                rooms.emit(scene, room, "left", {}, presence, by=f"user:{row.user_id}")
        return {"seq": room.seq}


def due(now: datetime) -> list[Act]:
    """What the clock has to do for rooms by now (``trading.domain.ticking``).

    Heads of live rooms that grew go into the ledger at least once a minute, and people whose web
    process died without a word leave.
    """
    before = now - rooms.LEDGER_EVERY
    waiting = Room.objects.filter(closed_at__isnull=True, seq__gt=F("ledgered_seq")).filter(
        Q(ledgered_at__isnull=True, opened_at__lte=before) | Q(ledgered_at__lte=before)
    )
    heads = waiting.order_by("pk").values_list("pk", flat=True)
    return [
        *(LedgerRoom(room=room) for room in heads),
        *(LeaveRoom(room=room, socket=socket) for socket, room in _orphans()),
    ]


def _orphans() -> list[tuple[UUID, UUID]]:
    alive = Heartbeat.objects.filter(beat_at__gt=clock.look().real - SILENCE)
    rows = RoomPresence.objects.exclude(process__in=alive.values("name"))
    return list(rows.order_by("pk").values_list("pk", "room_id"))
