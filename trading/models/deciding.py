"""Who decides among unranked candidates, and how: the decision, its panel, rounds and ballots."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.lot import Lot
from trading.models.organisation import Organisation


class PanelSeat(Entity):
    """One member of the award panel 定标委员会, named by the tenderee before the decision opens."""

    urn_kind = "panel-seat"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="panel")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="panel_seats"
    )
    named_at = models.DateTimeField(_("named at"))

    class Meta:
        verbose_name = _("seat on the award panel")
        verbose_name_plural = _("seats on the award panel")
        constraints = [
            models.UniqueConstraint(fields=["lot", "user"], name="one_seat_per_person"),
        ]


class AwardDecision(Entity):
    """The tenderee's decision among the candidates of a lot.

    ``method`` is what was published with the documents; ``candidates`` are URNs in the neutral
    order. ``chosen`` is whom the method gave, ``grounds`` how it came to that (prices, tallies or
    the draw's URN). It binds once ``decided_at`` is set, with the tenderee's signed ``reasons``.
    """

    urn_kind = "award-decision"

    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="award_decision")
    method = models.JSONField(default=dict)
    candidates = models.JSONField(default=list)
    opened_at = models.DateTimeField(_("opened at"))
    chosen = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    chosen_at = models.DateTimeField(_("chosen at"), null=True, blank=True)
    grounds = models.JSONField(default=dict, blank=True)
    reasons = models.TextField(_("reasons"), blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("award decision")
        verbose_name_plural = _("award decisions")


class BallotRound(Entity):
    """One round of secret ballots among ``candidates`` (URNs).

    Ballots are committed until ``commit_until`` or until every member has, which ``open_from``
    notes; then they are opened until ``open_until``. ``tally`` is votes by URN once counted;
    ``result`` is ``chosen``, ``tied`` or ``no-quorum``.
    """

    urn_kind = "ballot-round"

    decision = models.ForeignKey(AwardDecision, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveSmallIntegerField(_("number"))
    candidates = models.JSONField(default=list)
    opened_at = models.DateTimeField(_("opened at"))
    commit_until = models.DateTimeField(_("ballots until"))
    open_from = models.DateTimeField(_("ballots opened from"), null=True, blank=True)
    open_until = models.DateTimeField(_("ballots opened until"), null=True, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    tally = models.JSONField(default=dict, blank=True)
    result = models.CharField(_("result"), max_length=16, blank=True)

    class Meta:
        verbose_name = _("round of ballots")
        verbose_name_plural = _("rounds of ballots")
        constraints = [
            models.UniqueConstraint(fields=["decision", "number"], name="rounds_are_numbered"),
        ]


class Ballot(Entity):
    """One member's ballot: a commitment, then the candidate and the salt that open it.

    Who voted for whom is for supervision alone; the tally is for everybody.
    """

    urn_kind = "ballot"

    round = models.ForeignKey(BallotRound, on_delete=models.PROTECT, related_name="ballots")
    seat = models.ForeignKey(PanelSeat, on_delete=models.PROTECT, related_name="ballots")
    commitment = models.CharField(_("commitment"), max_length=64)
    digests = models.JSONField(default=dict)
    committed_at = models.DateTimeField(_("committed at"))
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    candidate = models.CharField(_("candidate"), max_length=80, blank=True)
    salt = models.CharField(_("salt"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("ballot")
        verbose_name_plural = _("ballots")
        constraints = [
            models.UniqueConstraint(fields=["round", "seat"], name="one_ballot_per_round"),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True, candidate="", salt="")
                | Q(opened_at__isnull=False) & ~Q(candidate="") & ~Q(salt=""),
                name="opened_ballots_say_whom",
            ),
        ]
