"""Whom an assessment believes: recognised anchors, how revocation is asked, and how far it looks.

Signers and timestamp authorities are always named separately. (The library below falls back from
the one to the other: with only one region's authorities trusted, a seal lost its proof of
existence as soon as the other region's timestamp stood on it.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from asn1crypto import crl, ocsp, x509
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
    bootstrap_validation_data_handlers,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import (
    CertTrustAnchor,
    TrustAnchor,
    TrustedServiceType,
    TrustQualifiers,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationDataHandlers
from pyhanko_certvalidator.fetchers import FetcherBackend
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    REQUIRE_REVINFO,
    CertRevTrustPolicy,
    FreshnessReqType,
    RevocationCheckingPolicy,
)
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from signatures.domain.assessment import Listing
from signatures.domain.tsl_terms import ServiceKind

if TYPE_CHECKING:
    from signatures.domain.recognition import Recognition

Anchor: TypeAlias = x509.Certificate | TrustAnchor
Fetcher: TypeAlias = FetcherBackend | Literal["http"]
Revocation = Literal["hard", "soft"]
Role = Literal["signer", "timestamp"]
Listed = Callable[[x509.Certificate, Role, datetime], Listing | None]

KINDS: dict[Role, ServiceKind] = {"signer": ServiceKind.CA, "timestamp": ServiceKind.TSA}
HTTP: Literal["http"] = "http"
NOTHING = LocalKnowledge()
MAXIMUM_BYTES = 50 * 1024 * 1024
MAXIMUM_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What one assessment rests on.

    ``signers`` and ``timestamp_authorities`` are the recognised anchors (authorities or single
    services, as the trust lists have them at the time in question). ``fetcher`` answers for CRL,
    OCSP: a backend, or :data:`HTTP` for the addresses in recognised certificates; with None nothing
    is fetched, and issuers' certificates never are. ``revocation`` is ``hard``
    where an unknown status makes the verdict indeterminate, ``soft`` where it gives a warning;
    evidence that calls itself long-term is always judged hard. ``crls`` and ``ocsps`` are
    revocation data at hand, such as an archive keeps. ``listed`` says which trust list recognised
    an anchor in a role at a moment; where it says None the anchor did not count then, and without
    it the anchors count at all times. ``maximum_bytes`` and ``seconds`` bound what a file may cost.
    """

    signers: tuple[Anchor, ...]
    timestamp_authorities: tuple[Anchor, ...]
    fetcher: Fetcher | None = None
    revocation: Revocation = "hard"
    other_certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[crl.CertificateList, ...] = ()
    ocsps: tuple[ocsp.OCSPResponse, ...] = ()
    listed: Listed | None = None
    maximum_bytes: int = MAXIMUM_BYTES
    seconds: float = MAXIMUM_SECONDS

    @classmethod
    def of(
        cls,
        recognition: Recognition,
        *,
        fetcher: Fetcher | None = None,
        revocation: Revocation = "hard",
    ) -> Policy:
        """What the accepted trust lists recognise; a service counts while it was granted."""

        def listed(anchor: x509.Certificate, role: Role, at: datetime) -> Listing | None:
            found = recognition.find(anchor, KINDS[role], at=at)
            if found is None:
                return None
            return Listing(
                territory=found.trust_list.territory,
                version=found.trust_list.sequence,
                service=found.service.name,
            )

        return cls(
            signers=_ever_granted(recognition, "signer"),
            timestamp_authorities=_ever_granted(recognition, "timestamp"),
            fetcher=fetcher,
            revocation=revocation,
            listed=listed,
        )

    def roles(self, role: Role) -> tuple[x509.Certificate, ...]:
        """The certificates of the anchors in a role."""
        return tuple(_of(self.signers if role == "signer" else self.timestamp_authorities))

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """The certificates of all anchors, in whatever role."""
        return (*self.roles("signer"), *self.roles("timestamp"))

    def anchor(self, sha256: str, role: Role) -> x509.Certificate | None:
        """The anchor in a role whose certificate has this digest (hex)."""
        return next((each for each in self.roles(role) if each.sha256.hex() == sha256), None)

    def specification(
        self, *, revocation: Revocation | None = None, known: LocalKnowledge = NOTHING
    ) -> SignatureValidationSpec:
        """The same in the validation library's own words, with what else is ``known``."""
        rule = revocation or self.revocation
        return SignatureValidationSpec(
            cert_validation_policy=_certificates(self.signers, rule),
            ts_cert_validation_policy=_certificates(self.timestamp_authorities, rule),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=(
                    RevinfoOnlineFetchingRule.LOCAL_ONLY
                    if self.fetcher is None
                    else RevinfoOnlineFetchingRule.ALWAYS_FETCH
                ),
                fetcher_backend=None if self.fetcher == HTTP else self.fetcher,
                # Addresses in certificates that nobody has recognised yet are the sender's choice.
                certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
            ),
            local_knowledge=LocalKnowledge(
                known_certs=[*self.other_certificates, *known.known_certs],
                known_crls=[*(CRLContainer(each) for each in self.crls), *known.known_crls],
                known_ocsps=[
                    *(one for each in self.ocsps for one in OCSPContainer.load_multi(each)),
                    *known.known_ocsps,
                ],
            ),
            key_usage_settings=KeyUsageConstraints(
                key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
            ),
        )

    def contexts(self, at: datetime) -> Contexts:
        """Contexts in which signers' and timestamp authorities' paths are proven at ``at``."""
        specification = self.specification(revocation="hard")
        timing = moment(at)
        handlers = bootstrap_validation_data_handlers(specification, timing_info=timing)
        stamps = specification.ts_cert_validation_policy or specification.cert_validation_policy
        return Contexts(
            signers=specification.cert_validation_policy.build_validation_context(timing, handlers),
            stamps=stamps.build_validation_context(timing, handlers),
            handlers=handlers,
        )


@dataclass(frozen=True)
class Contexts:
    """Two views on one collection of certificates, CRLs and OCSP responses."""

    signers: ValidationContext
    stamps: ValidationContext
    handlers: ValidationDataHandlers

    async def close(self) -> None:
        """Give back the connections, where the contexts made their own."""
        await self.handlers.aclose()


def moment(at: datetime) -> ValidationTimingInfo:
    """The library's timing for a judgement at ``at``, which need not be the real present."""
    return ValidationTimingInfo(
        validation_time=at, best_signature_time=at, point_in_time_validation=False
    )


def _of(anchors: Iterable[Anchor]) -> list[x509.Certificate]:
    found = (each.certificate if isinstance(each, CertTrustAnchor) else each for each in anchors)
    return [each for each in found if isinstance(each, x509.Certificate)]


def _ever_granted(recognition: Recognition, role: Role) -> tuple[x509.Certificate, ...]:
    """All services that a list ever granted in a role; ``listed`` then asks about the moment."""
    return tuple(
        certificate
        for trust_list in recognition.lists
        for service in trust_list.services
        if any(entry.grants(KINDS[role]) for entry in service.history)
        for certificate in service.x509
    )


def _anchor(certificate: x509.Certificate) -> TrustAnchor:
    """An anchor that vouches for other certificates only where it is an authority itself.

    A timestamp unit counts as itself and for its own lifetime.
    """
    if certificate.ca:
        authority = TrustedServiceType.CERTIFICATE_AUTHORITY
        return CertTrustAnchor(certificate, TrustQualifiers(trusted_service_type=authority))
    return CertTrustAnchor(
        certificate,
        TrustQualifiers(
            trusted_service_type=TrustedServiceType.TIME_STAMPING_AUTHORITY,
            valid_from=certificate.not_valid_before,
            valid_until=certificate.not_valid_after,
        ),
    )


def _certificates(anchors: Iterable[Anchor], revocation: Revocation) -> CertValidationPolicySpec:
    return CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(
            trust_roots=[
                each if isinstance(each, TrustAnchor) else _anchor(each) for each in anchors
            ]
        ),
        revinfo_policy=CertRevTrustPolicy(
            revocation_checking_policy=(
                REQUIRE_REVINFO
                if revocation == "hard"
                else RevocationCheckingPolicy.from_legacy("soft-fail")
            ),
            freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
        ),
    )
