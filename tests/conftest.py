"""What every test stands on: a guard that stays on, and a fixed moment."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings

from tests.factories import migrated
from tests.schedule import (  # noqa: F401  (hooks of pytest)
    pytest_collection_modifyitems,
    pytest_xdist_make_scheduler,
)

# How long an example takes says something of what else the machine does, nothing of the code.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


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


def pytest_collection_finish() -> None:
    """What was imported stays: looking through it for garbage again and again took a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(autouse=True, scope="session")
def _migrated_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """All workers of a run copy one migrated database."""
    own = tmp_path_factory.getbasetemp()
    migrated.keep_in(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def django_db_setup(
    _migrated_once: None,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """The suite's own database: on SQLite a copy, on a server migrated there."""
    from django.db import DatabaseError, connection
    from django.test.utils import setup_databases, teardown_databases

    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["TEST"]["NAME"])
        migrated.copy_to(Path(name))
        connection.close()
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
        yield
        return
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
    yield
    # Whom a test left connected the server does not put out; the next run drops it then.
    with django_db_blocker.unblock(), suppress(DatabaseError):
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True, scope="session")
def _flush_under_guard() -> Iterator[None]:
    """Emptying the tables between tests is the one write that is nobody's act."""
    from django.db import connection
    from django.test import TransactionTestCase

    from signatures.domain import guard

    teardown = TransactionTestCase._fixture_teardown

    def guarded(self: TransactionTestCase) -> None:
        if connection.vendor == "sqlite":
            migrated.as_migrated()
            return
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
