"""Bids as rows, put into place by hand: for what is about locks and clocks and not about seals."""

from __future__ import annotations

import uuid
from datetime import timedelta

from bidding.models import Bid, BidVersion, Envelope, Schedule, SealingPolicy
from signatures.domain import guard, jcs
from signatures.models import User
from tests.factories import floor
from tests.factories.floor import DATES, START, House
from trading.models import Organisation

DEADLINE = DATES["deadline"]
PART = 1000


def statement() -> dict[str, object]:
    return {
        "statement": uuid.uuid4().hex * 2,
        "signature": "0" * 64,
        "assessment": "0" * 64,
        "certificate": "0" * 64,
        "signer": "user:1",
        "at": START,
    }


def policy(house: House, *, deadline=DEADLINE) -> SealingPolicy:
    """A policy and its schedule for a lot at the stage of bidding."""
    with guard.writes("test arrangement"):
        house.lot.stage = "BIDDING"
        house.lot.dates = {**house.lot.dates, "deadline": jcs.timestamp(deadline)}
        house.lot.next_due_at = deadline
        house.lot.save(update_fields=["stage", "dates", "next_due_at"])
        row = SealingPolicy.objects.create(
            lot=house.lot, k=3, n=4, min_bids=3, gates={"1": {"at": "schedule"}}, **statement()
        )
        Schedule.objects.create(
            policy=row, seq=1, deadline=deadline, gates={"1": jcs.timestamp(deadline)},
            **statement(),
        )
    return row


def bidder(house: House, name: str) -> tuple[Organisation, User]:
    organisation = floor.organisation(name, "tenderer")
    user = floor.person(name, organisation)
    floor.assignment(house.lot, "tenderer", organisation=organisation)
    return organisation, user


def bid(
    house: House, organisation: Organisation, *, received: int = 0, state: str = "receiving"
) -> Envelope:
    """A bid of one version with one envelope of one part."""
    with guard.writes("test arrangement"):
        row = Bid.objects.create(
            lot=house.lot, tenderer=organisation, since=START + timedelta(hours=1)
        )
        version = BidVersion.objects.create(bid=row, number=1, state=state, **statement())
        return Envelope.objects.create(
            version=version, slot=1, head=b"", leaves=bytes(32), size=PART, received=received
        )
