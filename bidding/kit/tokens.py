"""RFC 3161 timestamp tokens by authorities that a policy names by their certificate.

A token is accepted when the certificate with one of the named SHA-256 digests signed it; no chain
is built, because everybody who approved the policy approved that very certificate.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, tsp, x509
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from bidding.kit.errors import Malformed
from bidding.kit.policy import Authority

MAX_TOKEN = 64 * 1024
_DIGESTS = ("sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Stamp:
    """When an authority saw the bytes, and which authority that was."""

    time: datetime
    authority: Authority


def verify(token: bytes, message: bytes, authorities: Iterable[Authority]) -> Stamp:
    """The stamp of a token (DER ``ContentInfo``) over ``message`` by one of the authorities.

    Raises ``Malformed`` ``bad-timestamp`` whatever is wrong: form, signer, signature, imprint, the
    certificate's purpose or its validity at the token's own time.
    """
    try:
        return _verify(token, message, {each.certificate: each for each in authorities})
    except Malformed:
        raise
    except Exception as error:  # asn1crypto raises many kinds on hostile bytes
        raise _bad(f"cannot be read ({type(error).__name__})") from None


def _verify(token: bytes, message: bytes, known: dict[bytes, Authority]) -> Stamp:
    if not 0 < len(token) <= MAX_TOKEN:
        raise _bad(f"has {len(token)} bytes")
    content = cms.ContentInfo.load(token, strict=True)
    if content["content_type"].native != "signed_data":
        raise _bad("is not signed data")
    signed: cms.SignedData = content["content"]
    inner = signed["encap_content_info"]
    if inner["content_type"].native != "tst_info" or len(signed["signer_infos"]) != 1:
        raise _bad("does not hold one signed time")
    info: tsp.TSTInfo = inner["content"].parsed
    signer: cms.SignerInfo = signed["signer_infos"][0]
    certificate, authority = _certificate(signed, known)
    _check_signature(signer, certificate, bytes(inner["content"]))
    _check_imprint(info, message)
    time: datetime = info["gen_time"].native.astimezone(UTC)
    if not certificate.not_valid_before <= time <= certificate.not_valid_after:
        raise _bad("is dated outside its certificate's validity")
    return Stamp(time=time, authority=authority)


def _certificate(
    signed: cms.SignedData, known: dict[bytes, Authority]
) -> tuple[x509.Certificate, Authority]:
    for choice in signed["certificates"]:
        if choice.name != "certificate":
            continue
        certificate: x509.Certificate = choice.chosen
        authority = known.get(hashlib.sha256(certificate.dump()).digest())
        if authority is None:
            continue
        usage = certificate.extended_key_usage_value
        if usage is None or usage.native != ["time_stamping"]:
            raise _bad("comes from a certificate that is not for timestamps alone")
        return certificate, authority
    raise _bad("is not by an authority that the policy names")


def _check_signature(signer: cms.SignerInfo, certificate: x509.Certificate, content: bytes) -> None:
    name = signer["digest_algorithm"]["algorithm"].native
    if name not in _DIGESTS:
        raise _bad(f"uses the digest {name}")
    attributes = {each["type"].native: each["values"] for each in signer["signed_attrs"]}
    if not _names(attributes, certificate):
        raise _bad("does not name the certificate that signed it")
    intact, valid = validate_sig_integrity(
        signer, certificate, "tst_info", hashlib.new(name, content).digest()
    )
    if not intact or not valid:
        raise _bad("has a false signature")


def _names(attributes: dict[str, Any], certificate: x509.Certificate) -> bool:
    """Whether the signed attributes name this certificate (RFC 3161, 2.4.1; RFC 5816).

    The first version of the attribute knows SHA-1 only; the certificate itself is pinned by its
    SHA-256 all the same.
    """
    if "signing_certificate_v2" in attributes:
        identifier = attributes["signing_certificate_v2"][0]["certs"][0]
        name = identifier["hash_algorithm"]["algorithm"].native
        if name not in _DIGESTS:
            return False
        expected = hashlib.new(name, certificate.dump()).digest()
    elif "signing_certificate" in attributes:
        identifier = attributes["signing_certificate"][0]["certs"][0]
        expected = hashlib.sha1(certificate.dump(), usedforsecurity=False).digest()
    else:
        return False
    return hmac.compare_digest(identifier["cert_hash"].native, expected)


def _check_imprint(info: tsp.TSTInfo, message: bytes) -> None:
    imprint = info["message_imprint"]
    name = imprint["hash_algorithm"]["algorithm"].native
    if name not in _DIGESTS:
        raise _bad(f"uses the digest {name}")
    expected = hashlib.new(name, message).digest()
    if not hmac.compare_digest(imprint["hashed_message"].native, expected):
        raise _bad("is over something else")


def _bad(what: str) -> Malformed:
    return Malformed(f"The timestamp {what}.", code="bad-timestamp")
