"""Where room commands run: a bounded pool of threads, one queue a room, many acts a commit.

Commands of one room run one after another, in order of arrival; a room whose command takes long
to prepare holds one thread and delays no other room. What waits in a room is prepared at one go
and committed together (``signatures.domain.together``). SQLite has one writer anyway, so there
one thread commits for all rooms, with a connection whose cache nobody else's commits spoil; what
needs no long preparation it prepares as well.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Protocol

from django.db import close_old_connections, connection, connections

from signatures.domain.together import Fate, Order, together

log = logging.getLogger(__name__)

THREADS = 8
#: Commands that may wait in one room; more are refused, so that memory stays bounded.
WAITING = 1024
#: Acts under one commit at most; the first of them waits for the last.
TOGETHER = 64


class Job(Protocol):
    """One command on its way. Neither call raises for a person's mistake.

    One that is ``apart`` is prepared only when all before it are committed.
    """

    @property
    def apart(self) -> bool: ...

    def order(self) -> Order | None:
        """Prepare the act, outside any transaction; None where it was answered already."""

    def answer(self, fate: Fate) -> None:
        """Say what became of it, after the commit."""


class QueueFull(Exception):
    """Too many commands wait in this room."""


@dataclass(slots=True)
class _Portion:
    """What one room has under way."""

    room: Hashable
    count: int
    jobs: list[Job] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)


class RoomQueues:
    """The pool. ``submit`` returns at once."""

    def __init__(self, threads: int = THREADS) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, deque[Job]] = {}
        self._ready: SimpleQueue[Hashable | None] = SimpleQueue()
        self._one_writer = connection.vendor == "sqlite"
        #: For the writer: rooms whose commands it prepares itself, and what others prepared.
        self._write_next: SimpleQueue[Hashable | _Portion | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._prepare, name=f"rooms-{number}", daemon=True)
            for number in range(threads)
        ]
        self._writer = threading.Thread(target=self._write, name="rooms-writer", daemon=True)
        for thread in (*self._threads, self._writer):
            thread.start()

    def submit(self, room: Hashable, job: Job, *, always: bool = False) -> None:
        """Queue a job for this room; raises :class:`QueueFull` unless it must run ``always``."""
        with self._lock:
            queue = self._waiting.get(room)
            if queue is None:
                self._waiting[room] = deque([job])
                self._send(room, job)
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
        self._write_next.put(None)
        self._writer.join(timeout=30)

    # --- inside ----------------------------------------------------------------------------------

    def _send(self, room: Hashable, first: Job) -> None:
        """Have the room's next commands prepared, by whom that first one allows."""
        if self._one_writer and not first.apart:
            self._write_next.put(room)
        else:
            self._ready.put(room)

    def _prepare(self) -> None:
        """A thread of the pool: one ready room after another."""
        while (room := self._ready.get()) is not None:
            portion = self._portion(room)
            if portion.orders and self._one_writer:
                self._write_next.put(portion)
            else:
                self._commit([portion])
        connections.close_all()

    def _write(self) -> None:
        """The one writer: whatever is there by now, of all rooms, under one commit."""
        going = True
        while going and (item := self._write_next.get()) is not None:
            portions = [self._taken(item)]
            while sum(len(each.orders) for each in portions) < TOGETHER:
                try:
                    more = self._write_next.get_nowait()
                except Empty:
                    break
                if more is None:
                    going = False
                    break
                portions.append(self._taken(more))
            self._commit(portions)
        connections.close_all()

    def _taken(self, item: Hashable | _Portion) -> _Portion:
        return item if isinstance(item, _Portion) else self._portion(item)

    def _portion(self, room: Hashable) -> _Portion:
        """Prepare what waits in this room, up to where something must be committed first."""
        with self._lock:
            jobs = _first(self._waiting[room])
        portion = _Portion(room, len(jobs))
        refresh_connection()
        for job in jobs:
            order = _order(job)
            if order is not None:
                portion.jobs.append(job)
                portion.orders.append(order)
        return portion

    def _commit(self, portions: list[_Portion]) -> None:
        jobs = [job for portion in portions for job in portion.jobs]
        fates: list[Fate]
        try:
            fates = together([order for portion in portions for order in portion.orders])
        except Exception as error:
            log.exception("Commands of rooms failed outside their own handling.")
            fates = [error] * len(jobs)
        for job, fate in zip(jobs, fates, strict=True):
            try:
                job.answer(fate)
            except Exception:
                log.exception("A room's command could not be answered.")
        with self._lock:
            for portion in portions:
                queue = self._waiting[portion.room]
                for _ in range(portion.count):
                    queue.popleft()
                if queue:
                    # At the back of the line: rooms take turns.
                    self._send(portion.room, queue[0])
                else:
                    del self._waiting[portion.room]


def _first(waiting: Iterable[Job]) -> list[Job]:
    """The first jobs that may be prepared and committed together."""
    jobs: list[Job] = []
    for job in islice(waiting, TOGETHER):
        if jobs and job.apart:
            break
        jobs.append(job)
        if job.apart:
            break
    return jobs


def _order(job: Job) -> Order | None:
    try:
        return job.order()
    except Exception:
        log.exception("A room's command failed outside its own handling.")
        return None


def refresh_connection() -> None:
    """Drop a connection that a database server has cut; a file needs no such care."""
    if connection.vendor != "sqlite":
        close_old_connections()


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
