"""The fan-out of committed events to the sockets of one process.

The hub always reads committed rows; nothing is ever delivered that is not in the database. It is
woken by this process's own commits at once, and by those of other processes through one of the
sources of ``bidding.domain.hub_sources``. A source that is lost costs speed, never an event: the
hub then looks by itself.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import DatabaseError, connection, connections

from bidding.domain import hub_sources, stream_rows
from bidding.domain.outbox import Message, Outbox, message
from bidding.domain.room_queues import refresh_connection
from bidding.models import Room
from signatures.domain import clock
from signatures.models import Heartbeat

log = logging.getLogger(__name__)
T = TypeVar("T")

#: Seconds between looks at the database that need no wake-up: while woken, while not.
LOOK, LOOK_ALONE = 2.0, 0.5
#: Seconds between signs of life of a process that holds sockets.
BEAT = 10.0
#: Events handed to a room's sockets before their senders get their turn.
_PORTION = 64

#: An event of this kind steers the hub (``bidding.domain.rooms.audiences_changed``).
_STEERING = "audiences-changed"


@dataclass(eq=False, slots=True)
class Subscription:
    """One socket in one room. ``seq`` is the last event it was given or may not see.

    While ``live`` is false it is catching up by itself and the hub passes it over. ``resync`` is
    called where its rights must be asked again before anything later is delivered.
    """

    outbox: Outbox
    audiences: frozenset[str]
    resync: Callable[[], None]
    seq: int = 0
    live: bool = False


@dataclass(eq=False, slots=True)
class Feed:
    """One room with sockets in this process; ``seq`` is the last event that was handed out."""

    seq: int
    subscriptions: set[Subscription] = field(default_factory=set)

    def hand_out(self, rows: list[stream_rows.Row]) -> None:
        """Give committed events, in order, to every live socket that may see them."""
        fresh = [row for row in rows if row.seq > self.seq]
        if not fresh:
            return
        messages: dict[str, Message] = {}
        portions: dict[frozenset[str], list[tuple[int, Message]]] = {}
        self.seq = fresh[-1].seq
        for socket in self.subscriptions:
            if not socket.live:
                continue
            portion = portions.get(socket.audiences)
            if portion is None:
                portion = portions[socket.audiences] = [
                    (row.seq, messages.setdefault(row.text, message(row.text)))
                    for row in fresh
                    if row.audience in socket.audiences
                ]
            if portion and portion[0][0] > socket.seq:
                socket.outbox.extend([item for _seq, item in portion])
            else:
                socket.outbox.extend([item for seq, item in portion if seq > socket.seq])
            socket.seq = max(socket.seq, self.seq)

    def ask_again(self, seq: int) -> None:
        """Nobody gets anything past ``seq`` before their rights are asked again."""
        self.seq = max(self.seq, seq)
        for socket in list(self.subscriptions):
            socket.live = False
            socket.resync()


class Hub:
    """The feeds of one event loop. Started by its first socket, stopped by its last."""

    def __init__(self) -> None:
        self.process = f"hub:{uuid.uuid4().hex[:16]}"
        self.feeds: dict[str, Feed] = {}
        #: Whether other processes' commits wake this hub, or it looks by itself.
        self.push = hub_sources.POLLING
        self._dirty: set[str] = set()
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []
        self._reader: ThreadPoolExecutor | None = None
        self._starting = asyncio.Lock()
        self._users = 0
        self._last = 0
        self.source = hub_sources.source(self)

    # --- sockets ---------------------------------------------------------------------------------

    async def subscribe(self, room: UUID, subscription: Subscription) -> Feed:
        """Register a socket, not yet live; call :meth:`unsubscribe` when it is gone."""
        self._users += 1
        try:
            async with self._starting:
                if self._reader is None:
                    await self._start()
            feed = self.feeds.get(room.hex)
            if feed is None:
                seq = await self.read(partial(_head, room))
                feed = self.feeds.setdefault(room.hex, Feed(seq))
                self.source.watch(room.hex)
        except BaseException:
            await self._release()
            raise
        feed.subscriptions.add(subscription)
        # What was committed between the look at the head and the registration.
        self.wake(room.hex)
        return feed

    async def unsubscribe(self, room: UUID, subscription: Subscription) -> None:
        """Forget a socket; the last one of the process stops the hub."""
        feed = self.feeds.get(room.hex)
        if feed is not None:
            feed.subscriptions.discard(subscription)
            if not feed.subscriptions:
                del self.feeds[room.hex]
                self.source.unwatch(room.hex)
        await self._release()

    async def _release(self) -> None:
        self._users -= 1
        if self._users == 0:
            async with self._starting:
                if self._users == 0 and self._reader is not None:
                    await self._stop()

    # --- waking ----------------------------------------------------------------------------------

    def announce(self, room: str) -> None:
        """Wake from any thread: this room (hex) has committed events."""
        if self._reader is not None and room in self.feeds:
            try:
                self._loop.call_soon_threadsafe(self.wake, room)
            except RuntimeError:  # the loop has just been closed
                return

    def wake(self, room: str) -> None:
        """Look at this room's stream as soon as possible."""
        self._dirty.add(room)
        self._woken.set()

    def wake_all(self) -> None:
        """Look at every stream."""
        self._dirty.update(self.feeds)
        self._woken.set()

    async def read(self, call: Callable[[], T]) -> T:
        """Run a query in the hub's own reading thread."""
        assert self._reader is not None
        return await self._loop.run_in_executor(self._reader, call)

    def call_soon(self, call: Callable[[], None]) -> None:
        """Run ``call`` on the hub's loop, from any thread; RuntimeError when the loop is gone."""
        self._loop.call_soon_threadsafe(call)

    # --- inside ----------------------------------------------------------------------------------

    async def _start(self) -> None:
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="hub")
        self._last = await self.read(stream_rows.last_id)
        await self.read(partial(_beat, self.process))
        work = (self._deliver, self._look, self._sign_of_life, self.source.run)
        self._tasks = [self._loop.create_task(_for_ever(part)) for part in work]

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        await hub_sources.end(tasks)
        reader, self._reader = self._reader, None
        assert reader is not None
        reader.submit(connections.close_all)
        reader.shutdown(wait=True)

    async def _deliver(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            dirty, self._dirty = self._dirty, set()
            places = {room: self.feeds[room].seq for room in dirty if room in self.feeds}
            try:
                rows = await self.read(partial(self._fetch, places))
            except DatabaseError:
                self._dirty |= dirty
                raise
            by_room: dict[str, list[stream_rows.Row]] = {}
            for row in rows:
                by_room.setdefault(row.room, []).append(row)
            for room, events in by_room.items():
                await self._hand_out(room, events)
            if len(rows) == stream_rows.BATCH:
                self.wake_all()

    def _fetch(self, places: dict[str, int]) -> list[stream_rows.Row]:
        refresh_connection()
        if connection.vendor == "sqlite":
            self._last, rows = stream_rows.since(self._last)
            return rows
        return stream_rows.behind(places)

    async def _hand_out(self, room: str, events: list[stream_rows.Row]) -> None:
        feed = self.feeds.get(room)
        if feed is None:
            return
        start = 0
        while start < len(events):
            portion = events[start : start + _PORTION]
            steering = next((i for i, row in enumerate(portion) if row.kind == _STEERING), None)
            if steering is not None:
                portion = portion[: steering + 1]
                feed.hand_out(portion[:-1])
                feed.ask_again(portion[-1].seq)
            else:
                feed.hand_out(portion)
            start += len(portion)
            if start < len(events):
                await asyncio.sleep(0)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK if self.push == hub_sources.LIVE else LOOK_ALONE)
            self.wake_all()

    async def _sign_of_life(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            await self.read(partial(_beat, self.process))


async def _for_ever(part: Callable[[], Any]) -> None:
    """Run one of the hub's parts; a fault is logged and the part begins again."""
    while True:
        try:
            await part()
        except DatabaseError as error:
            log.warning("The hub cannot read: %s", error)
        except Exception:
            log.exception("A part of the hub failed and begins again.")
        await asyncio.sleep(LOOK_ALONE)


def _head(room: UUID) -> int:
    refresh_connection()
    return Room.objects.values_list("seq", flat=True).get(pk=room)


def _beat(process: str) -> None:
    refresh_connection()
    now = clock.look().real
    Heartbeat.objects.update_or_create(name=process, defaults={"kind": "hub", "beat_at": now})


# --- one hub an event loop -----------------------------------------------------------------------

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub()
    return hub


@dataclass(frozen=True, slots=True)
class Announcement:
    """Told after a commit: this room has new events. Wakes this process and the others."""

    room: UUID

    def __call__(self) -> None:
        for hub in list(_hubs.values()):
            hub.announce(self.room.hex)
        if settings.VALKEY_URL:
            hub_sources.publisher(settings.VALKEY_URL).publish(self.room.hex)


def notify_on_commit(room: UUID) -> None:
    """Inside the act's transaction: PostgreSQL wakes the other processes when it commits."""
    if connection.vendor == "postgresql" and not settings.VALKEY_URL:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [hub_sources.CHANNEL, room.hex])
