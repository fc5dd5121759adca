"""What a committee asks a tenderer about its bid, and the one answer that it gets."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bidding.models.bids import Bid
from bidding.models.evaluation import Evaluation
from signatures.models import Entity
from trading.models import Exhibit


class Clarification(Entity):
    """One question to the tenderer of a bid about a document of it (TBR 52).

    ``number`` counts the bid's questions from 1. ``point`` says where in the document, ``until``
    when the answer's time ends. Either ``answered_at`` or ``lapsed_at`` is set in the end, or
    neither while the answer is awaited. ``statement``, ``signature`` and ``assessment`` are
    SHA-256 in hex of files in the store, ``leaf`` the index of the answer's ledger entry.
    """

    urn_kind = "clarification"

    evaluation = models.ForeignKey(
        Evaluation, on_delete=models.PROTECT, related_name="clarifications"
    )
    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="clarifications")
    number = models.PositiveSmallIntegerField()
    document = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="+")
    point = models.CharField(_("place in the document"), max_length=200)
    question = models.TextField(_("question"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked at"))
    until = models.DateTimeField(_("to be answered by"))
    answer = models.TextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    lapsed_at = models.DateTimeField(_("recorded as not answered at"), null=True, blank=True)
    statement = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=64, blank=True)
    assessment = models.CharField(max_length=64, blank=True)
    leaf = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("clarification of a bid")
        verbose_name_plural = _("clarifications of bids")
        constraints = [
            models.UniqueConstraint(fields=["bid", "number"], name="one_question_a_number"),
            models.CheckConstraint(
                condition=models.Q(answered_at__isnull=True) | models.Q(lapsed_at__isnull=True),
                name="answered_or_lapsed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["until"],
                condition=models.Q(answered_at__isnull=True, lapsed_at__isnull=True),
                name="clarifications_awaited",
            ),
        ]

    @property
    def is_open(self) -> bool:
        """Whether its answer is awaited."""
        return self.answered_at is None and self.lapsed_at is None
