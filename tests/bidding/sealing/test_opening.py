"""From the deadline to opened exhibits, as trustees' own clients allow it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bidding.models import Freeze, Gate
from signatures import store
from signatures.domain import clock
from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.world import World
from trading.models import Exhibit

pytestmark = pytest.mark.django_db


def statuses(answers) -> list:
    return [each if isinstance(each, list) else each.status_code for each in answers]


def test_bids_open_with_three_trustees_and_their_content_is_filed(world: World):
    for person in world.tenderers:
        world.submit(person)
    worlds.freeze(world)
    assert world.house.lot.stage == "OPENING"
    freeze = Freeze.objects.get()
    assert (freeze.count, Gate.objects.filter(opened_at__isnull=False).count()) == (3, 3)
    worlds.move_clock(clock.now() + timedelta(seconds=10))
    worlds.prove()
    for name in ("tenderee", "centre"):
        assert statuses(worlds.released(world, name, slot=1)) == [201] * 3
    assert worlds.run_tasks() == []
    assert statuses(worlds.released(world, "notary", slot=1)) == [201] * 3
    assert worlds.run_tasks() == ["open_envelope:opened"] * 3
    sheets = Exhibit.objects.filter(kind="opening-sheet")
    assert {one.facts["opening-sheet"]["duration_days"] for one in sheets} == {120}
    assert store.read(sheets[0].digest) == b'{"duration_days":120,"manager":"Li Qiang"}'
    assert Exhibit.objects.filter(kind="trace").count() == 3
