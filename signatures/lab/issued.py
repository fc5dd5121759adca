"""What somebody holds who was issued a certificate."""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.sign.signers import SimpleSigner

from signatures.domain.errors import Malformed, NotFound
from signatures.lab.certificates import PrivateKey


@dataclass(frozen=True, kw_only=True)
class Issued:
    """An end-entity certificate with what its holder needs to use it.

    ``key`` is ``None`` when the holder made the key elsewhere (a token, a browser) and handed in
    the public half. ``chain`` runs from the issuing authority to the root.
    """

    certificate: asn1_x509.Certificate
    key: PrivateKey | None
    chain: tuple[asn1_x509.Certificate, ...]

    def pkcs12(self, passphrase: str | bytes, *, name: str = "lab") -> bytes:
        """Certificate, key and chain as a PKCS#12 file (RFC 7292, AES-256) under ``passphrase``."""
        secret = passphrase.encode() if isinstance(passphrase, str) else passphrase
        return pkcs12.serialize_key_and_certificates(
            name.encode(),
            self._own_key(),
            x509.load_der_x509_certificate(self.certificate.dump()),
            [x509.load_der_x509_certificate(each.dump()) for each in self.chain],
            serialization.BestAvailableEncryption(secret),
        )

    def signer(self) -> SimpleSigner:
        """A pyHanko signer with this key, which embeds the chain."""
        secret = b"in memory"
        signer: SimpleSigner | None = SimpleSigner.load_pkcs12_data(self.pkcs12(secret), [], secret)
        if signer is None:
            raise Malformed("The certificate and key just issued do not load as PKCS#12.")
        return signer

    def _own_key(self) -> PrivateKey:
        if self.key is None:
            raise NotFound("The holder made this key elsewhere; the lab never had it.")
        return self.key
