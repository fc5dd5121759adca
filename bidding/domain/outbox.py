"""What waits to be sent to one socket: bounded, with a sender of its own.

A slow socket delays nobody: its frames wait here, and when more than :data:`LIMIT` wait it is
closed with :data:`SLOW` and comes back by ``hello``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias

#: Frames that may wait.
LIMIT = 256
#: Close code of a socket that does not keep up.
SLOW = 4408
#: Seconds that a closing or catching-up socket gets to take what is on its way.
PATIENCE = 15.0

Message: TypeAlias = dict[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


def message(text: str) -> Message:
    """The ASGI message that sends this frame; it may be shared between sockets."""
    return {"type": "websocket.send", "text": text}


class Outbox:
    """The frames on their way to one socket. All methods belong to the socket's event loop."""

    def __init__(self, send: Send, on_lost: Callable[[], None]) -> None:
        self._send = send
        self._on_lost = on_lost
        self._queue: deque[Message] = deque()
        self._stirred = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._close: Message | None = None

    @property
    def closing(self) -> bool:
        """Whether nothing more will be taken."""
        return self._close is not None

    def put(self, text: str) -> None:
        """Queue one frame."""
        self.extend((message(text),))

    def extend(self, messages: Iterable[Message]) -> None:
        """Queue frames in order; above the limit the socket is closed as too slow."""
        if self._close is not None:
            return
        self._queue.extend(messages)
        if len(self._queue) > LIMIT:
            self._queue.clear()
            self.close(SLOW)
        elif self._queue:
            self._stir()

    async def feed(self, texts: list[str]) -> None:
        """Queue any number of frames, waiting for the socket between portions; one that takes
        none for :data:`PATIENCE` seconds is closed as too slow."""
        portion = LIMIT // 4
        for start in range(0, len(texts), portion):
            try:
                await asyncio.wait_for(self._empty.wait(), PATIENCE)
            except TimeoutError:
                self.close(SLOW)
                return
            self.extend([message(text) for text in texts[start : start + portion]])

    def close(self, code: int) -> None:
        """Close the socket after what is queued; the first code counts."""
        if self._close is None:
            self._close = {"type": "websocket.close", "code": code}
            asyncio.get_running_loop().call_later(PATIENCE, self._on_lost)
            self._stir()

    async def run(self) -> None:
        """Send until closed; errors of the transport end it, the disconnect follows by itself."""
        try:
            while True:
                while self._queue:
                    await self._send(self._queue.popleft())
                if self._close is not None:
                    await self._send(self._close)
                    return
                self._stirred.clear()
                self._empty.set()
                await self._stirred.wait()
        except (OSError, RuntimeError):
            # The peer is gone: the server says so with its own exception, an OSError, or, where
            # the close is already on its way, with a RuntimeError.
            self._close = self._close or {"type": "websocket.close", "code": 1006}
            self._queue.clear()
        finally:
            self._empty.set()

    def _stir(self) -> None:
        self._empty.clear()
        self._stirred.set()
