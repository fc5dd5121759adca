"""People who sign in."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """One person. What they may do comes from their organisation and their assignments, never
    from this row and never from a certificate alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    full_name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    @property
    def urn(self) -> str:
        return f"user:{self.pk}"

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


class UserCertificate(models.Model):
    """A certificate that a person signs in and signs with, bound by an act after assessment."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="certificates")
    fingerprint = models.CharField(_("SHA-256"), max_length=64, unique=True)
    der = models.BinaryField()
    bound_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
