"""What every row that people speak of has: an identity of its own and a name for the ledger."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class Entity(models.Model):
    """A row with a UUID and a URN ``<kind>:<uuid>``, by which the ledger names it."""

    urn_kind: ClassVar[str] = ""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True

    @property
    def urn(self) -> str:
        return f"{self.urn_kind}:{self.pk}"
