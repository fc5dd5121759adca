"""A lot at its opening, with a pool of experts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bidding import drawn, opened
from tests.bidding.drawn import Drawn


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> Drawn:
    """Nine experts; the bids are frozen and the hall is open."""
    opening = opened.build(settings, tmp_path)
    opening.freeze()
    return drawn.build(opening)
