"""What ``metadata/trust/`` holds: the certificates, lists, revocation data and keys to judge by.

Gathered when the package is built, because none of it can be had decades later. Anchors are the
services of the trust lists in force and the roots above them; all in PEM, as public tools take it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from asn1crypto import cms, crl, ocsp, pem, x509
from pyhanko_certvalidator.path import ValidationPath

from signatures import store
from signatures.domain import checkpoints, evidence, platform, trust_store
from signatures.domain.policy import Policy
from signatures.domain.waiting import wait
from signatures.models.trust import AcceptedTrustList

FOLDER = "metadata/trust"
ANCHORS = f"{FOLDER}/anchors.pem"
CERTIFICATES = f"{FOLDER}/certificates.pem"
RECEIPT_KEY = f"{FOLDER}/receipt-key.json"
RECEIPT_KEY_SIGNATURE = f"{FOLDER}/receipt-key.p7s"


def gather(*, token: bytes, policy: Policy, at: datetime) -> dict[str, bytes]:
    """Path -> bytes of everything below ``metadata/trust/``.

    ``token`` is a timestamp by the authority that will stamp the package. Raises
    :class:`Unavailable` where the status of the seal or of the authority cannot be learnt.
    """
    seal = platform.seal()
    known = [seal.certificate, *seal.chain, *certificates_of(token)]
    crls, ocsps = _revocation(seal.certificate, known, token, policy=policy, at=at)
    statement, signature = platform.key_statement()
    known += certificates_of(signature)
    anchors = [*policy.certificates]
    anchors += [one for one in known if one.self_signed == "yes" or one.self_issued]
    files = {
        ANCHORS: _pem(anchors),
        CERTIFICATES: _pem(known),
        f"{FOLDER}/log-keys.txt": _keys(),
        RECEIPT_KEY: statement,
        RECEIPT_KEY_SIGNATURE: signature,
    }
    for kind, rows in (("crl", crls), ("ocsp", ocsps)):
        for data in rows:
            files[f"{FOLDER}/revocation/{hashlib.sha256(data).hexdigest()[:32]}.{kind}"] = data
    return files | _lists(at)


def certificates_of(data: bytes) -> list[x509.Certificate]:
    """The certificates inside a CMS signature or a timestamp token."""
    found = cms.ContentInfo.load(data)["content"]["certificates"]
    return [each.chosen for each in found if each.name == "certificate"]


def _lists(at: datetime) -> dict[str, bytes]:
    """The trust lists in force at ``at``, as they were taken in, and who may sign them."""
    files = {}
    for trust_list in trust_store.recognition(now=at).lists:
        row = AcceptedTrustList.objects.get(
            territory=trust_list.territory, sequence=trust_list.sequence
        )
        name = f"{trust_list.territory}-{trust_list.sequence}.xml"
        files[f"{FOLDER}/lists/{name}"] = store.read(row.digest)
    signers = [each for rows in trust_store.pins().values() for each in rows]
    if signers:
        files[f"{FOLDER}/lists/signers.pem"] = _pem(signers)
    return files


def _revocation(
    seal: x509.Certificate,
    known: list[x509.Certificate],
    token: bytes,
    *,
    policy: Policy,
    at: datetime,
) -> tuple[list[bytes], list[bytes]]:
    """CRLs and OCSP responses (DER) that say that seal and authority were good at ``at``."""

    async def prove() -> tuple[list[crl.CertificateList], list[ocsp.OCSPResponse]]:
        contexts = policy.contexts(at)
        try:
            paths: list[ValidationPath] = [
                await evidence.prove(seal, known, contexts.signers),
                await evidence.prove(signer_of(token), known, contexts.stamps, stamp=True),
            ]
            del paths
            return list(contexts.signers.crls), list(contexts.signers.ocsps)
        finally:
            await contexts.close()

    crls, ocsps = wait(prove())
    return [each.dump() for each in crls], [each.dump() for each in ocsps]


def signer_of(token: bytes) -> x509.Certificate:
    """The certificate that signed a timestamp token."""
    signed = cms.ContentInfo.load(token)["content"]
    serial = signed["signer_infos"][0]["sid"].chosen["serial_number"].native
    return next(each for each in certificates_of(token) if each.serial_number == serial)


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    """PEM, each certificate once, in order of digest, with its subject above it."""
    unique = {each.sha256: each for each in certificates}
    parts = []
    for _digest, each in sorted(unique.items()):
        subject = "".join(c if c.isprintable() else "?" for c in each.subject.human_friendly)
        parts.append(f"# {subject}\n".encode() + pem.armor("CERTIFICATE", each.dump()))
    return b"".join(parts)


def _keys() -> bytes:
    """The log's verifier key and its witnesses', a line each."""
    known = [platform.log_verifier(), *checkpoints.witnesses()]
    return "".join(f"{each.vkey}\n" for each in known).encode()
