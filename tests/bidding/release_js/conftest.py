"""The page's modules for trustees under node, and a lot with one sealed bid."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bidding.kit import world
from tests.javascript import Node, static


@pytest.fixture(scope="package")
def page(tmp_path_factory):
    root = static(tmp_path_factory.mktemp("static"))
    node = Node(Path(__file__).with_name("runner.mjs"), root, "--no-warnings")
    yield node
    node.close()


@pytest.fixture(scope="package")
def policy():
    return world.a_policy()


@pytest.fixture(scope="package")
def sealed(policy, tmp_path_factory):
    """A submission and its recovery kit."""
    return world.sealed_bid(policy, tmp_path_factory.mktemp("bid"))


@pytest.fixture(scope="package")
def submission(sealed):
    return sealed[0]
