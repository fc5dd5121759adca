"""Whom an assessment believes: recognised anchors, how revocation is asked, and how far it looks.

Signers and timestamp authorities are always named separately. (The library below falls back from
the one to the other: with only one region's authorities trusted, a seal lost its proof of
existence as soon as the other region's timestamp stood on it.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asn1crypto import x509
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
    bootstrap_validation_data_handlers,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.fetchers import FetcherBackend
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    REQUIRE_REVINFO,
    CertRevTrustPolicy,
    FreshnessReqType,
    RevocationCheckingPolicy,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

Revocation = Literal["hard", "soft"]

MAXIMUM_BYTES = 50 * 1024 * 1024
MAXIMUM_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What one assessment rests on.

    ``signers`` and ``timestamp_authorities`` are the recognised anchors (authorities or single
    services, as the trust lists have them at the time in question). ``fetcher`` answers for CRL,
    OCSP and issuers' certificates; without one nothing is fetched. ``revocation`` is ``hard``
    where an unknown status makes the verdict indeterminate, ``soft`` where it gives a warning;
    evidence that calls itself long-term is always judged hard. ``maximum_bytes`` and ``seconds``
    bound what a file may cost.
    """

    signers: tuple[x509.Certificate, ...]
    timestamp_authorities: tuple[x509.Certificate, ...]
    fetcher: FetcherBackend | None = None
    revocation: Revocation = "hard"
    other_certificates: tuple[x509.Certificate, ...] = ()
    maximum_bytes: int = MAXIMUM_BYTES
    seconds: float = MAXIMUM_SECONDS

    def specification(self, *, revocation: Revocation | None = None) -> SignatureValidationSpec:
        """The same in the validation library's own words."""
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
                fetcher_backend=self.fetcher,
            ),
            local_knowledge=LocalKnowledge(known_certs=list(self.other_certificates)),
            key_usage_settings=KeyUsageConstraints(
                key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
            ),
        )

    def pdf_specification(self) -> PdfSignatureValidationSpec:
        """The same for PDF, with the standard analysis of what changed after signing."""
        return PdfSignatureValidationSpec(self.specification())

    def contexts(self, at: datetime) -> Contexts:
        """Contexts in which signers' and timestamp authorities' paths are proven at ``at``."""
        specification = self.specification(revocation="hard")
        timing = moment(at)
        handlers = bootstrap_validation_data_handlers(specification, timing_info=timing)
        stamps = specification.ts_cert_validation_policy or specification.cert_validation_policy
        return Contexts(
            signers=specification.cert_validation_policy.build_validation_context(timing, handlers),
            stamps=stamps.build_validation_context(timing, handlers),
        )


@dataclass(frozen=True)
class Contexts:
    """Two views on one collection of certificates, CRLs and OCSP responses."""

    signers: ValidationContext
    stamps: ValidationContext


def moment(at: datetime) -> ValidationTimingInfo:
    """The library's timing for a judgement at ``at``, which need not be the real present."""
    return ValidationTimingInfo(
        validation_time=at, best_signature_time=at, point_in_time_validation=False
    )


def _certificates(
    anchors: Iterable[x509.Certificate], revocation: Revocation
) -> CertValidationPolicySpec:
    return CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=list(anchors)),
        revinfo_policy=CertRevTrustPolicy(
            revocation_checking_policy=(
                REQUIRE_REVINFO
                if revocation == "hard"
                else RevocationCheckingPolicy.from_legacy("soft-fail")
            ),
            freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
        ),
    )
