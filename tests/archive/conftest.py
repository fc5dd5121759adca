"""A platform of this test's own; packages that several tests only read are built once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from signatures.domain import services
from tests.archive import world


@pytest.fixture
def place(db, settings, tmp_path: Path) -> Iterator[Path]:
    services._open.cache_clear()
    for name in ("DATA", "STORE", "KEYS", "LAB"):
        setattr(settings, name, getattr(settings, name))  # restored after the test
    world.found(tmp_path)
    yield tmp_path
    services._open.cache_clear()


@pytest.fixture
def house(place: Path) -> world.House:
    return world.house()
