"""Live rooms: the stream of events that is their whole memory, and who is in them now."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models import Lot

#: Where every chain begins (``bidding.domain.chain``).
_ORIGIN = bytes(32)


class Room(Entity):
    """One room of a lot: an opening hall, an evaluation room, an auction floor.

    ``seq`` and ``chain`` are the head of its stream: the number of its last event and the chain's
    value there (32 bytes). The row's lock is the room's lock. ``ledgered_seq`` says how far the
    ledger vouches for the stream.
    """

    urn_kind = "room"

    kind = models.CharField(_("kind"), max_length=20)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="rooms")
    stage = models.CharField(_("stage"), max_length=40, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    seq = models.BigIntegerField(default=0)
    chain = models.BinaryField(default=_ORIGIN)
    ledgered_seq = models.BigIntegerField(default=0)
    ledgered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "kind"],
                condition=Q(closed_at__isnull=True),
                name="one_live_room_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(ledgered_seq__gte=0, seq__gte=F("ledgered_seq")),
                name="ledger_follows_the_room",
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class RoomEvent(models.Model):
    """One event: number ``seq`` of its room, counted from 1 without a gap. Never changed.

    ``audience`` says who may see it, ``actor`` is a URN, ``chain`` is 32 bytes
    (``bidding.domain.chain``).
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="events")
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    audience = models.CharField(max_length=160)
    actor = models.CharField(max_length=120)
    data = models.JSONField()
    salt = models.BinaryField()
    chain = models.BinaryField()

    class Meta:
        verbose_name = _("room event")
        verbose_name_plural = _("room events")
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_event_per_number"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="events_count_from_one"),
        ]


class RoomPresence(models.Model):
    """One open socket of a person in a room; ``process`` is the web process that holds it."""

    socket = models.UUIDField(primary_key=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="present")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    process = models.CharField(max_length=80)
    since = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["process"], name="presence_by_process")]
