"""Twelve tenderers send their last part while the clock freezes: accepted = frozen = receipted.

Real threads, real transactions, the real clock. The same module is run on PostgreSQL by
``test_deadline_postgresql.py``.
"""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from bidding.domain.freezing import FreezeBids
from bidding.domain.uploads import COMPLETE_ACT, ReceivePart
from bidding.models import BidVersion, Freeze
from signatures.domain import clock, jcs
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Refused, SunlitError
from signatures.models import LedgerOpening
from tests.bidding.sealing import rows
from tests.bidding.sealing.rows import PART
from tests.factories import floor

WRITERS = 12


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2])
def test_race_at_the_deadline_loses_and_adds_nothing(seed):
    chance = random.Random(seed)
    deadline = clock.now() + timedelta(seconds=1.2)
    house = floor.house()
    rows.policy(house, deadline=deadline)
    bids = []
    for number in range(WRITERS):
        organisation, user = rows.bidder(house, f"tenderer {number}")
        bids.append((rows.bid(house, organisation), user))
    start = threading.Barrier(WRITERS + 1)
    accepted: set[str] = set()
    errors: list[BaseException] = []

    def send(envelope, user, wait: float) -> None:
        try:
            start.wait(timeout=10)
            _until(deadline, wait)
            act = ReceivePart(
                lot=house.lot.pk,
                organisation=envelope.version.bid.tenderer_id,
                envelope=envelope.pk,
                start=0,
                end=PART,
            )
            try:
                dispatch(act, actor=Actor.person(user))
            except Refused as refusal:
                assert refusal.code in ("too-late", "wrong-stage", "not-running"), refusal.code
            else:
                accepted.add(str(envelope.version.bid_id))
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    def freeze() -> None:
        try:
            start.wait(timeout=10)
            while True:
                try:
                    dispatch(FreezeBids(lot=house.lot.pk), actor=Actor.process("clock"))
                    return
                except SunlitError as refusal:
                    assert refusal.code == "too-early", refusal.code
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    # Two are surely in time, so that either outcome of the freeze is a real one.
    waits = [-0.9, -0.8] + [chance.uniform(-0.25, 0.1) for _ in range(WRITERS - 2)]
    threads = [
        threading.Thread(target=send, args=(envelope, user, wait))
        for (envelope, user), wait in zip(bids, waits, strict=True)
    ] + [threading.Thread(target=freeze)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert errors == []
    frozen = {one["bid"] for one in Freeze.objects.get().bids}
    receipted = {
        opening.subject.removeprefix("bid:")
        for opening in LedgerOpening.objects.all()
        if opening.entry["act"] == COMPLETE_ACT
    }
    complete = {
        str(pk)
        for pk in BidVersion.objects.filter(state="complete").values_list("bid", flat=True)
    }
    assert accepted == frozen == receipted == complete
    assert Freeze.objects.get().at >= deadline
    times = [
        jcs.parse_timestamp(opening.entry["context"]["at"])
        for opening in LedgerOpening.objects.all()
        if opening.entry["act"] == COMPLETE_ACT
    ]
    assert all(at < deadline for at in times)
    assert connection.vendor in ("sqlite", "postgresql")


def _until(deadline, wait: float) -> None:
    pause = threading.Event()
    left = (deadline - clock.now()).total_seconds() + wait
    pause.wait(max(left, 0.0))
