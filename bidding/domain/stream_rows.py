"""Committed events as the hub reads them: many rooms in one query, ready to be sent.

Two ways to find what is new. SQLite has one writer, so rows are committed in the order of their
ids and everything after the last id is new. PostgreSQL commits in any order, but numbers of one
room are committed in order, since the room's row is locked; there each room has its own place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from bidding.models import Room, RoomEvent
from signatures.domain import jcs

#: Events read in one query.
BATCH = 2000

_EVENTS = RoomEvent._meta.db_table
_COLUMNS = "e.room_id, e.seq, e.at, e.kind, e.audience, e.actor, e.data"


@dataclass(frozen=True, slots=True)
class Row:
    """One committed event: ``room`` is the UUID in hex without hyphens, ``text`` the frame."""

    room: str
    seq: int
    kind: str
    audience: str
    text: str


def last_id() -> int:
    """The id of the newest committed event; 0 when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(id) FROM {_EVENTS}")  # noqa: S608
        return cursor.fetchone()[0] or 0


def since(last: int) -> tuple[int, list[Row]]:
    """Everything committed after that id, of all rooms, and the id to go on from (SQLite)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS}, e.id FROM {_EVENTS} e WHERE e.id > %s ORDER BY e.id LIMIT %s",  # noqa: S608
            [last, BATCH],
        )
        found = cursor.fetchall()
    return (found[-1][7] if found else last), [_row(row) for row in found]


def behind(places: Mapping[str, int]) -> list[Row]:
    """Everything committed in these rooms (hex) after these numbers, in order (any database)."""
    if not places:
        return []
    want = ", ".join(["(%s::uuid, %s::bigint)" if _postgresql() else "(%s, %s)"] * len(places))
    sql = (
        f"WITH want(room, after) AS (VALUES {want}) SELECT {_COLUMNS} FROM want w "  # noqa: S608
        f"JOIN {_EVENTS} e ON e.room_id = w.room AND e.seq > w.after "
        "ORDER BY e.room_id, e.seq LIMIT %s"
    )
    values = [item for place in places.items() for item in place]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, BATCH])
        return [_row(row) for row in cursor.fetchall()]


def visible(
    room: UUID, *, after: int, until: int, audiences: Iterable[str], limit: int
) -> list[Row]:
    """The first ``limit`` events of one room that these audiences may see."""
    names = sorted(audiences)
    sql = (
        f"SELECT {_COLUMNS} FROM {_EVENTS} e WHERE e.room_id = %s AND e.seq > %s AND e.seq <= %s "  # noqa: S608
        f"AND e.audience IN ({', '.join(['%s'] * len(names))}) ORDER BY e.seq LIMIT %s"
    )
    key = Room._meta.pk.get_db_prep_value(room, connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, [key, after, until, *names, limit])
        return [_row(row) for row in cursor.fetchall()]


def _postgresql() -> bool:
    return connection.vendor == "postgresql"


def _row(row: Sequence[Any]) -> Row:
    room, seq, at, kind, audience, actor, data = row[:7]
    # The data is spliced in as the database gives it: JSON that was checked when it was written.
    text = (
        f'{{"seq":{seq},"at":"{_time(at)}","event":{json.dumps(kind)},"by":{json.dumps(actor)},'
        f'"data":{data if isinstance(data, str) else json.dumps(data)}}}'
    )
    return Row(room if isinstance(room, str) else room.hex, seq, kind, audience, text)


def _time(at: datetime) -> str:
    # SQLite gives the moment without its zone, which is UTC.
    return jcs.timestamp(at.replace(tzinfo=UTC) if at.tzinfo is None else at)
