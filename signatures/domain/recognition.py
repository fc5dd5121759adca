"""Recognition: whom the accepted trust lists say to rely on, and at what time.

A certificate is recognised because it leads to a service that a list in force grants at the
moment in question, which is the best signature time, not today. Nothing else is trusted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509
from pyhanko_certvalidator.authority import (
    AuthorityWithCert,
    CertTrustAnchor,
    TrustAnchor,
    TrustedServiceType,
    TrustQualifiers,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

from signatures.domain.tsl_model import (
    Service,
    StatusEntry,
    TrustList,
    public_key_digest,
)
from signatures.domain.tsl_terms import ServiceKind

_ANCHOR_TYPES = {
    ServiceKind.CA: TrustedServiceType.CERTIFICATE_AUTHORITY,
    ServiceKind.TSA: TrustedServiceType.TIME_STAMPING_AUTHORITY,
}


@dataclass(frozen=True)
class Recognised:
    """A service that may be relied on, and the list and entry that say so."""

    trust_list: TrustList
    service: Service
    entry: StatusEntry


@dataclass(frozen=True)
class Recognition:
    """The lists in force at one moment of looking.

    ``expired`` holds lists whose NextUpdate has passed: they grant nothing any more, not even for
    the past, until a newer version is taken in.
    """

    lists: tuple[TrustList, ...]
    expired: tuple[TrustList, ...] = ()

    @classmethod
    def of(cls, lists: Iterable[TrustList], *, now: datetime) -> Recognition:
        """Sort accepted lists by whether they are in force at ``now``; one a territory."""
        latest: dict[str, TrustList] = {}
        for each in lists:
            known = latest.get(each.territory)
            if known is None or each.sequence > known.sequence:
                latest[each.territory] = each
        ordered = [latest[territory] for territory in sorted(latest)]
        return cls(
            lists=tuple(each for each in ordered if each.next_update > now),
            expired=tuple(each for each in ordered if each.next_update <= now),
        )

    def services(self, kind: ServiceKind, *, at: datetime) -> tuple[Recognised, ...]:
        """The services granted as ``kind`` at ``at``, the best time of what is judged."""
        return tuple(
            Recognised(trust_list, service, entry)
            for trust_list in self.lists
            for service in trust_list.services
            for entry in [service.entry_at(at)]
            if entry is not None and entry.grants(kind)
        )

    def anchors(self, kind: ServiceKind, *, at: datetime) -> tuple[TrustAnchor, ...]:
        """Those services as pyHanko's trust anchors: authorities, or timestamp units themselves."""
        return tuple(
            CertTrustAnchor(certificate, _qualifiers(certificate, kind))
            for recognised in self.services(kind, at=at)
            for certificate in recognised.service.x509
        )

    def certificates(self, kind: ServiceKind, *, at: datetime) -> tuple[x509.Certificate, ...]:
        """The certificates of those services."""
        return tuple(
            certificate
            for recognised in self.services(kind, at=at)
            for certificate in recognised.service.x509
        )

    def trust_manager(self, kind: ServiceKind, *, at: datetime) -> SimpleTrustManager:
        """A trust manager that trusts exactly those services.

        A timestamp unit is trusted as itself; it never vouches for another certificate.
        """
        return SimpleTrustManager.build(self.anchors(kind, at=at))

    def find(
        self, authority: x509.Certificate, kind: ServiceKind, *, at: datetime
    ) -> Recognised | None:
        """The granted service that holds this authority's key under this authority's name."""
        for recognised in self.services(kind, at=at):
            if identifies(recognised.service, authority):
                return recognised
        return None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference between two versions of a list, for people who follow them."""

    service: str
    what: str


def changes(previous: TrustList | None, current: TrustList) -> tuple[Change, ...]:
    """What a version says that the one before it did not: services new, gone or restated."""
    before = {} if previous is None else _by_key(previous)
    after = _by_key(current)
    found = []
    for key, service in after.items():
        old = before.get(key)
        if old is None:
            found.append(Change(service=service.name, what="was added"))
        elif old.current != service.current:
            word = service.current.status.rsplit("/", 1)[-1]
            day = service.current.since.date()
            found.append(Change(service=service.name, what=f"is {word} since {day}"))
        elif old != service:
            found.append(Change(service=service.name, what="was described anew"))
    found += [
        Change(service=service.name, what="is no longer listed")
        for key, service in before.items()
        if key not in after
    ]
    return tuple(found)


def _qualifiers(certificate: x509.Certificate, kind: ServiceKind) -> TrustQualifiers:
    """A timestamp unit counts for its own lifetime; an authority for as long as it is listed."""
    unit = kind is ServiceKind.TSA
    return TrustQualifiers(
        trusted_service_type=_ANCHOR_TYPES[kind],
        valid_from=certificate.not_valid_before if unit else None,
        valid_until=certificate.not_valid_after if unit else None,
    )


def identifies(service: Service, certificate: x509.Certificate) -> bool:
    """Whether the service's name and key are those of this certificate."""
    wanted = AuthorityWithCert(certificate)
    return any(AuthorityWithCert(each) == wanted for each in service.x509)


def _by_key(trust_list: TrustList) -> dict[tuple[str, ...], Service]:
    return {
        (each.current.service_type, *sorted(map(public_key_digest, each.x509))): each
        for each in trust_list.services
    }
