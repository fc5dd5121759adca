"""A database with all its tables: migrated once a run by ``manage.py migrate``, then copied.

The run's workers share the file; whoever needs it first makes it, from nothing.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: A data folder's database, as the settings name it.
NAME = "sunlit.sqlite3"
_shared: list[Path] = []


def keep_in(folder: Path) -> None:
    """Say once where this run's workers keep it."""
    _shared[:] = [folder]


def copy_to(file: Path) -> None:
    """A database of its own with nothing in it but what the migrations put there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # By SQLite's own means: nobody else may open the suite's database (see tests/conftest.py).
    with closing(sqlite3.connect(_made())) as origin, closing(sqlite3.connect(file)) as target:
        origin.backup(target)


def as_migrated() -> None:
    """Empty this process's database, also under other processes: numbers go on where they were.

    What Django's ``flush`` does, but the rows that migrations leave are copied, not worked out.
    """
    from django.db import connection, transaction

    from signatures.domain import guard

    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        cursor.execute("ATTACH DATABASE %s AS migrated", [str(_made())])
        try:
            with (
                guard.writes("test teardown"),
                connection.constraint_checks_disabled(),
                transaction.atomic(),
            ):
                for table in tables:
                    cursor.execute(f'DELETE FROM main."{table}"')
                    cursor.execute(f'INSERT INTO main."{table}" SELECT * FROM migrated."{table}"')
        finally:
            cursor.execute("DETACH DATABASE migrated")


def _made() -> Path:
    (folder,) = _shared
    file = folder / "migrated" / NAME
    if not file.exists():
        with (folder / "migrated.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not file.exists():
                _make(folder / "migrating")
                (folder / "migrating").rename(file.parent)
    return file


def _make(data: Path) -> None:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SUNLIT_")}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=kept
        | {
            "DJANGO_SETTINGS_MODULE": "trading.settings",
            "SUNLIT_MODE": "test",
            "SUNLIT_DATA": str(data),
        },
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def tables() -> None:
    """Migrate the database of this process, unless it was copied from one that is."""
    from django.core.management import call_command
    from django.db import connection

    if not connection.introspection.table_names():
        call_command("migrate", verbosity=0)
