"""A real server that is killed, or can take nothing in: the silence is noted by another process."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from signatures.domain import availability, jcs, log
from signatures.models import Outage, Presence
from tests.bidding import server
from tests.bidding.server import Server

pytestmark = pytest.mark.django_db(transaction=True)

APP = "trading.asgi:application"
#: Of these servers; the platform's own is a minute.
SHORT = {"SUNLIT_OUTAGE_SECONDS": "2"}


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def started() -> Server:
    """A server that has left a sign of life."""
    before = Presence.objects.count()
    found = server.start(APP, env=server.environment(**SHORT))
    until(lambda: Presence.objects.count() > before)
    return found


def look() -> None:
    """One turn of the clock process, which may fail at duties that need the platform's keys."""
    subprocess.run(
        [sys.executable, "manage.py", "run_clock", "--once"],
        cwd=server.ROOT, env=server.environment(**SHORT), capture_output=True, timeout=120,
        check=False,
    )  # fmt: skip


@pytest.fixture
def uploads() -> Path:
    folder = Path(settings.DATA) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_killed_server_leaves_an_outage_and_a_restart_none(settings):
    settings.OUTAGE = 2
    first = started()
    first.kill()
    died = Presence.objects.get().until
    time.sleep(4)
    second = started()
    try:
        look()
        row = Outage.objects.get()
        assert row.real_since == died
        assert row.real_until == Presence.objects.latest("since").since
        entry = jcs.loads(log.entry(row.leaf))["entry"]
        assert entry["act"] == "signatures.note-outage"
        third = started()
        try:
            second.kill()
            time.sleep(4)
            look()
            assert Outage.objects.count() == 1
        finally:
            third.kill()
    finally:
        second.kill()


def test_server_that_can_take_nothing_in_is_away(settings, uploads: Path):
    settings.OUTAGE = 2
    house = started()
    try:
        shutil.rmtree(uploads)
        uploads.write_text("no folder")
        last = Presence.objects.get().until
        time.sleep(4)
        assert Presence.objects.get().until - last < availability.least()
        uploads.unlink()
        until(lambda: Presence.objects.count() == 2)
        look()
        assert Outage.objects.count() == 1
    finally:
        house.kill()
        uploads.is_file() and uploads.unlink()


def test_server_that_ends_in_order_stops_leaving_signs(settings):
    settings.OUTAGE = 2
    house = started()
    house.process.terminate()
    assert house.process.wait(timeout=20) in (0, -15)
    last = Presence.objects.get().until
    time.sleep(2)
    assert Presence.objects.get().until == last
