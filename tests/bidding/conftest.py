"""What room tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bidding.domain import room_queues, room_state


@pytest.fixture
def room_threads() -> Iterator[None]:
    """Ends the pool of room commands and empties the cache when the test is over."""
    yield
    room_queues.stop()
    room_state.forget()
