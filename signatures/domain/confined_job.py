"""The part of a confined assessment that runs in the sandbox; imported nowhere else."""

from __future__ import annotations

import base64
import json
from typing import Any

from asn1crypto import crl, ocsp, x509

from signatures.domain import jcs, waiting
from signatures.domain.assess import assess
from signatures.domain.assess_pdf import proofs_needed
from signatures.domain.policy import Policy

# The sandbox forbids sockets after the import, and an event loop needs a pair of them.
waiting.reserve()


def assess_here(payload: bytes) -> bytes:
    """``payload`` is a line of JSON (moment, anchors, revocation data) and the document."""
    head, _, data = payload.partition(b"\n")
    question = json.loads(head)
    assessment = assess(
        data,
        kind="pdf",
        at=jcs.parse_timestamp(question["at"]),
        policy=Policy(
            signers=_decoded(question["signers"], x509.Certificate),
            timestamp_authorities=_decoded(question["timestamp_authorities"], x509.Certificate),
            other_certificates=_decoded(question["other_certificates"], x509.Certificate),
            crls=_decoded(question["crls"], crl.CertificateList),
            ocsps=_decoded(question["ocsps"], ocsp.OCSPResponse),
            revocation=question["revocation"],
            maximum_bytes=len(data),
        ),
    )
    proofs = []
    if assessment.signatures:
        proofs = [
            {
                "certificate": _encoded(certificate),
                "others": [_encoded(each) for each in others],
                "stamp": stamp,
            }
            for certificate, others, stamp in proofs_needed(data)
        ]
    return json.dumps({"assessment": assessment.as_dict(), "proofs": proofs}).encode()


def _decoded(values: list[str], kind: Any) -> tuple[Any, ...]:
    return tuple(kind.load(base64.b64decode(each)) for each in values)


def _encoded(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.dump()).decode()
