"""A lot that takes bids, and a tenderer whose envelopes are registered there."""

from __future__ import annotations

import io
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bidding.models import Bid, Envelope


@dataclass(frozen=True)
class Tenderer:
    """A bid that may have any number of versions, and the token that its tenderer sends."""

    bid: Bid
    token: str

    def envelope(self, *, size: int, leaves: bytes) -> Envelope:
        """A further version of the bid with one envelope; nothing of its body is here yet."""
        from bidding.models import BidVersion, Envelope
        from signatures.domain import guard

        with guard.writes("benchmark"):
            version = BidVersion.objects.create(
                bid=self.bid, number=self.bid.versions.count() + 1, **_signed(self.bid.since)
            )
            return Envelope.objects.create(
                version=version, slot=3, head=b"", leaves=leaves, size=size
            )


def settle() -> Tenderer:
    """Found the platform, whose keys make receipts, and put lot and tenderer into it."""
    from django.core.management import call_command

    from bidding.models import Bid, Schedule, SealingPolicy
    from signatures.domain import clock, guard, jcs
    from signatures.models import User
    from trading.domain import credit_code, tokens
    from trading.models import Assignment, Lot, Membership, Organisation, Project

    call_command(
        "found",
        demonstration=True,
        centre="Bench",
        credit_code=credit_code.make("91370100MA0000018"),
        stdout=io.StringIO(),
    )
    at = clock.now()
    deadline = at + timedelta(days=1)
    mark = uuid.uuid4().hex
    with guard.writes("benchmark"):
        person = User.objects.create(username=mark, full_name="Bench", password="!")
        company = Organisation.objects.create(
            name="Bench", credit_code=mark[:18], kinds=["tenderee", "tenderer"],
            registered_at=at, verified_at=at,
        )
        Membership.objects.create(user=person, organisation=company, role="manager", since=at)
        project = Project.objects.create(
            code=mark[:20], title="Bench", category="construction", tenderee=company, created_at=at
        )
        lot = Lot.objects.create(
            project=project, number=1, title="Bench", stage="BIDDING", stage_since=at,
            procedure={"name": "construction"}, dates={"deadline": jcs.timestamp(deadline)},
        )
        Assignment.objects.create(lot=lot, organisation=company, role="tenderer", since=at)
        policy = SealingPolicy.objects.create(
            lot=lot, k=2, n=3, min_bids=3, gates={}, **_signed(at)
        )
        Schedule.objects.create(policy=policy, seq=1, deadline=deadline, gates={}, **_signed(at))
        bid = Bid.objects.create(lot=lot, tenderer=company, since=at)
    return Tenderer(bid, tokens.issue(person).text)


def _signed(at: Any) -> dict[str, Any]:
    """What a row has of its statement; here nobody looks behind the digests."""
    names = ("statement", "signature", "assessment", "certificate")
    return {**{name: secrets.token_hex(32) for name in names}, "signer": "user:bench", "at": at}
