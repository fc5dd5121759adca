"""Withdrawal, replacement and freeze race one another, again and again: exactly one order holds.

Real threads and transactions, withdrawals that are really signed. In each round one bid is
withdrawn, one replaced, and one both, while the clock freezes.

``SUNLIT_FAULT_RACES`` (500); on PostgreSQL: ``test_on_postgresql.py``.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, connections

from bidding.domain import withdrawals
from bidding.domain.freezing import FreezeBids, frozen_bids
from bidding.domain.uploads import COMPLETE_ACT, ReceivePart
from bidding.kit.tender import frozen_root
from bidding.kit.withdrawal import Withdrawal
from bidding.models import Bid, BidVersion, Envelope, Freeze
from signatures.domain import clock, guard, jcs, platform, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import SunlitError
from signatures.models import LedgerOpening
from tests.bidding.sealing import people, rows
from tests.factories import floor
from tests.faults.figures import SEED, figure, note
from trading.domain.signed import Signed
from trading.models import Assignment

pytestmark = pytest.mark.django_db(transaction=True)

RACES = figure("RACES", 500)
#: Seconds from the start of a race to its deadline, and how far from it everybody acts.
LEAD, NEAR = 0.12, 0.06
LATE = {"too-late", "wrong-stage", "not-running", "upload-ended", "bid-withdrawn"}
WITHDRAW = "bidding.withdraw-bid"


class Racer:
    """One tenderer, the same in all races; ``did`` is what it was told in this one."""

    def __init__(self, name: str, *, withdraws: bool, replaces: bool) -> None:
        self.organisation = floor.organisation(name, "tenderer")
        self.user = floor.person(name, self.organisation)
        self.key = people.signer(name, "west")
        people.bind(self.user, self.key)
        self.withdraws, self.replaces = withdraws, replaces

    def bid(self, house: floor.House, policy) -> None:
        """A complete version, and where it is to be replaced a second one that lacks its part."""
        floor.assignment(house.lot, "tenderer", organisation=self.organisation)
        self.house = house
        envelope = rows.bid(house, self.organisation, received=rows.PART, state="complete")
        self.pk = envelope.version.bid_id
        with guard.writes("test arrangement"):
            version = BidVersion.objects.create(
                bid_id=self.pk, number=2, state="receiving", **rows.statement()
            ) if self.replaces else None
            self.envelope = version and Envelope.objects.create(
                version=version, slot=1, head=b"", leaves=bytes(32), size=rows.PART, received=0
            )
        self.did: dict[str, bool] = {}
        if self.withdraws:
            data = Withdrawal(
                origin=platform.origin(),
                at=clock.now(),
                policy=bytes.fromhex(policy.statement),
                bid=self.pk,
            ).encode()
            signed = Signed(data, statements.sign(data, self.key))
            self.withdrawal = withdrawals.prepare(self.user, house.lot.pk, self.pk, signed)

    def acts(self) -> dict[str, object]:
        found: dict[str, object] = {}
        if self.withdraws:
            found["withdraw"] = self.withdrawal
        if self.replaces:
            found["replace"] = ReceivePart(
                lot=self.house.lot.pk,
                organisation=self.organisation.pk,
                envelope=self.envelope.pk,
                start=0,
                end=rows.PART,
            )
        return found


def test_withdrawal_replacement_and_freeze_race_and_one_order_holds(
    kept_settings, tmp_path
) -> None:
    people.found(tmp_path)
    chance = random.Random(SEED)
    racers = [
        Racer("stays", withdraws=False, replaces=False),
        Racer("withdraws", withdraws=True, replaces=False),
        Racer("replaces", withdraws=False, replaces=True),
        Racer("does both", withdraws=True, replaces=True),
    ]
    house = floor.house()
    outcomes: Counter[str] = Counter()
    for _number in range(RACES):
        freeze = _race(house, racers, chance)
        outcomes.update(_check(racers, freeze))
        _forget(house)
        house = floor.house()
    note(f"races at the freeze ({connection.vendor}): {RACES}, {dict(sorted(outcomes.items()))}")
    # Where each race had the same end, nothing raced.
    assert RACES < 50 or {"withdraw taken", "withdraw late", "replace taken", "replace late"} <= {
        *outcomes
    }


def _forget(house: floor.House) -> None:
    """End the tenderers' roles there, so that what they are asked for does not grow."""
    with guard.writes("test arrangement"):
        Assignment.objects.filter(lot=house.lot, role="tenderer").update(until=clock.now())


def _race(house: floor.House, racers: list[Racer], chance: random.Random) -> Freeze:
    policy = rows.policy(house, deadline=clock.now() + timedelta(days=1))
    for racer in racers:
        racer.bid(house, policy)
    deadline = clock.now() + timedelta(seconds=LEAD)
    _move(house, policy, deadline)
    due = time.monotonic() + (deadline - clock.now()).total_seconds()
    errors: list[BaseException] = []

    def act(racer: Racer, name: str, command, wait: float) -> None:
        try:
            time.sleep(max(due + wait - time.monotonic(), 0.0))
            try:
                dispatch(command, actor=Actor.person(racer.user))
            except SunlitError as refusal:
                assert refusal.code in LATE, refusal.code
                racer.did[name] = False
            else:
                racer.did[name] = True
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    def freeze() -> None:
        try:
            time.sleep(max(due - 0.01 - time.monotonic(), 0.0))
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

    threads = [threading.Thread(target=freeze)] + [
        threading.Thread(target=act, args=(racer, name, command, chance.uniform(-NEAR, NEAR / 3)))
        for racer in racers
        for name, command in racer.acts().items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    found = Freeze.objects.get(policy=policy)
    assert found.at >= deadline
    for opening in LedgerOpening.objects.filter(subject__in=[f"bid:{one.pk}" for one in racers]):
        assert jcs.parse_timestamp(opening.entry["context"]["at"]) < deadline
    return found


def _move(house: floor.House, policy, deadline) -> None:
    with guard.writes("test arrangement"):
        policy.schedules.update(deadline=deadline)
        house.lot.dates = {**house.lot.dates, "deadline": jcs.timestamp(deadline)}
        house.lot.next_due_at = deadline
        house.lot.save(update_fields=["dates", "next_due_at"])


def _check(racers: list[Racer], freeze: Freeze) -> list[str]:
    """The set is what was accepted; each accepted act has one receipt, no other has one."""
    frozen = {one["bid"]: one["version"] for one in freeze.bids}
    expected = {
        str(one.pk): 2 if one.did.get("replace") else 1
        for one in racers
        if not one.did.get("withdraw")
    }
    assert frozen == expected
    assert freeze.count == len(expected)
    assert frozen_root(frozen_bids(freeze)).hex() == freeze.root
    for racer in racers:
        row = Bid.objects.get(pk=racer.pk)
        assert row.state == ("withdrawn" if racer.did.get("withdraw") else "frozen")
        acts = Counter(
            one.entry["act"] for one in LedgerOpening.objects.filter(subject=f"bid:{racer.pk}")
        )
        assert acts[WITHDRAW] == int(racer.did.get("withdraw", False))
        assert acts[COMPLETE_ACT] == int(racer.did.get("replace", False))
        states = set(row.versions.values_list("state", flat=True))
        assert not states & {"receiving"}
    return [
        f"{name} {'taken' if taken else 'late'}"
        for racer in racers
        for name, taken in racer.did.items()
    ]

