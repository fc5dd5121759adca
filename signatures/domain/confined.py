"""Assessing a PDF that nobody vouches for: parsed in the sandbox, never in this process.

The child has no network. It judges by what it is given and names the certificates whose status is
wanted; this process asks for that, and a second child judges again with the answers.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from asn1crypto import crl, ocsp, x509

from signatures.domain import jcs
from signatures.domain.assess import listing, unreadable
from signatures.domain.assessment import Assessment, Verdict, combine
from signatures.domain.errors import Malformed, SunlitError
from signatures.domain.evidence import prove
from signatures.domain.policy import Policy
from signatures.domain.waiting import wait
from signatures.sandbox import runner

JOB = "signatures.domain.confined_job:assess_here"
MEMORY = 768 * 1024 * 1024
COPIES = 8
"""How many times its own size a document may take up beside that."""


def assess_confined(data: bytes, *, at: datetime, policy: Policy) -> Assessment:
    """What ``assess(data, kind="pdf", …)`` says, at the price of a second, within hard limits.

    Time and memory are the policy's; running out of either is an indeterminate verdict.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        if len(data) > policy.maximum_bytes:
            raise Malformed(
                f"The file has {len(data)} bytes; at most {policy.maximum_bytes} are judged.",
                code="too-large",
            )
        answer = _ask(data, at, policy)
        if policy.fetcher is not None and answer["assessment"]["verdict"] != Verdict.INVALID:
            answer = _ask(data, at, wait(_informed(answer["proofs"], at, policy)))
    except SunlitError as error:
        return unreadable(error, kind="pdf", at=at, sha256=sha256)
    found = Assessment.from_dict(answer["assessment"])
    if not found.signatures:
        return found
    reports = [listing(each, at=at, policy=policy) for each in found.signatures]
    return combine(reports, kind="pdf", at=at, sha256=sha256)


def _ask(data: bytes, at: datetime, policy: Policy) -> dict[str, Any]:
    question = {
        "at": jcs.timestamp(at),
        "signers": _encoded(policy.roles("signer")),
        "timestamp_authorities": _encoded(policy.roles("timestamp")),
        "other_certificates": _encoded(policy.other_certificates),
        "crls": _encoded(policy.crls),
        "ocsps": _encoded(policy.ocsps),
        "revocation": policy.revocation,
    }
    answer = runner.run(
        JOB,
        json.dumps(question).encode() + b"\n" + data,
        seconds=policy.seconds,
        memory=MEMORY + COPIES * len(data),
    )
    value: dict[str, Any] = json.loads(answer)
    return value


async def _informed(proofs: list[dict[str, Any]], at: datetime, policy: Policy) -> Policy:
    """The policy with the revocation data that the recognised certificates' sources give."""
    contexts = policy.contexts(at)
    try:
        for proof in proofs:
            context = contexts.stamps if proof["stamp"] else contexts.signers
            try:
                await prove(
                    x509.Certificate.load(base64.b64decode(proof["certificate"])),
                    [x509.Certificate.load(base64.b64decode(each)) for each in proof["others"]],
                    context,
                    stamp=proof["stamp"],
                )
            except (SunlitError, ValueError):
                continue  # the second judgement will say what is missing
        manager = contexts.signers
        return replace(
            policy,
            crls=(*policy.crls, *manager.crls),
            ocsps=(*policy.ocsps, *manager.ocsps),
        )
    finally:
        await contexts.close()


def _encoded(
    values: tuple[x509.Certificate | crl.CertificateList | ocsp.OCSPResponse, ...],
) -> list[str]:
    return [base64.b64encode(each.dump()).decode() for each in values]
