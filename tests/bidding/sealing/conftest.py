"""Worlds for the tests of sealed bidding: made once a module, put back after every test.

Making keys, policies and certificates takes seconds, so a module's world stands in a transaction
that is never committed, and each test in a savepoint of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.bidding.sealing import steps
from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.steps import copied
from tests.bidding.sealing.world import World
from tests.factories import standing as standings
from tests.factories.standing import put_back


@pytest.fixture(scope="module")
def standing_unsealed(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("platform")
    with standings.standing(django_db_blocker):
        world = worlds.build(folder)
        for person in (*world.trustees.values(), *world.tenderers):
            assert person.headers  # signed in before any savepoint
        yield world


@pytest.fixture(scope="module")
def standing(standing_unsealed: World) -> Iterator[World]:
    with put_back():
        world = copied(standing_unsealed)
        steps.open_for_bids(world)
        yield world


@pytest.fixture(scope="module")
def standing_frozen(standing: World) -> Iterator[World]:
    with put_back():
        world = copied(standing)
        for person in world.tenderers:
            world.kits[person.organisation.urn] = world.submit(person)
        steps.freeze(world)
        yield world


@pytest.fixture
def unsealed(standing_unsealed: World) -> Iterator[World]:
    """A lot with documents on offer, and everybody in place; no key, no policy."""
    with put_back():
        yield copied(standing_unsealed)


@pytest.fixture
def world(standing: World) -> Iterator[World]:
    """Keys, policy and schedule are published, and bids may come."""
    with put_back():
        yield copied(standing)


@pytest.fixture
def frozen(standing_frozen: World) -> Iterator[World]:
    """Three bids are frozen and the timed gates open; nothing is proven or released yet."""
    with put_back():
        yield copied(standing_frozen)
