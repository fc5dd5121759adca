"""The outbox, which is also everybody's inbox."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.enums import Channel, DeliveryState
from trading.models.lot import Lot
from trading.models.organisation import Organisation


class Message(Entity):
    """One message to one person, frozen when it was sent.

    ``texts`` is language -> ``{"subject", "body"}``, ``digest`` the SHA-256 of its canonical
    JSON. Where ``evidence`` is set, sending, each delivery and the first reading leave a leaf.
    """

    urn_kind = "message"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="inbox"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="inbox", null=True, blank=True
    )
    lot = models.ForeignKey(
        Lot, on_delete=models.PROTECT, related_name="messages", null=True, blank=True
    )
    template = models.CharField(max_length=80)
    texts = models.JSONField()
    digest = models.CharField(max_length=64)
    evidence = models.BooleanField(default=False)
    sent_at = models.DateTimeField(_("sent at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["user", "-sent_at", "-id"], name="inbox_page"),
            models.Index(fields=["lot", "sent_at"], name="messages_of_lot"),
            # The open contracting feed: which lots were halted last.
            models.Index(fields=["template", "-sent_at", "lot"], name="message_feed"),
        ]


class Delivery(models.Model):
    """One message on its way out of the platform by one channel."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    address = models.CharField(max_length=254)
    state = models.CharField(
        max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "channel"], name="one_delivery_per_channel"
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(state=DeliveryState.WAITING),
                name="delivery_waiting",
            ),
        ]
