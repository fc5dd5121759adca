"""What a tenderee has in hand before it publishes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from trading.models.lot import Lot


class Preparation(models.Model):
    """The drafts of one lot: kept on the server, seen by the tenderee and its agency alone.

    ``notice`` holds ``title`` and what the notice says in words, ``dates`` the planned ones as RFC
    3339 strings (UTC), ``files`` the attachments of the tender document in order, each ``{"id",
    "title", "digest", "size", "media_type"}`` with its bytes in the store. ``bill`` is the bill of
    quantities (``trading.domain.bill_acts``), empty where there is none. Once the tender document
    is out both are what its next edition is to have; a file in the place of a published one keeps
    that one under ``instead_of`` until then.
    """

    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="preparation")
    notice = models.JSONField(default=dict)
    dates = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    bill = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("preparation")
        verbose_name_plural = _("preparations")
