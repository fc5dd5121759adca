"""A server is killed -9 again and again while 1 GiB goes up: at most one part is sent again.

A part is what a leaf stands for: 1,048,576 bytes of an envelope's body. One request brings up to 32
of them. Of a request that dies, the parts on disk count: of what the server had received, no more
than one whole part is sent again. What the machine's own buffers held of the line never came to the
server. The kit's own client goes on by itself; a line in between kills the server at the very byte
that was drawn and counts what had come to it.

``SUNLIT_FAULT_KILLS`` (50), ``SUNLIT_FAULT_MIB`` (1024); on PostgreSQL: ``test_on_postgresql.py``.
"""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from bidding.domain import bodies
from bidding.domain.uploads import COMPLETE_ACT
from bidding.kit import client as kit
from bidding.kit.body import PART_SIZE, part_leaf
from bidding.models import BidVersion, Envelope
from signatures.domain import ledger
from signatures.models import LedgerOpening
from tests.bidding import server
from tests.bidding.kit import live as lives
from tests.bidding.sealing import steps
from tests.bidding.sealing import world as worlds
from tests.faults.figures import SEED, figure, note
from tests.faults.line import Line
from trading.incoming import HELD

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = figure("KILLS", 50)
SIZE = figure("MIB", 1024) * lives.MIB
PATIENCE = 240.0
#: The largest piece that the server takes off a line at once.
PIECE = 256 * 1024


@dataclass
class Behind(lives.Live):
    """A platform whose clients come by a line."""

    inner: int = 0

    @property
    def listens(self) -> int:
        if not self.inner:
            self.inner = server.free_port()
        return self.inner


@pytest.mark.usefixtures("kept_settings")
def test_at_most_one_part_is_sent_again_for_each_death_of_the_server(tmp_path):
    chance = random.Random(SEED)
    with lives.standing(partial(worlds.build, tenderers=1), tmp_path, Behind) as live:

        def kill() -> None:
            live.kill()
            live.start()

        line = Line(
            port=live.port, target=live.listens, points=[], hold=lambda: _stop(live), cut=kill
        )
        try:
            steps.open_for_bids(live.world)
            person = live.world.tenderers[0]
            submission, folder = live.sealed(person, "large", technical=SIZE)
            large = next(one for one in submission.envelopes if one.head.header.slot == 3)
            size = large.sealed.commitment.size
            assert size >= SIZE
            client = live.client(person, patience=PATIENCE)
            secrets = submission.secrets(lives.PASSPHRASE)

            def seen(progress) -> None:
                if progress.slot == 3 and not line.watched:
                    row = Envelope.objects.get(slot=3)
                    connection.close()
                    line.points += sorted(chance.sample(range(1, size), KILLS))
                    line.watched = str(row.pk).encode()

            began = time.monotonic()
            found = kit.submit(
                client,
                submission,
                lot=live.lot,
                secrets=secrets,
                policy=live.world.policy,
                folder=folder,
                show=seen,
            )
            seconds = time.monotonic() - began
        finally:
            line.close()
        _check_what_was_sent_again(line, size, seconds)
        _check_the_version(found, submission)


def _stop(live: lives.Live) -> None:
    """Stop it where it is until it is killed, so that what it has read can be counted."""
    assert live.server is not None
    process = live.server.process.pid
    os.kill(process, signal.SIGSTOP)
    status = Path(f"/proc/{process}/status")
    while "\nState:\tT" not in status.read_text(encoding="ascii"):
        time.sleep(0.001)


def _check_what_was_sent_again(line: Line, size: int, seconds: float) -> None:
    assert (len(line.cuts), line.points) == (KILLS, [])
    #: Where each request that followed a death began.
    begins = [offset for offset, _gone in line.requests]
    cut_in = [
        number
        for number, (offset, gone) in enumerate(line.requests)
        if any(offset + gone == one.at for one in line.cuts)
    ]
    rows = []
    for number, one in zip(cut_in, line.cuts, strict=True):
        again = begins[number + 1] if number + 1 < len(begins) else size
        received = one.at - one.waiting
        rows.append((one.at, one.waiting, again, received // PART_SIZE - again // PART_SIZE))
    lost = [at - again for at, _waiting, again, _parts in rows]
    sent = sum(gone for _offset, gone in line.requests)
    note(
        f"upload killed ({connection.vendor}): {KILLS} kills in {size / lives.MIB:.1f} MiB,"
        f" {len(line.requests)} requests, {seconds:.0f} s; sent again {sent - size:,} bytes in all,"
        f" most at once {max(lost):,}; whole parts that the server had received and that were sent"
        f" again: most {max(row[3] for row in rows)}, in all {sum(row[3] for row in rows)}"
    )
    assert sent >= size
    # The part that is being taken in, and less than another that waits for it: the server stops
    # reading one piece after it holds enough, and has one more in its own hands.
    assert HELD + 2 * PIECE <= PART_SIZE
    assert [row for row in rows if row[3] > 1] == []
    assert all(again % PART_SIZE == 0 or again == size for _at, _waiting, again, _parts in rows)


def _check_the_version(found, submission) -> None:
    assert found.complete
    assert [one.receipt.act for one in found.receipts] == [
        "bidding.register-statement",
        COMPLETE_ACT,
    ]
    assert BidVersion.objects.get().state == "complete"
    receipted = [one.entry["act"] for one in LedgerOpening.objects.all()]
    assert receipted.count(COMPLETE_ACT) == 1
    for one in submission.envelopes:
        row = Envelope.objects.get(slot=one.head.header.slot)
        assert row.is_complete
        with bodies.reading(row.pk) as stream:
            leaves = [part_leaf(part) for part in iter(partial(stream.read, PART_SIZE), b"")]
        assert ledger.root_of(leaves) == one.sealed.commitment.root
