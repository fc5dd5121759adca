"""Who won a lot, and by which decision."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.exhibit import Exhibit
from trading.models.lot import Lot
from trading.models.organisation import Organisation


class Award(Entity):
    """The tenderee's decision on one lot for one winner; a framework has ``several`` on its lot.

    ``price`` and ``terms`` (name -> text) are what the winner bid, as the evaluation report has
    it: a contract must repeat them. ``rank`` is the winner's among the candidates; ``reasons`` say
    why the tenderee decided so. ``report`` is the evaluation report that the decision rests on.
    Whoever of several winners did not sign in time is ``dropped_at`` a moment, for a reason.
    """

    urn_kind = "award"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="awards")
    winner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="awards")
    rank = models.PositiveSmallIntegerField(_("rank"))
    price = models.DecimalField(_("price in CNY"), max_digits=18, decimal_places=2)
    terms = models.JSONField(default=dict)
    reasons = models.TextField(_("reasons"), blank=True)
    report = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="+")
    decided_by = models.CharField(max_length=80)
    decided_at = models.DateTimeField(_("decided at"))
    several = models.BooleanField(_("one of several"), default=False)
    dropped_at = models.DateTimeField(_("dropped at"), null=True, blank=True)
    dropped_for = models.TextField(_("dropped for"), blank=True)

    class Meta:
        verbose_name = _("award")
        verbose_name_plural = _("awards")
        constraints = [
            models.UniqueConstraint(fields=["lot", "winner"], name="one_award_per_winner"),
            models.UniqueConstraint(
                fields=["lot"], condition=Q(several=False), name="one_award_unless_several"
            ),
        ]
