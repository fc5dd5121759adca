"""Which processes are alive, and how the clock process's duties went, on real time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from django.db import close_old_connections, connection

from signatures.domain import clock, jcs
from signatures.domain.duties import Standing
from signatures.models import Heartbeat

#: A process that was silent for longer is taken for dead.
SILENCE = timedelta(seconds=30)
#: Seconds between two signs of life.
INTERVAL = 5.0
#: The kind of the rows that say how a duty went.
DUTY = "duty"


def beat(name: str, kind: str) -> None:
    """Leave a sign of life of the process ``name``."""
    Heartbeat.objects.update_or_create(
        name=name,
        defaults={"kind": kind, "beat_at": clock.look().real, "detail": {"pid": os.getpid()}},
    )


def alive(kind: str) -> list[str]:
    """Names of the processes of this kind that were heard within :data:`SILENCE`."""
    since = clock.look().real - SILENCE
    rows = Heartbeat.objects.filter(kind=kind, beat_at__gte=since).order_by("name")
    return list(rows.values_list("name", flat=True))


def forget(name: str) -> None:
    """A process that ended in order is no longer waited for."""
    Heartbeat.objects.filter(name=name).delete()


@contextmanager
def beating(name: str, kind: str, *, interval: float = INTERVAL) -> Iterator[None]:
    """Beat in a thread of its own while the block runs, so that long work does not look dead."""
    stop = threading.Event()

    def run() -> None:
        try:
            while not stop.wait(interval):
                close_old_connections()
                beat(name, kind)
        finally:
            connection.close()

    beat(name, kind)
    thread = threading.Thread(target=run, name=f"heartbeat {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        forget(name)


def note_duties(standings: Mapping[str, Standing]) -> None:
    """Leave word of how each duty went, so that other processes can show it."""
    now = clock.look().real
    Heartbeat.objects.bulk_create(
        [
            Heartbeat(name=f"{DUTY}:{name}", kind=DUTY, beat_at=now, detail=_detail(standing))
            for name, standing in standings.items()
        ],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["kind", "beat_at", "detail"],
    )


def _detail(standing: Standing) -> dict[str, object]:
    return {
        "every": standing.every,
        "done_at": None if standing.done_at is None else jcs.timestamp(standing.done_at),
        "failed_at": None if standing.failed_at is None else jcs.timestamp(standing.failed_at),
        "failures": standing.failures,
        "in_a_row": standing.in_a_row,
        "error": standing.error,
        "found": standing.found,
    }
