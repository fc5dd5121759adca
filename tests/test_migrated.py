"""What tests stand on: a database that ``migrate`` made, copied; and emptied to that state."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from signatures.domain import guard
from signatures.models import LedgerHead, User
from tests.factories import floor, migrated
from trading.models import Membership, Organisation

sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a server migrates by itself")


def content() -> list[str]:
    """Every table and row of this process's database, but for where SQLite's numbers stand."""
    connection.ensure_connection()
    return [line for line in connection.connection.iterdump() if "sqlite_sequence" not in line]


def content_of(file) -> list[str]:
    with closing(sqlite3.connect(file)) as found:
        return [line for line in found.iterdump() if "sqlite_sequence" not in line]


@sqlite
def test_copy_holds_what_migrate_leaves_and_nothing_else(tmp_path):
    migrated.copy_to(tmp_path / "new" / migrated.NAME)
    found = content_of(tmp_path / "new" / migrated.NAME)
    assert any('INSERT INTO "trading_calendarday"' in line for line in found)
    assert not any("trading_organisation VALUES" in line for line in found)


@pytest.mark.django_db
def test_nothing_is_left_to_migrate():
    said = StringIO()
    call_command("migrate", plan=True, stdout=said, no_color=True)
    assert said.getvalue().splitlines()[1:] == ["  No planned migration operations."]


@sqlite
@pytest.mark.django_db(transaction=True)
def test_emptied_database_is_as_migrated_to_the_row():
    migrated.as_migrated()
    before = content()
    floor.house()
    with guard.writes("test arrangement"):
        LedgerHead.objects.all().delete()
    assert content() != before
    migrated.as_migrated()
    assert content() == before


@sqlite
@pytest.mark.django_db(transaction=True)
def test_emptied_database_goes_on_with_its_numbers_and_watches_its_keys():
    first = _member()
    migrated.as_migrated()
    assert (User.objects.count(), Organisation.objects.count()) == (0, 0)
    assert _member().pk > first.pk
    with pytest.raises(IntegrityError), guard.writes("test arrangement"), transaction.atomic():
        Membership.objects.update(organisation_id=uuid4())


def _member() -> Membership:
    return floor.person("王芳", floor.organisation("某单位", "tenderee")).memberships.get()
