"""The certificates that the lab's authorities hold and issue (RFC 5280 profiles).

Everything here is a pure function of its arguments and fresh randomness: nothing is stored, no
clock is read. Certificates are built with ``cryptography`` because certomancer derives all its
certificates from one configuration file and cannot issue to somebody who turns up later.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

LAB_NOTICE = "LAB: for tests and demonstrations only, of no legal effect"
"""The policy text that stands in every certificate of the lab (RFC 5280, 4.2.1.4)."""

# Arcs under 2.25 need no registration (ITU-T X.667); the number is small because not every decoder
# takes the 128 bits that a full UUID would need.
LAB_ARC = "2.25.1903416471"
LAB_POLICY = ObjectIdentifier(LAB_ARC + ".1")
LAB_TSA_POLICY = LAB_ARC + ".2"

TSL_SIGNING = ObjectIdentifier("0.4.0.2231.3.0")
"""id-tsl-kp-tslSigning, the key purpose of a trust list's signer (ETSI TS 119 612, 5.7.1)."""

DAY = timedelta(days=1)
YEAR = 365 * DAY


class Usage(StrEnum):
    """What an end-entity certificate is for; it decides what its subject must name."""

    SEAL = "seal"
    PERSON = "person"
    PLATFORM = "platform"


def new_key(kind: str = "ec") -> PrivateKey:
    """A fresh key: ``ec`` is ECDSA on P-256, ``rsa`` is RSA with 2048 bits."""
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    raise ValueError(f"A lab key is 'ec' or 'rsa', not {kind!r}.")


def authority_name(*, organisation: str, common_name: str) -> x509.Name:
    """The subject of an authority: country, organisation, common name."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def subject_name(
    *,
    common_name: str,
    organisation: str | None,
    credit_code: str | None,
    person_id: str | None,
) -> x509.Name:
    """The subject of an end entity.

    ``credit_code`` (unified social credit code, GB 32100) stands as organizationIdentifier
    ``NTRCN-<code>`` and ``person_id`` as serialNumber ``IDCCN-<id>``, the semantics identifiers of
    ETSI EN 319 412-1, 5.1.3 and 5.1.4.
    """
    attributes = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if organisation is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    if credit_code is not None:
        attributes.append(
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{credit_code}")
        )
    if person_id is not None:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, f"IDCCN-{person_id}"))
    attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(attributes)


def authority_certificate(
    *,
    subject: x509.Name,
    key: PrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: PrivateKey,
    valid_from: datetime,
    valid_to: datetime,
    path_length: int | None,
    crl_url: str | None = None,
    issuer_url: str | None = None,
) -> x509.Certificate:
    """A certification authority's certificate; ``issuer=None`` makes a self-signed root."""
    builder = _builder(subject, key.public_key(), issuer, issuer_key, valid_from, valid_to)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=True, path_length=path_length), critical=True
    )
    builder = builder.add_extension(
        _key_usage(digital_signature=True, key_cert_sign=True, crl_sign=True), critical=True
    )
    builder = _with_sources(builder, crl_url=crl_url, ocsp_url=None, issuer_url=issuer_url)
    return builder.sign(issuer_key, hashes.SHA256())


def service_certificate(
    *,
    subject: x509.Name,
    key: PrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: PrivateKey,
    valid_from: datetime,
    valid_to: datetime,
    purpose: ObjectIdentifier,
    crl_url: str | None = None,
    issuer_url: str | None = None,
) -> x509.Certificate:
    """A responder's, timestamp authority's or list signer's certificate, for ``purpose`` alone.

    An OCSP responder carries id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1): nobody is asked whether
    the one who answers is itself revoked. The purpose is critical for timestamping (RFC 3161, 2.3).
    """
    builder = _builder(subject, key.public_key(), issuer, issuer_key, valid_from, valid_to)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_key_usage(digital_signature=True), critical=True)
    timestamping = purpose == ExtendedKeyUsageOID.TIME_STAMPING
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=timestamping)
    if purpose == ExtendedKeyUsageOID.OCSP_SIGNING:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    builder = _with_sources(builder, crl_url=crl_url, ocsp_url=None, issuer_url=issuer_url)
    return builder.sign(issuer_key, hashes.SHA256())


def end_entity_certificate(
    *,
    subject: x509.Name,
    public_key: PublicKey,
    issuer: x509.Certificate,
    issuer_key: PrivateKey,
    valid_from: datetime,
    valid_to: datetime,
    crl_url: str,
    ocsp_url: str,
    issuer_url: str,
) -> x509.Certificate:
    """A certificate for signing and sealing, with its CRL, its responder and its issuer named."""
    builder = _builder(subject, public_key, issuer, issuer_key, valid_from, valid_to)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(
        _key_usage(digital_signature=True, content_commitment=True), critical=True
    )
    builder = _with_sources(builder, crl_url=crl_url, ocsp_url=ocsp_url, issuer_url=issuer_url)
    return builder.sign(issuer_key, hashes.SHA256())


def _builder(
    subject: x509.Name,
    public_key: PublicKey,
    issuer: x509.Certificate | None,
    issuer_key: PrivateKey,
    valid_from: datetime,
    valid_to: datetime,
) -> x509.CertificateBuilder:
    policy = x509.PolicyInformation(LAB_POLICY, [x509.UserNotice(None, LAB_NOTICE)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_to)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(x509.CertificatePolicies([policy]), critical=False)
    )


def _key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _with_sources(
    builder: x509.CertificateBuilder,
    *,
    crl_url: str | None,
    ocsp_url: str | None,
    issuer_url: str | None,
) -> x509.CertificateBuilder:
    if crl_url is not None:
        point = x509.DistributionPoint(
            full_name=[x509.UniformResourceIdentifier(crl_url)],
            relative_name=None,
            reasons=None,
            crl_issuer=None,
        )
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    descriptions = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, url in (
            (AuthorityInformationAccessOID.OCSP, ocsp_url),
            (AuthorityInformationAccessOID.CA_ISSUERS, issuer_url),
        )
        if url is not None
    ]
    if descriptions:
        builder = builder.add_extension(
            x509.AuthorityInformationAccess(descriptions), critical=False
        )
    return builder
