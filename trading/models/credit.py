"""Credit decisions: who is kept out of tenders, until when, by whose published decision."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.organisation import Organisation

#: Characters of a decision's number, of who gave it, and of the words for the public.
MAX_NUMBER, MAX_AUTHORITY, MAX_WORDS = 80, 200, 500


class CreditDecision(Entity):
    """One decision that keeps an organisation out of tenders (TBL 53, 54, 60; GPL 77).

    ``number`` and ``authority`` name the published decision, ``words`` say what it decides. It
    keeps out from ``since`` (when it was entered) until ``until``, or until it was lifted: then
    ``lifted_at`` stands, with the number, authority and words of the decision that lifts it.
    ``entered_by`` and ``lifted_by`` are the supervisors, ``leaf`` and ``lifted_leaf`` where both
    acts stand in the ledger. ``Organisation.blocked_until`` is the
    latest end of those that hold.
    """

    urn_kind = "credit-decision"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="credit_decisions"
    )
    number = models.CharField(_("number of the decision"), max_length=MAX_NUMBER)
    authority = models.CharField(_("authority"), max_length=MAX_AUTHORITY)
    words = models.CharField(_("words for the public"), max_length=MAX_WORDS)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))
    entered_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    leaf = models.BigIntegerField(null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)
    lifted_number = models.CharField(max_length=MAX_NUMBER, blank=True)
    lifted_authority = models.CharField(max_length=MAX_AUTHORITY, blank=True)
    lifted_words = models.CharField(max_length=MAX_WORDS, blank=True)
    lifted_by = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    lifted_leaf = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("credit decision")
        verbose_name_plural = _("credit decisions")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "authority", "number"], name="one_entry_a_credit_decision"
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("since")), name="credit_decision_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["-since", "-id"], name="credit_decision_page")]
