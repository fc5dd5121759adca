"""The clock's duties, signs of life, and tasks that a dead worker left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from signatures.domain import clock, duties, heartbeats, leader, queue
from signatures.domain.clock import FixedClock
from signatures.models import Heartbeat

CLOCK = FixedClock(datetime(2026, 3, 10, 1, 30, tzinfo=UTC))
ran: list[str] = []


@task()
def note_down(word: str) -> None:
    ran.append(word)


@pytest.fixture
def own_duties(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(duties, "_duties", {})
    ran.clear()
    yield


def test_turn_failing_duty_does_not_stop_the_next(own_duties: None) -> None:
    @duties.register("test.broken", every=60)
    def broken(_: clock.Clock) -> None:
        raise ValueError("disk on fire")

    @duties.register("test.sound", every=60)
    def sound(_: clock.Clock) -> None:
        ran.append("sound")

    assert duties.Round(CLOCK).turn() == ["test.broken"]
    assert ran == ["sound"]


def test_turn_runs_only_what_is_due(own_duties: None) -> None:
    duties.register("test.rare", every=60)(lambda _: ran.append("rare"))
    duties.register("test.always", every=0)(lambda _: ran.append("always"))
    round_ = duties.Round(CLOCK)
    round_.turn()
    round_.turn()
    assert ran == ["rare", "always", "always"]
    assert 0 < round_.rest() <= 1


def test_register_same_name_for_other_work_is_refused(own_duties: None) -> None:
    duties.register("test.one", every=1)(lambda _: None)
    with pytest.raises(RuntimeError, match="Two duties"):
        duties.register("test.one", every=1)(lambda _: None)


@pytest.mark.django_db(transaction=True)
def test_leadership_second_process_stands_by() -> None:
    with leader.leadership() as first, leader.leadership() as second:
        assert (first, second) == (True, False)
    with leader.leadership() as again:
        assert again is True


@pytest.mark.django_db(transaction=True)
def test_beating_forgets_on_orderly_end() -> None:
    with heartbeats.beating("worker-a", "worker"):
        assert heartbeats.alive("worker") == ["worker-a"]
    assert heartbeats.alive("worker") == []


def left_running(worker: str) -> DBTaskResult:
    row = DBTaskResult.objects.get(id=note_down.enqueue("x").id)
    row.claim(worker)
    return row


@pytest.mark.django_db(transaction=True)
def test_return_lost_takes_only_the_silent_workers_tasks() -> None:
    heartbeats.beat("worker-alive", "worker")
    heartbeats.beat("worker-dead", "worker")
    Heartbeat.objects.filter(name="worker-dead").update(
        beat_at=clock.look().real - heartbeats.SILENCE - timedelta(seconds=1)
    )
    kept, lost = left_running("worker-alive"), left_running("worker-dead")
    assert queue.return_lost(CLOCK) == 1
    kept.refresh_from_db()
    lost.refresh_from_db()
    assert (kept.status, lost.status) == ("RUNNING", "READY")


@pytest.mark.django_db(transaction=True)
def test_return_of_slot_takes_over_at_once() -> None:
    mine, other = left_running("one-abc"), left_running("two-abc")
    assert queue.return_of_slot("one") == 1
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.status, other.status) == ("READY", "RUNNING")


@pytest.mark.django_db(transaction=True)
def test_retry_failed_stops_after_its_attempts() -> None:
    row = DBTaskResult.objects.get(id=note_down.enqueue("x").id)
    for attempt in range(queue.ATTEMPTS):
        row.claim(f"worker-{attempt}")
        row.set_failed(ValueError("no"))
        retried = queue.retry_failed(CLOCK)
        assert retried == (1 if attempt + 1 < queue.ATTEMPTS else 0)
        row.refresh_from_db()
    assert row.status == "FAILED"
