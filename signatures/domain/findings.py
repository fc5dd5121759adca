"""From the validation library's results to the words of an assessment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import cms, x509
from pyhanko.sign.ades.report import AdESFailure, AdESPassed, AdESSubIndic
from pyhanko_certvalidator.ltv.poe import ValidationObject, ValidationObjectType
from pyhanko_certvalidator.path import ValidationPath

from signatures.domain.assessment import SENTENCES, RevocationSource, SignatureReport, Verdict
from signatures.domain.errors import Malformed
from signatures.domain.keys import describe

TOLERANCE = timedelta(seconds=60)
"""How far clocks of different houses may differ before a moment counts as lying in the future."""


def verdict_of(indication: AdESSubIndic) -> Verdict:
    """Passed, failed and indeterminate, as this project calls them."""
    if isinstance(indication, AdESPassed):
        return Verdict.VALID
    return Verdict.INVALID if isinstance(indication, AdESFailure) else Verdict.INDETERMINATE


def sentence_of(indication: AdESSubIndic, message: str | None) -> tuple[str, ...]:
    """Why, for people; nothing where it passed."""
    if isinstance(indication, AdESPassed):
        return ()
    name = str(indication.standard_name)
    text = SENTENCES.get(name, f"The validation ended with {name}.")
    detail = describe(Exception(message)) if message else ""
    return (f"{text} ({detail})" if detail and detail != "Exception" else text,)


def path_of(result: Any) -> ValidationPath | None:
    """The proven path in a result, if there is one."""
    return getattr(getattr(result, "api_status", None), "validation_path", None)


def anchor_of(path: ValidationPath | None) -> x509.Certificate | None:
    """The recognised certificate that a path ends at."""
    if path is None:
        return None
    first = path.first
    return first if isinstance(first, x509.Certificate) else None


def subject_of(certificate: x509.Certificate) -> dict[str, Any]:
    """Signer, organisation and unified social credit code, as a certificate names them.

    The code stands as organizationIdentifier ``NTRCN-<code>`` (EN 319 412-1, 5.1.4).
    """
    name = certificate.subject.native
    identifier = _first(name.get("organization_identifier"))
    code = identifier.removeprefix("NTRCN-") if identifier else None
    return {
        "signer": _first(name.get("common_name")) or certificate.subject.human_friendly,
        "organisation": _first(name.get("organization_name")),
        "credit_code": code if code != identifier else None,
        "certificate_sha256": certificate.sha256.hex(),
    }


def revocation_of(
    certificate: x509.Certificate, objects: Iterable[ValidationObject], at: datetime
) -> RevocationSource | None:
    """The latest CRL or OCSP response up to ``at`` that speaks about a certificate."""
    found = []
    for each in objects:
        if each.object_type is ValidationObjectType.OCSP_RESPONSE:
            response = each.value.extract_single_response()
            if (
                response is not None
                and response["cert_id"]["serial_number"].native == certificate.serial_number
            ):
                found.append(("OCSP", response["this_update"].native))
        elif each.object_type is ValidationObjectType.CRL:
            crl = each.value.crl_data
            if crl.issuer == certificate.issuer:
                found.append(("CRL", crl["tbs_cert_list"]["this_update"].native))
    past = [(moment.astimezone(UTC), kind) for kind, moment in found if moment <= at + TOLERANCE]
    if not past:
        return None
    moment, kind = max(past)
    return RevocationSource(kind=kind, at=moment)


def stamp_time(token: cms.SignedData) -> datetime:
    """When a timestamp token says that it was made (RFC 3161, genTime)."""
    moment: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return moment.astimezone(UTC)


def algorithm_of(info: cms.SignerInfo) -> str:
    """Signature and digest algorithm by their common names, such as ``ecdsa, sha256``."""
    algorithm = info["signature_algorithm"]
    try:
        name = algorithm.signature_algo
    except ValueError:
        name = algorithm["algorithm"].native
    return f"{name}, {info['digest_algorithm']['algorithm'].native}"


def conclude(
    result: Any,
    certificate: x509.Certificate,
    facts: dict[str, Any],
    *,
    proven: datetime | None,
    at: datetime,
    objects: Iterable[ValidationObject] = (),
    warnings: Iterable[str] = (),
) -> SignatureReport:
    """The report on a signature or timestamp whose form is proven and whose path was judged.

    ``facts`` is what is known without trust; ``proven`` the best proof of existence; ``objects``
    are revocation data beside the result's own.
    """
    verdict = verdict_of(result.ades_subindic)
    indication = str(result.ades_subindic.standard_name)
    reasons = sentence_of(result.ades_subindic, result.failure_msg)
    anchor = anchor_of(path_of(result))
    return SignatureReport(
        verdict=verdict,
        sub_indication=indication,
        reasons=reasons,
        warnings=tuple(warnings),
        authority=None if anchor is None else str(anchor.subject.human_friendly),
        authority_sha256=None if anchor is None else anchor.sha256.hex(),
        revocation=revocation_of(certificate, [*result.validation_objects, *objects], at),
        proven_time=proven if verdict is Verdict.VALID else None,
        **facts,
    )


def failed(facts: dict[str, Any], indication: str, reason: str) -> SignatureReport:
    """The report on something that is wrong whoever signed it."""
    return SignatureReport(
        verdict=Verdict.INVALID, sub_indication=indication, reasons=(reason,), **facts
    )


def broken(facts: dict[str, Any], error: Malformed) -> SignatureReport:
    """The report on a signature that is not one over this content."""
    indication = "HASH_FAILURE" if error.code == "wrong-digest" else "SIG_CRYPTO_FAILURE"
    return failed(facts, indication, error.message)


def in_the_future(facts: dict[str, Any]) -> SignatureReport:
    """The report on something that claims to have been made after the question was asked."""
    return SignatureReport(
        verdict=Verdict.INDETERMINATE,
        sub_indication="TIMESTAMP_ORDER_FAILURE",
        reasons=("It claims a time that lies in the future.",),
        **facts,
    )


def _first(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, str) else None
