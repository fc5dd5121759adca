"""Timestamps by RFC 3161: asking for them, and judging a token by recognised authorities.

Used for checkpoints, freezes and wherever something is stamped that is not a PDF.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import ades, generic_cms

from signatures.domain import cades, findings
from signatures.domain.assessment import SENTENCES, Verdict
from signatures.domain.errors import Malformed, Refused, SunlitError, Unavailable
from signatures.domain.keys import describe, require_strong
from signatures.domain.outside import require_outside_transaction
from signatures.domain.policy import Anchor, Policy, moment
from signatures.domain.waiting import wait

MAXIMUM_TOKEN = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class TimestampInfo:
    """What a good token proves: that a digest existed at ``at``, on an authority's word.

    ``authority`` is the subject of the certificate that signed, ``certificate_sha256`` (hex) its
    digest, ``policy`` the authority's policy (OID), ``serial`` the token's number.
    """

    at: datetime
    digest: bytes
    algorithm: str
    authority: str
    certificate_sha256: str
    policy: str
    serial: int


def request(digest: bytes, *, algorithm: str = "sha256") -> tsp.TimeStampReq:
    """A request for a timestamp over ``digest``, with a nonce, asking for the certificate."""
    if algorithm not in cades.DIGESTS or len(digest) != hashlib.new(algorithm).digest_size:
        raise Malformed(f"This is no digest by an accepted algorithm ({algorithm}).")
    return tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": algorithm},
                "hashed_message": digest,
            },
            "nonce": secrets.randbits(63),
            "cert_req": True,
        }
    )


def obtain(digest: bytes, timestamper: TimeStamper, *, algorithm: str = "sha256") -> bytes:
    """A token (DER) over ``digest`` from an authority; :class:`Unavailable` when it fails."""
    require_outside_transaction("Asking for a timestamp")
    wanted = request(digest, algorithm=algorithm)
    try:
        response = wait(timestamper.async_request_tsa_response(wanted))
        status = response["status"]["status"].native
        if status not in ("granted", "granted_with_mods"):
            raise Unavailable(f"The timestamp authority answered {status}.", code="no-timestamp")
        token = response["time_stamp_token"]
        info = token["content"]["encap_content_info"]["content"].parsed
        if info["nonce"].native != wanted["nonce"].native:
            raise Unavailable("The timestamp answers another request.", code="no-timestamp")
        der = bytes(token.dump())
        read(der, digest)
        return der
    except SunlitError:
        raise
    except Exception as error:
        raise Unavailable(
            f"The timestamp authority did not answer: {describe(error)}.", code="no-timestamp"
        ) from error


def read(token: bytes, digest: bytes) -> tuple[cms.SignedData, tsp.TSTInfo]:
    """A token's structure, which must be over ``digest``; says nothing about who signed it.

    Raises :class:`Malformed` for anything that is not exactly one token over that digest by a
    strong algorithm, signed with signed attributes that name the certificate (RFC 5816).
    """
    if not token or len(token) > MAXIMUM_TOKEN:
        raise Malformed(f"A timestamp token has between 1 and {MAXIMUM_TOKEN} bytes.")
    try:
        outer = cms.ContentInfo.load(token, strict=True)
        if outer["content_type"].native != "signed_data":
            raise Malformed("The timestamp token is not CMS signed data.")
        signed_data = outer["content"]
        enclosed = signed_data["encap_content_info"]
        if enclosed["content_type"].native != "tst_info" or len(signed_data["signer_infos"]) != 1:
            raise Malformed("This is not a timestamp token by one authority.")
        info = enclosed["content"].parsed
        imprint = info["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        if algorithm not in cades.DIGESTS:
            raise Malformed(f"The timestamp is over a {algorithm} digest.", code="weak-algorithm")
        if not hmac.compare_digest(imprint["hashed_message"].native, digest):
            raise Malformed("The timestamp is over something else.", code="wrong-digest")
        signer = signed_data["signer_infos"][0]
        named = [each["type"].native for each in signer["signed_attrs"]]
        if "signing_certificate_v2" not in named and "signing_certificate" not in named:
            raise Malformed("The timestamp does not name its authority's certificate.")
        name = signer["digest_algorithm"]["algorithm"].native
        if name not in cades.DIGESTS:
            raise Malformed(f"The timestamp is signed over {name}.", code="weak-algorithm")
        if name not in {each["algorithm"].native for each in signed_data["digest_algorithms"]}:
            raise Malformed("The timestamp does not announce its digest algorithm.")
        cades.check_mechanism(signer["signature_algorithm"], name)
        info.native  # noqa: B018  # parses all of it
        return signed_data, info
    except SunlitError:
        raise
    except Exception as error:
        raise Malformed(f"The timestamp token cannot be read: {describe(error)}.") from error


def verify_token(
    token: bytes,
    digest: bytes,
    *,
    anchors: Iterable[Anchor],
    at: datetime,
    policy: Policy | None = None,
) -> TimestampInfo:
    """What a token proves, judged at ``at`` by recognised timestamp authorities.

    ``anchors`` are the recognised authorities or single services. Without ``policy`` revocation
    is not asked (soft); with one its rule, fetcher and data count. Raises :class:`Malformed` for a
    bad token, :class:`Refused` for one whose authority is not accepted or that lies in the future.
    """
    try:
        return _verified(token, digest, anchors, at, policy)
    except SunlitError:
        raise
    except Exception as error:
        raise Malformed(f"The timestamp token cannot be read: {describe(error)}.") from error


def _verified(
    token: bytes, digest: bytes, anchors: Iterable[Anchor], at: datetime, policy: Policy | None
) -> TimestampInfo:
    signed_data, info = read(token, digest)
    base = policy or Policy(signers=(), timestamp_authorities=(), revocation="soft")
    base = replace(base, timestamp_authorities=tuple(anchors))
    made = findings.stamp_time(signed_data)
    if made > at + findings.TOLERANCE:
        raise Refused("The timestamp lies in the future.", code="bad-timestamp")
    result = judge(signed_data, digest, policy=base, at=at)
    if findings.verdict_of(result.ades_subindic) is not Verdict.VALID:
        name = str(result.ades_subindic.standard_name)
        raise Refused(
            f"The timestamp is not accepted: {SENTENCES.get(name, name)}", code="bad-timestamp"
        )
    certificate = generic_cms.extract_certs_for_validation(signed_data).signer_cert
    require_strong(certificate.public_key)
    imprint = info["message_imprint"]
    return TimestampInfo(
        at=made.astimezone(UTC),
        digest=digest,
        algorithm=imprint["hash_algorithm"]["algorithm"].native,
        authority=str(certificate.subject.human_friendly),
        certificate_sha256=certificate.sha256.hex(),
        policy=info["policy"].dotted,
        serial=info["serial_number"].native,
    )


def judge(
    signed_data: cms.SignedData, digest: bytes, *, policy: Policy, at: datetime
) -> ades.AdESBasicValidationResult:
    """The validation library's result for a token over ``digest``."""
    return wait(
        ades.ades_timestamp_validation(
            signed_data,
            policy.specification(),
            lambda _: digest,
            timing_info=moment(at),
        )
    )
