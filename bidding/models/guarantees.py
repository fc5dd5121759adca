"""Guarantees that came with a bid, and what was said of them afterwards."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bidding.enums import GuaranteeState, GuaranteeWord
from bidding.models.bids import Bid
from bidding.models.statements import StatementRow
from signatures.models import Entity
from trading.models import Organisation, Security


class Guarantee(Entity):
    """A guarantor's signed promise that lay in a bid, as the opening found it.

    ``amount`` is in CNY; both days are included. ``findings`` are the checks made at the opening,
    ``[{"check": name, "holds": true | false | null}]``, null where it could not be found out.
    ``statement``, ``signature`` and ``assessment`` are SHA-256 in hex of files in the store.
    ``guarantor`` is None where none with this code is recognised here, ``security`` where nothing
    is held by it.
    """

    urn_kind = "guarantee"

    bid = models.OneToOneField(Bid, on_delete=models.PROTECT, related_name="guarantee")
    guarantor = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="guarantees", null=True
    )
    guarantor_name = models.CharField(_("guarantor"), max_length=200)
    security = models.OneToOneField(
        Security, on_delete=models.PROTECT, related_name="guarantee", null=True
    )
    number = models.CharField(_("number"), max_length=60)
    amount = models.DecimalField(_("amount in CNY"), max_digits=18, decimal_places=2)
    valid_from = models.DateField(_("first day"))
    valid_until = models.DateField(_("last day"))
    terms = models.TextField(_("terms"))
    findings = models.JSONField(default=list)
    state = models.CharField(_("state"), max_length=12, choices=GuaranteeState.choices)
    since = models.DateTimeField(_("in this state since"))
    statement = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)
    assessment = models.CharField(max_length=64)
    leaf = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("guarantee")
        verbose_name_plural = _("guarantees")
        indexes = [
            models.Index(fields=["guarantor", "state"], name="guarantees_of_a_guarantor"),
            models.Index(
                fields=["valid_until"],
                condition=models.Q(state=GuaranteeState.HELD),
                name="guarantees_that_end",
            ),
        ]


class GuaranteeMessage(StatementRow):
    """What one side of a guarantee said of it, signed: claimed, paid, refused or released.

    ``amount`` is in CNY, of a claim and of a payment; ``on`` is the day of a payment.
    """

    urn_kind = "guarantee-message"

    guarantee = models.ForeignKey(Guarantee, on_delete=models.PROTECT, related_name="messages")
    word = models.CharField(_("what was said"), max_length=12, choices=GuaranteeWord.choices)
    by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(
        _("amount in CNY"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    on = models.DateField(_("day"), null=True, blank=True)
    text = models.TextField(_("reasons"), blank=True)

    class Meta:
        verbose_name = _("message about a guarantee")
        verbose_name_plural = _("messages about guarantees")
