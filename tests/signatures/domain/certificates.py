"""A small authority for tests of keys and statements: a root and what it issues, made in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from signatures.domain import statements
from signatures.domain.keys import Signer

START = datetime(2026, 1, 1, tzinfo=UTC)
AT = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)


@dataclass(frozen=True)
class Holder:
    """A certificate, its private key and the certificates above it."""

    certificate: x509.Certificate
    key: Any
    chain: tuple[x509.Certificate, ...]

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def signer(self) -> Signer:
        return Signer.from_key(self.key, self.certificate, self.chain)


def make_key(kind: str) -> Any:
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(
        {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1, "k1": ec.SECP256K1}[
            kind
        ]()
    )


def issue(name: str, *, kind: str = "p256", issuer: Holder | None = None) -> Holder:
    """A certificate for ``name``; without an issuer a self-signed root."""
    key = make_key(kind)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    signing_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), False
        )
    )
    certificate = builder.sign(
        signing_key, None if isinstance(signing_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    )
    chain = (issuer.certificate, *issuer.chain) if issuer else ()
    return Holder(certificate=certificate, key=key, chain=chain)


@cache
def root() -> Holder:
    return issue("Test Root")


@cache
def holder(kind: str = "p256", name: str = "李工 Li Gong") -> Holder:
    """One holder a kind of key and name, shared by all tests of a run."""
    return issue(name, kind=kind, issuer=root())


def certificate_of(data: bytes, signature: bytes) -> bytes:
    """The DER of the certificate that a good signature over ``data`` is by."""
    return statements.check_signature(data, signature).dump()
