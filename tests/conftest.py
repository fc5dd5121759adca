"""What every test stands on: a guard that stays on, and a fixed moment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings


def _leave_the_database_alone(event: str, arguments: tuple[object, ...]) -> None:
    """Whoever opens the database's file beside SQLite drops SQLite's locks by closing it.

    The next process to close the database then deletes the log under this one's connections, and
    every later test fails with a disk error (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        name = os.fsdecode(arguments[0])
        if name.startswith(_DATABASE) and ".sqlite3" in name:
            raise RuntimeError(f"{name} is SQLite's alone in this process; see tests/searching.py.")


_DATABASE = os.path.join(str(settings.DATA), "tests.sqlite3")
sys.addaudithook(_leave_the_database_alone)


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
