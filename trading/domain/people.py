"""People and their certificates: registered by an act, certificates bound after assessment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from signatures.domain.act import Act, Actor, Outcome, Result, Scene, command, dispatch
from signatures.domain.clock import Clock, platform
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.domain.outside import require_outside_transaction
from signatures.models import User, UserCertificate
from trading.domain import challenges, memberships
from trading.domain.challenges import Challenge
from trading.domain.signed import Signed, judge

_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,148}[a-z0-9])?", re.ASCII)


def hashed_password(password: str, *, username: str = "", full_name: str = "") -> str:
    """The password as it is kept; raises :class:`Malformed` with every reason why it is too weak.

    Slow on purpose: never inside a transaction. An empty password keeps none, for people who
    sign in with a certificate alone.
    """
    require_outside_transaction("Hashing a password")
    if not password:
        return ""
    try:
        validate_password(password, User(username=username, full_name=full_name))
    except ValidationError as error:
        raise Malformed(" ".join(error.messages), code="weak-password") from error
    return make_password(password)


@command("trading.register-person")
@dataclass(frozen=True, kw_only=True)
class RegisterPerson(Act):
    """Enter a person, who may then sign in; what they may do, memberships say.

    ``password_hash`` comes from :func:`hashed_password`. Allowed to the centre, to managers of
    verified organisations and to the platform's set-up. Result: ``{"person": uuid}``.
    """

    username: str
    full_name: str
    password_hash: str = field(default="", repr=False, metadata={"request": False})
    email: str = ""
    language: str = "zh-hans"

    def permit(self, actor: Actor) -> None:
        if actor.user is None or memberships.is_operator(actor.user):
            return
        if not memberships.manages_any(actor.user):
            raise Denied(
                _("People are entered by the trading centre or by their organisation's manager.")
            )

    def decide(self, scene: Scene) -> Result:
        username = self.username.strip().lower()
        if not _USERNAME.fullmatch(username):
            raise Malformed(
                _("A user name has 1 to 150 small letters, digits or . _ @ + - between them."),
                code="bad-username",
            )
        full_name = " ".join(self.full_name.split())
        if not 1 <= len(full_name) <= 120:
            raise Malformed(_("Give the person's name, 1 to 120 characters."), code="bad-name")
        if self.language not in dict(settings.LANGUAGES):
            raise Malformed(
                _("There is no language %(language)s here.") % {"language": self.language},
                code="bad-language",
            )
        if self.email:
            try:
                validate_email(self.email)
            except ValidationError as error:
                raise Malformed(" ".join(error.messages), code="bad-email") from error
        try:
            with transaction.atomic():
                person = User.objects.create(
                    username=username,
                    full_name=full_name,
                    password=self.password_hash or make_password(None),
                    email=self.email,
                    language=self.language,
                    date_joined=scene.now,
                )
        except IntegrityError:
            raise Refused(
                _("The user name %(username)s is taken. Choose another.") % {"username": username},
                code="username-taken",
            ) from None
        scene.enter(subject=person.urn, receipt_for=(person.urn,))
        return {"person": str(person.pk)}


@command("trading.bind-certificate")
@dataclass(frozen=True, kw_only=True)
class BindCertificate(Act):
    """Let a person sign in and sign with a certificate of which they hold the key.

    Dispatched by :func:`bind_certificate` alone, which has checked the proof and the recognition
    of the certificate. Result: ``{"certificate": fingerprint}``.
    """

    person: UUID
    certificate: bytes
    fingerprint: str
    recognition: str = field(default="", metadata={"request": False})

    def permit(self, actor: Actor) -> None:
        if actor.user is not None and actor.user.pk != self.person:
            raise Denied(_("People bind their own certificates."))

    def lock(self) -> User:
        return _person(self.person)

    def decide(self, scene: Scene) -> Result:
        person: User = scene.subject
        try:
            with transaction.atomic():
                UserCertificate.objects.create(
                    user=person,
                    fingerprint=self.fingerprint,
                    der=self.certificate,
                    bound_at=scene.now,
                )
        except IntegrityError:
            mine = person.certificates.filter(fingerprint=self.fingerprint).first()
            if mine is not None and mine.withdrawn_at is not None:
                raise Refused(
                    _("You withdrew this certificate, so it stays withdrawn. Bind another."),
                    code="certificate-withdrawn",
                ) from None
            raise Refused(
                _("This certificate is bound already, to you or to somebody else."),
                code="certificate-bound",
            ) from None
        scene.enter(
            subject=person.urn,
            digests={"certificate": self.fingerprint},
            context={"recognition": self.recognition} if self.recognition else {},
            receipt_for=(person.urn,),
        )
        return {"certificate": self.fingerprint}


@command("trading.withdraw-certificate")
@dataclass(frozen=True, kw_only=True)
class WithdrawCertificate(Act):
    """Stop a certificate from signing in: lost, replaced, its holder gone.

    By the person or the centre. Result: ``{"certificate": fingerprint}``.
    """

    person: UUID
    fingerprint: str

    def permit(self, actor: Actor) -> None:
        if actor.user is None or memberships.is_operator(actor.user):
            return
        if actor.user.pk != self.person:
            raise Denied(_("People withdraw their own certificates; else the trading centre."))

    def lock(self) -> User:
        return _person(self.person)

    def decide(self, scene: Scene) -> Result:
        person: User = scene.subject
        row = person.certificates.filter(
            fingerprint=self.fingerprint, withdrawn_at__isnull=True
        ).first()
        if row is None:
            raise NotFound(_("The person has no such certificate."), code="no-such-certificate")
        row.withdrawn_at = scene.now
        row.save(update_fields=["withdrawn_at"])
        scene.enter(
            subject=person.urn,
            digests={"certificate": self.fingerprint},
            receipt_for=(person.urn,),
        )
        return {"certificate": self.fingerprint}


def bind_certificate(
    *,
    person: User,
    proof: Signed,
    challenge: Challenge,
    clock: Clock = platform,
    key: str | None = None,
) -> Outcome:
    """Bind the certificate that answered ``challenge``, once a trust list recognises it.

    Bound already, it stays so. Raises :class:`Malformed` where the proof does not hold and
    :class:`Refused` where no list recognises the certificate, with the reason.
    """
    certificate = challenges.check(
        proof, challenge, purpose=challenges.BIND, real=challenges.real_time()
    )
    mine = UserCertificate.objects.filter(
        user=person, fingerprint=certificate.fingerprint, withdrawn_at__isnull=True
    )
    if mine.exists():
        # The answer to the first time was lost on its way.
        return Outcome(result={"certificate": certificate.fingerprint}, leaves=(), repeated=True)
    listing = judge(proof, at=clock.read()).signatures[0].listing
    act = BindCertificate(
        person=person.pk,
        certificate=certificate.der,
        fingerprint=certificate.fingerprint,
        recognition=str(listing or ""),
    )
    return dispatch(act, actor=Actor.person(person), clock=clock, key=key)


def _person(pk: UUID) -> User:
    row = User.objects.select_for_update().filter(pk=pk, is_active=True).order_by("pk").first()
    if row is None:
        raise NotFound(_("There is no such person."), code="no-such-person")
    return row
