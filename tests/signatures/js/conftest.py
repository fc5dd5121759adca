"""Key files as people have them, and the page's modules that open them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    pkcs12,
)

from tests.javascript import Node, static

PASSWORD = "correct horse"


@cache
def key(kind: str):
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    curve = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1, "k1": ec.SECP256K1}
    return ec.generate_private_key(curve[kind]())


def certificate(name: str, public, issuer: str, issuer_key) -> x509.Certificate:
    def as_name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder()
        .subject_name(as_name(name))
        .issuer_name(as_name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2060, 1, 1, tzinfo=UTC))
        .sign(issuer_key, hashes.SHA256())
    )


@dataclass(frozen=True)
class Holder:
    """A key with its certificate and the certificates above it, nearest first."""

    key: object
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def file(
        self,
        password: str = PASSWORD,
        encryption: KeySerializationEncryption | None = None,
        *,
        key=None,
    ) -> bytes:
        return pkcs12.serialize_key_and_certificates(
            "阳光".encode(),
            key or self.key,
            self.certificate,
            [*reversed(self.chain)],
            encryption or BestAvailableEncryption(password.encode()),
        )


@cache
def holder(kind: str = "p256") -> Holder:
    root, middle = key("rsa2048"), key("p384")
    own = certificate("李雷 阳光", key(kind).public_key(), "Issuing", middle)
    issuing = certificate("Issuing", middle.public_key(), "Root", root)
    return Holder(key(kind), own, (issuing, certificate("Root", root.public_key(), "Root", root)))


@pytest.fixture(scope="package")
def page(tmp_path_factory):
    node = Node(Path(__file__).with_name("runner.mjs"), static(tmp_path_factory.mktemp("static")))
    yield node
    node.close()
