"""Bodies that are read while they come in: uploads, where each byte is looked at once.

Django's own handler keeps a whole body in a file before its view begins: every byte is written and
read once more, and a request that the view refuses was taken in for nothing. Here the view begins
with the headers, in its thread as ever and behind the same middleware, and reads what the server
receives meanwhile; no more than :data:`HELD` bytes wait for it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from typing import Any

from django.core.exceptions import RequestAborted
from django.db import connections
from django.utils.translation import gettext as _

from signatures.domain.errors import Unavailable
from trading.threads import StandingHandler

#: Bytes that may wait for the view; beyond them the server stops reading from the line.
HELD = 512 * 1024
#: Bytes that a view which waits would rather have at once: waking it for each of the server's small
#: pieces takes longer than what it does with them.
GULP = 256 * 1024
#: Seconds for which a view that has some bytes waits for as many.
LULL = 0.02
#: Seconds without a byte after which a line is taken for dead.
STALLED = 20.0
#: Seconds that one body may take, so that nobody holds a lock by sending byte after byte.
LONGEST = 600.0
#: Seconds of waiting after which the view's database connection is given back.
PATIENT = 1.0


class Stalled(Unavailable):
    """The line brings nothing, or too little; what was taken in before stays."""

    default_code = "stalled"


class Incoming:
    """A request's body: the loop puts in what it receives, the view's thread reads it.

    To the handler it stands for ``receive`` and for the file that Django would have made of it.
    """

    def __init__(self, receive: Any) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._change = threading.Condition()
        self._pieces: deque[memoryview] = deque()
        self._held = 0
        #: Of what is held, bytes that are given without waiting for more.
        self._ready = 0
        self._ended = False
        self._until = time.monotonic() + LONGEST
        self._waited = 0.0

    # --- the loop's side ---------------------------------------------------------------------

    async def pump(self) -> None:
        """Take the body in, at the pace at which it is read; returns when the client is gone."""
        more = True
        while more:
            message = await self._receive()
            more = message["type"] == "http.request" and message.get("more_body", False)
            self._put(message.get("body", b""), ended=not more)
            if message["type"] == "http.disconnect":
                return
            while more and self._held > HELD:
                self._room.clear()
                await self._room.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _put(self, body: bytes, *, ended: bool) -> None:
        with self._change:
            first = not self._pieces
            if body and not self._ended:
                self._pieces.append(memoryview(body))
                self._held += len(body)
            self._ended = self._ended or ended
            if first or self._ended or self._held >= GULP:
                self._change.notify()

    # --- the view's side ---------------------------------------------------------------------

    def read(self, size: int = -1) -> memoryview | bytes:
        """Some of what comes next, ``size`` bytes at the most; nothing at the end.

        Raises :class:`Stalled`.
        """
        if size == 0:
            return b""
        with self._change:
            if self._ready <= 0:
                self._wait()
                self._ready = self._held
            if not self._pieces:
                return b""
            piece = self._pieces.popleft()
            if 0 < size < len(piece):
                self._pieces.appendleft(piece[size:])
                piece = piece[:size]
            before, self._held = self._held, self._held - len(piece)
            self._ready -= len(piece)
        if before > HELD // 2 >= self._held:
            self._loop.call_soon_threadsafe(self._room.set)
        return piece

    def _wait(self) -> None:
        """Until there is a gulp, the end, or what came before a lull."""
        began = now = time.monotonic()
        came = began if self._pieces else None
        while self._held < GULP and not self._ended:
            if now >= self._until or (came is None and now >= began + STALLED):
                raise Stalled(_("The line is too slow, or was cut. Ask for the offset and go on."))
            if came is not None and now >= came + LULL:
                break
            if self._waited + now - began >= PATIENT:
                # A slow line must not keep a connection from everybody else.
                connections.close_all()
            last = min(began + STALLED, self._until)
            self._change.wait(LULL if came is not None else min(PATIENT, last - now))
            now = time.monotonic()
            if came is None and self._pieces:
                came = now
        self._waited += now - began

    def close(self) -> None:
        """Let go of what is held; whoever reads comes to the end."""
        with self._change:
            self._pieces.clear()
            self._held = self._ready = 0
            self._ended = True
            self._change.notify()
        self._loop.call_soon_threadsafe(self._room.set)


class IncomingHandler(StandingHandler):
    """Django's handler, save that a view begins before its request's body has ended."""

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        body: Any = Incoming(receive)
        try:
            await super().handle(scope, body, send)
        finally:
            body.close()

    async def read_body(self, receive: Any) -> Any:
        return receive

    async def listen_for_disconnect(self, receive: Any) -> None:
        await receive.pump()
        # Before the view is cancelled, which does not end its thread.
        receive.close()
        raise RequestAborted
