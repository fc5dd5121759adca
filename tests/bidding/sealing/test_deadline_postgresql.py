"""The same race on a real PostgreSQL: row locks, READ COMMITTED, its own clock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.postgresql
def test_race_at_the_deadline_holds_on_postgresql(postgresql_server: str) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:xdist",
            "tests/bidding/sealing/test_deadline_race.py",
        ],
        cwd=ROOT,
        env={
            **{name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")},
            "SUNLIT_DATABASE_URL": postgresql_server,
        },
        capture_output=True,
        text=True,
        timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
