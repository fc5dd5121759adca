"""The closed lists of the ground."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SigningState(models.TextChoices):
    """How far a document that several sign has come."""

    OPEN = "open", _("being signed")
    SIGNED = "signed", _("signed by all; the platform's seal follows")
    SEALED = "sealed", _("sealed")
    CONCLUDED = "concluded", _("sealed, and what follows from it done")
