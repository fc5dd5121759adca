"""Challenges that a certificate's holder answers with a signed statement.

The platform gives a nonce, bound to the asking session, good for sixty seconds of real time and
for one answer. The holder signs ``sunlit.login/1`` or ``sunlit.binding/1`` with ``{origin,
server_nonce, client_nonce, at}``: the origin is what the holder itself sees, so that an answer
lured from somebody on another site opens nothing here, and the client's nonce means that nobody
else chose all that was signed (design: "Certificate sign-in"). The statement's own time is not
judged: the nonce proves its freshness.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from signatures.domain import clock, statements
from signatures.domain.errors import Malformed, Refused
from signatures.domain.outside import require_outside_transaction
from trading.domain.signed import Signed

LOGIN = "sunlit.login/1"
BIND = "sunlit.binding/1"
LIFETIME = timedelta(seconds=60)
FIELDS = frozenset({"server_nonce", "client_nonce"})
_NONCE = re.compile(r"[0-9a-f]{32,64}", re.ASCII)


class ChallengeFailed(Refused):
    """The answer came too late, for another session, or twice."""

    default_code = "challenge-failed"


@dataclass(frozen=True)
class Challenge:
    """A nonce (32 bytes in hex), what it is for, and until when of real time."""

    nonce: str
    purpose: str
    expires: datetime

    @classmethod
    def new(cls, purpose: str) -> Challenge:
        return cls(nonce=secrets.token_hex(32), purpose=purpose, expires=real_time() + LIFETIME)

    def as_dict(self) -> dict[str, Any]:
        """As it is kept in the asking session."""
        return {
            "nonce": self.nonce,
            "purpose": self.purpose,
            "expires": self.expires.isoformat(),
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any] | None) -> Challenge:
        """The session's challenge; raises :class:`ChallengeFailed` where it has none."""
        if not value:
            raise ChallengeFailed(
                _("This session has no open challenge. Ask for a new one and answer that.")
            )
        return cls(
            nonce=value["nonce"],
            purpose=value["purpose"],
            expires=datetime.fromisoformat(value["expires"]),
        )


@dataclass(frozen=True)
class Certificate:
    """The certificate that answered: DER and its SHA-256 in hex."""

    der: bytes
    fingerprint: str
    name: str


def real_time() -> datetime:
    """Challenges live on real time, whatever the official clock of a demonstration says."""
    return clock.look().real


def check(proof: Signed, challenge: Challenge, *, purpose: str, real: datetime) -> Certificate:
    """The certificate whose holder answered ``challenge`` for ``purpose``.

    Says nothing about recognition (``signed.judge``). Raises :class:`Malformed` where statement
    or signature are not right and :class:`ChallengeFailed` where they answer something else.
    """
    require_outside_transaction("Checking a signature")
    value = statements.parse(
        proof.statement, purpose=purpose, origin=settings.ORIGIN, fields=FIELDS
    )
    nonces = [value["server_nonce"], value["client_nonce"]]
    if not all(isinstance(nonce, str) and _NONCE.fullmatch(nonce) for nonce in nonces):
        raise Malformed(
            _("Both nonces are 16 to 32 bytes in small hexadecimal letters."), code="bad-nonce"
        )
    if challenge.purpose != purpose or not constant_time_compare(
        value["server_nonce"], challenge.nonce
    ):
        raise ChallengeFailed(
            _("The signature answers another challenge. Ask for a new one and answer that.")
        )
    if real >= challenge.expires:
        raise ChallengeFailed(
            _("The challenge is older than %(seconds)d seconds. Ask for a new one.")
            % {"seconds": int(LIFETIME.total_seconds())},
            code="challenge-expired",
        )
    certificate = statements.check_signature(proof.statement, proof.signature)
    der = certificate.dump()
    return Certificate(
        der=der,
        fingerprint=hashlib.sha256(der).hexdigest(),
        name=statements.common_name(certificate),
    )
