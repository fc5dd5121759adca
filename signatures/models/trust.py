"""Whose trust lists are believed, the versions taken in, and what went wrong with others."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models.base import Entity


class ListSigner(Entity):
    """A certificate that may sign the trust list of one territory: the only thing ever pinned.

    ``location`` is where that territory publishes its list.
    """

    urn_kind = "list-signer"

    territory = models.CharField(_("territory"), max_length=10)
    fingerprint = models.CharField(_("SHA-256"), max_length=64)
    der = models.BinaryField()
    location = models.CharField(_("address of the list"), max_length=500, blank=True)
    pinned_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("list signer")
        verbose_name_plural = _("list signers")
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "fingerprint"], name="one_pin_per_list_signer"
            ),
        ]


class AcceptedTrustList(Entity):
    """One version of a territory's list that was taken in; its bytes lie in the store.

    ``signer`` is the SHA-256 of the pinned certificate that signed it, ``alarms`` what in it was
    not understood. Never changed, never deleted: assessments name the version they rest on.
    """

    urn_kind = "trust-list"

    territory = models.CharField(_("territory"), max_length=10)
    sequence = models.BigIntegerField(_("version"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    signer = models.CharField(max_length=64)
    operator = models.CharField(_("operator"), max_length=200)
    issued_at = models.DateTimeField(_("issued"))
    next_update_at = models.DateTimeField(_("next update"))
    accepted_at = models.DateTimeField(_("taken in"))
    alarms = models.JSONField(default=list)
    changes = models.JSONField(default=list)

    class Meta:
        verbose_name = _("trust list")
        verbose_name_plural = _("trust lists")
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "sequence"], name="one_trust_list_per_version"
            ),
        ]


class RefusedTrustList(Entity):
    """A list that was turned away, and why; the one in force stays until it expires."""

    urn_kind = "refused-trust-list"

    territory = models.CharField(_("territory"), max_length=10)
    digest = models.CharField(_("SHA-256"), max_length=64)
    code = models.CharField(max_length=40)
    reason = models.TextField(_("reason"))
    refused_at = models.DateTimeField()

    class Meta:
        verbose_name = _("refused trust list")
        verbose_name_plural = _("refused trust lists")
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "digest", "code"], name="one_refusal_per_trust_list"
            ),
        ]
