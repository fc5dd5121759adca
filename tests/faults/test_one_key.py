"""One idempotency key, a hundred times at once: one bid and one receipt, and everybody is told so.

Real server processes; every call is the same registration, or the same withdrawal.
``SUNLIT_FAULT_SAME`` (100); on PostgreSQL: ``test_on_postgresql.py``.
"""

from __future__ import annotations

import threading
from functools import partial

import pytest
from django.db import connection

from bidding.kit import wire
from bidding.kit.receipts import check_receipt
from bidding.models import Bid, BidVersion, Envelope
from signatures.models import LedgerOpening
from tests.bidding.kit import live as lives
from tests.bidding.sealing import steps
from tests.bidding.sealing import world as worlds
from tests.faults.figures import figure, note

pytestmark = pytest.mark.django_db(transaction=True)

SAME = figure("SAME", 100)
PATIENCE = 120.0


def at_once(live: lives.Live, person, path: str, body: dict, key: str) -> list[dict]:
    """The answers to one and the same call, made so often at the same moment."""
    client = live.client(person, patience=PATIENCE)
    start, answers, errors = threading.Barrier(SAME), [], []

    def call() -> None:
        try:
            start.wait(timeout=60)
            answers.append(client.post(path, body, key=key))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=call) for _ in range(SAME)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(answers) == SAME
    return answers


def receipted(act: str) -> int:
    return [one.entry["act"] for one in LedgerOpening.objects.all()].count(act)


@pytest.mark.usefixtures("kept_settings")
def test_one_key_a_hundred_times_gives_one_bid_and_one_receipt(tmp_path):
    with lives.standing(partial(worlds.build, tenderers=1), tmp_path) as live:
        steps.open_for_bids(live.world)
        person = live.world.tenderers[0]
        submission, _folder = live.sealed(person, "same")
        bid = submission.bid.bid
        answers = at_once(
            live, person, wire.lot_path(live.lot, "bids"), worlds.registration(submission), "same"
        )
        assert (Bid.objects.count(), BidVersion.objects.count(), Envelope.objects.count()) == (
            1, 1, 4
        )
        assert {one["bid"] for one in answers} == {str(bid)}
        uploads = [sorted(each["url"] for each in one["uploads"]) for one in answers]
        assert all(one == uploads[0] for one in uploads)
        _one_receipt(live, person, answers, "bidding.register-statement")

        withdrawal = worlds.withdrawal(live.world, person, bid)
        answers = at_once(
            live, person, wire.lot_path(live.lot, f"bids/{bid}/withdraw"), withdrawal, "back"
        )
        assert Bid.objects.get().state == "withdrawn"
        _one_receipt(live, person, answers, "bidding.withdraw-bid")


def _one_receipt(live: lives.Live, person, answers: list[dict], act: str) -> None:
    found = {wire.receipt_of(one) for one in answers}
    assert len(found) == 1
    [name] = found
    data = live.client(person).send("GET", f"/api/v1/receipts/{name}").content
    checked = check_receipt(data, origin=live.origin)
    assert checked.act == act
    assert receipted(act) == 1
    note(f"one key ({connection.vendor}): {act} {SAME} times at once, one act, one receipt")
