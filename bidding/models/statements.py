"""Signed statements as rows: digests of what lies in the store, and where the ledger has them."""

from __future__ import annotations

from django.db import models

from signatures.models import Entity


class StatementRow(Entity):
    """A signed statement that an act rested on.

    ``statement``, ``signature`` and ``assessment`` are SHA-256 in hex of files in the content
    store, ``certificate`` that of the signer's certificate, ``signer`` its holder's URN; ``leaf``
    is the index of the act's ledger entry.
    """

    statement = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)
    assessment = models.CharField(max_length=64)
    certificate = models.CharField(max_length=64)
    signer = models.CharField(max_length=80)
    at = models.DateTimeField()
    leaf = models.BigIntegerField(null=True)

    class Meta:
        abstract = True
