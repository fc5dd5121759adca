"""One queue a room: order inside, no waiting outside, bounded, committed together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bidding.domain import room_queues
from bidding.domain.room_queues import QueueFull, RoomQueues
from signatures.domain.act import Act, Actor, Outcome, Scene, command
from signatures.domain.errors import Refused
from signatures.domain.together import Fate, Order

pytestmark = pytest.mark.django_db(transaction=True)

#: What acts did, in order, and what was prepared.
done: list[int] = []


@command("test.note")
@dataclass(frozen=True, kw_only=True)
class Note(Act):
    """Notes a number; refuses a negative one."""

    ledgered = False
    number: int

    def permit(self, actor: Actor) -> None:
        return None

    def decide(self, scene: Scene) -> dict[str, Any]:
        if self.number < 0:
            raise Refused("Numbers begin with 0.")
        done.append(self.number)
        return {"number": self.number}


def nothing() -> None:
    return None


@dataclass
class Job:
    """Notes a number; ``first`` runs while it is prepared."""

    number: int = 0
    first: Callable[[], object] = nothing
    apart: bool = False
    answered: threading.Event = field(default_factory=threading.Event)
    fates: list[Fate] = field(default_factory=list)

    def order(self) -> Order:
        self.first()
        return Order(Note(number=self.number), Actor.process("test"))

    def answer(self, fate: Fate) -> None:
        self.fates.append(fate)
        self.answered.set()


@pytest.fixture
def pool() -> Iterator[RoomQueues]:
    done.clear()
    pool = RoomQueues(threads=2)
    yield pool
    pool.stop()


def send(pool: RoomQueues, room: str, jobs: list[Job]) -> None:
    for job in jobs:
        pool.submit(room, job)


def test_jobs_of_a_room_run_one_after_another_in_order(pool: RoomQueues) -> None:
    jobs = [Job(number) for number in range(200)]
    send(pool, "room", jobs)
    assert all(job.answered.wait(10) for job in jobs)
    assert done == list(range(200))
    assert [len(job.fates) for job in jobs] == [1] * 200


def test_blocked_room_delays_no_other(pool: RoomQueues) -> None:
    gate = threading.Event()
    blocked = [Job(1, first=lambda: gate.wait(10), apart=True), Job(2)]
    send(pool, "blocked", blocked)
    free = Job(3)
    pool.submit("free", free)
    assert free.answered.wait(5)
    assert done == [3] and not gate.is_set()
    gate.set()
    assert all(job.answered.wait(5) for job in blocked)
    assert done == [3, 1, 2]


def test_what_waited_is_committed_together(
    pool: RoomQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = room_queues.together

    def counted(orders: list[Order]) -> list[Fate]:
        sizes.append(len(orders))
        return real(orders)

    monkeypatch.setattr(room_queues, "together", counted)
    gate = threading.Event()
    jobs = [Job(0, first=lambda: gate.wait(10)), *(Job(number) for number in range(1, 100))]
    send(pool, "room", jobs)
    gate.set()
    assert all(job.answered.wait(10) for job in jobs)
    assert sum(sizes) == 100
    assert max(sizes) > 30
    assert max(sizes) <= room_queues.TOGETHER


def test_refused_command_is_answered_and_hinders_no_other(pool: RoomQueues) -> None:
    jobs = [Job(0), Job(-1), Job(2)]
    send(pool, "room", jobs)
    assert all(job.answered.wait(10) for job in jobs)
    assert [isinstance(job.fates[0], Outcome) for job in jobs] == [True, False, True]
    assert done == [0, 2]


def test_command_apart_is_prepared_when_all_before_it_are_committed(pool: RoomQueues) -> None:
    seen: list[list[int]] = []
    jobs = [
        Job(0),
        Job(1),
        Job(2, first=lambda: seen.append(list(done)), apart=True),
        Job(3, first=lambda: seen.append(list(done))),
    ]
    send(pool, "room", jobs)
    assert all(job.answered.wait(10) for job in jobs)
    assert seen == [[0, 1], [0, 1, 2]]


def test_failing_preparation_stops_neither_its_room_nor_the_pool(
    pool: RoomQueues, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    last = Job(7)
    send(pool, "room", [*(Job(number, first=fail) for number in range(5)), last])
    assert last.answered.wait(5)
    assert done == [7]
    assert len(caplog.records) == 5


def test_full_room_refuses_more_but_not_what_must_be(
    pool: RoomQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_queues, "WAITING", 3)
    gate, last = threading.Event(), Job(9)
    send(pool, "room", [Job(number, first=lambda: gate.wait(10)) for number in range(3)])
    with pytest.raises(QueueFull):
        pool.submit("room", Job(4))
    pool.submit("room", last, always=True)
    pool.submit("other", Job(5))
    gate.set()
    assert last.answered.wait(5)
    assert 4 not in done


def test_stopped_pool_finishes_what_is_ready() -> None:
    done.clear()
    pool, job = RoomQueues(threads=1), Job(1)
    pool.submit("room", job)
    pool.stop()
    assert job.answered.is_set()
    assert done == [1]
