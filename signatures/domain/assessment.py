"""What an assessment says: frozen, explainable, stored beside the bytes that it judged.

Sub-indications are those of ETSI EN 319 102-1, clause 5.1.3; ``reasons`` say the same to people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from signatures.domain import jcs


class Verdict(StrEnum):
    """What can be said: it holds, it does not, or what is known does not suffice."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


SENTENCES = {
    "HASH_FAILURE": "The content is not what was signed.",
    "SIG_CRYPTO_FAILURE": "The signature is not by the certificate's key.",
    "FORMAT_FAILURE": "The file is not of the form that it claims.",
    "REVOKED": "The certificate was revoked before it signed.",
    "REVOKED_NO_POE": "The certificate is revoked, and nothing proves that it signed before.",
    "REVOKED_CA_NO_POE": "An authority above the certificate is revoked.",
    "NOT_YET_VALID": "The certificate was not valid yet.",
    "EXPIRED": "The certificate had expired when it signed.",
    "OUT_OF_BOUNDS_NO_POE": "The certificate is not valid now, and nothing proves that it signed"
    " while it was.",
    "OUT_OF_BOUNDS_NOT_REVOKED": "The certificate has expired, and nothing proves that it"
    " signed before.",
    "NO_CERTIFICATE_CHAIN_FOUND": "The certificate leads to no recognised authority.",
    "CERTIFICATE_CHAIN_GENERAL_FAILURE": "The path to the authority could not be confirmed; the"
    " revocation status is unknown or the certificate is not valid at this time.",
    "CHAIN_CONSTRAINTS_FAILURE": "The certificate may not be used for this.",
    "CRYPTO_CONSTRAINTS_FAILURE": "An algorithm or a key is too weak.",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE": "An algorithm or a key is too weak by now.",
    "SIG_CONSTRAINTS_FAILURE": "The signature lacks an attribute that it needs.",
    "REVOCATION_OUT_OF_BOUNDS_NO_POE": "The revocation data themselves cannot be confirmed.",
    "NO_POE": "Nothing proves that the signature existed while its evidence was good.",
    "TRY_LATER": "No revocation data that are recent enough can be had now.",
    "TIMESTAMP_ORDER_FAILURE": "The timestamps contradict one another.",
    "SIGNED_DATA_NOT_FOUND": "There is no signature in it.",
}


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Where a trust list says that a service is recognised."""

    territory: str
    version: int
    service: str

    def __str__(self) -> str:
        return f"{self.territory} {self.version}: {self.service}"


@dataclass(frozen=True, kw_only=True)
class RevocationSource:
    """What said that a certificate was not revoked (``OCSP`` or ``CRL``), and as of when."""

    kind: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class SignatureReport:
    """One signature or timestamp: who, on whose word, when, over what, and what is not covered.

    ``claimed_time`` is the signer's own word; ``proven_time`` the earliest moment at which a
    recognised timestamp proves that the signature existed. ``level`` is B-B to B-LTA, or the kind
    of a timestamp.
    """

    kind: str
    verdict: Verdict
    sub_indication: str
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    field: str | None = None
    signer: str | None = None
    organisation: str | None = None
    credit_code: str | None = None
    certificate_sha256: str | None = None
    authority: str | None = None
    authority_sha256: str | None = None
    listing: Listing | None = None
    revocation: RevocationSource | None = None
    claimed_time: datetime | None = None
    proven_time: datetime | None = None
    coverage: str | None = None
    not_covered: tuple[str, ...] = ()
    algorithm: str | None = None
    level: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it: times as canonical text, nothing left out."""
        return {
            "kind": self.kind,
            "verdict": str(self.verdict),
            "sub_indication": self.sub_indication,
            "reasons": list(self.reasons),
            "warnings": list(self.warnings),
            "field": self.field,
            "signer": self.signer,
            "organisation": self.organisation,
            "credit_code": self.credit_code,
            "certificate_sha256": self.certificate_sha256,
            "authority": self.authority,
            "authority_sha256": self.authority_sha256,
            "listing": None
            if self.listing is None
            else {
                "territory": self.listing.territory,
                "version": self.listing.version,
                "service": self.listing.service,
            },
            "revocation": None
            if self.revocation is None
            else {"kind": self.revocation.kind, "at": _time(self.revocation.at)},
            "claimed_time": _time(self.claimed_time),
            "proven_time": _time(self.proven_time),
            "coverage": self.coverage,
            "not_covered": list(self.not_covered),
            "algorithm": self.algorithm,
            "level": self.level,
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> SignatureReport:
        """The report that :meth:`as_dict` wrote."""
        known: dict[str, Any] = dict(value)
        for name in ("reasons", "warnings", "not_covered"):
            known[name] = tuple(value[name])
        for name in ("claimed_time", "proven_time"):
            known[name] = _moment(value[name])
        known["verdict"] = Verdict(value["verdict"])
        if value["listing"] is not None:
            known["listing"] = Listing(**value["listing"])
        if value["revocation"] is not None:
            at = jcs.parse_timestamp(value["revocation"]["at"])
            known["revocation"] = RevocationSource(kind=value["revocation"]["kind"], at=at)
        return cls(**known)


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """The judgement on one signed thing at one moment; the AND over all its signatures."""

    kind: str
    at: datetime
    sha256: str
    verdict: Verdict
    sub_indication: str
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    signatures: tuple[SignatureReport, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether every signature in it holds."""
        return self.verdict is Verdict.VALID

    def as_dict(self) -> dict[str, Any]:
        """The assessment as JSON has it."""
        return {
            "kind": self.kind,
            "at": _time(self.at),
            "sha256": self.sha256,
            "verdict": str(self.verdict),
            "sub_indication": self.sub_indication,
            "reasons": list(self.reasons),
            "warnings": list(self.warnings),
            "signatures": [each.as_dict() for each in self.signatures],
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Assessment:
        """The assessment that :meth:`as_dict` wrote, such as one that was stored."""
        return cls(
            kind=value["kind"],
            at=jcs.parse_timestamp(value["at"]),
            sha256=value["sha256"],
            verdict=Verdict(value["verdict"]),
            sub_indication=value["sub_indication"],
            reasons=tuple(value["reasons"]),
            warnings=tuple(value["warnings"]),
            signatures=tuple(SignatureReport.from_dict(each) for each in value["signatures"]),
        )


def combine(
    reports: Iterable[SignatureReport], *, kind: str, at: datetime, sha256: str
) -> Assessment:
    """The verdict over all signatures: the worst of them; none at all is indeterminate."""
    found = tuple(reports)
    for verdict in (Verdict.INVALID, Verdict.INDETERMINATE):
        worst = [each for each in found if each.verdict is verdict]
        if worst:
            break
    else:
        verdict, worst = Verdict.VALID, []
    if not found:
        verdict = Verdict.INDETERMINATE
    missing = SENTENCES["SIGNED_DATA_NOT_FOUND"]
    return Assessment(
        kind=kind,
        at=at,
        sha256=sha256,
        verdict=verdict,
        sub_indication=(
            worst[0].sub_indication if worst else "OK" if found else "SIGNED_DATA_NOT_FOUND"
        ),
        reasons=tuple(_named(each, text) for each in worst for text in each.reasons)
        if found
        else (missing,),
        warnings=tuple(_named(each, text) for each in found for text in each.warnings),
        signatures=found,
    )


def _named(report: SignatureReport, text: str) -> str:
    name = report.field or report.signer
    return f"{name}: {text}" if name else text


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else jcs.timestamp(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else jcs.parse_timestamp(text)
