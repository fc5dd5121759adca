"""Judging the signatures and timestamps in a PDF (PAdES B-B to B-LTA, EN 319 142-1)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
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
from signatures.domain.policy import NOTHING, Policy, moment

Attempt = tuple[datetime, LocalKnowledge, Policy]
_HEX = re.compile(rb"[0-9a-f]*|[0-9A-F]*")
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


def proofs_needed(data: bytes) -> list[tuple[x509.Certificate, list[x509.Certificate], bool]]:
    """Whose status must be learnt: certificate, those beside it, whether it makes timestamps."""
    reader = read(data)
    found = []
    for signature in reader.embedded_signatures:
        stamp = signature.sig_object_type == "/DocTimeStamp"
        found.append((signature.signed_data, stamp))
        tokens = generic_cms.extract_tst_data_iter(signature.signer_info, signed=False)
        found += [(token, True) for token in tokens]
    certificates = [
        (generic_cms.extract_certs_for_validation(each), stamp) for each, stamp in found
    ]
    return [(each.signer_cert, list(each.other_certs), stamp) for each, stamp in certificates]


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
        cades.check(_contents(signature, document, policy), digest=signature.compute_digest)
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
    witnesses = [later[-1].signer_cert] if later else [signature.signer_cert, *map(_maker, tokens)]
    control = _own_time(level, times) if _unexpired(witnesses, at) else None
    result, warnings = await _first_fresh(
        _attempts(at, control, document, policy),
        lambda moment_, known, believed: _judge(signature, level, moment_, known, believed),
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
        timestamps.read(_contents(signature, document, policy), signature.compute_digest())
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
    # A later timestamp proves that this one existed then; the last is judged at its own time.
    control = min(later) if later else made
    result, warnings = await _first_fresh(
        _attempts(
            at,
            control if later or _unexpired([signature.signer_cert], at) else None,
            document,
            policy,
        ),
        lambda moment_, known, believed: ades.ades_timestamp_validation(
            signature.signed_data,
            believed.specification(revocation="hard", known=known),
            signature.compute_digest,
            timing_info=moment(moment_),
        ),
    )
    return findings.conclude(
        result,
        signature.signer_cert,
        facts,
        proven=made,
        at=at,
        objects=_objects(document.known),
        warnings=warnings,
    )


def _attempts(
    at: datetime, control: datetime | None, document: Document, policy: Policy
) -> list[Attempt]:
    """What to judge by, best first: news from elsewhere, the document's own evidence, and that
    evidence at its own time."""
    alone = replace(policy, fetcher=None)
    news = policy.fetcher is not None or policy.crls or policy.ocsps
    attempts: list[Attempt] = [(at, NOTHING, policy)] if news else []
    attempts.append((at, document.known, alone))
    if control is not None:
        attempts.append((control, document.known, alone))
    return attempts


async def _first_fresh(
    attempts: list[Attempt], judge: Callable[[datetime, LocalKnowledge, Policy], Awaitable[Any]]
) -> tuple[Any, list[str]]:
    """The first result that is not merely stale, with a warning if it is about another time.

    Where all are stale the first one stands: it says what is missing now.
    """
    first = None
    for control, known, policy in attempts:
        result = await judge(control, known, policy)
        first = first or result
        if result.ades_subindic.standard_name not in STALE:
            if control == attempts[0][0]:
                return result, []
            if findings.verdict_of(result.ades_subindic) is Verdict.VALID:
                when = control.isoformat()
                return result, [f"Judged as of {when}: there are no newer revocation data."]
    return first, []


async def _judge(
    signature: EmbeddedPdfSignature,
    level: str,
    at: datetime,
    known: LocalKnowledge,
    policy: Policy,
) -> Any:
    timing = moment(at)
    if level == "B-B":
        return await ades.ades_basic_validation(
            signature.signed_data,
            policy.specification(known=known),
            timing_info=timing,
            raw_digest=signature.compute_digest(),
        )
    specification = policy.specification(revocation="hard", known=known)
    result = await ades.ades_with_time_validation(
        signature.signed_data,
        specification,
        timing_info=timing,
        raw_digest=signature.compute_digest(),
    )
    name = result.ades_subindic.standard_name
    unsure = findings.verdict_of(result.ades_subindic) is Verdict.INDETERMINATE
    if level != "B-LTA" or not unsure or name == "REVOKED_NO_POE":
        return result
    return await ades.ades_lta_validation(
        signature,
        PdfSignatureValidationSpec(policy.specification(revocation="hard")),
        timing_info=timing,
    )


def _contents(signature: EmbeddedPdfSignature, document: Document, policy: Policy) -> bytes:
    """The signature's DER without the zeros that fill up its room.

    What nobody signed in there must be as it was made, too: zeros, the hexadecimal digits' case,
    and the certificates beside the signer's.
    """
    start, end = int(signature.byte_range[1]), int(signature.byte_range[2])
    written = document.data[start + 1 : end - 1]
    raw = bytes(signature.pkcs7_content)
    length = parser.peek(raw)
    if not _HEX.fullmatch(written) or raw[length:].strip(b"\0"):
        raise Malformed("Something else stands in the place of the signature.")
    content = cms.ContentInfo.load(raw[:length])["content"]
    cades.check_certificates(
        [each.chosen for each in content["certificates"] if each.name == "certificate"],
        known=[*document.known.known_certs, *policy.certificates],
    )
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
