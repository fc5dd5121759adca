"""The register of packages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models import Lot


class ArchivePackage(Entity):
    """One filed package of one lot: what it is called, its digest, and where its bytes are.

    ``code`` is the archive code (档号), unique; ``digest`` the SHA-256 of the package's
    ``tagmanifest-sha256.txt``; ``layout`` the digest under which the store holds the list of its
    files, each of which lies in the store by its own digest; ``size`` the bytes of all files.
    ``evidence`` is the digest of the timestamp reply over the tag manifest, ``index_digest`` that
    of ``data/index.pdf``, ``checkpoint`` the size of the ledger under which its slice is proven,
    and ``leaf`` the entry that filed it. ``summary`` holds counts for lists. Never changed but for
    ``leaf``, once.
    """

    urn_kind = "package"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="packages")
    version = models.PositiveSmallIntegerField(_("version"))
    code = models.CharField(_("archive code"), max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    layout = models.CharField(max_length=64)
    evidence = models.CharField(max_length=64)
    index_digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    files = models.PositiveIntegerField(_("files"))
    checkpoint = models.BigIntegerField()
    summary = models.JSONField(default=dict)
    leaf = models.BigIntegerField(null=True)
    built_at = models.DateTimeField(_("built at"))
    filed_at = models.DateTimeField(_("filed at"))

    class Meta:
        verbose_name = _("package")
        verbose_name_plural = _("packages")
        constraints = [
            models.UniqueConstraint(fields=["lot", "version"], name="one_package_per_version"),
            models.UniqueConstraint(fields=["code", "version"], name="one_code_per_version"),
        ]
        indexes = [models.Index(fields=["-filed_at", "-id"], name="package_page")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name of the package's folder, such as ``GC-2026-0001-01-v1``."""
        return f"{self.code}-v{self.version}"
