"""A lot with its policy, one sealed bid, and a house that shows it in good order."""

from __future__ import annotations

import pytest

from tests.bidding.kit import stage as stages
from tests.bidding.kit import world
from tests.bidding.kit.cases import Case, a_case


@pytest.fixture(scope="module")
def policy():
    return world.a_policy()


@pytest.fixture(scope="module")
def submission(policy, tmp_path_factory):
    return world.sealed_bid(policy, tmp_path_factory.mktemp("bid"))[0]


@pytest.fixture
def house(policy, submission):
    return world.opened_house(policy, submission)


@pytest.fixture(scope="module")
def case() -> Case:
    return a_case(b"the opening sheet", b"x" * 40_000)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    with stages.theatre() as theatre:
        theatre.stage.opened(tmp_path_factory.mktemp("bids"))
        yield theatre, theatre.stage


@pytest.fixture
def stage(scene):
    theatre, template = scene
    theatre.stage = template.copy()
    yield theatre.stage
    theatre.stage.close()
