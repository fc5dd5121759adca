"""The part of the ledger that concerns one lot, as lines that prove themselves.

``metadata/ledger.jsonl`` is canonical JSON, an object a line: first the slice's head, then the
checkpoints under which something of the lot was timestamped and the one over all of it, each with
its consistency proof to the last; then every entry of the lot with its inclusion proof, opened
where the archive may open it; the receipts that were given; and exhibits whose bytes are not in
the package, with the reason. ``archive/verify/verify.py`` reads it with the standard library.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.domain import tables
from signatures.domain import checkpoints, issuing, jcs, log, platform
from signatures.domain.errors import Unavailable
from signatures.models import Checkpoint, LedgerEntry, LedgerOpening
from trading.models import Document, Exhibit, Lot

SLICE_VERSION = 1
BATCH = 2000
_URN = re.compile(r"[a-z][a-z0-9-]{0,30}:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMED = re.compile(_URN.pattern.encode())


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry of the lot: ``entry`` is None where it stays closed, ``salt`` empty where plain."""

    index: int
    leaf: bytes
    entry: dict[str, Any] | None
    salt: bytes
    opening: LedgerOpening | None

    @property
    def plain(self) -> bool:
        return self.entry is not None and not self.salt


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What of the ledger concerns a lot, under one checkpoint."""

    lot: str
    checkpoint: Checkpoint
    lines: tuple[Line, ...]
    stamped: tuple[Checkpoint, ...]

    @property
    def size(self) -> int:
        return int(self.checkpoint.size)

    @property
    def root(self) -> str:
        return bytes(self.checkpoint.root).hex()

    @property
    def closed(self) -> int:
        """How many entries stay closed."""
        return sum(line.entry is None for line in self.lines)

    def entries_of(self, act: str) -> Iterator[Line]:
        """The opened entries of one act."""
        return (line for line in self.lines if line.entry is not None and line.entry["act"] == act)

    @property
    def receipts(self) -> tuple[Line, ...]:
        """The entries of which somebody holds a receipt and which are open here."""
        return tuple(
            line
            for line in self.lines
            if line.entry is not None and line.opening is not None and line.opening.owners
        )


def cut(lot: Lot, *, after: int) -> Slice:
    """The lot's entries under a checkpoint that covers entry ``after``.

    The newest that a witness has cosigned, else the newest. Raises :class:`Unavailable` while
    there is none; it follows within a minute.
    """
    covering = Checkpoint.objects.filter(size__gt=after).order_by("-size")
    newest = covering.filter(cosignatures__isnull=False).first() or covering.first()
    if newest is None:
        raise Unavailable(
            f"No checkpoint covers entry {after} of the ledger yet. It follows within a minute.",
            code="no-checkpoint",
        )
    lines = tuple(_lines(lot, newest.size))
    return Slice(
        lot=lot.urn, checkpoint=newest, lines=lines, stamped=_stamped(lines, newest.size)
    )


def _lines(lot: Lot, size: int) -> Iterator[Line]:
    """One pass in order: what an entry of the lot names first, later entries may be about."""
    rules = tables.ledger_rules()
    known = _things_of(lot)
    start = _first_at(lot.project.created_at, size)
    while start < size:
        end = min(size, start + BATCH)
        openings = {
            row.leaf_id: row
            for row in LedgerOpening.objects.filter(leaf_id__gte=start, leaf_id__lt=end)
        }
        rows = LedgerEntry.objects.filter(index__gte=start, index__lt=end).order_by("index")
        for index, data in rows.values_list("index", "data"):
            leaf, opening = bytes(data), openings.get(index)
            if opening is not None:
                entry = opening.entry
            elif not known.isdisjoint(map(bytes.decode, _NAMED.findall(leaf))):
                entry = json.loads(leaf).get("entry")
            else:
                continue
            if entry is None or known.isdisjoint(urns_in([entry["subject"], entry["context"]])):
                continue
            # The lot is named: what the entry is about is a thing of the lot, too.
            subject = entry["subject"] or ""
            if subject.partition(":")[0] not in rules.never and subject not in known:
                known.add(subject)
            salt = b"" if opening is None else bytes(opening.salt)
            closed = bool(salt) and rules.stays_closed(entry["act"])
            yield Line(
                index=index,
                leaf=leaf,
                entry=None if closed else entry,
                salt=b"" if closed else salt,
                opening=opening,
            )
        start = end


def _things_of(lot: Lot) -> set[str]:
    """The lot, and what its documents and exhibits are and name in their facts.

    Not its project: an entry about the whole project names all of its lots.
    """
    never = tables.ledger_rules().never
    documents = Document.objects.filter(lot=lot).values_list("pk", flat=True)
    things = {f"document:{pk}" for pk in documents}
    for pk, facts in Exhibit.objects.filter(lot=lot).values_list("pk", "facts"):
        things.add(f"exhibit:{pk}")
        things |= urns_in(facts)
    return {urn for urn in things if urn.partition(":")[0] not in never} | {lot.urn}


def urns_in(value: Any) -> set[str]:
    """Every URN that stands as a text of its own somewhere in a JSON value."""
    if isinstance(value, str):
        return {value} if _URN.fullmatch(value) else set()
    if isinstance(value, Mapping):
        return set().union(*(urns_in(item) for item in value.values()))
    if isinstance(value, (list, tuple)):
        return set().union(*(urns_in(item) for item in value))
    return set()


def _first_at(moment: datetime, size: int) -> int:
    """The first entry of the minute of ``moment`` or later; times in the log only rise."""
    wanted = jcs.timestamp(moment.replace(second=0, microsecond=0))
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if json.loads(log.entry(middle))["at"] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def _stamped(lines: tuple[Line, ...], size: int) -> tuple[Checkpoint, ...]:
    """For the lot's entries, the first timestamped checkpoint that covers each."""
    found: list[Checkpoint] = []
    rows = list(
        Checkpoint.objects.filter(timestamp__isnull=False, size__lt=size).order_by("size")
    )
    position = 0
    for line in lines:
        while position < len(rows) and rows[position].size <= line.index:
            position += 1
        if position == len(rows):
            break
        if not found or found[-1].size != rows[position].size:
            found.append(rows[position])
    return tuple(found)


def write(slice_: Slice, *, absent: Mapping[str, str]) -> bytes:
    """The slice as lines; ``absent`` are exhibits (URN -> reason) whose bytes are not there."""
    keys = [platform.log_verifier(), *checkpoints.witnesses()]
    head = {
        "v": SLICE_VERSION,
        "kind": "slice",
        "origin": platform.origin(),
        "log": platform.log_origin(),
        "lot": slice_.lot,
        "size": slice_.size,
        "root": slice_.root,
        "entries": len(slice_.lines),
        "keys": [each.vkey for each in keys],
    }
    rows: list[dict[str, Any]] = [head]
    rows += [_checkpoint(row, slice_.size) for row in (*slice_.stamped, slice_.checkpoint)]
    rows += [_entry(line, slice_.size) for line in slice_.lines]
    rows += [_receipt(line) for line in slice_.receipts]
    rows += [
        {"kind": "absent", "exhibit": urn, "reason": reason}
        for urn, reason in sorted(absent.items())
    ]
    return b"".join(jcs.dumps(row) + b"\n" for row in rows)


def _checkpoint(row: Checkpoint, size: int) -> dict[str, Any]:
    proof = [] if row.size == size else log.consistency_proof(row.size, size)
    lines = row.cosignatures.order_by("witness").values_list("line", flat=True)
    token = row.timestamp
    return {
        "kind": "checkpoint",
        "note": row.note,
        "cosignatures": list(lines),
        "proof": [item.hex() for item in proof],
        "timestamp": None if token is None else base64.b64encode(bytes(token)).decode(),
    }


def _entry(line: Line, size: int) -> dict[str, Any]:
    return {
        "kind": "entry",
        "index": line.index,
        "leaf": line.leaf.decode(),
        "proof": [item.hex() for item in log.inclusion_proof(line.index, size)],
        "salt": line.salt.hex() or None,
        "entry": line.entry if line.salt else None,
    }


def _receipt(line: Line) -> dict[str, Any]:
    """A receipt without the statement about its key, which stands once in metadata/trust."""
    assert line.opening is not None
    whole = jcs.loads(issuing.issue(line.opening).data)
    return {
        "kind": "receipt",
        "index": line.index,
        "receipt": whole["receipt"],
        "signature": whole["signature"],
    }
