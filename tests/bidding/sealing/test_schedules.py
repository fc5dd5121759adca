"""Once policy and schedule stand: what may still change, and what never."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bidding.models import Schedule
from signatures.domain import jcs
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.test_policy import offer, post_policy, publish
from tests.bidding.sealing.world import DEADLINE, World

pytestmark = pytest.mark.django_db


def test_trustee_key_after_the_policy_is_refused(world: World):
    with Unchanged():
        refusal(publish(world, "notary", offer(world, "notary")), 409, "policy-stands")


def test_policy_twice_is_refused(world: World):
    with Unchanged():
        refusal(post_policy(world, world.a_policy()), 409, "policy-stands")


def test_schedule_moves_the_deadline_later_and_the_lot_with_it(world: World):
    later = DEADLINE + timedelta(days=3)
    assert world.publish_schedule(seq=2, deadline=later).status_code == 201
    assert world.house.refresh().dates["deadline"] == jcs.timestamp(later)


@pytest.mark.parametrize(
    ("seq", "shift", "code"),
    [
        (1, timedelta(days=1), "seq-not-new"),
        (2, timedelta(days=-1), "moved-earlier"),
        (2, timedelta(days=-12), "deadline-passed"),
    ],
)
def test_schedule_out_of_order_is_refused(world: World, seq, shift, code):
    with Unchanged():
        refusal(world.publish_schedule(seq=seq, deadline=DEADLINE + shift), 409, code)
    assert Schedule.objects.count() == 1


def test_schedule_not_signed_as_the_policy_says_is_refused(world: World):
    data = world.a_schedule(seq=2, deadline=DEADLINE + timedelta(days=1)).encode()
    person = world.trustees["supervisor"]
    with Unchanged():
        refusal(person.post(world.path("schedule"), person.sign(data)), 409, "not-signed")
