"""Limits that several benchmarks measure beside their figures."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Bytes of a frame, as measured when the mechanism was designed.
FRAME = 172


@contextmanager
def bare_database(folder: Path) -> Iterator[Callable[[int], list[float]]]:
    """Single-row commits by the database library alone; gives the seconds of each."""
    line = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    line.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    line.execute("CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, data TEXT)")

    def commits(count: int) -> list[float]:
        spent = []
        for _ in range(count):
            start = time.perf_counter()
            line.execute("BEGIN IMMEDIATE")
            line.execute("INSERT INTO row (data) VALUES (?)", ("x" * FRAME,))
            line.execute("COMMIT")
            spent.append(time.perf_counter() - start)
        return spent

    yield commits
    line.close()
