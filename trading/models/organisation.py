"""Organisations and the people who act for them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.enums import MemberRole


class Organisation(Entity):
    """A legal person, known by its unified social credit code (GB 32100).

    ``kinds`` lists values of :class:`trading.enums.OrganisationKind`; ``region`` is the
    administrative division or the name under which its trust list is published. Only a verified
    organisation acts; ``refused_at`` says that the last decision on its registration was a refusal.
    A blocked one neither fetches documents nor submits until ``blocked_until``, the latest end of
    the credit decisions that hold (:mod:`trading.domain.credit_decisions`).
    """

    urn_kind = "org"

    name = models.CharField(_("name"), max_length=200)
    credit_code = models.CharField(_("unified social credit code"), max_length=18, unique=True)
    kinds = models.JSONField(_("kinds"), default=list)
    region = models.CharField(_("region"), max_length=40, blank=True)
    registered_at = models.DateTimeField(_("registered at"))
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    refused_at = models.DateTimeField(_("refused at"), null=True, blank=True)
    blocked_until = models.DateTimeField(_("blocked until"), null=True, blank=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        indexes = [
            models.Index(fields=["-registered_at", "-id"], name="organisation_page"),
            models.Index(fields=["name", "id"], name="organisation_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one organisation, from ``since`` until ``until`` (open when null).

    ``mobile`` is the number for text messages about this organisation's business.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=24, choices=MemberRole.choices)
    mobile = models.CharField(_("mobile number"), max_length=20, blank=True)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                condition=Q(until__isnull=True),
                name="one_open_membership",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="membership_ends_after_it_begins",
            ),
        ]
