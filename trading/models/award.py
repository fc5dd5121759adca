"""Who won a lot, and by which decision."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.exhibit import Exhibit
from trading.models.lot import Lot
from trading.models.organisation import Organisation


class Award(Entity):
    """The tenderee's decision on one lot.

    ``price`` and ``terms`` (name -> text) are what the winner bid, as the evaluation report has
    it: a contract must repeat them. ``rank`` is the winner's among the candidates; ``reasons`` say
    why the tenderee decided so. ``report`` is the evaluation report that the decision rests on.
    """

    urn_kind = "award"

    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="award")
    winner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="awards")
    rank = models.PositiveSmallIntegerField(_("rank"))
    price = models.DecimalField(_("price in CNY"), max_digits=18, decimal_places=2)
    terms = models.JSONField(default=dict)
    reasons = models.TextField(_("reasons"), blank=True)
    report = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="+")
    decided_by = models.CharField(max_length=80)
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("award")
        verbose_name_plural = _("awards")
