"""Documents that several people sign, the places for their signatures, and signing sessions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.enums import SigningState
from signatures.models.base import Entity


class SigningDocument(Entity):
    """One PDF with places for several signatures; each signature makes its next revision.

    ``purpose`` says what it is signed for and who hears of its completion, ``subject`` is the URN
    of what it is about (a lot), ``facts`` what those who opened it need when it is complete.
    ``original`` is the SHA-256 of the unsigned document, ``digest`` and ``size`` are of the
    newest revision; all lie in the store. ``seal_field`` is the platform's own place, signed last.
    """

    urn_kind = "signing"

    purpose = models.CharField(_("purpose"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    subject = models.CharField(max_length=120)
    facts = models.JSONField(default=dict)
    original = models.CharField(max_length=64)
    digest = models.CharField(_("SHA-256"), max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    revision = models.PositiveSmallIntegerField(_("revision"), default=0)
    seal_field = models.CharField(max_length=80)
    state = models.CharField(
        _("state"), max_length=12, choices=SigningState.choices, default=SigningState.OPEN
    )
    opened_at = models.DateTimeField(_("opened at"))
    signed_at = models.DateTimeField(_("signed by all at"), null=True, blank=True)
    sealed_at = models.DateTimeField(_("sealed at"), null=True, blank=True)
    concluded_at = models.DateTimeField(null=True, blank=True)
    assessment = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("document to sign")
        verbose_name_plural = _("documents to sign")
        indexes = [models.Index(fields=["subject", "opened_at"], name="signing_subject")]


class SigningField(models.Model):
    """The place for one signature, reserved for one signer.

    ``signer`` is ``user:<uuid>`` or ``org:<uuid>``; ``holder`` the name that is printed, and
    ``credit_code`` the code that an organisation's certificate must bear. The rest is known once
    it is signed: by whom (a person's URN), with which certificate, as which revision.
    """

    document = models.ForeignKey(SigningDocument, on_delete=models.PROTECT, related_name="fields")
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField()
    signer = models.CharField(max_length=80)
    holder = models.CharField(_("signer"), max_length=200)
    credit_code = models.CharField(max_length=18, blank=True)
    seal = models.BooleanField(default=False)
    required = models.BooleanField(_("required"), default=True)
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True)
    signed_by = models.CharField(max_length=80, blank=True)
    certificate = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=64, blank=True)
    assessment = models.CharField(max_length=64, blank=True)
    revision = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("place for a signature")
        verbose_name_plural = _("places for signatures")
        constraints = [
            models.UniqueConstraint(fields=["document", "name"], name="one_place_per_name"),
            models.UniqueConstraint(
                fields=["document", "revision"], name="one_signature_per_revision"
            ),
        ]
        indexes = [models.Index(fields=["signer", "signed_at"], name="places_of_signer")]


class SigningSession(Entity):
    """One person on the way to one signature; it ends on real time, whatever the official one.

    It binds the person, the place, the revision (``base``) that was prepared for them, the
    prepared bytes and the certificate (SHA-256, hex) that alone may sign them; ``stated_at`` is
    the signing time that those bytes state. ``signature`` is the digest of what was embedded.
    """

    urn_kind = "signing-session"

    field = models.ForeignKey(SigningField, on_delete=models.PROTECT, related_name="sessions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signing_sessions"
    )
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField(_("valid until (real time)"))
    base = models.CharField(max_length=64, blank=True)
    certificate = models.CharField(max_length=64, blank=True)
    prepared = models.CharField(max_length=64, blank=True)
    stated_at = models.DateTimeField(null=True, blank=True)
    signature = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("signing session")
        verbose_name_plural = _("signing sessions")
        indexes = [models.Index(fields=["user", "expires_at"], name="sessions_of_person")]
