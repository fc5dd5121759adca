"""Holds: why a volume must not be disposed of, whatever its term."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models import Lot


class Hold(Entity):
    """An objection, a lawsuit, an inquiry: while it stands, nothing of the lot is disposed of."""

    urn_kind = "hold"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(_("reason"), max_length=200)
    placed_by = models.CharField(max_length=60)
    placed_at = models.DateTimeField(_("placed at"))
    lifted_by = models.CharField(max_length=60, blank=True)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by="")
                | Q(lifted_at__isnull=False) & ~Q(lifted_by=""),
                name="lifted_holds_know_by_whom",
            ),
        ]
        indexes = [models.Index(fields=["lot", "lifted_at"], name="hold_of_lot")]
