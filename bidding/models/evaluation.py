"""What a committee's work leaves behind: codes of bids, score sheets, the result."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bidding.models.bids import Bid
from bidding.models.committee import Committee, Seat
from signatures.models import Entity


class BidCode(models.Model):
    """Under which code the committee reads a bid (暗标)."""

    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="codes")
    bid = models.OneToOneField(Bid, on_delete=models.PROTECT, related_name="code")
    code = models.CharField(_("code"), max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["committee", "code"], name="one_bid_a_code"),
        ]


class ScoreSheet(Entity):
    """One member's score sheet. ``digest`` is the SHA-256 of the frozen sheet's canonical JSON,
    which lies in the store with the signed statement over it. ``label`` is the name under which
    others read it."""

    urn_kind = "score-sheet"

    seat = models.OneToOneField(Seat, on_delete=models.PROTECT, related_name="sheet")
    label = models.CharField(max_length=8)
    frozen_at = models.DateTimeField(_("frozen at"), null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    statement = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=64, blank=True)
    assessment = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("score sheet")
        verbose_name_plural = _("score sheets")


class Score(models.Model):
    """A member's points for one bid under one criterion, from 0 to the criterion's full."""

    sheet = models.ForeignKey(ScoreSheet, on_delete=models.PROTECT, related_name="scores")
    code = models.CharField(max_length=8)
    criterion = models.CharField(max_length=40)
    points = models.DecimalField(_("points"), max_digits=7, decimal_places=2)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "code", "criterion"], name="one_score_a_cell"
            ),
            models.CheckConstraint(
                condition=models.Q(points__gte=0), name="points_are_not_negative"
            ),
        ]


class Evaluation(Entity):
    """How far an evaluation came: technical result frozen, scores computed, report signed.

    ``technical`` is the SHA-256 of the frozen result in the store, ``scores`` that of the computed
    one; ``ranking`` is what the report says of each bid, best first, ``rejected`` the bids that
    the committee rejected, with its reasons. ``until`` is when it is to end since its time was last
    extended, ``more_time_at`` since when more than a third of the committee ask for more.
    """

    urn_kind = "evaluation"

    committee = models.OneToOneField(
        Committee, on_delete=models.PROTECT, related_name="evaluation"
    )
    technical = models.CharField(max_length=64, blank=True)
    frozen_at = models.DateTimeField(_("scores frozen at"), null=True, blank=True)
    scores = models.CharField(max_length=64, blank=True)
    computed_at = models.DateTimeField(_("ranking computed at"), null=True, blank=True)
    ranking = models.JSONField(default=list)
    rejected = models.JSONField(default=list)
    until = models.DateTimeField(_("to end by"), null=True, blank=True)
    more_time_at = models.DateTimeField(_("more time asked for since"), null=True, blank=True)
    report_at = models.DateTimeField(_("report laid out at"), null=True, blank=True)
    signed_at = models.DateTimeField(_("report signed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
