"""Consortia whose agreements came with a bid."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bidding.models.bids import Bid
from signatures.models import Entity


class Consortium(Entity):
    """The agreement that lay in a bid, as the opening found it.

    ``members`` are ``[{"name", "code", "share", "work", "organisation", "signed", "blocked"}]``,
    the lead first: ``organisation`` is the URN of the registered one with this code, or empty;
    ``signed`` whether a person of it signed with a recognised certificate, null where that could
    not be found out; ``blocked`` whether a credit decision kept it out at the deadline.
    ``findings`` are the checks of the whole, ``[{"check": name, "holds": true | false | null}]``.
    ``statement`` is the SHA-256 in hex of the agreement in the store.
    """

    urn_kind = "consortium"

    bid = models.OneToOneField(Bid, on_delete=models.PROTECT, related_name="consortium")
    members = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    statement = models.CharField(max_length=64)
    leaf = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("consortium")
        verbose_name_plural = _("consortia")

    @property
    def codes(self) -> frozenset[str]:
        """The members' unified social credit codes."""
        return frozenset(one["code"] for one in self.members)
