"""The examination of applications for prequalification: what each member found of each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bidding.models.bids import Bid
from bidding.models.committee import Seat
from signatures.models import Entity

#: The longest reason of one member for one application.
MAX_REASON = 1_000


class Examination(Entity):
    """One member's signed finding on one application; it stands.

    ``passes`` says for each criterion whether the application meets it; ``reason`` why not. The
    statement (``sunlit.examination/1``) lies in the store under ``statement`` and ``signature``.
    """

    urn_kind = "examination"

    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="examinations")
    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="examinations")
    passes = models.JSONField()
    reason = models.CharField(_("reason"), max_length=MAX_REASON, blank=True)
    at = models.DateTimeField(_("examined at"))
    statement = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)
    assessment = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("examination of an application")
        verbose_name_plural = _("examinations of applications")
        constraints = [
            models.UniqueConstraint(fields=["seat", "bid"], name="one_examination_a_member"),
        ]
