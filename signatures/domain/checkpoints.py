"""Checkpoints of the database's log: made, timestamped, cosigned.

A checkpoint is made when the log has grown, at the latest after ``SUNLIT_CHECKPOINT_SECONDS``, and
at once when an entry asks for it (a freeze). It is signed outside any transaction and stored once;
timestamp and cosignatures follow, and nothing waits for them but the receipts that quote them.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from signatures.domain import checkpoint as notes
from signatures.domain import log, platform
from signatures.domain.clock import Clock
from signatures.domain.errors import Malformed, NotFound
from signatures.models import Checkpoint, Cosignature, LedgerHead

#: A timestamp at least this often while the log grows.
TIMESTAMP_EVERY = timedelta(hours=1)


def latest() -> Checkpoint | None:
    """The newest checkpoint, or none before the first."""
    return Checkpoint.objects.order_by("-size").first()


def make(clock_: Clock) -> Checkpoint | None:
    """Sign the log's present state, when it is due; returns the new checkpoint or none.

    Idempotent: two processes that sign the same size sign the same bytes.
    """
    head = LedgerHead.objects.get(pk=1)
    newest = latest()
    if head.size == 0 or (newest is not None and newest.size == head.size):
        return None
    at = clock_.read()
    if (
        newest is not None
        and head.urgent <= newest.size
        and at - newest.at < timedelta(seconds=settings.CHECKPOINT_SECONDS)
    ):
        return None
    root = log.root(head.size)
    note = notes.sign_checkpoint(
        notes.Checkpoint(origin=platform.log_origin(), size=head.size, root=root),
        platform.log_signer(),
    )
    try:
        with transaction.atomic():
            return Checkpoint.objects.create(size=head.size, root=root, note=note, at=at)
    except IntegrityError:
        return None


def needs_timestamp() -> Checkpoint | None:
    """The checkpoint that must be timestamped now: after a freeze, and hourly.

    Trustees want one checkpoint that is cosigned and timestamped both. A witness may pass over a
    checkpoint when the next one follows at once, also over one that the hour had stamped; so after
    a freeze the one to stamp is the newest that a witness has cosigned, until such a one is
    stamped. Where there are no witnesses, it is the newest.
    """
    urgent = LedgerHead.objects.values_list("urgent", flat=True).get(pk=1)
    whole = Checkpoint.objects.filter(size__gte=urgent)
    if settings.WITNESSES:
        whole = whole.filter(cosignatures__isnull=False)
    if not whole.filter(timestamp__isnull=False).exists():
        waiting = whole.order_by("-size").first()
        if waiting is not None:
            return waiting
    newest = latest()
    if newest is None or newest.timestamp is not None:
        return None
    stamped = Checkpoint.objects.filter(timestamp__isnull=False).order_by("-size").first()
    if stamped is None or newest.at - stamped.at >= TIMESTAMP_EVERY:
        return newest
    return None


def attach_timestamp(size: int, token: bytes) -> None:
    """Keep the RFC 3161 token over a checkpoint's note; the first one stays."""
    Checkpoint.objects.filter(size=size, timestamp__isnull=True).update(timestamp=token)


def with_cosignatures(checkpoint: Checkpoint) -> str:
    """The note as it is served: the log's signature and every witness's."""
    lines = checkpoint.cosignatures.order_by("witness").values_list("line", flat=True)
    return str(notes.add_signatures(checkpoint.note, "".join(lines))) if lines else checkpoint.note


def witnesses() -> list[notes.NoteVerifier]:
    """The witnesses whose cosignatures are kept (``SUNLIT_WITNESSES``, verifier keys)."""
    return [notes.NoteVerifier.parse(vkey) for vkey in settings.WITNESSES]


def attach_cosignature(size: int, line: str) -> Cosignature:
    """Keep a known witness's cosignature over checkpoint ``size``.

    Raises :class:`NotFound` for a size without a checkpoint and :class:`Malformed` for a line that
    no known witness signed.
    """
    row = Checkpoint.objects.filter(size=size).first()
    if row is None:
        raise NotFound(f"The log has no checkpoint of size {size}.", code="no-such-checkpoint")
    known = witnesses()
    opened = notes.open_checkpoint(notes.add_signatures(row.note, line), known)
    if len(opened.names) != 1:
        raise Malformed("Send the cosignature of one witness at a time.", code="not-one-witness")
    (witness,) = opened.names
    made, _ = Cosignature.objects.get_or_create(
        checkpoint=row, witness=witness, defaults={"line": line}
    )
    return made


def covering(index: int, *, cosigned: bool = False) -> Checkpoint | None:
    """The first checkpoint that includes entry ``index`` (and that a witness has cosigned)."""
    rows = Checkpoint.objects.filter(size__gt=index).order_by("size")
    if cosigned:
        rows = rows.filter(cosignatures__isnull=False).distinct()
    return rows.first()
