"""The same tests of acts, alone and together, and of rooms' queues, on the other database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = (
    "tests/signatures/domain/test_act.py",
    "tests/signatures/domain/test_together.py",
    "tests/bidding/domain/test_room_queues.py",
    "tests/bidding/sealing/turns_on_postgresql.py",
)


def test_acts_and_queues_hold_on_postgresql(postgresql_server: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *FILES],
        cwd=ROOT,
        env=kept | {"SUNLIT_DATABASE_URL": postgresql_server},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
