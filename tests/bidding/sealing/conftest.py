"""Worlds for the tests of sealed bidding: before anything is sealed, and open for bids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.world import World


@pytest.fixture
def unsealed(db: None, settings: Any, tmp_path: Path) -> World:
    """A lot with documents on offer, and everybody in place; no key, no policy."""
    # Touched so that what ``found`` changes is put back.
    for name in ("DATA", "STORE", "KEYS", "LAB", "WITNESSES"):
        setattr(settings, name, getattr(settings, name))
    return worlds.build(tmp_path)


@pytest.fixture
def world(unsealed: World) -> World:
    """Keys, policy and schedule are published, and bids may come."""
    unsealed.make_keys()
    unsealed.publish_policy()
    answer = unsealed.publish_schedule()
    assert answer.status_code == 201, answer.content
    worlds.move_clock(worlds.BIDDING)
    worlds.renew_lists()
    worlds.tick()
    return unsealed
