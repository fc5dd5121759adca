"""What requests were answered with: the memory behind idempotency keys.

Read and written by every act that somebody may repeat, many at once under one commit, so the two
statements are written out: Django's query compiler takes several times as long as the database.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db import connection, transaction

from signatures.domain import columns
from signatures.models import Idempotency

#: Who asked, and under which key.
Asked: TypeAlias = tuple[str, str]

_TABLE = Idempotency._meta.db_table
#: Pairs in one query, far below what any database allows in parameters.
_PORTION = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a key was used for (the request's digest in hex), and what was answered."""

    request: str
    result: dict[str, Any]
    leaves: tuple[int, ...]


def find(asked: Sequence[Asked]) -> dict[Asked, Answer]:
    """The answers that these were given before; who has none is not in it."""
    found: dict[Asked, Answer] = {}
    for start in range(0, len(asked), _PORTION):
        portion = asked[start : start + _PORTION]
        pairs = ", ".join(["(%s, %s)"] * len(portion))
        with connection.cursor() as cursor:
            # A join in this order: for ``(actor, key) IN`` SQLite would read the whole table.
            cursor.execute(
                f"WITH asked(actor, key) AS (VALUES {pairs}) "  # noqa: S608 - placeholders only
                f"SELECT k.actor, k.key, k.request, k.result FROM asked CROSS JOIN {_TABLE} k "
                "WHERE k.actor = asked.actor AND k.key = asked.key",
                [item for pair in portion for item in pair],
            )
            for actor, key, request, result in cursor.fetchall():
                body = json.loads(result) if isinstance(result, str) else result
                found[actor, key] = Answer(request, body["result"], tuple(body["leaves"]))
    return found


def keep(answers: Iterable[tuple[Asked, Answer, datetime]]) -> None:
    """Remember answers in the acts' own transaction; IntegrityError where a key has one."""
    line = transaction.get_connection()
    rows = [
        (
            *asked,
            answer.request,
            json.dumps({"result": answer.result, "leaves": list(answer.leaves)}),
            columns.moment(at, line),
        )
        for asked, answer, at in answers
    ]
    if rows:
        with line.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {_TABLE} (actor, key, request, result, at) "  # noqa: S608
                f"VALUES (%s, %s, %s, {columns.json(line)}, %s)",
                rows,
            )
