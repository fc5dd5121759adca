"""From keys to a receipt, and everything that must not get that far."""

from __future__ import annotations

import pytest

from bidding.enums import VersionState
from bidding.models import Bid, BidVersion, Envelope
from tests.bidding.sealing.world import World

pytestmark = pytest.mark.django_db


def test_bid_registers_uploads_and_is_receipted(world: World):
    person = world.tenderers[0]
    submission, _kit = world.seal(person)
    answer = world.register(person, submission)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["version"], len(body["uploads"])) == (1, 4)
    assert body["receipt"]["document"]["receipt"]["entry"]["act"] == "bidding.register-statement"
    world.upload(person, submission, body)
    version = BidVersion.objects.get()
    assert version.state == VersionState.COMPLETE
    assert all(one.is_complete for one in Envelope.objects.all())
    mine = person.get(world.path("bids/mine")).json()["bids"]
    assert [(one["state"], one["versions"][0]["state"]) for one in mine] == [("live", "complete")]
    assert len(mine[0]["versions"][0]["receipts"]) == 2
    assert Bid.objects.get().tenderer == person.organisation
