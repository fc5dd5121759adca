"""What was published on a lot, and who fetched it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.enums import DocumentKind
from trading.models.lot import Lot
from trading.models.organisation import Organisation


class Document(Entity):
    """One published edition; the bytes lie in the store under ``digest`` (SHA-256, hex)."""

    urn_kind = "document"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(_("kind"), max_length=20, choices=DocumentKind.choices)
    edition = models.PositiveSmallIntegerField(_("edition"), default=1)
    title = models.CharField(_("title"), max_length=200)
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    media_type = models.CharField(max_length=100)
    published_at = models.DateTimeField(_("published at"))

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "kind", "edition"], name="one_document_per_edition"
            ),
        ]
        indexes = [
            # The open contracting feed: what was published last, of every lot but its notice.
            models.Index(
                fields=["-published_at", "lot"],
                condition=~models.Q(kind=DocumentKind.NOTICE),
                name="document_feed",
            ),
        ]


class Download(models.Model):
    """One fetch of a document, by a person for an organisation; it is the receipt."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="downloads")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="downloads"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="downloads"
    )
    at = models.DateTimeField(_("fetched at"))

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        indexes = [
            models.Index(fields=["document", "organisation", "at"], name="download_of_document"),
        ]
