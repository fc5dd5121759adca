"""Evaluation committees: the pool of experts, a lot's committee, its seats."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models import Draw, Lot


class Expert(Entity):
    """One person in the pool from which committees are drawn.

    ``specialities`` lists names of strata; ``employer`` is where they work, ``employer_code`` its
    unified social credit code where that is known: nobody judges bids of their employer.
    """

    urn_kind = "expert"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="expert"
    )
    specialities = models.JSONField(_("specialities"), default=list)
    employer = models.CharField(_("employer"), max_length=200)
    employer_code = models.CharField(_("employer's credit code"), max_length=18, blank=True)
    region = models.CharField(_("region"), max_length=40, blank=True)
    registered_at = models.DateTimeField(_("registered at"))

    class Meta:
        verbose_name = _("expert")
        verbose_name_plural = _("experts")


class Committee(Entity):
    """A lot's committee: how many sit on it, and the seed of the bids' codes.

    A lot has one for its bids, and where it prequalifies another one before for the applications;
    ``round`` is the sealed round that it judges (``bidding.domain.sealed_rounds``).
    ``quota`` is stratum -> seats. ``code_seed`` (32 bytes, hex) stays here until the scores are
    frozen; its commitment stands in the ledger before the committee is drawn
    (``bidding.domain.codes``). ``draw_seed`` is that of the first draw, ``complete_at`` when every
    seat was taken by somebody without conflict.
    """

    urn_kind = "committee"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="committees")
    round = models.PositiveSmallIntegerField(default=1)
    quota = models.JSONField()
    code_seed = models.CharField(max_length=64)
    draw_seed = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    complete_at = models.DateTimeField(_("complete since"), null=True, blank=True)

    class Meta:
        verbose_name = _("committee")
        verbose_name_plural = _("committees")
        constraints = [
            models.UniqueConstraint(fields=["lot", "round"], name="one_committee_a_round"),
        ]

    @property
    def size(self) -> int:
        """How many sit on it."""
        return sum(self.quota.values())


class Seat(Entity):
    """Somebody who was drawn: a member, or an alternate until ``called_at``.

    ``position`` is the place in the draw's own order within ``stratum``, the drawn before the
    alternates. The declaration (``sunlit.conflict/1``) lies in the store under ``statement`` and
    ``signature``; ``conflict`` is what it says. Who declared one has ``left_at``.
    """

    urn_kind = "seat"

    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="seats")
    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="seats"
    )
    stratum = models.CharField(max_length=160)
    position = models.PositiveSmallIntegerField()
    called_at = models.DateTimeField(_("called at"), null=True, blank=True)
    declared_at = models.DateTimeField(_("declared at"), null=True, blank=True)
    conflict = models.BooleanField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    statement = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=64, blank=True)
    assessment = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("seat on a committee")
        verbose_name_plural = _("seats on committees")
        constraints = [
            models.UniqueConstraint(fields=["committee", "user"], name="one_seat_a_person"),
            models.UniqueConstraint(
                fields=["draw", "stratum", "position"], name="one_seat_a_position"
            ),
        ]
