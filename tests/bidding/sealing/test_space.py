"""Room is looked at before a bid is registered: what could not be taken in is not begun."""

from __future__ import annotations

import pytest

from bidding.domain import bodies, space
from bidding.models import Bid, BidVersion, Envelope
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.world import World

pytestmark = pytest.mark.django_db
GIB = 1024**3


@pytest.fixture(scope="module")
def sealed(standing: World) -> dict:
    """Sealed bids by tenderer, made once: sealing is slow and changes no row."""
    return {number: standing.seal(one)[0] for number, one in enumerate(standing.tenderers[:2])}


@pytest.mark.parametrize(
    ("size", "free", "awaited", "reserve", "fits"),
    [
        (4 * GIB, 4 * GIB, 0, 0, True),
        (4 * GIB, 4 * GIB - 1, 0, 0, False),
        (GIB, 4 * GIB, 2 * GIB, GIB, True),
        (GIB, 4 * GIB, 2 * GIB, GIB + 1, False),
        (GIB, 4 * GIB, 2 * GIB + 1, GIB, False),
        (GIB + 1, 4 * GIB, 2 * GIB, GIB, False),
        (1, 0, 0, 0, False),
        (1, GIB, 2 * GIB, 0, False),
    ],
)
def test_what_is_left_for_others_and_the_reserve_is_not_given_away(
    size, free, awaited, reserve, fits
):
    assert space.fits(size, free=free, awaited=awaited, reserve=reserve) is fits


def test_bid_for_which_there_is_no_room_is_not_registered(world: World, sealed, settings):
    person = world.tenderers[0]
    settings.BODIES_RESERVE = bodies.free() + GIB
    with Unchanged():
        refused = world.register(person, sealed[0])
        refusal(refused, 503, "disk-full")
    assert "未登记" in refused.json()["detail"]
    assert (Bid.objects.count(), BidVersion.objects.count()) == (0, 0)
    # Once there is room, the same statement is taken in under the same key.
    settings.BODIES_RESERVE = 0
    assert world.register(person, sealed[0]).status_code == 201


def test_what_stands_goes_on_although_there_is_no_room_for_more(world: World, sealed, settings):
    first, second = world.tenderers[:2]
    answer = world.register(first, sealed[0]).json()
    assert space.awaited() == sum(Envelope.objects.values_list("size", flat=True))
    settings.BODIES_RESERVE = bodies.free() - space.awaited()
    with Unchanged():
        refusal(world.register(second, sealed[1]), 503, "disk-full")
    settings.BODIES_RESERVE = bodies.free() + GIB
    world.upload(first, sealed[0], answer)
    assert BidVersion.objects.get().state == "complete"
    assert space.awaited() == 0


def test_what_replaces_a_version_that_is_on_its_way_waits_for_its_own_room_only(
    world: World, sealed, settings
):
    person = world.tenderers[0]
    world.register(person, sealed[0])
    before = space.awaited()
    later = world.seal(person, bid=sealed[0].bid.bid, version=2)[0]
    assert world.register(person, later).status_code == 201
    assert space.awaited() == sum(
        Envelope.objects.filter(version__number=2).values_list("size", flat=True)
    ) <= 2 * before
