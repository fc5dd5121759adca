"""What an authority answers when it is asked: OCSP (RFC 6960), CRL (RFC 5280), time (RFC 3161).

OCSP responses and timestamps are certomancer's. CRLs are built with ``cryptography``: certomancer
writes their times and an empty list in forms that RFC 5280, 5.1.2.4 and 5.1.2.6 do not allow.
Every answer is given at a moment that the caller names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import algos, core, crl, keys, ocsp, tsp
from asn1crypto import x509 as asn1_x509
from certomancer.services import (
    RevocationInfoInterface,
    SimpleOCSPResponder,
    TimeStamper,
    choose_signed_digest,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from signatures.lab.certificates import LAB_TSA_POLICY, PrivateKey

OCSP_VALIDITY = timedelta(days=1)
TIMESTAMP_ALGORITHMS = {"sha256": 32, "sha384": 48, "sha512": 64}
"""Digest algorithms that the timestamp authority accepts, with their lengths in bytes."""


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """A certificate's revocation: from ``at`` on, for ``reason`` (RFC 5280, 5.3.1, snake case)."""

    serial: int
    at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A certificate with the key that belongs to it."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def asn1(self) -> asn1_x509.Certificate:
        """The certificate as asn1crypto and pyHanko take it."""
        return as_asn1(self.certificate)

    @property
    def asn1_key(self) -> keys.PrivateKeyInfo:
        """The key as asn1crypto and certomancer take it."""
        return keys.PrivateKeyInfo.load(
            self.key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same certificate, byte for byte, in asn1crypto's type."""
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


class IssuerStatus(RevocationInfoInterface):
    """What one issuer knows of its certificates: issued, revoked, or never heard of."""

    def __init__(
        self,
        *,
        issuer: asn1_x509.Certificate,
        issued: frozenset[int],
        revoked: Mapping[int, Revocation],
    ) -> None:
        self._issuer = issuer
        self._issued = issued
        self._revoked = revoked

    def get_issuer_cert(self) -> asn1_x509.Certificate:
        """The authority whose certificates are asked about."""
        return self._issuer

    def check_revocation_status(
        self, cid: ocsp.CertId, at_time: datetime
    ) -> tuple[ocsp.CertStatus, list[ocsp.SingleResponseExtension]]:
        """The status at ``at_time``; a serial number that was never issued is unknown."""
        serial = cid["serial_number"].native
        revocation = self._revoked.get(serial)
        if revocation is not None and revocation.at <= at_time:
            info = {
                "revocation_time": revocation.at,
                "revocation_reason": crl.CRLReason(revocation.reason),
            }
            return ocsp.CertStatus(name="revoked", value=ocsp.RevokedInfo(info)), []
        if serial in self._issued:
            return ocsp.CertStatus(name="good", value=core.Null()), []
        return ocsp.CertStatus(name="unknown", value=core.Null()), []


def answer_ocsp(
    request: bytes, *, responder: Credential, status: IssuerStatus, now: datetime
) -> ocsp.OCSPResponse:
    """Answer an OCSP request (DER) as of ``now``; what cannot be read is ``malformed_request``."""
    try:
        parsed = ocsp.OCSPRequest.load(request, strict=True)
        certificate = responder.asn1
        engine = SimpleOCSPResponder(
            responder_cert=certificate,
            responder_key=responder.asn1_key,
            signature_algo=choose_signed_digest("sha256", certificate.public_key),
            at_time=now,
            revinfo_interface=status,
            validity=OCSP_VALIDITY,
        )
        return engine.build_ocsp_response(parsed)
    except (ValueError, TypeError, KeyError):
        return SimpleOCSPResponder.build_error_response("malformed_request")


def build_crl(
    *,
    issuer: Credential,
    revocations: Sequence[Revocation],
    now: datetime,
    validity: timedelta,
) -> bytes:
    """The issuer's CRL (DER) as of ``now``; its number rises with the seconds of ``now``."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now)
        .next_update(now + validity)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for revocation in sorted(revocations, key=lambda each: (each.at, each.serial)):
        if revocation.at > now:
            continue
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(revocation.serial)
            .revocation_date(revocation.at)
        )
        if revocation.reason != "unspecified":
            reason = x509.CRLReason(x509.ReasonFlags[revocation.reason])
            entry = entry.add_extension(reason, critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    signed = builder.sign(issuer.key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def answer_timestamp(
    request: bytes,
    *,
    authority: Credential,
    chain: Sequence[asn1_x509.Certificate],
    now: datetime,
) -> tsp.TimeStampResp:
    """Answer a timestamp request (DER) with a token for ``now`` or a rejection with its reason."""
    try:
        parsed = tsp.TimeStampReq.load(request, strict=True)
        imprint = parsed["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        length = len(imprint["hashed_message"].native)
        version = parsed["version"].native
    except (ValueError, TypeError, KeyError):
        return _rejection("bad_data_format", "The timestamp request cannot be read.")
    if version != "v1":
        return _rejection("bad_request", "Only version 1 of the request is served.")
    if algorithm not in TIMESTAMP_ALGORITHMS:
        return _rejection("bad_alg", f"Digests by {algorithm} are not stamped.")
    if length != TIMESTAMP_ALGORITHMS[algorithm]:
        return _rejection("bad_data_format", f"{length} bytes are no {algorithm} digest.")
    engine = TimeStamper(
        tsa_cert=authority.asn1,
        tsa_key=authority.asn1_key,
        certs_to_embed=chain,
        fixed_dt=now,
        policy=tsp.ObjectIdentifier(LAB_TSA_POLICY),
    )
    return engine.request_tsa_response(parsed)


def timestamp_request(digest: bytes, *, algorithm: str = "sha256") -> bytes:
    """The DER of a request to stamp ``digest``, asking for the authority's certificate."""
    request: bytes = tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": {
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": algorithm}),
                "hashed_message": digest,
            },
            "cert_req": True,
        }
    ).dump()
    return request


def _rejection(failure: str, text: str) -> tsp.TimeStampResp:
    return tsp.TimeStampResp(
        {
            "status": {
                "status": "rejection",
                "status_string": _free_text(text),
                "fail_info": tsp.PKIFailureInfo({failure}),
            }
        }
    )


def _free_text(text: str) -> tsp.PKIFreeText:
    """One sentence as PKIFreeText (RFC 4210, 5.1.1)."""
    return tsp.PKIFreeText([core.UTF8String(text)])
