"""Values as columns take them, for the few statements that are written out.

Those run on every act, so each asks once for the connection (``line``) and not, as Django's
``connection`` does, at every attribute.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper


def moment(at: datetime, line: BaseDatabaseWrapper) -> Any:
    """A moment with its zone: SQLite keeps it as text in UTC without one."""
    if line.vendor == "sqlite":
        return str(at.astimezone(UTC).replace(tzinfo=None))
    return at


def moment_of(value: datetime | str) -> datetime:
    """The moment that a column of a written-out statement gave, with its zone."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def key(value: UUID, line: BaseDatabaseWrapper) -> Any:
    """A UUID: where the database has no such type, 32 hexadecimal digits."""
    return value if line.features.has_native_uuid_field else value.hex


def json(line: BaseDatabaseWrapper) -> str:
    """The placeholder of a JSON document given as text."""
    return "%s::jsonb" if line.vendor == "postgresql" else "%s"
