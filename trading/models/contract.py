"""The contract between tenderee and winner."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity, SigningDocument
from trading.models.award import Award


class Contract(Entity):
    """One contract, from the day on which it is offered for signature.

    ``terms`` (name -> text) are those of the award; ``security`` is the performance security in
    CNY (TBR 58). ``document`` is the PDF that both sides sign; ``late`` says that the last
    signature came after the thirty days of TBL 46.
    """

    urn_kind = "contract"

    award = models.OneToOneField(Award, on_delete=models.PROTECT, related_name="contract")
    price = models.DecimalField(_("price in CNY"), max_digits=18, decimal_places=2)
    terms = models.JSONField(default=dict)
    security = models.DecimalField(
        _("performance security in CNY"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    document = models.OneToOneField(
        SigningDocument, on_delete=models.PROTECT, related_name="contract"
    )
    offered_at = models.DateTimeField(_("offered at"))
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True)
    late = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
