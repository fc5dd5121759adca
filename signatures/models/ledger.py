"""The ledger's rows: entries, the hashes of complete subtrees, checkpoints, receipts."""

from __future__ import annotations

from django.db import models

from signatures.models.base import Entity


class LedgerHead(models.Model):
    """One row, the log's lock: its size, its frontier and the time of its last entry.

    ``frontier`` holds the hashes of the complete subtrees along the right edge, largest first,
    so that an append reads nothing else. ``urgent`` is the size up to which a checkpoint and a
    timestamp are wanted at once.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=b"")
    at = models.DateTimeField(null=True)
    urgent = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_ledger")]


class LedgerEntry(models.Model):
    """One leaf: its bytes exactly as they were hashed. Never changed, never deleted."""

    index = models.BigIntegerField(primary_key=True)
    data = models.BinaryField()


class LedgerNode(models.Model):
    """The hash of one complete subtree of 2^level leaves that begins at index × 2^level."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()


class LedgerOpening(Entity):
    """What a hidden leaf hides: its salt and its entry, shown only to those entitled.

    ``owners`` are the URNs that may fetch a receipt of it.
    """

    urn_kind = "receipt"

    leaf = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, related_name="opening")
    salt = models.BinaryField()
    entry = models.JSONField()
    subject = models.CharField(max_length=120, db_index=True)
    owners = models.JSONField(default=list)


class Checkpoint(models.Model):
    """The log's size and root at one moment, signed as a C2SP note, with its timestamp token."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()
    timestamp = models.BinaryField(null=True)


class Cosignature(models.Model):
    """One witness's signature line over a checkpoint."""

    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.PROTECT, related_name="cosignatures"
    )
    witness = models.CharField(max_length=120)
    line = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "witness"], name="one_cosignature_per_witness"
            ),
        ]
