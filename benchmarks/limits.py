"""Limits that several benchmarks measure beside their figures."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Bytes of a frame, as measured when the mechanism was designed.
FRAME = 172


class Bare:
    """A database used by its library alone: one table, one row a commit."""

    def __init__(self, path: Path | str) -> None:
        self._line = sqlite3.connect(path, isolation_level=None)
        self._line.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        self._line.execute("CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, data TEXT)")

    def commit(self, text: str) -> None:
        """Add one row, durably."""
        self._line.execute("BEGIN IMMEDIATE")
        self._line.execute("INSERT INTO row (data) VALUES (?)", (text,))
        self._line.execute("COMMIT")

    def close(self) -> None:
        self._line.close()


@contextmanager
def bare_database(folder: Path) -> Iterator[Callable[[int], float]]:
    """Single-row commits by the database library alone; gives the seconds that so many take."""
    line = Bare(folder / "bare.sqlite3")

    def commits(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            line.commit("x" * FRAME)
        return time.perf_counter() - start

    yield commits
    line.close()
