"""The evidence that lets a signature outlive its certificate: timestamps and revocation data.

EN 319 142-1: a signature timestamp makes B-T, a document security store with certificates, CRLs
and OCSP responses B-LT, a document timestamp over all of it B-LTA. The store is written in the
revision of the timestamp that seals it, so that nothing follows the last timestamp.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from asn1crypto import cms, x509
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, extract_tst_data_iter
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    PathBuildingError,
    PathValidationError,
)
from pyhanko_certvalidator.path import ValidationPath

from signatures.domain.errors import Refused, Unavailable
from signatures.domain.keys import describe
from signatures.domain.pdf import Update, read
from signatures.domain.policy import Contexts, Policy

DIGEST = "sha256"


async def stamp_signature(signature: cms.ContentInfo, timestamper: TimeStamper) -> bytes:
    """The signature (CMS, DER) with a timestamp over its value (EN 319 122-1, 5.3)."""
    info = signature["content"]["signer_infos"][0]
    digest = hashlib.new(DIGEST, info["signature"].native).digest()
    token = await timestamper.async_timestamp(digest, DIGEST)
    info["unsigned_attrs"] = cms.CMSAttributes(
        [cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})]
    )
    # Not forced: the signer's own bytes, certificates above all, must stay as they came.
    return bytes(signature.dump())


async def add_evidence(
    data: bytes, *, timestamper: TimeStamper | None, policy: Policy, at: datetime
) -> bytes:
    """The document with the evidence of all that no document timestamp covers yet.

    Raises :class:`Refused` for a signer or timestamp that is not recognised or revoked at ``at``,
    :class:`Unavailable` when revocation data cannot be had.
    """
    contexts = policy.contexts(at)
    try:
        return await _extended(data, contexts, timestamper)
    finally:
        await contexts.close()


async def _extended(data: bytes, contexts: Contexts, timestamper: TimeStamper | None) -> bytes:
    reader = read(data)
    stamps = reader.embedded_timestamp_signatures
    covered = stamps[-1].signed_revision if stamps else -1
    paths: list[ValidationPath] = []
    for signature in reader.embedded_regular_signatures:
        if signature.signed_revision < covered:
            continue
        paths.append(await _prove(signature.signed_data, contexts.signers))
        for token in extract_tst_data_iter(signature.signer_info, signed=False):
            paths.append(await _prove(token, contexts.stamps, stamp=True))
    for stamp in stamps[-1:]:
        paths.append(await _prove(stamp.signed_data, contexts.stamps, stamp=True))
    if timestamper is not None:
        dummy = await timestamper.async_dummy_response(DIGEST)
        paths.append(await _prove(dummy["content"], contexts.stamps, stamp=True))
    update = Update(data)
    # Both contexts draw on one collection, so either of them gives all CRLs and OCSP responses.
    DocumentSecurityStore.supply_dss_in_writer(
        update, None, paths=paths, validation_context=contexts.signers
    )
    if timestamper is None:
        return update.written()
    output = await PdfTimeStamper(timestamper).async_timestamp_pdf(update, DIGEST)
    return bytes(output.getvalue())


async def _prove(
    signed_data: cms.SignedData, context: ValidationContext, *, stamp: bool = False
) -> ValidationPath:
    found = extract_certs_for_validation(signed_data)
    return await prove(found.signer_cert, found.other_certs, context, stamp=stamp)


async def prove(
    certificate: x509.Certificate,
    others: Iterable[x509.Certificate],
    context: ValidationContext,
    *,
    stamp: bool = False,
) -> ValidationPath:
    """The path from a certificate to a recognised anchor, with revocation checked.

    ``stamp`` asks for the key purpose of timestamping. Raises :class:`Refused` and
    :class:`Unavailable` as :func:`add_evidence` does.
    """
    validator = CertificateValidator(
        certificate, intermediate_certs=others, validation_context=context
    )
    try:
        path: ValidationPath = await validator.async_validate_usage(
            set(), {"time_stamping"} if stamp else set()
        )
        return path
    except InsufficientRevinfoError as error:
        raise Unavailable(
            f"The status of {certificate.subject.human_friendly} cannot be learnt now: "
            f"{describe(error)}",
            code="no-revocation-data",
        ) from error
    except (PathBuildingError, PathValidationError) as error:
        raise Refused(
            f"{certificate.subject.human_friendly} is not accepted: {describe(error)}",
            code="not-recognised",
        ) from error
