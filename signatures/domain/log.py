"""The ledger in the database: appended in an act's own transaction, read by everybody.

Entries are collected while an act decides and appended once, last before the commit, because the
append takes the log's lock. Every complete subtree's hash is stored when it comes to be (a leaf's
own is that of its entry), so a proof is a handful of look-ups (``signatures.domain.ledger`` says
which).
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from signatures.domain import clock, columns, jcs, ledger
from signatures.domain.errors import NotFound
from signatures.models import LedgerEntry, LedgerHead, LedgerNode

COVER_ACT = "ledger.cover"


@dataclass(frozen=True)
class Pending:
    """An entry that waits for its place: a plain leaf when ``public``, else a salted one.

    ``salt`` is drawn here, so that a command can name its own commitment before the append;
    ``urgent`` asks for a checkpoint, a cosignature and a timestamp at once. The calls in
    ``placed`` are told the leaf's index in the same transaction.
    """

    entry: dict[str, Any]
    public: bool
    urgent: bool = False
    receipt_for: tuple[str, ...] = ()
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(ledger.SALT_SIZE))
    placed: list[Callable[[int], None]] = field(default_factory=list, compare=False)

    @cached_property
    def text(self) -> bytes:
        """The entry's canonical bytes."""
        return ledger.entry_bytes(self.entry)

    def leaf(self, at: datetime) -> bytes:
        """The bytes of the leaf at this time of the log."""
        if self.public:
            return ledger.plain_leaf(jcs.timestamp(at), self.entry)
        return ledger.hidden_leaf_of(_minute(at), ledger.commitment_of(self.salt, self.text))

    @property
    def opens(self) -> bool:
        """Whether what the leaf hides, or who may have its receipt, is kept beside it."""
        return self.entry["act"] != COVER_ACT and (not self.public or bool(self.receipt_for))


def append(entries: Sequence[Pending]) -> tuple[int, ...]:
    """Append ``entries`` under the log's lock; returns their indices.

    Must run inside an act's transaction, last. The time of a leaf is the official time read under
    the lock, never below its predecessor's.
    """
    line = transaction.get_connection()
    with line.cursor() as cursor:
        head = _lock(cursor, line)
        edge = ledger.Range(head.size, _split(head.frontier))
        at = head.now if head.at is None else max(head.now, head.at)
        rows: list[tuple[int, bytes]] = []
        nodes: list[tuple[int, int, bytes]] = []
        openings: list[tuple[Any, ...]] = []
        for pending in entries:
            index, data = edge.size, pending.leaf(at)
            rows.append((index, data))
            # The first node is the leaf itself, which its entry gives.
            for node in edge.append(ledger.leaf_hash(data))[1:]:
                nodes.append((node.level, node.index, node.hash))
            if pending.opens:
                openings.append(_opening(index, pending, line))
        urgent = edge.size if any(pending.urgent for pending in entries) else head.urgent
        _insert(cursor, _ADD_ENTRY, rows)
        _insert(cursor, _ADD_NODE, nodes)
        _insert(cursor, _ADD_OPENING.format(json=columns.json(line)), openings)
        moved = (edge.size, b"".join(edge.hashes), columns.moment(at, line), urgent)
        cursor.execute(_MOVE_HEAD, moved)
    return tuple(index for index, _data in rows)


#: Every act ends with these five, so they are written out: through models they cost more than
#: the commit itself.
_HEAD = "size, frontier, at, urgent FROM signatures_ledgerhead WHERE id = 1"
_ADD_ENTRY = 'INSERT INTO signatures_ledgerentry ("index", data) VALUES (%s, %s)'
_ADD_NODE = 'INSERT INTO signatures_ledgernode (level, "index", hash) VALUES (%s, %s, %s)'
_ADD_OPENING = (
    "INSERT INTO signatures_ledgeropening (id, leaf_id, salt, entry, subject, owners) "
    "VALUES (%s, %s, %s, {json}, %s, {json})"
)
_MOVE_HEAD = (
    "UPDATE signatures_ledgerhead SET size = %s, frontier = %s, at = %s, urgent = %s WHERE id = 1"
)


@dataclass(frozen=True, slots=True)
class _Head:
    """The head's row, and the official time read behind its lock."""

    size: int
    frontier: bytes
    at: datetime | None
    urgent: int
    now: datetime


def _lock(cursor: Any, line: BaseDatabaseWrapper) -> _Head:
    if line.vendor == "sqlite":
        # The write lock is held since the transaction began: one query does for both.
        cursor.execute(f"{clock.statement(line.vendor)}, {_HEAD}")
        real, offset, size_, frontier, at, urgent = cursor.fetchone()
        now = clock.reading(real, offset).official
    else:
        cursor.execute(f"SELECT {_HEAD} FOR UPDATE")
        size_, frontier, at, urgent = cursor.fetchone()
        now = clock.look().official
    before = None if at is None else columns.moment_of(at)
    return _Head(size=size_, frontier=bytes(frontier), at=before, urgent=urgent, now=now)


def _insert(cursor: Any, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if len(rows) == 1:
        cursor.execute(statement, rows[0])
    elif rows:
        cursor.executemany(statement, rows)


def _opening(index: int, pending: Pending, line: BaseDatabaseWrapper) -> tuple[Any, ...]:
    """The row of what this leaf hides, for those entitled to it."""
    return (
        columns.key(uuid.uuid4(), line),
        index,
        b"" if pending.public else pending.salt,
        pending.text.decode(),
        pending.entry["subject"] or "",
        json.dumps(pending.receipt_for) if pending.receipt_for else "[]",
    )


def _minute(at: datetime) -> str:
    return jcs.timestamp(at.replace(second=0, microsecond=0))


def _split(frontier: bytes) -> list[bytes]:
    return [frontier[start : start + 32] for start in range(0, len(frontier), 32)]


# --- reading ------------------------------------------------------------------------------------


def size() -> int:
    """How many entries the ledger holds."""
    return LedgerHead.objects.values_list("size", flat=True).get(pk=1)


def root(size_: int) -> bytes:
    """The root of the first ``size_`` entries."""
    plan = ledger.root_plan(size_)
    return ledger.fold([_node(level, index) for level, index in plan])


def inclusion_proof(index: int, size_: int) -> list[bytes]:
    """The proof that entry ``index`` is among the first ``size_``."""
    return ledger.resolve(ledger.inclusion_plan(index, size_), _node)


def consistency_proof(size1: int, size2: int) -> list[bytes]:
    """The proof that the first ``size1`` entries are a prefix of the first ``size2``."""
    return ledger.resolve(ledger.consistency_plan(size1, size2), _node)


def entries(start: int, end: int) -> list[bytes]:
    """The leaves' bytes from ``start`` up to but without ``end``."""
    rows = LedgerEntry.objects.filter(index__gte=start, index__lt=end).order_by("index")
    return [bytes(data) for data in rows.values_list("data", flat=True)]


def entry(index: int) -> bytes:
    """One leaf's bytes; raises :class:`NotFound`."""
    data = _one(_READ_ENTRY, index) if 0 <= index < ledger.MAX_SIZE else None
    if data is None:
        raise NotFound(f"The ledger has no entry {index}.")
    return data


#: Written out: a proof among a million entries reads some twenty nodes, and Django's query
#: compiler takes ten times as long over each as the database does.
_READ_ENTRY = f'SELECT data FROM {LedgerEntry._meta.db_table} WHERE "index" = %s'  # noqa: S608
_READ_NODE = f'SELECT hash FROM {LedgerNode._meta.db_table} WHERE level = %s AND "index" = %s'  # noqa: S608


def _node(level: int, index: int) -> bytes:
    if level == 0:
        return ledger.leaf_hash(entry(index))
    hash_ = _one(_READ_NODE, level, index)
    if hash_ is None:
        raise NotFound(f"The ledger has no node {level}/{index}.")
    return hash_


def _one(statement: str, *key: int) -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, key)
        row = cursor.fetchone()
    return None if row is None else bytes(row[0])
