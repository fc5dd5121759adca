"""The suite's own database file is opened by SQLite alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection


@pytest.mark.django_db
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_opening_the_database_file_beside_sqlite_is_refused(suffix):
    if connection.vendor != "sqlite":
        pytest.skip("There is no file where a server keeps the database.")
    connection.ensure_connection()
    with pytest.raises(RuntimeError, match="SQLite's alone"):
        Path(str(connection.settings_dict["NAME"]) + suffix).read_bytes()


def test_other_files_are_opened_as_ever(tmp_path):
    (tmp_path / "tests.sqlite3").write_bytes(b"x")
    assert (tmp_path / "tests.sqlite3").read_bytes() == b"x"
