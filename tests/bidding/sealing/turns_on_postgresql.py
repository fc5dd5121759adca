"""Whoever needs the lot for itself gets its turn, however many share it without a pause.

Run by ``tests/bidding/test_on_postgresql.py`` alone: on SQLite nobody shares.
"""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connections, transaction

from tests.factories import floor
from trading.domain.acts import lock_lot

SHARING, HELD, ROUNDS = 6, 0.02, 150


@pytest.mark.django_db(transaction=True)
def test_a_lot_that_is_always_shared_is_had_alone_all_the_same():
    lot = floor.house().lot.pk
    turn, failed = threading.Event(), []
    shared = [0] * SHARING
    busy = threading.Barrier(SHARING + 1)

    def share(number: int) -> None:
        try:
            busy.wait(timeout=20)
            while not turn.is_set() and shared[number] < ROUNDS:
                with transaction.atomic():
                    lock_lot(lot, share=True)
                    time.sleep(HELD)
                shared[number] += 1
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=share, args=(number,)) for number in range(SHARING)]
    for thread in threads:
        thread.start()
    busy.wait(timeout=20)
    time.sleep(2 * HELD)
    with transaction.atomic():
        lock_lot(lot)
        turn.set()
    for thread in threads:
        thread.join(timeout=30)
    assert failed == []
    assert max(shared) < ROUNDS, "those who shared had to stop before anybody had it alone"
