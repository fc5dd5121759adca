"""A WebSocket client with nothing in the way, so that the load does not measure itself.

It speaks just what a benchmark needs of RFC 6455: the handshake, masked text frames up, unmasked
frames down. One process holds thousands of lines on one uvloop loop.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_MASK = bytes(4)  # a mask of zeros is a mask, and costs nothing


@dataclass(frozen=True)
class Address:
    """Where to connect, and as whom."""

    port: int
    path: str
    cookie: str = ""


class Line(asyncio.Protocol):
    """One line; ``on_text(line, payload)`` is called for each text frame."""

    def __init__(self, address: Address, on_text: Callable[[Line, bytes], None]) -> None:
        self.address, self.on_text = address, on_text
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: int | None = None
        self._rest = b""
        self._open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        host = f"127.0.0.1:{self.address.port}"
        transport.write(  # type: ignore[attr-defined]
            (
                f"GET {self.address.path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nOrigin: http://{host}\r\nCookie: {self.address.cookie}\r\n"
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )

    def send(self, text: bytes) -> None:
        size = len(text)
        head = (
            bytes([0x81, 0x80 | size])
            if size < 126
            else (bytes([0x81, 0xFE]) + size.to_bytes(2, "big"))
        )
        self.transport.write(head + _MASK + text)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        if not self._open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(ConnectionError(head.decode("latin-1")))
                return
            self._open = True
            self.ready.set_result(None)
        at, end = 0, len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                if end - at < 4:
                    break
                size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                if end - at < 10:
                    break
                size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if end - start < size:
                break
            kind = data[at] & 15
            if kind == 1:
                self.on_text(self, data[start : start + size])
            elif kind == 8:
                self.closed = int.from_bytes(data[start : start + 2], "big")
            elif kind == 9:
                self.transport.write(
                    bytes([0x8A, 0x80 | size]) + _MASK + data[start : start + size]
                )  # type: ignore[attr-defined]
            at = start + size
        self._rest = data[at:]

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = self.closed or 1006
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("lost"))


async def dial(addresses: Iterable[Address], on_text: Callable[[Line, bytes], None]) -> list[Line]:
    """Open all lines, thirty at a time."""
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(30)

    async def one(address: Address) -> Line:
        async with gate:
            _transport, line = await loop.create_connection(
                lambda: Line(address, on_text), "127.0.0.1", address.port
            )
            await line.ready
            return line

    return list(await asyncio.gather(*[one(address) for address in addresses]))


async def greet(lines: list[Line]) -> None:
    """Say hello on all lines and wait until each has been brought to the present."""
    waiting, done = set(lines), asyncio.Event()
    takers = {line: line.on_text for line in lines}

    def take(line: Line, payload: bytes) -> None:
        if payload.startswith(b'{"pong"'):
            waiting.discard(line)
            if not waiting:
                done.set()

    for line in lines:
        line.on_text = take
        line.send(b'{"hello": {"last_seq": 0}}')
        # Frames are handled in order, so this answer follows what hello brings.
        line.send(b'{"ping": 1}')
    await asyncio.wait_for(done.wait(), 60)
    for line, taker in takers.items():
        line.on_text = taker
    await asyncio.sleep(0.5)


def hang_up(lines: Iterable[Line]) -> None:
    """Cut all lines."""
    for line in lines:
        line.transport.abort()  # type: ignore[attr-defined]
