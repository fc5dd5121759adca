"""Where room commands run: a bounded pool of threads, one queue a room.

Commands of one room run one after another, in order of arrival; a room whose command takes long
holds one thread and delays no other room. Each thread keeps its own connection to the database.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from queue import SimpleQueue
from typing import Any, TypeAlias

from django.db import close_old_connections, connection, connections

log = logging.getLogger(__name__)

THREADS = 8
#: Commands that may wait in one room; more are refused, so that memory stays bounded.
WAITING = 1024

Job: TypeAlias = Callable[[], None]


class QueueFull(Exception):
    """Too many commands wait in this room."""


class RoomQueues:
    """The pool. ``submit`` returns at once; jobs report by themselves and never raise."""

    def __init__(self, threads: int = THREADS) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, deque[Job]] = {}
        self._ready: SimpleQueue[Hashable | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"rooms-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, room: Hashable, job: Job, *, always: bool = False) -> None:
        """Queue a job for this room; raises :class:`QueueFull` unless it must run ``always``."""
        with self._lock:
            queue = self._waiting.get(room)
            if queue is None:
                self._waiting[room] = deque([job])
                self._ready.put(room)
            elif len(queue) >= WAITING and not always:
                raise QueueFull
            else:
                queue.append(job)

    def stop(self) -> None:
        """Let the threads finish what is ready, close their connections and end."""
        for _thread in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join(timeout=30)

    def _work(self) -> None:
        while (room := self._ready.get()) is not None:
            with self._lock:
                job = self._waiting[room][0]
            try:
                refresh_connection()
                job()
            except Exception:
                log.exception("A room's command failed outside its own handling.")
            with self._lock:
                queue = self._waiting[room]
                queue.popleft()
                if queue:
                    # At the back of the line: rooms take turns.
                    self._ready.put(room)
                else:
                    del self._waiting[room]
        connections.close_all()


def refresh_connection() -> None:
    """Drop a connection that a database server has cut; a file needs no such care."""
    if connection.vendor != "sqlite":
        close_old_connections()


_turn = threading.Lock()


def write_turn() -> AbstractContextManager[Any]:
    """To hold around an act: on SQLite the threads of one process take turns.

    SQLite has one writer anyway, but lets the others wait by sleeping ever longer; a turn is taken
    as soon as the one before it ends.
    """
    return _turn if connection.vendor == "sqlite" else nullcontext()


_pool: RoomQueues | None = None
_pool_lock = threading.Lock()


def pool() -> RoomQueues:
    """This process's pool, started at its first use."""
    global _pool
    with _pool_lock:
        if _pool is None:
            _pool = RoomQueues()
        return _pool


def stop() -> None:
    """End this process's pool; the next use starts another."""
    global _pool
    with _pool_lock:
        ended, _pool = _pool, None
    if ended is not None:
        ended.stop()
