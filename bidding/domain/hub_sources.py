"""What wakes a hub when another process commits: the database itself, or Valkey.

- SQLite: ``PRAGMA data_version``, asked 50 times a second on the hub's own connection.
- PostgreSQL: ``NOTIFY`` in the committing transaction, ``LISTEN`` here.
- Valkey, where ``VALKEY_URL`` is set: one channel a room, published after the commit.

Each carries room names only, never events. While a source is lost the hub is ``polling``.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, Protocol

import psycopg
import redis
import redis.asyncio
from django.conf import settings
from django.db import connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

if TYPE_CHECKING:
    from bidding.domain.hub import Hub

log = logging.getLogger(__name__)

LIVE: Final = "live"
POLLING: Final = "polling"

#: PostgreSQL's channel; the payload is the room in hex.
CHANNEL = "sunlit_rooms"
#: Valkey's channels: this and the room in hex.
_PREFIX = "sunlit:room:"
_ANY = f"{_PREFIX}any"

_POLL = 0.02
_RETRY = 1.0
_SILENCE = 10.0

#: Tells this process's own messages, whose rooms are awake already, from those of others.
_HERE = uuid.uuid4().hex


class Source(Protocol):
    """Wakes its hub; ``watch`` and ``unwatch`` say which rooms matter."""

    async def run(self) -> None: ...

    def watch(self, room: str) -> None: ...

    def unwatch(self, room: str) -> None: ...


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they are over; a client library may lose one cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=0.5)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.debug("A part of the hub ended with %r.", error)


def source(hub: Hub) -> Source:
    """The source that these settings ask for."""
    if settings.VALKEY_URL:
        return ValkeySource(hub, settings.VALKEY_URL)
    return PostgresSource(hub) if connection.vendor == "postgresql" else SqliteSource(hub)


class _Everything:
    """A source that hears of every room."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def watch(self, room: str) -> None:
        return None

    def unwatch(self, room: str) -> None:
        return None

    @asynccontextmanager
    async def _live(self) -> AsyncIterator[None]:
        """From here on the hub is woken; what came before is looked for once."""
        self.hub.push = LIVE
        self.hub.wake_all()
        try:
            yield
        finally:
            self.hub.push = POLLING


class SqliteSource(_Everything):
    """Asks the database file whether anybody committed."""

    async def run(self) -> None:
        seen = None
        async with self._live():
            while True:
                version = await self.hub.read(_data_version)
                if version != seen:
                    seen = version
                    self.hub.wake_all()
                await asyncio.sleep(_POLL)


def _data_version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])


class PostgresSource(_Everything):
    """Listens to what committing transactions notify."""

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("Listening to PostgreSQL stopped: %s", error)
            await asyncio.sleep(_RETRY)

    async def _listen(self) -> None:
        settings_ = connection.settings_dict
        listener = await psycopg.AsyncConnection.connect(
            dbname=settings_["NAME"],
            user=settings_["USER"] or None,
            password=settings_["PASSWORD"] or None,
            host=settings_["HOST"] or None,
            port=settings_["PORT"] or None,
            autocommit=True,
            connect_timeout=5,
        )
        async with listener:
            await listener.execute(f"LISTEN {CHANNEL}")
            async with self._live():
                async for note in listener.notifies():
                    self.hub.wake(note.payload)


class ValkeySource(_Everything):
    """Subscribes to one channel a room."""

    def __init__(self, hub: Hub, url: str) -> None:
        super().__init__(hub)
        self._url = url
        self._wanted: set[str] = {_ANY}
        self._changed = asyncio.Event()

    def watch(self, room: str) -> None:
        self._wanted.add(_PREFIX + room)
        self._changed.set()

    def unwatch(self, room: str) -> None:
        self._wanted.discard(_PREFIX + room)
        self._changed.set()

    async def run(self) -> None:
        while True:
            try:
                await self._subscribed()
            except (redis.RedisError, OSError) as error:
                log.warning("Valkey is lost, rooms look for events themselves: %s", error)
            await asyncio.sleep(_RETRY)

    async def _subscribed(self) -> None:
        client = redis.asyncio.Redis.from_url(
            self._url, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
        )
        async with client, client.pubsub() as channels:
            await channels.subscribe(_ANY)
            await channels.get_message(timeout=_SILENCE)
            # No task group: in Python 3.11 it forgets a cancellation when a member fails as well.
            # Where a helper fails alone, the silence that follows ends the listening.
            helpers = [
                asyncio.create_task(self._follow_rooms(channels)),
                asyncio.create_task(self._keep_alive(channels)),
            ]
            try:
                async with self._live():
                    await self._listen(channels)
            finally:
                await end(helpers)

    async def _listen(self, channels: redis.asyncio.client.PubSub) -> None:
        while True:
            found = await channels.get_message(timeout=_SILENCE)
            if found is None:
                raise TimeoutError("no answer")
            # A fresh subscription may have missed something; own messages woke this hub already.
            if found["type"] == "subscribe" or (
                found["type"] == "message" and found["data"] != _HERE.encode()
            ):
                self.hub.wake(found["channel"].decode()[len(_PREFIX) :])

    async def _follow_rooms(self, channels: redis.asyncio.client.PubSub) -> None:
        subscribed = {_ANY}
        while True:
            self._changed.clear()
            wanted = set(self._wanted)
            if new := wanted - subscribed:
                await channels.subscribe(*sorted(new))
            if gone := subscribed - wanted:
                await channels.unsubscribe(*sorted(gone))
            subscribed = wanted
            await self._changed.wait()

    async def _keep_alive(self, channels: redis.asyncio.client.PubSub) -> None:
        while True:
            await asyncio.sleep(_SILENCE / 3)
            await channels.ping()


# --- publishing, from any process ----------------------------------------------------------------


class Publisher:
    """Publishes room names to Valkey from a thread of its own, so that no act waits for it.

    What cannot be published is dropped: the hubs then look by themselves.
    """

    def __init__(self, url: str) -> None:
        self._queue: SimpleQueue[str] = SimpleQueue()
        self._client = redis.Redis.from_url(
            url, socket_timeout=2, socket_connect_timeout=2, max_connections=1
        )
        threading.Thread(target=self._work, name="rooms-valkey", daemon=True).start()

    def publish(self, room: str) -> None:
        """Say that this room (hex) has committed events; returns at once."""
        self._queue.put(room)

    def _work(self) -> None:
        while True:
            rooms = {self._queue.get()}
            while not self._queue.empty():
                rooms.add(self._queue.get())
            try:
                pipeline = self._client.pipeline(transaction=False)
                for room in rooms:
                    pipeline.publish(_PREFIX + room, _HERE)
                pipeline.execute()
            except (redis.RedisError, OSError) as error:
                log.warning("Valkey took no message: %s", error)


_publishers: dict[str, Publisher] = {}
_publishing = threading.Lock()


def publisher(url: str) -> Publisher:
    """This process's publisher to that server."""
    with _publishing:
        if url not in _publishers:
            _publishers[url] = Publisher(url)
        return _publishers[url]
