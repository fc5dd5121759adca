"""What was ordered under a framework agreement."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.contract import Contract
from trading.models.lot import Lot


class FrameworkOrder(Entity):
    """One order that a purchaser gave to a supplier of the framework, in the second stage.

    ``unit_price`` and ``amount`` are in CNY, ``amount`` is price times ``quantity``. ``manner`` is
    how the supplier was found, as the documents said; ``reasons`` why this one.
    """

    urn_kind = "framework-order"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="orders")
    number = models.PositiveIntegerField(_("number"))
    agreement = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="orders")
    purchaser = models.CharField(_("purchaser"), max_length=200)
    subject = models.CharField(_("what is ordered"), max_length=500)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    unit_price = models.DecimalField(_("unit price in CNY"), max_digits=18, decimal_places=2)
    amount = models.DecimalField(_("amount in CNY"), max_digits=18, decimal_places=2)
    manner = models.CharField(_("manner"), max_length=16)
    reasons = models.TextField(_("reasons"), blank=True)
    ordered_at = models.DateTimeField(_("ordered at"))
    ordered_by = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("order under a framework")
        verbose_name_plural = _("orders under a framework")
        constraints = [
            models.UniqueConstraint(fields=["lot", "number"], name="orders_are_numbered"),
        ]
