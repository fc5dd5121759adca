"""Signed statements on their way into an act: read, checked, judged and kept, before it begins.

A command that rests on a person's signature calls :func:`accept` outside any transaction, carries
what it gets as a field, and calls :meth:`Accepted.require_bound` in its decision, because the
certificate may have been withdrawn meanwhile. Statement, signature and assessment lie in the
content store under the digests that the act puts into the ledger.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import jcs, statements, trust_store
from signatures.domain.act import Actor
from signatures.domain.assess import assess
from signatures.domain.assessment import Assessment
from signatures.domain.clock import Clock, platform
from signatures.domain.errors import Denied, Malformed, Refused, Unavailable
from signatures.domain.outside import require_outside_transaction
from signatures.models import User, UserCertificate

#: How far a fresh statement's own time may lie from the official time, either way.
FRESH = timedelta(minutes=10)
#: Verdicts that another moment may change: revocation data could not be had.
UNSETTLED = frozenset({"TRY_LATER", "CERTIFICATE_CHAIN_GENERAL_FAILURE"})


@dataclass(frozen=True)
class Signed:
    """A statement's canonical bytes and the detached CAdES signature over them, DER."""

    statement: bytes
    signature: bytes

    @classmethod
    def from_base64(cls, statement: str, signature: str) -> Signed:
        """Both as they travel; raises :class:`Malformed`."""
        try:
            return cls(
                statement=base64.b64decode(statement, validate=True),
                signature=base64.b64decode(signature, validate=True),
            )
        except (binascii.Error, ValueError):
            raise Malformed(
                _("Statement and signature are base64 of their bytes."), code="bad-base64"
            ) from None


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A statement that its signer's certificate stands for, ready to be a field of an act.

    ``value`` is the parsed statement; ``statement``, ``signature`` and ``assessment_digest`` are
    SHA-256 in hex of files in the store (the last one of the assessment's canonical JSON);
    ``fingerprint`` is the certificate's. The assessment is no part of what an idempotency key
    compares: a repeated request is judged again at another moment.
    """

    value: dict[str, Any]
    statement: str
    signature: str
    fingerprint: str
    person: str
    assessment: Assessment = field(metadata={"request": False})
    assessment_digest: str = field(metadata={"request": False})

    @property
    def at(self) -> datetime:
        """The signer's own word for when."""
        return jcs.parse_timestamp(self.value["at"])

    def digests(self, name: str = "statement") -> dict[str, str]:
        """What an act's ledger entry says of it: ``{name, name-signature, name-assessment}``.

        Where the statement's content could be guessed, the entry must be a hidden leaf.
        """
        return {
            name: self.statement,
            f"{name}-signature": self.signature,
            f"{name}-assessment": self.assessment_digest,
        }

    def require_bound(self, actor: Actor) -> None:
        """Inside an act: the actor is the signer, and the certificate is still theirs."""
        if actor.urn != self.person:
            raise Denied(_("Somebody else signed this statement."), code="not-the-signer")
        if actor.user is None or not _bound(actor.user, self.fingerprint):
            raise _unbound()


def accept(
    person: User,
    signed: Signed,
    *,
    purpose: str,
    fields: Collection[str] | None = None,
    fresh: timedelta | None = FRESH,
    clock: Clock = platform,
) -> Accepted:
    """The statement, if ``person`` signed it for ``purpose`` with a recognised certificate.

    ``fields`` are all that it may hold beside the common three; ``fresh`` is how far its time may
    lie from the official time (None: any time not in the future). Raises :class:`Malformed` for
    bytes or signatures that are not right, :class:`Refused` (``stale-statement``,
    ``not-recognised``), :class:`Denied` (``certificate-unbound``) where the certificate is not
    this person's, ``Unavailable`` where revocation cannot be learnt now.
    """
    require_outside_transaction("Accepting a signed statement")
    now = clock.read()
    value = statements.parse(
        signed.statement, purpose=purpose, origin=settings.ORIGIN, fields=fields
    )
    if fresh is not None and abs(now - jcs.parse_timestamp(value["at"])) > fresh:
        raise Refused(
            _("The statement's time is more than %(minutes)d minutes from the official time. "
              "Sign it again.") % {"minutes": fresh // timedelta(minutes=1)},
            code="stale-statement",
        )
    certificate = statements.check_signature(signed.statement, signed.signature)
    fingerprint = hashlib.sha256(certificate.dump()).hexdigest()
    if not _bound(person, fingerprint):
        raise _unbound()
    assessment = judge(signed, at=now)
    return Accepted(
        value=value,
        statement=store.put(signed.statement).sha256,
        signature=store.put(signed.signature).sha256,
        fingerprint=fingerprint,
        person=person.urn,
        assessment=assessment,
        assessment_digest=store.put(jcs.dumps(assessment.as_dict())).sha256,
    )


def judge(signed: Signed, *, at: datetime) -> Assessment:
    """The valid assessment of a signed statement at ``at``, by the trust lists in force.

    Raises :class:`Refused` (``not-recognised``) with the reasons where it does not hold, and
    ``Unavailable`` (``revocation-unknown``) where nothing can be said now.
    """
    result = assess(
        signed.statement,
        kind="statement",
        signature=signed.signature,
        at=at,
        policy=trust_store.policy(now=at),
    )
    if result.is_valid:
        return result
    reasons = " ".join(result.reasons)
    if result.sub_indication in UNSETTLED:
        raise Unavailable(
            _("It cannot be found out now whether the certificate is revoked. %(reasons)s")
            % {"reasons": reasons},
            code="revocation-unknown",
        )
    raise Refused(
        _("The certificate is not recognised here. %(reasons)s") % {"reasons": reasons},
        code="not-recognised",
    )


def _bound(person: User, fingerprint: str) -> bool:
    return UserCertificate.objects.filter(
        user=person, fingerprint=fingerprint, withdrawn_at__isnull=True
    ).exists()


def _unbound() -> Denied:
    return Denied(
        _("This certificate is not bound to you here. “Your certificates”, at the foot of every"
          " page, is where you bind it; or sign with one that is bound."),
        code="certificate-unbound",
    )
