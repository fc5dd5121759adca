"""A lot at its opening: made once a module, put back after every test."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from bidding.domain import room_state
from tests.bidding import opened
from tests.bidding.opened import Opened
from tests.factories import standing as standings
from tests.factories.standing import put_back


@pytest.fixture(scope="module")
def standing(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("platform")
    with standings.standing(django_db_blocker):
        settings.DATA, settings.STORE = folder, folder / "store"
        yield opened.build(settings, folder)


@pytest.fixture
def opening(standing: Opened) -> Iterator[Opened]:
    """Four frozen bids, nothing opened, no hall yet."""
    with put_back():
        fresh = copy.copy(standing)
        fresh.sheets = {}
        fresh.bids = [copy.copy(bid) for bid in standing.bids]
        fresh.refresh()
        room_state.forget()
        yield fresh
