"""One queue a room: order inside, no waiting outside, bounded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from bidding.domain import room_queues
from bidding.domain.room_queues import QueueFull, RoomQueues


@pytest.fixture
def pool() -> Iterator[RoomQueues]:
    pool = RoomQueues(threads=2)
    yield pool
    pool.stop()


def test_jobs_of_a_room_run_one_after_another_in_order(pool: RoomQueues) -> None:
    done: list[int] = []
    running: list[int] = []
    over = threading.Event()

    def job(number: int) -> None:
        running.append(number)
        assert len(running) == 1
        time.sleep(0.001)
        running.remove(number)
        done.append(number)
        if number == 49:
            over.set()

    for number in range(50):
        pool.submit("room", lambda number=number: job(number))
    assert over.wait(10)
    assert done == list(range(50))


def test_blocked_room_delays_no_other(pool: RoomQueues) -> None:
    gate, seen = threading.Event(), threading.Event()
    pool.submit("blocked", lambda: gate.wait(10))
    pool.submit("blocked", lambda: None)
    start = time.monotonic()
    pool.submit("free", seen.set)
    assert seen.wait(5)
    assert time.monotonic() - start < 0.05
    gate.set()


def test_failing_job_stops_neither_its_room_nor_the_pool(
    pool: RoomQueues, caplog: pytest.LogCaptureFixture
) -> None:
    seen = threading.Event()

    def fail() -> None:
        raise ZeroDivisionError

    for _ in range(5):
        pool.submit("room", fail)
    pool.submit("room", seen.set)
    assert seen.wait(5)
    assert len(caplog.records) == 5


def test_full_room_refuses_more_but_not_what_must_be(
    pool: RoomQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_queues, "WAITING", 3)
    gate, seen = threading.Event(), threading.Event()
    for _ in range(3):
        pool.submit("room", lambda: gate.wait(10))
    with pytest.raises(QueueFull):
        pool.submit("room", lambda: None)
    pool.submit("room", seen.set, always=True)
    pool.submit("other", lambda: None)
    gate.set()
    assert seen.wait(5)


def test_stopped_pool_finishes_what_is_ready() -> None:
    pool, done = RoomQueues(threads=1), []
    pool.submit("room", lambda: done.append(1))
    pool.stop()
    assert done == [1]
