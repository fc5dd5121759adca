"""The dossier's rows."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.lot import Lot


class ImmutableExhibit(RuntimeError):
    """Some code tried to change or delete an exhibit: a fault in our code."""


class ExhibitQuerySet(models.QuerySet["Exhibit"]):
    """Exhibits are read and filed, never changed."""

    def update(self, **_: Any) -> NoReturn:
        raise ImmutableExhibit("Exhibits are never changed.")

    def delete(self) -> NoReturn:
        raise ImmutableExhibit("Exhibits are never deleted.")

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        raise ImmutableExhibit("Exhibits are never changed.")

    def place(self, exhibit: Exhibit, leaf: int) -> None:
        """Note the ledger's leaf, once, in the transaction that filed the exhibit."""
        models.QuerySet.update(self.filter(pk=exhibit.pk, leaf__isnull=True), leaf=leaf)
        exhibit.leaf = leaf


class Exhibit(Entity):
    """One immutable piece of what a lot will be remembered by.

    ``digest`` is the SHA-256 of its bytes in the store, ``seal`` how it is sealed (assessment and
    certificate), ``leaf`` the ledger entry that holds the digest, ``facts`` a small JSON that
    guards, supervision and archive read. ``audience`` lists roles, URNs, ``public`` or
    ``edition:2`` (who fetched that edition of the tender document); ``trading.access`` shows it to
    them from ``visible_from`` on (at once when null).
    """

    urn_kind = "exhibit"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="exhibits")
    kind = models.CharField(_("kind"), max_length=40)
    stage = models.CharField(_("stage"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    media_type = models.CharField(max_length=100)
    seal = models.JSONField(default=dict)
    leaf = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)
    audience = models.JSONField(default=list)
    visible_from = models.DateTimeField(null=True, blank=True)
    filed_at = models.DateTimeField(_("filed at"))

    objects = ExhibitQuerySet.as_manager()

    class Meta:
        verbose_name = _("exhibit")
        verbose_name_plural = _("exhibits")
        indexes = [
            models.Index(fields=["lot", "kind", "filed_at"], name="exhibit_of_kind"),
            models.Index(fields=["lot", "filed_at", "id"], name="exhibit_page"),
            models.Index(fields=["digest"], name="exhibit_digest"),
            # The open contracting feed: what was filed last, of every lot.
            models.Index(fields=["-filed_at", "lot", "kind"], name="exhibit_feed"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ImmutableExhibit("Exhibits are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        raise ImmutableExhibit("Exhibits are never deleted.")
