"""The race of asks, and what the database itself refuses, on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TESTS = (
    "tests/bidding/auction/test_race.py",
    "tests/bidding/auction/test_floor.py::test_the_database_itself_refuses_what_does_not_climb",
    "tests/bidding/auction/test_floor.py::test_the_stream_folds_to_the_state_and_chains",
)


def test_races_hold_on_postgresql(postgresql_server: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *TESTS],
        cwd=ROOT,
        env=kept | {"SUNLIT_DATABASE_URL": postgresql_server},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
