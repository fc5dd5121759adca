"""A lot whose committee evaluates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bidding import drawn, opened
from tests.bidding.drawn import Drawn


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> Drawn:
    """A lot at its opening, with six experts in the pool more than needed."""
    return drawn.build(opened.build(settings, tmp_path), experts=8)
