"""A record sealed by an organisation's own certificate, whose key stays on a person's device.

:func:`prepare` leaves room in the rendered record for one certificate; the device signs those
bytes; :func:`finish` puts the signature in and adds what it needs for the long term. Between the
two steps nothing is kept but the prepared bytes in the store, under their digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import x509
from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import clock, findings, services, signing, trust_store
from signatures.domain.errors import Denied, Malformed, Refused
from signatures.domain.signing_acts import require_bound
from signatures.models import User
from signatures.paper import seal
from signatures.paper.fields import Rendered
from trading.interfaces.records import sealing
from trading.models import Organisation

KIND = "电子签章"
#: Bytes that are not there yet: for rehearsing the act that will publish them.
NOTHING = store.Stored(sha256="", size=0)


@dataclass(frozen=True)
class Room:
    """A record that waits for one certificate's seal: SHA-256 of its bytes and of the certificate,
    both in hex, and the signing time that it states."""

    digest: str
    certificate: str
    at: datetime


def prepare(
    rendered: Rendered, *, person: User, sealer: Organisation, certificate: bytes, at: datetime,
    reason: str,
) -> tuple[Room, bytes]:
    """Make room for this person's seal as ``sealer``; never inside a transaction.

    Raises :class:`Denied` where the certificate (DER) is not bound to the person or is not the
    organisation's.
    """
    parsed = _certificate(certificate)
    require_bound(person, parsed.sha256.hex())
    if findings.subject_of(parsed)["credit_code"] != sealer.credit_code:
        raise Denied(
            _("This certificate is not of %(name)s (%(code)s). Seal with one that is.")
            % {"name": sealer.name, "code": sealer.credit_code},
            code="wrong-organisation",
        )
    drawing = seal.seal(sealer.name, kind=KIND, code=sealer.credit_code)
    prepared = signing.prepare(
        rendered.with_fields(),
        field=sealing.SEAL_FIELD,
        at=at,
        certificate=parsed,
        appearance=seal.stamp_style(drawing),
        reason=reason,
    )
    kept = store.put(prepared.data)
    return Room(kept.sha256, parsed.sha256.hex(), at), prepared.data


def finish(room: Room, signature: bytes) -> tuple[store.Stored, dict[str, Any]]:
    """The sealed record in the store, and how its seal is judged; never inside a transaction.

    Raises :class:`Malformed` for a signature that is not exactly over the prepared bytes by the
    announced certificate, :class:`Refused` where the seal is not valid by the lists in force.
    """
    waiting = signing.Prepared(
        data=store.read(room.digest),
        field=sealing.SEAL_FIELD,
        at=room.at,
        certificate_sha256=room.certificate,
    )
    stamped = signing.embed(waiting, signature, timestamper=services.timestamper())
    now = clock.now()
    sealed = signing.extend(
        stamped, timestamper=services.timestamper(), policy=trust_store.policy(now=now), at=now
    )
    judged = sealing.judged(sealed, at=clock.now())
    if judged["verdict"] != "valid":
        raise Refused(
            _("The seal is not recognised here. Nothing was published; the page of trust lists "
              "says which certificates are."),
            code="not-recognised",
        )
    return store.put(sealed), judged


def _certificate(der: bytes) -> x509.Certificate:
    try:
        parsed = x509.Certificate.load(der, strict=True)
        findings.subject_of(parsed)  # parsed lazily: now is the time to find out
    except (ValueError, TypeError) as error:
        raise Malformed(_("The certificate cannot be read."), code="bad-certificate") from error
    return parsed
