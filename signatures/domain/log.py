"""The ledger in the database: appended in an act's own transaction, read by everybody.

Entries are collected while an act decides and appended once, last before the commit, because the
append takes the log's lock. Every complete subtree's hash is stored when it comes to be, so a
proof is a handful of look-ups (``signatures.domain.ledger`` says which).
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from signatures.domain import clock, jcs, ledger
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

    def leaf(self, at: datetime) -> bytes:
        """The bytes of the leaf at this time of the log."""
        if self.public:
            return ledger.plain_leaf(jcs.timestamp(at), self.entry)
        minute = at.replace(second=0, microsecond=0)
        return ledger.hidden_leaf(jcs.timestamp(minute), self.salt, self.entry)


def append(entries: Sequence[Pending]) -> tuple[int, ...]:
    """Append ``entries`` under the log's lock; returns their indices.

    Must run inside an act's transaction, last. The time of a leaf is the official time read under
    the lock, never below its predecessor's.
    """
    head = _lock()
    edge = ledger.Range(head.size, _split(head.frontier))
    at = clock.look().official
    if head.at is not None and at < head.at:
        at = head.at
    rows: list[tuple[int, bytes]] = []
    nodes: list[tuple[int, int, bytes]] = []
    openings: list[tuple[int, Pending]] = []
    for pending in entries:
        index, data = edge.size, pending.leaf(at)
        rows.append((index, data))
        for node in edge.append(ledger.leaf_hash(data)):
            nodes.append((node.level, node.index, node.hash))
        if pending.entry["act"] != COVER_ACT and (not pending.public or pending.receipt_for):
            openings.append((index, pending))
    urgent = edge.size if any(pending.urgent for pending in entries) else head.urgent
    _write(rows, nodes)
    if openings:
        _open(openings)
    moment: Any = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_HEAD, (edge.size, b"".join(edge.hashes), moment, urgent))
    return tuple(index for index, _data in rows)


#: Every act ends with these five, so they are written out: through models they cost more than
#: the commit itself.
_READ_HEAD = "SELECT size, frontier, at, urgent FROM signatures_ledgerhead WHERE id = 1"
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
    size: int
    frontier: bytes
    at: datetime | None
    urgent: int


def _lock() -> _Head:
    """The head's row, locked. SQLite holds its write lock since the transaction began."""
    locking = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(_READ_HEAD + locking)
        size_, frontier, at, urgent = cursor.fetchone()
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return _Head(size=size_, frontier=bytes(frontier), at=at, urgent=urgent)


def _write(rows: list[tuple[int, bytes]], nodes: list[tuple[int, int, bytes]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_ADD_ENTRY, rows)
        cursor.executemany(_ADD_NODE, nodes)


def _open(openings: Sequence[tuple[int, Pending]]) -> None:
    """Keep what these leaves hide, for those entitled to it."""
    native = connection.features.has_native_uuid_field
    rows = []
    for index, pending in openings:
        key = uuid.uuid4()
        rows.append(
            (
                key if native else key.hex,
                index,
                b"" if pending.public else pending.salt,
                json.dumps(pending.entry),
                pending.entry["subject"] or "",
                json.dumps(pending.receipt_for),
            )
        )
    value = "%s::jsonb" if connection.vendor == "postgresql" else "%s"
    with connection.cursor() as cursor:
        cursor.executemany(_ADD_OPENING.format(json=value), rows)


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
    data = LedgerEntry.objects.filter(index=index).values_list("data", flat=True).first()
    if data is None:
        raise NotFound(f"The ledger has no entry {index}.")
    return bytes(data)


#: Written out: a proof among a million entries reads some twenty nodes, and Django's query
#: compiler takes ten times as long over each as the database does.
_READ_NODE = f'SELECT hash FROM {LedgerNode._meta.db_table} WHERE level = %s AND "index" = %s'  # noqa: S608


def _node(level: int, index: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(_READ_NODE, [level, index])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(f"The ledger has no node {level}/{index}.")
    return bytes(row[0])
