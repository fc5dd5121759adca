"""Projects: what a tenderee registered; the procedure runs on their lots."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.organisation import Organisation
from trading.models.searching import SearchText


class CodeSeries(models.Model):
    """The last number given in one series of project codes, such as ``GC-2026``."""

    prefix = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField(default=0)


class Project(Entity):
    """A project groups lots. ``category`` is the name of a procedure file.

    ``published_at`` is when its first lot was published, and ``searchable`` what the public finds
    it by: title, code, tenderee and the titles of its published lots.
    """

    urn_kind = "project"

    code = models.CharField(_("code"), max_length=32, unique=True)
    title = models.CharField(_("title"), max_length=200)
    category = models.CharField(_("category"), max_length=40)
    tenderee = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="projects", verbose_name=_("tenderee")
    )
    agency = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="agency_projects",
        null=True,
        blank=True,
        verbose_name=_("tendering agency"),
    )
    created_at = models.DateTimeField(_("registered at"))
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    searchable = SearchText(default="", editable=False)

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="project_page"),
            models.Index(fields=["category", "-created_at", "-id"], name="project_category_page"),
            # What everybody sees, in the order in which they see it.
            models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(published_at__isnull=False),
                name="project_public_page",
            ),
            models.Index(
                fields=["category", "-created_at", "-id"],
                condition=models.Q(published_at__isnull=False),
                name="project_public_category_page",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"
