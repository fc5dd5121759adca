"""``why``: a decision about a certificate in words, with its path and the list entry behind it.

It needs the accepted lists and the certificate, nothing else, so that a page, a command line
without a network and an archive decades later give the same answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from asn1crypto import x509
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import AuthorityWithCert, CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.errors import ExpiredError, NotYetValidError, ValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.sig_validate import SignatureValidator
from pyhanko_certvalidator.validate import async_validate_path

from signatures.domain.recognition import (
    Change,
    Recognised,
    Recognition,
    changes,
)
from signatures.domain.tsl_model import Service, StatusEntry, TrustList
from signatures.domain.tsl_terms import ServiceKind, Standing

MAX_LINKS = 30
"""Certificates beside the one asked about that are tried as links of its path."""

_USES = {
    ServiceKind.CA: "an authority that issues certificates",
    ServiceKind.TSA: "a timestamp authority",
}


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a certificate is recognised at ``at``, or why not.

    ``code`` is ``recognised`` or what stands in the way; ``sentences`` say it to people, the
    outcome first. ``path`` names the certificates from the one asked about up to the listed one.
    Revocation is no part of it: it says whose word counts, not what that word is today.
    """

    recognised: bool
    code: str
    sentences: tuple[str, ...]
    at: datetime
    path: tuple[str, ...] = ()
    territory: str | None = None
    sequence: int | None = None
    list_digest: str | None = None
    provider: str | None = None
    service: str | None = None
    since: datetime | None = None

    def __str__(self) -> str:
        return " ".join(self.sentences)

    def as_dict(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        return {
            "recognised": self.recognised,
            "code": self.code,
            "sentences": list(self.sentences),
            "at": self.at.isoformat(),
            "path": list(self.path),
            "territory": self.territory,
            "sequence": self.sequence,
            "list_digest": self.list_digest,
            "provider": self.provider,
            "service": self.service,
            "since": None if self.since is None else self.since.isoformat(),
        }


@dataclass(frozen=True)
class _Lead:
    """A way from the certificate to a listed service; ``links`` are the certificates between."""

    trust_list: TrustList
    service: Service
    anchor: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def path(self) -> tuple[str, ...]:
        names = [_subject(each) for each in self.chain]
        return (*names, _subject(self.anchor))


def why(
    certificate: x509.Certificate,
    *,
    at: datetime,
    lists: Iterable[TrustList],
    others: Iterable[x509.Certificate] = (),
    kind: ServiceKind = ServiceKind.CA,
    now: datetime | None = None,
    signature_validator: SignatureValidator | None = None,
) -> Explanation:
    """Explain whether a certificate is recognised for use at ``at``, the best signature time.

    ``others`` are certificates that may stand between it and a listed authority. ``kind`` is CA
    for signers and seals, TSA for a timestamp unit, which must itself be listed. ``now`` decides
    which lists are in force; without it they are judged at ``at``. Not to be called from a running
    event loop. Never raises for a certificate that merely is not recognised.
    """
    moment = at if now is None else now
    recognition = Recognition.of(lists, now=moment)
    findings = [
        _judge(lead, recognition, at=at, kind=kind, signature_validator=signature_validator)
        for lead in _leads(certificate, recognition, tuple(others), kind)
    ]
    if not findings:
        return _unlisted(certificate, recognition, at=at, kind=kind)
    return min(findings, key=lambda finding: _ORDER.index(finding.code))


_ORDER = (
    "recognised",
    "list-expired",
    "withdrawn",
    "unknown-status",
    "unknown-type",
    "other-use",
    "obstacle",
    "not-yet-listed",
    "certificate-expired",
    "certificate-not-yet-valid",
    "path-invalid",
)
"""Which finding is told when several ways lead to lists: the one closest to recognition."""


def _leads(
    certificate: x509.Certificate,
    recognition: Recognition,
    others: Sequence[x509.Certificate],
    kind: ServiceKind,
) -> Iterator[_Lead]:
    """The ways to listed services, nearest first; every other certificate is tried once."""
    services = [
        (trust_list, service)
        for trust_list in (*recognition.lists, *recognition.expired)
        for service in trust_list.services
    ]
    for trust_list, service in services:
        # The very bytes: nobody signed a look-alike with the same name and key.
        if certificate.dump() in service.certificates:
            yield _Lead(trust_list, service, certificate, ())
    if kind is ServiceKind.TSA:
        return
    chains: list[tuple[x509.Certificate, ...]] = [(certificate,)]
    untried = list(others[:MAX_LINKS])
    while chains:
        chain = chains.pop(0)
        for trust_list, service in services:
            for anchor in service.x509:
                if AuthorityWithCert(anchor).is_potential_issuer_of(chain[-1]):
                    yield _Lead(trust_list, service, anchor, chain)
        links = [
            each for each in untried if AuthorityWithCert(each).is_potential_issuer_of(chain[-1])
        ]
        untried = [each for each in untried if each not in links]
        chains += [(*chain, link) for link in links]


def _judge(
    lead: _Lead,
    recognition: Recognition,
    *,
    at: datetime,
    kind: ServiceKind,
    signature_validator: SignatureValidator | None,
) -> Explanation:
    entry = lead.service.entry_at(at)
    base = Explanation(
        recognised=False,
        code="path-invalid",
        sentences=(),
        at=at,
        path=lead.path,
        territory=lead.trust_list.territory,
        sequence=lead.trust_list.sequence,
        list_digest=lead.trust_list.digest,
        provider=lead.service.provider,
        service=lead.service.name,
        since=None if entry is None else entry.since,
    )
    code, sentence = _path_fault(lead, at=at, signature_validator=signature_validator)
    if not code:
        code, sentence = _entry_fault(lead, entry, recognition, at=at, kind=kind)
    if not code:
        return replace(base, recognised=True, code="recognised", sentences=_praise(lead, entry))
    return replace(base, code=code, sentences=("The certificate is not recognised.", sentence))


def _path_fault(
    lead: _Lead, *, at: datetime, signature_validator: SignatureValidator | None
) -> tuple[str, str]:
    """What is wrong with the path by RFC 5280, revocation aside; empty when it holds."""
    # A listed certificate that is itself the one asked about must be in its own lifetime.
    lifetime = TrustQualifiers(
        valid_from=lead.anchor.not_valid_before, valid_until=lead.anchor.not_valid_after
    )
    anchor = CertTrustAnchor(lead.anchor, None if lead.chain else lifetime)
    path = ValidationPath(anchor, list(reversed(lead.chain[1:])), *lead.chain[:1] or (None,))
    context = ValidationContext(
        trust_manager=SimpleTrustManager.build([anchor]),
        moment=at,
        allow_fetching=False,
        revocation_mode="soft-fail",
        signature_validator=signature_validator,
    )
    name = _subject(lead.chain[0] if lead.chain else lead.anchor)
    try:
        asyncio.run(async_validate_path(context, path))
    except ExpiredError as error:
        return "certificate-expired", f"{name} had expired on {at.date()}: {error}"
    except NotYetValidError as error:
        return "certificate-not-yet-valid", f"{name} was not yet valid on {at.date()}: {error}"
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        return (
            "path-invalid",
            f"It names {_subject(lead.anchor)} as its authority, which is listed, but the path "
            f"between them does not hold: {error}",
        )
    return "", ""


def _entry_fault(
    lead: _Lead,
    entry: StatusEntry | None,
    recognition: Recognition,
    *,
    at: datetime,
    kind: ServiceKind,
) -> tuple[str, str]:
    """What the list says against the service at that time; empty when it grants it."""
    name, version = lead.service.name, _version(lead.trust_list)
    if lead.trust_list in recognition.expired:
        day = lead.trust_list.next_update.date()
        return "list-expired", f"{version} names {name}, but has expired on {day}."
    if entry is None:
        first = lead.service.history[-1].since.date()
        return "not-yet-listed", f"{version} recognises {name} only since {first}."
    if entry.kind is None:
        return "unknown-type", f"{version} gives {name} the unknown type {entry.service_type}."
    if entry.standing is Standing.UNKNOWN:
        return "unknown-status", f"{version} gives {name} the unknown status {entry.status}."
    if entry.kind is not kind:
        return "other-use", f"{version} lists {name}, but not as {_USES.get(kind, kind)}."
    if entry.standing is Standing.NOT_GRANTED:
        word = entry.status.rsplit("/", 1)[-1]
        return "withdrawn", f"{version} says that {name} is {word} since {entry.since.date()}."
    if entry.obstacle:
        return "obstacle", f"{version} lists {name}, but {entry.obstacle}."
    return "", ""


def _praise(lead: _Lead, entry: StatusEntry | None) -> tuple[str, ...]:
    since = "" if entry is None else f" since {entry.since.date()}"
    how = (
        f"It was issued by {_subject(lead.anchor)}."
        if len(lead.chain) == 1
        else f"Its path runs by way of {', '.join(lead.path[1:])}."
        if lead.chain
        else "It is itself the listed service."
    )
    return (
        "The certificate is recognised.",
        how,
        f"{_version(lead.trust_list)} recognises {lead.service.name}{since}.",
    )


def _unlisted(
    certificate: x509.Certificate, recognition: Recognition, *, at: datetime, kind: ServiceKind
) -> Explanation:
    known = ", ".join(_version(each) for each in recognition.lists) or "none"
    who = (
        f"{_subject(certificate)} is itself in no list as a timestamp authority"
        if kind is ServiceKind.TSA
        else f"No list names {_issuer(certificate)}, which it gives as its issuer, or an "
        "authority above it"
    )
    return Explanation(
        recognised=False,
        code="unlisted",
        sentences=("The certificate is not recognised.", f"{who}. Lists in force: {known}."),
        at=at,
        path=(_subject(certificate),),
    )


def _version(trust_list: TrustList) -> str:
    return f"List {trust_list.sequence} of {trust_list.territory}"


def _subject(certificate: x509.Certificate) -> str:
    return _common_name(certificate.subject)


def _issuer(certificate: x509.Certificate) -> str:
    return _common_name(certificate.issuer)


def _common_name(name: x509.Name) -> str:
    try:
        common = name.native.get("common_name")
        return common if isinstance(common, str) and common else str(name.human_friendly)
    except (ValueError, TypeError, KeyError):
        return "a certificate whose name cannot be read"


__all__ = [
    "Change",
    "Explanation",
    "Recognised",
    "Recognition",
    "changes",
    "why",
]
