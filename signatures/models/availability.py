"""When the platform was there, and when it was not."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models.base import Entity


class Presence(models.Model):
    """From when to when one server answered, on real time: its own row, which grows while it does.
    """

    server = models.CharField(max_length=80)
    since = models.DateTimeField()
    until = models.DateTimeField(db_index=True)


class Outage(Entity):
    """From when to when no server answered: real time, by which it was found, and official time.

    ``leaf`` is its entry in the ledger; ``settled_at`` when everything that follows was done.
    """

    urn_kind = "outage"

    since = models.DateTimeField()
    until = models.DateTimeField()
    real_since = models.DateTimeField(unique=True)
    real_until = models.DateTimeField(db_index=True)
    leaf = models.BigIntegerField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
