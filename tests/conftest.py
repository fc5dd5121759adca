"""What every test stands on: a guard that stays on, and a fixed moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest


@pytest.fixture(autouse=True, scope="session")
def _flush_under_guard() -> Iterator[None]:
    """Emptying the tables between tests is the one write that is nobody's act."""
    from django.test import TransactionTestCase

    from signatures.domain import guard

    teardown = TransactionTestCase._fixture_teardown

    def guarded(self: TransactionTestCase) -> None:
        with guard.writes("test teardown"):
            teardown(self)

    TransactionTestCase._fixture_teardown = guarded
    yield
    TransactionTestCase._fixture_teardown = teardown


@pytest.fixture
def arrange() -> Iterator[None]:
    """Lets a test put rows into place by hand, where their history does not matter."""
    from signatures.domain import guard

    with guard.writes("test arrangement"):
        yield


@pytest.fixture
def now() -> datetime:
    """A moment for pure functions: a Tuesday morning in Beijing."""
    return datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
