"""What the secret and the live remember."""

from bidding.models.room import Room, RoomEvent, RoomPresence

__all__ = ["Room", "RoomEvent", "RoomPresence"]
