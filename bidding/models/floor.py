"""Who applied to bid on a lot's floor, and every price that was asked there."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bidding.models.room import Room
from bidding.models.statements import StatementRow
from trading.models import Lot, Organisation

#: The longest reason for which an application is refused.
MAX_REASON = 500
MAX_REFERENCE = 60


class FloorApplication(StatementRow):
    """One organisation's signed application to bid on a lot's floor; one each.

    ``number`` is its bidder's number (竞买号), given at random with the confirmation of its
    qualification: on the floor it stands for the name. ``deposit`` is what was paid in CNY,
    ``paid_at`` when by the bank's word, ``reference`` the bank's. ``qualified`` is None until it is
    decided; ``reason`` says why not. ``returned_at`` is when a loser's deposit went back.
    """

    urn_kind = "application"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="floor_applications")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="floor_applications"
    )
    deposit = models.DecimalField(
        _("deposit in CNY"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    paid_at = models.DateTimeField(_("deposit paid at"), null=True, blank=True)
    reference = models.CharField(_("bank's reference"), max_length=MAX_REFERENCE, blank=True)
    recorded_at = models.DateTimeField(_("deposit recorded at"), null=True, blank=True)
    qualified = models.BooleanField(_("qualified"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=MAX_REASON, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    number = models.PositiveSmallIntegerField(_("bidder's number"), null=True, blank=True)
    returned_at = models.DateTimeField(_("deposit returned at"), null=True, blank=True)

    class Meta:
        verbose_name = _("application to bid")
        verbose_name_plural = _("applications to bid")
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "organisation"], name="one_application_per_organisation"
            ),
            models.UniqueConstraint(
                fields=["lot", "number"],
                condition=Q(number__isnull=False),
                name="one_bidder_per_number",
            ),
            models.CheckConstraint(
                condition=Q(qualified=True, number__isnull=False)
                | ((Q(qualified__isnull=True) | Q(qualified=False)) & Q(number__isnull=True)),
                name="qualified_bidders_have_numbers",
            ),
            models.CheckConstraint(
                condition=~Q(qualified=True) | Q(deposit__isnull=False),
                name="qualified_bidders_have_paid",
            ),
        ]


class FloorAsk(models.Model):
    """One price that was asked on a lot's floor: number ``seq`` of the lot, counted from 1.

    ``worth`` is the price in fen, negated where the lower price is the better one, so that it
    grows with every ask. A trigger of the database's own refuses a number out of turn, an ask that
    is not strictly better than the last, and every change (``0002_asks_grow``).
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="asks")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="asks")
    seq = models.PositiveIntegerField()
    worth = models.BigIntegerField()
    bidder = models.ForeignKey(FloorApplication, on_delete=models.PROTECT, related_name="asks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("ask")
        verbose_name_plural = _("asks")
        constraints = [
            models.UniqueConstraint(fields=["lot", "seq"], name="one_ask_per_number"),
            models.UniqueConstraint(fields=["lot", "worth"], name="one_ask_per_price"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="asks_count_from_one"),
        ]

    @property
    def price(self) -> Decimal:
        """The price in CNY."""
        return Decimal(abs(self.worth)) / 100


def worth(price: Decimal, *, rising: bool) -> int:
    """A price as :attr:`FloorAsk.worth` has it."""
    fen = int(price * 100)
    return fen if rising else -fen

