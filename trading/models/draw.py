"""Draws: their record, how far they came, and what each party put in."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.enums import DrawPhase
from trading.models.lot import Lot


class Draw(Entity):
    """One draw (design: "Draws"); its number counts the draws of one event.

    The event is ``purpose`` and ``subject`` (the URN of a lot or a plan). ``record`` is the
    published record, whose id is this row's URN; ``phase`` the last phase that was closed, and
    ``leaves`` phase -> index of the plain leaf that closed it. Parties commit within
    ``commit_seconds`` of the timestamp over the record's leaf, and reveal within
    ``reveal_seconds`` of the one over the commitments'. ``before`` is the draw of the same event
    that this one repeats, ``reason`` why, with the digests of the signed statement that says so.
    ``at_fault`` are the parties for whose silence a draw became void. ``aliases`` resolve secret
    candidates: alias -> ``{"id", "salt"}``; they are never published.
    """

    urn_kind = "draw"

    purpose = models.CharField(_("purpose"), max_length=60)
    subject = models.CharField(max_length=120)
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    lot = models.ForeignKey(
        Lot, on_delete=models.PROTECT, related_name="draws", null=True, blank=True
    )
    record = models.JSONField()
    record_digest = models.CharField(max_length=64)
    aliases = models.JSONField(default=dict)
    phase = models.CharField(
        _("phase"), max_length=12, choices=DrawPhase.choices, default=DrawPhase.RECORD
    )
    leaves = models.JSONField(default=dict)
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField(_("opened at"))
    commit_seconds = models.PositiveIntegerField()
    reveal_seconds = models.PositiveIntegerField()
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    before = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="repetition", null=True, blank=True
    )
    reason = models.TextField(_("reason of the repetition"), blank=True)
    reason_digests = models.JSONField(default=dict)
    at_fault = models.JSONField(default=list)

    class Meta:
        verbose_name = _("draw")
        verbose_name_plural = _("draws")
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "subject", "number"], name="one_draw_per_number_of_an_event"
            ),
        ]
        indexes = [
            models.Index(
                fields=["opened_at"],
                condition=models.Q(
                    phase__in=[DrawPhase.RECORD, DrawPhase.COMMITMENTS, DrawPhase.REVEALS]
                ),
                name="draw_open",
            ),
        ]


class DrawContribution(models.Model):
    """What one party put into one draw: a commitment, then a reveal (32 bytes in hex each).

    ``party`` is an organisation's URN or the platform's own process; ``commit_digests`` and
    ``reveal_digests`` name the signed statements in the store (empty for the process).
    """

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="contributions")
    party = models.CharField(max_length=160)
    commitment = models.CharField(max_length=64)
    commit_digests = models.JSONField(default=dict)
    committed_at = models.DateTimeField()
    reveal = models.CharField(max_length=64, blank=True)
    reveal_digests = models.JSONField(default=dict)
    revealed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("contribution to a draw")
        verbose_name_plural = _("contributions to draws")
        constraints = [
            models.UniqueConstraint(fields=["draw", "party"], name="one_contribution_per_party"),
        ]
