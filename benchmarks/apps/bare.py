"""The limit of fan-out: an ASGI application that hands frames on and does nothing else.

A text on any line goes to all lines of the same path; below ``/committed/`` it is first written to
the database that ``BARE_DATABASE`` names, one row and one commit a text. ``go N TEXT`` on
``/control`` sends TEXT to every line of every other path, N times.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from benchmarks.limits import Bare

_rooms: dict[str, dict[object, Any]] = {}
_writer = ThreadPoolExecutor(1)


@cache
def _commit() -> Callable[[str], None]:
    """The writer thread's own line to the database."""
    return Bare(os.environ["BARE_DATABASE"]).commit


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
    loop = asyncio.get_running_loop()
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
                if path.startswith("/committed/"):
                    await loop.run_in_executor(_writer, _write, message["text"])
                await _hand_on(peers, {"type": "websocket.send", "text": message["text"]})
    finally:
        del peers[me]


def _write(text: str) -> None:
    _commit()(text)


async def _hand_on(peers: dict[object, Any], out: dict[str, Any]) -> None:
    for send in list(peers.values()):
        await send(out)


async def _burst(count: int, text: str) -> None:
    for _ in range(count):
        for path, peers in list(_rooms.items()):
            if path != "/control":
                await _hand_on(peers, {"type": "websocket.send", "text": text})
