"""A full disk: what was taken in stays, what was not never counts, and the client is told 507."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from bidding.domain import bodies
from bidding.models import Envelope
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.world import MIB, World, body_parts

#: Further into the file than a test's database is long.
FAR = 24 * MIB
ROOT = Path(__file__).resolve().parents[3]


def test_writing_past_the_disks_end_says_so_and_keeps_what_was_synced(tmp_path, settings):
    envelope = uuid.uuid4()
    limit = 2 * MIB + 1000
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.bidding.sealing.full_disk", str(tmp_path),
            str(envelope), str(limit),
        ],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )
    assert done.stdout.split() == [str(2 * MIB), "disk-full"]
    settings.DATA = tmp_path
    with bodies.reading(envelope) as stream:
        assert stream.read(2 * MIB) == b"\x01" * (2 * MIB)


@pytest.mark.django_db
def test_upload_to_a_full_disk_is_507_and_goes_on_when_there_is_room(world: World):
    """The limit is the process's own, as the system enforces it: nothing of ours is replaced."""
    person = world.tenderers[0]
    submission, _kit = world.seal(person, technical=b"x" * FAR + b"y" * (2 * MIB))
    answer = world.register(person, submission).json()
    url = next(one["url"] for one in answer["uploads"] if one["slot"] == 3)
    data = [part.data for part in body_parts(submission, 3)]
    for start in range(0, FAR // MIB, 8):
        sent = person.patch(url, start * MIB, b"".join(data[start : start + 8]))
        assert sent.status_code == 204
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # Only this one file may not grow: whatever the database writes lies below the limit.
    limit = FAR + MIB // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with Unchanged():
            refusal(person.patch(url, FAR, data[FAR // MIB]), 507, "disk-full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert Envelope.objects.get(pk=url.rpartition("/")[2]).received == FAR
    assert person.patch(url, FAR, data[FAR // MIB]).status_code == 204
