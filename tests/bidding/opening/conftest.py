"""A lot at its opening."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bidding import opened
from tests.bidding.opened import Opened


@pytest.fixture
def opening(settings: Any, tmp_path: Path) -> Opened:
    """Four frozen bids, nothing opened, no hall yet."""
    return opened.build(settings, tmp_path)
