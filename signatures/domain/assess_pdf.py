"""Judging the signatures and timestamps in a PDF (PAdES B-B to B-LTA, EN 319 142-1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from asn1crypto import cms, crl, ocsp, parser, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.validation import ades, generic_cms
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, read_certification_data
from pyhanko.sign.validation.policy_decl import LocalKnowledge, PdfSignatureValidationSpec
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator.ltv.poe import ValidationObject, ValidationObjectType
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from signatures.domain import cades, findings, timestamps
from signatures.domain.assessment import SignatureReport, Verdict
from signatures.domain.changes import COVERED, Document, disallowed_change
from signatures.domain.errors import Malformed
from signatures.domain.pdf import read
from signatures.domain.policy import Policy, moment

UNCLEAR = SignatureCoverageLevel.UNCLEAR
STALE = frozenset(
    {
        "NO_POE",
        "TRY_LATER",
        "CERTIFICATE_CHAIN_GENERAL_FAILURE",
        "REVOCATION_OUT_OF_BOUNDS_NO_POE",
        "OUT_OF_BOUNDS_NO_POE",
        "OUT_OF_BOUNDS_NOT_REVOKED",
    }
)
"""What evidence may have come to by nothing but age; it is then judged at its own time."""


async def assess_pdf(data: bytes, *, at: datetime, policy: Policy) -> list[SignatureReport]:
    """A report for each signature and document timestamp, in the order in which they were made.

    Errors of the parsers below are raised as they are; ``assess`` turns them into a verdict.
    """
    reader = read(data)
    signatures = tuple(reader.embedded_signatures)
    document = Document(
        reader=reader,
        data=data,
        signatures=signatures,
        stamps=tuple(reader.embedded_timestamp_signatures),
        known=_known(reader),
        permission=_permission(reader),
    )
    reports = []
    for signature in signatures:
        if signature.sig_object_type == "/DocTimeStamp":
            reports.append(await _stamp(signature, document, at, policy))
        else:
            reports.append(await _signature(signature, document, at, policy))
    return reports


async def _signature(
    signature: EmbeddedPdfSignature, document: Document, at: datetime, policy: Policy
) -> SignatureReport:
    facts: dict[str, Any] = {
        "kind": "signature",
        "field": signature.field_name,
        "algorithm": findings.algorithm_of(signature.signer_info),
        "claimed_time": signature.self_reported_timestamp,
        **findings.subject_of(signature.signer_cert),
    }
    subfilter = signature.sig_object.get("/SubFilter")
    if subfilter != fields.SigSeedSubFilter.PADES.value:
        return SignatureReport(
            verdict=Verdict.INDETERMINATE,
            sub_indication="FORMAT_FAILURE",
            reasons=(f"The signature is of the form {subfilter}, not PAdES.",),
            **facts,
        )
    signature.compute_integrity_info(DEFAULT_DIFF_POLICY)
    facts |= _coverage(signature)
    try:
        cades.check(_contents(signature), digest=signature.compute_digest)
    except Malformed as error:
        return findings.broken(facts, error)
    changed = disallowed_change(signature, document)
    if changed:
        return findings.failed(facts, "HASH_FAILURE", changed)
    tokens = list(generic_cms.extract_tst_data_iter(signature.signer_info, signed=False))
    later = [each for each in document.stamps if each.signed_revision > signature.signed_revision]
    level = _level(bool(tokens), document, bool(later))
    facts["level"] = level
    times = [findings.stamp_time(token) for token in tokens]
    times += [findings.stamp_time(each.signed_data) for each in later]
    claims = [*times, *([facts["claimed_time"]] if facts["claimed_time"] else [])]
    if any(each > at + findings.TOLERANCE for each in claims):
        return findings.in_the_future(facts)
    result = await _judge(signature, document, level, at, policy)
    warnings = []
    control = _own_time(level, times)
    stale = result.ades_subindic.standard_name in STALE
    witnesses = [later[-1].signer_cert] if later else [signature.signer_cert, *map(_maker, tokens)]
    if stale and control is not None and _unexpired(witnesses, at):
        aged = await _judge(signature, document, level, control, policy)
        if findings.verdict_of(aged.ades_subindic) is Verdict.VALID:
            result = aged
            warnings.append(
                f"Judged as of {control.isoformat()}, the time of its last timestamp: there "
                "are no newer revocation data."
            )
    proven = getattr(result, "best_signature_time", None) if times else None
    return findings.conclude(
        result,
        signature.signer_cert,
        facts,
        proven=proven,
        at=at,
        objects=_objects(document.known),
        warnings=warnings,
    )


async def _stamp(
    signature: EmbeddedPdfSignature, document: Document, at: datetime, policy: Policy
) -> SignatureReport:
    made = findings.stamp_time(signature.signed_data)
    facts: dict[str, Any] = {
        "kind": "document-timestamp",
        "field": signature.field_name,
        "algorithm": findings.algorithm_of(signature.signer_info),
        "claimed_time": made,
        "level": "timestamp",
        **findings.subject_of(signature.signer_cert),
    }
    signature.compute_integrity_info(DEFAULT_DIFF_POLICY)
    facts |= _coverage(signature)
    try:
        timestamps.read(_contents(signature), signature.compute_digest())
    except Malformed as error:
        return findings.broken(facts, error)
    changed = disallowed_change(signature, document)
    if changed:
        return findings.failed(facts, "HASH_FAILURE", changed)
    if made > at + findings.TOLERANCE:
        return findings.in_the_future(facts)
    later = [
        findings.stamp_time(each.signed_data)
        for each in document.stamps
        if each.signed_revision > signature.signed_revision
    ]
    specification = policy.specification(revocation="hard", known=document.known)

    async def judge(control: datetime) -> Any:
        return await ades.ades_timestamp_validation(
            signature.signed_data,
            specification,
            signature.compute_digest,
            timing_info=moment(control),
        )

    result = await judge(at)
    warnings = []
    if result.ades_subindic.standard_name in STALE and (
        later or _unexpired([signature.signer_cert], at)
    ):
        # A later timestamp proves that this one existed then; the last is judged at its own time.
        control = min(later) if later else made
        aged = await judge(control)
        if findings.verdict_of(aged.ades_subindic) is Verdict.VALID:
            result = aged
            warnings.append(f"Judged as of {control.isoformat()}: no newer revocation data.")
    return findings.conclude(
        result,
        signature.signer_cert,
        facts,
        proven=made,
        at=at,
        objects=_objects(document.known),
        warnings=warnings,
    )


async def _judge(
    signature: EmbeddedPdfSignature, document: Document, level: str, at: datetime, policy: Policy
) -> Any:
    timing = moment(at)
    if level == "B-LTA":
        specification = policy.specification(revocation="hard")
        return await ades.ades_lta_validation(
            signature, PdfSignatureValidationSpec(specification), timing_info=timing
        )
    if level == "B-B":
        return await ades.ades_basic_validation(
            signature.signed_data,
            policy.specification(known=document.known),
            timing_info=timing,
            raw_digest=signature.compute_digest(),
        )
    return await ades.ades_with_time_validation(
        signature.signed_data,
        policy.specification(revocation="hard", known=document.known),
        timing_info=timing,
        raw_digest=signature.compute_digest(),
    )


def _contents(signature: EmbeddedPdfSignature) -> bytes:
    """The signature's DER without the zeros that fill up its room."""
    raw = bytes(signature.pkcs7_content)
    length = parser.peek(raw)
    if raw[length:].strip(b"\0"):
        raise Malformed("Something stands behind the signature in its room.")
    return raw[:length]


def _coverage(signature: EmbeddedPdfSignature) -> dict[str, Any]:
    difference = signature.diff_result
    missing: tuple[str, ...] = ()
    if isinstance(difference, DiffResult):
        if difference.modification_level is not ModificationLevel.NONE:
            missing = ("evidence that was added later",)
        missing += tuple(f"field {name}" for name in sorted(difference.changed_form_fields))
    return {
        "coverage": COVERED.get(signature.coverage or UNCLEAR, "only a part of the file"),
        "not_covered": missing,
    }


def _known(reader: PdfFileReader) -> LocalKnowledge:
    """Certificates and revocation data in the document security store."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return LocalKnowledge()
    return LocalKnowledge(
        known_certs=list(store.load_certs()),
        known_crls=[
            CRLContainer(crl.CertificateList.load(each.get_object().data)) for each in store.crls
        ],
        known_ocsps=[
            one
            for each in store.ocsps
            for one in OCSPContainer.load_multi(ocsp.OCSPResponse.load(each.get_object().data))
        ],
    )


def _objects(known: LocalKnowledge) -> Iterable[ValidationObject]:
    for each in known.known_crls:
        yield ValidationObject(ValidationObjectType.CRL, each)
    for one in known.known_ocsps:
        yield ValidationObject(ValidationObjectType.OCSP_RESPONSE, one)


def _permission(reader: PdfFileReader) -> fields.MDPPerm | None:
    certified = read_certification_data(reader)
    return None if certified is None else certified.permission


def _level(stamped: bool, document: Document, sealed: bool) -> str:
    evidence = bool(document.known.known_crls or document.known.known_ocsps)
    if not stamped:
        return "B-B"
    if not evidence:
        return "B-T"
    return "B-LTA" if sealed else "B-LT"


def _own_time(level: str, times: list[datetime]) -> datetime | None:
    if level == "B-LTA":
        return max(times)
    return min(times) if level == "B-LT" else None


def _maker(token: cms.SignedData) -> x509.Certificate:
    return generic_cms.extract_certs_for_validation(token).signer_cert


def _unexpired(certificates: Iterable[x509.Certificate], at: datetime) -> bool:
    return all(each.not_valid_after > at for each in certificates)
