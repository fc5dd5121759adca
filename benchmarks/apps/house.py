"""The platform with one more kind of room, whose only command says something to everybody."""

from __future__ import annotations

from dataclasses import dataclass

from trading.asgi import application

__all__ = ["KIND", "Say", "application"]

KIND = "bench"


def _register() -> type:
    from bidding.domain import room_commands, room_kinds, rooms
    from bidding.domain.room_acts import RoomAct
    from bidding.models import Room
    from signatures.domain.act import Actor, Scene, command

    @command("bench.say")
    @dataclass(frozen=True, kw_only=True)
    class Say(RoomAct):
        """Says something to everybody in the room."""

        text: str

        def permit(self, actor: Actor) -> None:
            self.require_audience(actor)

        def perform(self, scene: Scene, room: Room) -> None:
            rooms.emit(scene, room, "said", {"text": self.text})

    room_kinds.register(
        room_kinds.RoomKind(
            name=KIND,
            audiences=lambda user, room: frozenset({"all", room_kinds.only(user.urn)}),
            reduce=lambda state, event: {"last": event.seq},
        )
    )
    room_commands.register(KIND, "say", Say)
    return Say


Say = _register()
