"""What a trust list says: frozen values, without the XML that it came in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import x509

from signatures.domain.tsl_terms import ServiceKind, Standing, kind_of, standing_of


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something in a list that a person must look at; what it names grants nothing."""

    code: str
    service: str
    message: str


@dataclass(frozen=True, kw_only=True)
class StatusEntry:
    """A service's type and status from ``since`` until the next entry (TS 119 612, 5.5.4 to 5.6).

    ``obstacle`` says why the entry grants nothing although its status would: an extension that is
    critical and unknown, a use that is not signing, an identity without a certificate.
    """

    since: datetime
    status: str
    service_type: str
    obstacle: str = ""

    @property
    def kind(self) -> ServiceKind | None:
        """What the service is used for; ``None`` for a type that the standard does not know."""
        return kind_of(self.service_type)

    @property
    def standing(self) -> Standing:
        """What the status comes to."""
        return standing_of(self.status)

    def grants(self, kind: ServiceKind) -> bool:
        """Whether the service may be relied on as ``kind`` while this entry holds."""
        granted = self.standing is Standing.GRANTED
        return granted and self.kind is kind and not self.obstacle


@dataclass(frozen=True, kw_only=True)
class Service:
    """One trust service: its name, its certificates (DER) and its history, newest entry first."""

    provider: str
    name: str
    certificates: tuple[bytes, ...]
    history: tuple[StatusEntry, ...]

    @property
    def current(self) -> StatusEntry:
        """The newest entry."""
        return self.history[0]

    @property
    def keys(self) -> frozenset[str]:
        """SHA-256 of the service's public keys, in hex: what it is known by across versions."""
        return frozenset(public_key_digest(each) for each in self.x509)

    @property
    def x509(self) -> tuple[x509.Certificate, ...]:
        """The certificates, parsed."""
        return tuple(x509.Certificate.load(each) for each in self.certificates)

    def entry_at(self, moment: datetime) -> StatusEntry | None:
        """The entry that held at ``moment``; ``None`` before the first."""
        for entry in self.history:
            if entry.since <= moment:
                return entry
        return None

    def grants(self, kind: ServiceKind, at: datetime) -> bool:
        """Whether the service may be relied on as ``kind`` at that moment."""
        entry = self.entry_at(at)
        return entry is not None and entry.grants(kind)


@dataclass(frozen=True, kw_only=True)
class TrustList:
    """An accepted version of a territory's list.

    ``digest`` is the SHA-256 of the file in hex, ``signer`` that of the pinned certificate.
    """

    territory: str
    sequence: int
    operator: str
    scheme: str
    issued: datetime
    next_update: datetime
    services: tuple[Service, ...]
    digest: str
    signer: str
    alarms: tuple[Alarm, ...] = field(default=())

    def usable(self, at: datetime) -> tuple[Service, ...]:
        """The services that may be relied on as an authority or for timestamps at ``at``."""
        return tuple(
            service
            for service in self.services
            if any(service.grants(kind, at) for kind in (ServiceKind.CA, ServiceKind.TSA))
        )

    def facts(self) -> dict[str, Any]:
        """The list in brief, as JSON values for a record."""
        return {
            "territory": self.territory,
            "sequence": self.sequence,
            "operator": self.operator,
            "issued": self.issued.isoformat(),
            "next_update": self.next_update.isoformat(),
            "digest": self.digest,
            "signer": self.signer,
            "services": len(self.services),
            "alarms": [alarm.message for alarm in self.alarms],
        }


def public_key_digest(certificate: x509.Certificate) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, in hex."""
    info = certificate["tbs_certificate"]["subject_public_key_info"].dump()
    return hashlib.sha256(info).hexdigest()
