"""A lot whose committee scores blind, with a chair: made once a module, put back after tests."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from signatures.models import User
from tests.bidding import drawn
from tests.bidding.clarifying import Clarifying
from tests.bidding.drawn import Drawn
from tests.bidding.opened import Opened
from tests.bidding.views.conftest import opening, standing

__all__ = ["opening", "standing"]


@pytest.fixture(scope="module")
def pooled(standing: Opened, django_db_blocker: Any) -> dict[str, User]:
    with django_db_blocker.unblock():
        return drawn.build(standing, experts=8).experts


@pytest.fixture
def case(opening: Opened, pooled: dict[str, User]) -> Clarifying:
    made = Clarifying(Drawn(opening=opening, experts=copy.copy(pooled)))
    made.begin()
    return made
