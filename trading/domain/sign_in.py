"""Signing in: with a password, or with a certificate that answers a challenge.

Whoever is not let in gets one and the same answer after the same work, so that nobody learns
which names exist. Each sign-in is an act with a hidden leaf; passwords and signatures are checked
before it, outside any transaction, and the act makes sure that what was checked still stands.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.auth.hashers import make_password, verify_password
from django.utils.translation import gettext as _

from signatures.domain.act import Act, Actor, Result, Scene, command, dispatch
from signatures.domain.clock import Clock, platform
from signatures.domain.errors import Denied
from signatures.domain.outside import require_outside_transaction
from signatures.models import User, UserCertificate
from trading.domain import challenges, throttle
from trading.domain.challenges import Challenge, ChallengeFailed
from trading.domain.signed import Signed, judge


class NotLetIn(Denied):
    """The name and the password do not belong together, or nobody has the certificate."""

    default_code = "not-let-in"


@command("trading.sign-in")
@dataclass(frozen=True, kw_only=True)
class SignIn(Act):
    """Remember that a person signed in, by what was checked just now.

    ``checked`` is the SHA-256 of the stored password hash that fitted, or the fingerprint of the
    certificate that signed; it must still be theirs. ``new_hash`` renews a password hash made
    with fewer rounds than are usual now. Result: ``{"person": uuid}``.
    """

    person: UUID
    method: str
    checked: str
    new_hash: str = field(default="", repr=False, metadata={"request": False})

    def permit(self, actor: Actor) -> None:
        if actor.user is None or actor.user.pk != self.person or not actor.user.is_active:
            raise Denied(_("People sign in themselves."))

    def lock(self) -> User:
        person = (
            User.objects.select_for_update()
            .filter(pk=self.person, is_active=True)
            .order_by("pk")
            .first()
        )
        if person is None:
            raise _not_let_in()
        return person

    def decide(self, scene: Scene) -> Result:
        person: User = scene.subject
        if self.method == "certificate":
            stands = person.certificates.filter(
                fingerprint=self.checked, withdrawn_at__isnull=True
            ).exists()
        else:
            stands = _fingerprint(person.password) == self.checked
        if not stands:
            raise _not_let_in()
        person.last_login = scene.now
        if self.new_hash:
            person.password = self.new_hash
        person.save(update_fields=["last_login", "password"])
        scene.enter(subject=person.urn, context={"method": self.method}, receipt_for=(person.urn,))
        return {"person": str(person.pk)}


def with_password(*, username: str, password: str, address: str, clock: Clock = platform) -> User:
    """The person whose name and password these are, now signed in.

    ``address`` is where the request came from. Raises :class:`NotLetIn` and, after too many wrong
    tries, ``TooManyAttempts``.
    """
    require_outside_transaction("Checking a password")
    counted = throttle.marks(username=username, address=address)
    throttle.require(counted)
    person = User.objects.filter(username=username.strip().lower()).first()
    if person is None:
        make_password(password)  # the same work as for a name that exists
        fits = outdated = False
    else:
        fits, outdated = verify_password(password, person.password)
    if person is None or not fits or not person.is_active:
        throttle.note_failure(counted)
        raise _not_let_in()
    act = SignIn(
        person=person.pk,
        method="password",
        checked=_fingerprint(person.password),
        new_hash=make_password(password) if outdated else "",
    )
    dispatch(act, actor=Actor.person(person), clock=clock)
    throttle.forget(counted)
    person.refresh_from_db()
    return person


def with_certificate(
    *,
    proof: Signed,
    challenge: Challenge,
    clock: Clock = platform,
) -> User:
    """The person to whom the certificate is bound that answered ``challenge``, now signed in.

    The challenge serves once: its nonce is the act's idempotency key, so of two answers at the
    same moment one is refused. Raises ``Malformed`` and ``ChallengeFailed`` for a proof that does
    not hold, :class:`NotLetIn` where nobody has the certificate, ``Refused`` where no trust list
    recognises it any more.
    """
    certificate = challenges.check(
        proof, challenge, purpose=challenges.LOGIN, real=challenges.real_time()
    )
    row = (
        UserCertificate.objects.select_related("user")
        .filter(fingerprint=certificate.fingerprint, withdrawn_at__isnull=True)
        .first()
    )
    if row is None or not row.user.is_active:
        raise NotLetIn(
            _(
                "The certificate of %(name)s is not bound to anybody here. Sign in with your "
                "password and bind it first."
            )
            % {"name": certificate.name},
            code="certificate-unbound",
        )
    judge(proof, at=clock.read())
    act = SignIn(person=row.user.pk, method="certificate", checked=certificate.fingerprint)
    outcome = dispatch(
        act, actor=Actor.person(row.user), clock=clock, key=f"login:{challenge.nonce}"
    )
    if outcome.repeated:
        raise ChallengeFailed(_("The challenge was answered already. Ask for a new one."))
    return User.objects.get(pk=row.user.pk)


def _not_let_in() -> NotLetIn:
    return NotLetIn(_("This user name and password do not belong together."))


def _fingerprint(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()
