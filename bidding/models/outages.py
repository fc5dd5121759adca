"""Deadlines that an outage of the platform moved."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity, Outage
from trading.models import Lot


class OutageExtension(Entity):
    """One lot's deadline, ``name`` among its dates, moved ``before`` -> ``after`` by one outage."""

    urn_kind = "outage-extension"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="outage_extensions")
    outage = models.ForeignKey(Outage, on_delete=models.PROTECT, related_name="extensions")
    name = models.CharField(max_length=40)
    before = models.DateTimeField()
    after = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("deadline moved by an outage")
        verbose_name_plural = _("deadlines moved by outages")
        constraints = [
            models.UniqueConstraint(fields=["lot", "outage"], name="an_outage_moves_a_lot_once"),
        ]
