"""What becomes of a signed contract: what both sides note of it, and the securities given."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.enums import EntryKind, SecurityForm, SecurityKind
from trading.models.contract import Contract
from trading.models.lot import Lot
from trading.models.organisation import Organisation


class PerformanceEntry(Entity):
    """What one side of a contract notes, signed, and what the other side says to it, signed.

    ``amount`` is in CNY; ``passed`` is the result of an acceptance, None for everything else.
    ``confirmed`` is None until the other side answered; ``answer`` says why it disputes.
    """

    urn_kind = "performance-entry"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="entries")
    by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=16, choices=EntryKind.choices)
    happened_on = models.DateField(_("happened on"))
    text = models.TextField(_("what happened"))
    amount = models.DecimalField(
        _("amount in CNY"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    passed = models.BooleanField(_("accepted"), null=True, blank=True)
    file = models.JSONField(default=dict, blank=True)
    digests = models.JSONField(default=dict)
    entered_at = models.DateTimeField(_("entered at"))
    confirmed = models.BooleanField(_("confirmed"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answer_digests = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("entry on performance")
        verbose_name_plural = _("entries on performance")
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, confirmed__isnull=True)
                | Q(answered_at__isnull=False, confirmed__isnull=False),
                name="answered_entries_say_what",
            ),
        ]


class Security(Entity):
    """A bid or performance security that was received, and when it went back.

    A guarantee goes back by its release or its end, which the app above records.
    """

    urn_kind = "security"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="securities")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="securities"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=SecurityKind.choices)
    form = models.CharField(
        _("form"), max_length=12, choices=SecurityForm.choices, default=SecurityForm.DEPOSIT
    )
    amount = models.DecimalField(_("amount in CNY"), max_digits=18, decimal_places=2)
    received_on = models.DateField(_("received on"))
    withdrawn_on = models.DateField(_("bid withdrawn on"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    returned_on = models.DateField(_("returned on"), null=True, blank=True)
    late = models.BooleanField(_("returned late"), default=False)
    alarmed_at = models.DateTimeField(_("alarm raised at"), null=True, blank=True)
    #: The first day on which it is overdue while it is kept; none while no term runs.
    look_from = models.DateField(_("overdue from"), null=True, blank=True)

    class Meta:
        verbose_name = _("security")
        verbose_name_plural = _("securities")
        indexes = [
            models.Index(
                fields=["look_from"],
                condition=models.Q(returned_on__isnull=True, alarmed_at__isnull=True),
                name="securities_to_look_at",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "organisation", "kind", "form"], name="one_security_of_a_kind"
            ),
        ]
