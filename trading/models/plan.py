"""The plan of a lot before publication: what it is, on which ground, and who approved it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trading.models.lot import Lot

#: Characters of a reason, of an approval's number and of who gave it.
MAX_REASON, MAX_NUMBER, MAX_AUTHORITY = 500, 80, 200


class Plan(models.Model):
    """What the catalogue judges a lot by, besides the lot itself, and how its approval stands.

    ``object``, ``funds`` and ``ground`` are names of the catalogue's file. ``approval`` is one that
    was given elsewhere: ``{"number", "authority", "date"}`` and ``file`` (``{"title", "digest",
    "size", "media_type"}``, its bytes in the store). ``submitted`` is the digest of the plan that
    was submitted (``trading.domain.plans.digest``); a plan that reads otherwise by now is
    submitted anew. ``approved`` is None until supervision decided; ``reason`` is its reason.
    """

    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="plan")
    object = models.CharField(_("object"), max_length=40, blank=True)
    funds = models.CharField(_("funds"), max_length=40, blank=True)
    ground = models.CharField(_("ground"), max_length=40, blank=True)
    approval = models.JSONField(default=dict, blank=True)
    submitted = models.CharField(max_length=64, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    approved = models.BooleanField(_("approved"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    reason = models.CharField(_("reason"), max_length=MAX_REASON, blank=True)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        constraints = [
            models.CheckConstraint(
                condition=Q(approved__isnull=True, decided_at__isnull=True)
                | Q(approved__isnull=False, decided_at__isnull=False),
                name="decided_plans_say_what",
            ),
        ]
