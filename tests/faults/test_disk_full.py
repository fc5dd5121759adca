"""The disk is full in the middle of an upload: the kit waits, or is told; then it goes on.

A real server under the system's own limit on the size of files, which leaves room for its database:
only the envelope's body does not fit. On PostgreSQL: ``test_on_postgresql.py``.
"""

from __future__ import annotations

import resource
import threading
import time
from functools import partial

import pytest
from django.db import connection

from bidding.domain.uploads import COMPLETE_ACT
from bidding.kit import client as kit
from bidding.models import BidVersion, Envelope
from signatures.domain.errors import Unavailable
from signatures.models import LedgerOpening
from tests.bidding.kit import live as lives
from tests.bidding.sealing import steps
from tests.bidding.sealing import world as worlds
from tests.faults.figures import note

pytestmark = pytest.mark.django_db(transaction=True)

MIB = lives.MIB
SIZE = 96 * MIB
#: In the middle of a part, further into the file than a test's database is long.
ROOM = 64 * MIB + MIB // 2


def limit(live: lives.Live, size: int) -> None:
    """How long a file of the running server may become."""
    assert live.server is not None
    hard = resource.prlimit(live.server.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(live.server.process.pid, resource.RLIMIT_FSIZE, (size, hard))


@pytest.mark.usefixtures("kept_settings")
def test_kit_goes_on_once_there_is_room_again(tmp_path):
    with lives.standing(partial(worlds.build, tenderers=1), tmp_path) as live:
        steps.open_for_bids(live.world)
        person = live.world.tenderers[0]
        submission, folder = live.sealed(person, "large", technical=SIZE)
        offsets: list[int] = []

        def submit(patience: float):
            return kit.submit(
                live.client(person, patience=120),
                submission,
                lot=live.lot,
                secrets=submission.secrets(lives.PASSPHRASE),
                policy=live.world.policy,
                folder=folder,
                patience=patience,
                show=lambda one: offsets.append(one.sent) if one.slot == 3 else None,
            )

        limit(live, ROOM)
        with pytest.raises(Unavailable) as caught:
            submit(patience=3)
        assert caught.value.code == "platform-full"
        row = Envelope.objects.get(slot=3)
        # To the last whole part that fitted, and nothing of it is lost or sent again.
        assert row.received == ROOM - MIB // 2
        assert BidVersion.objects.get().state == "receiving"
        assert _completions() == 0

        before = len(offsets)
        room = threading.Timer(5, limit, (live, resource.RLIM_INFINITY))
        began = time.monotonic()
        room.start()
        found = submit(patience=120)
        room.join()
        assert found.complete
        assert offsets[before] == ROOM - MIB // 2
        assert offsets == sorted(offsets)
        assert Envelope.objects.get(slot=3).is_complete
        assert _completions() == 1
        note(
            f"disk full ({connection.vendor}): stopped at {row.received / MIB:.0f} MiB, told"
            f" platform-full; went on by itself {time.monotonic() - began:.0f} s later, none twice"
        )


def _completions() -> int:
    return [one.entry["act"] for one in LedgerOpening.objects.all()].count(COMPLETE_ACT)
