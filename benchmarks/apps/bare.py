"""The limit of fan-out: an ASGI application that hands frames on and does nothing else.

A text on any line goes to all lines of the same path. ``go N TEXT`` on ``/control`` sends TEXT to
every line of every other path, N times.
"""

from __future__ import annotations

from typing import Any

_rooms: dict[str, dict[object, Any]] = {}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await receive()
    await send({"type": "websocket.accept"})
    path, me = scope["path"], object()
    peers = _rooms.setdefault(path, {})
    peers[me] = send
    try:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if path == "/control":
                _go, count, text = message["text"].split(" ", 2)
                await _burst(int(count), text)
            else:
                await _hand_on(peers, {"type": "websocket.send", "text": message["text"]})
    finally:
        del peers[me]


async def _hand_on(peers: dict[object, Any], out: dict[str, Any]) -> None:
    for send in list(peers.values()):
        await send(out)


async def _burst(count: int, text: str) -> None:
    for _ in range(count):
        for path, peers in list(_rooms.items()):
            if path != "/control":
                await _hand_on(peers, {"type": "websocket.send", "text": text})
