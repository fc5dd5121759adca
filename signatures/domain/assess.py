"""One assessment for everything signed: PDF, detached statement, timestamp token.

Whatever the parsers below raise at a hostile file becomes an indeterminate verdict with its
reason; nothing escapes. Nothing here knows Django or a clock: ``at`` is the moment at which the
question is asked, and the policy names who is believed.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from asn1crypto import cms
from pyhanko.sign.validation import ades, generic_cms

from signatures.domain import cades, findings, statements, timestamps
from signatures.domain.assess_pdf import assess_pdf
from signatures.domain.assessment import Assessment, SignatureReport, Verdict, combine
from signatures.domain.errors import Malformed, SunlitError
from signatures.domain.keys import describe
from signatures.domain.outside import require_outside_transaction
from signatures.domain.policy import Policy, Role, moment
from signatures.domain.waiting import wait

Kind = Literal["pdf", "statement", "timestamp"]
# What the libraries log about a file, traces included, says nothing that the verdict does not.
for _library in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)

KINDS: tuple[Kind, ...] = ("pdf", "statement", "timestamp")


def assess(
    data: bytes,
    *,
    kind: Kind,
    at: datetime,
    policy: Policy,
    signature: bytes | None = None,
) -> Assessment:
    """Judge something signed, as of ``at``.

    ``kind`` is ``pdf`` (PAdES B-B to B-LTA inside ``data``), ``statement`` (``signature`` is the
    detached CAdES over the JCS bytes in ``data``) or ``timestamp`` (``signature`` is the RFC 3161
    token over ``data``). Never raises for what is wrong with the bytes: an unreadable file is
    indeterminate, and the reason says why.
    """
    require_outside_transaction("Assessing a signature")
    if kind not in KINDS:
        raise Malformed(f"{kind!r} cannot be assessed; the kinds are {', '.join(KINDS)}.")
    if at.tzinfo is None:
        raise Malformed("The moment of an assessment needs its time zone.")
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        if len(data) > policy.maximum_bytes:
            raise Malformed(
                f"The file has {len(data)} bytes; at most {policy.maximum_bytes} are judged.",
                code="too-large",
            )
        if not data:
            raise Malformed("The file is empty.", code="empty")
        reports = _reports(data, kind=kind, at=at, policy=policy, signature=signature)
    except (Exception, RecursionError, MemoryError) as error:
        return unreadable(error, kind=kind, at=at, sha256=sha256)
    listed = [unasked(listing(each, at=at, policy=policy)) for each in reports]
    return combine(listed, kind=kind, at=at, sha256=sha256)


def listing(report: SignatureReport, *, at: datetime, policy: Policy) -> SignatureReport:
    """The report with the trust list that recognised its authority at the best signature time.

    Where none did then, what was valid becomes indeterminate.
    """
    if policy.listed is None or report.authority_sha256 is None:
        return report
    role: Role = "signer" if report.kind == "signature" else "timestamp"
    control = report.proven_time or at
    anchor = policy.anchor(report.authority_sha256, role)
    found = None if anchor is None else policy.listed(anchor, role, control)
    if found is None and report.verdict is Verdict.VALID:
        return replace(
            report,
            verdict=Verdict.INDETERMINATE,
            sub_indication="NO_CERTIFICATE_CHAIN_FOUND",
            reasons=(f"No trust list recognised its authority on {control.isoformat()}.",),
        )
    return replace(report, listing=found)


def unasked(report: SignatureReport) -> SignatureReport:
    """The report with a warning where nothing was known about revocation."""
    if report.verdict is not Verdict.VALID or report.revocation is not None:
        return report
    warning = "No revocation data were at hand: whether the certificate was revoked is unknown."
    return replace(report, warnings=(*report.warnings, warning))


def unreadable(error: BaseException, *, kind: str, at: datetime, sha256: str) -> Assessment:
    """The verdict on something that could not be judged at all, with the reason."""
    own = isinstance(error, SunlitError)
    reason = str(error) if own else f"The file cannot be read: {describe(error)}."
    return Assessment(
        kind=kind,
        at=at,
        sha256=sha256,
        verdict=Verdict.INDETERMINATE,
        sub_indication="FORMAT_FAILURE",
        reasons=(reason,),
    )


def _reports(
    data: bytes, *, kind: Kind, at: datetime, policy: Policy, signature: bytes | None
) -> list[SignatureReport]:
    if kind == "pdf":
        return wait(assess_pdf(data, at=at, policy=policy))
    if signature is None:
        raise Malformed("The signature is missing.", code="no-signature")
    if kind == "statement":
        return [_statement(data, signature, at, policy)]
    return [_timestamp(data, signature, at, policy)]


def _statement(data: bytes, signature: bytes, at: datetime, policy: Policy) -> SignatureReport:
    try:
        statements.check_signature(data, signature)
        checked = cades.check(signature, digest=lambda name: hashlib.new(name, data).digest())
    except Malformed as error:
        return findings.broken({"kind": "signature", "level": "B-B"}, error)
    signed_data = cms.ContentInfo.load(signature, strict=True)["content"]
    info = signed_data["signer_infos"][0]
    tokens = list(generic_cms.extract_tst_data_iter(info, signed=False))
    facts: dict[str, Any] = {
        "kind": "signature",
        "algorithm": findings.algorithm_of(info),
        "claimed_time": checked.signing_time,
        "coverage": "the whole statement",
        "level": "B-T" if tokens else "B-B",
        **findings.subject_of(checked.certificate),
    }
    times = [each for each in (checked.signing_time, *map(findings.stamp_time, tokens)) if each]
    if any(each > at + findings.TOLERANCE for each in times):
        return findings.in_the_future(facts)
    validate = ades.ades_with_time_validation if tokens else ades.ades_basic_validation
    result = wait(
        validate(
            signed_data,
            policy.specification(),
            timing_info=moment(at),
            raw_digest=hashlib.new(checked.digest_algorithm, data).digest(),
        )
    )
    proven = getattr(result, "best_signature_time", None) if tokens else None
    return findings.conclude(result, checked.certificate, facts, proven=proven, at=at)


def _timestamp(data: bytes, token: bytes, at: datetime, policy: Policy) -> SignatureReport:
    try:
        algorithm = (
            cms.ContentInfo.load(token, strict=True)["content"]["encap_content_info"]["content"]
            .parsed["message_imprint"]["hash_algorithm"]["algorithm"]
            .native
        )
        if algorithm not in cades.DIGESTS:
            raise Malformed(f"The timestamp is over a {algorithm} digest.", code="weak-algorithm")
        digest = hashlib.new(algorithm, data).digest()
        signed_data, _ = timestamps.read(token, digest)
    except Malformed as error:
        return findings.broken({"kind": "timestamp", "level": "timestamp"}, error)
    certificate = generic_cms.extract_certs_for_validation(signed_data).signer_cert
    made = findings.stamp_time(signed_data)
    facts: dict[str, Any] = {
        "kind": "timestamp",
        "algorithm": findings.algorithm_of(signed_data["signer_infos"][0]),
        "claimed_time": made,
        "coverage": "the whole file",
        "level": "timestamp",
        **findings.subject_of(certificate),
    }
    if made > at + findings.TOLERANCE:
        return findings.in_the_future(facts)
    result = timestamps.judge(signed_data, digest, policy=policy, at=at)
    return findings.conclude(result, certificate, facts, proven=made, at=at)
