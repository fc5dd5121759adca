"""Who was asked to tender where only invited organisations bid, and what they answered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.lot import Lot
from trading.models.organisation import Organisation

#: The longest reason for which an invitation is refused.
MAX_REASON = 500


class Invitation(Entity):
    """One organisation that is invited to tender for a lot; one invitation each.

    Until the deadline it is known to those who invite, to supervision and to the organisation
    itself (TBL 22). ``accepted`` is None until it answered; ``reason`` says why it refused;
    ``invited_by`` is the URN of the person who invited it.
    """

    urn_kind = "invitation"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="invitations")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="invitations"
    )
    invited_at = models.DateTimeField(_("invited at"))
    invited_by = models.CharField(_("invited by"), max_length=80)
    answer_until = models.DateTimeField(_("to be answered by"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    accepted = models.BooleanField(_("accepted"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=MAX_REASON, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "organisation"], name="one_invitation_per_organisation"
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, accepted__isnull=True)
                | Q(answered_at__isnull=False, accepted__isnull=False),
                name="answered_invitations_say_what",
            ),
        ]
