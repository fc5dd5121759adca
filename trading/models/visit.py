"""Visits of the site of a lot, announced to everybody alike."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.lot import Lot

#: Characters of a place and of what is to be known.
MAX_PLACE, MAX_NOTE = 200, 1000


class SiteVisit(Entity):
    """One visit: when and where whoever fetched the documents may see the site (TBL 21).

    ``called_off_at`` and ``reason`` are of one that does not take place.
    """

    urn_kind = "site-visit"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="site_visits")
    at = models.DateTimeField(_("at"))
    place = models.CharField(_("place"), max_length=MAX_PLACE)
    note = models.TextField(_("what is to be known"), blank=True)
    announced_at = models.DateTimeField(_("announced at"))
    called_off_at = models.DateTimeField(_("called off at"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("site visit")
        verbose_name_plural = _("site visits")
