"""Prequalification: by which criteria applicants are examined, and what came of each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.document import Document
from trading.models.lot import Lot
from trading.models.organisation import Organisation


class Prequalification(Entity):
    """What the prequalification documents of a lot ask for.

    ``criteria`` is a list of ``{"id", "title"}`` in the documents' order; ``told_at`` is when every
    applicant was told its result, after which the qualified alone go on.
    """

    urn_kind = "prequalification"

    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="prequalification")
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="+")
    criteria = models.JSONField()
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)

    class Meta:
        verbose_name = _("prequalification")
        verbose_name_plural = _("prequalifications")


class Qualification(Entity):
    """One applicant's result; ``reasons`` are texts, none for who qualifies.

    Until the opening tells who bids it is known to those who tender and judge, and to the applicant
    itself (TBL 22).
    """

    urn_kind = "qualification"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="qualifications")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="qualifications"
    )
    qualified = models.BooleanField(_("qualified"))
    reasons = models.JSONField(default=list)
    told_at = models.DateTimeField(_("told at"))

    class Meta:
        verbose_name = _("result of a prequalification")
        verbose_name_plural = _("results of prequalifications")
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "organisation"], name="one_qualification_per_organisation"
            ),
        ]
