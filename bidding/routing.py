"""The addresses of sockets, and of bodies that are read while they come in.

The room comes from the address, never from a frame.
"""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from django.urls import re_path

from bidding.consumers import NoRoom, RoomConsumer

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

websockets = URLRouter(
    [
        re_path(rf"^ws/rooms/(?P<kind>[a-z-]{{1,20}})/(?P<room>{_UUID})/$", RoomConsumer.as_asgi()),
        re_path(r"^", NoRoom.as_asgi()),
    ]
)


def streams(scope: dict[str, Any]) -> bool:
    """Whether the request brings parts of an envelope (``bidding.views.uploads``)."""
    return scope["method"] == "PATCH" and "/api/v1/uploads/" in scope["path"]
