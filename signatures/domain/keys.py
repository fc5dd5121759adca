"""Private keys and the certificates that name their holders, wherever the key lives.

A :class:`Signer` signs with a key out of a PKCS#12 file (RFC 7292), a PKCS#11 token or memory; who
uses it need not know which. Nothing here knows Django: the command-line kit loads the same keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509
from cryptography import x509 as pyca_x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.sign.signers import Signer as Backend
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signatures.domain.errors import Malformed, Unavailable
from signatures.domain.waiting import wait

MINIMUM_RSA_BITS = 2048
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
MAXIMUM_PKCS12 = 1 << 20


def require_strong(public_key: asn1_keys.PublicKeyInfo) -> None:
    """Raise :class:`Malformed` for a key that no signature here may rest on.

    Accepted: RSA of at least 2048 bits, ECDSA on P-256, P-384 or P-521, Ed25519.
    """
    algorithm = public_key.algorithm
    if algorithm in ("rsa", "rsassa_pss"):
        if public_key.bit_size >= MINIMUM_RSA_BITS:
            return
        raise Malformed(
            f"The RSA key has {public_key.bit_size} bits; at least {MINIMUM_RSA_BITS} are needed.",
            code="weak-algorithm",
        )
    if algorithm == "ec":
        form, curve = public_key.curve
        if form == "named" and curve in CURVES:
            return
        raise Malformed(
            f"The elliptic curve {curve if form == 'named' else form} is not accepted; "
            "use P-256, P-384 or P-521.",
            code="weak-algorithm",
        )
    if algorithm == "ed25519":
        return
    raise Malformed(f"Keys of the kind {algorithm} are not accepted.", code="weak-algorithm")


def digest_algorithm_of(certificate: x509.Certificate) -> str:
    """The digest that belongs with a certificate's key: its curve's strength, else SHA-256."""
    public_key = certificate.public_key
    if public_key.algorithm == "ed25519":
        return "sha512"  # RFC 8419, section 3.1
    if public_key.algorithm == "ec":
        return {"secp384r1": "sha384", "secp521r1": "sha512"}.get(public_key.curve[1], "sha256")
    return "sha256"


@dataclass(frozen=True)
class Signer:
    """A key that can sign, and the certificate that says whose it is.

    ``backend`` is the signing library's own object; ``chain`` holds issuing certificates, nearest
    first, to be put beside signatures. Equality is identity of the backend.
    """

    backend: Backend
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @classmethod
    def of(cls, backend: Backend, chain: Iterable[x509.Certificate] = ()) -> Signer:
        """Wrap a signer of the signing library, refusing weak keys."""
        certificate = backend.signing_cert
        if certificate is None:
            raise Malformed("The key has no certificate.", code="no-certificate")
        require_strong(certificate.public_key)
        return cls(backend=backend, certificate=certificate, chain=tuple(chain))

    @classmethod
    def from_key(
        cls,
        key: Any,
        certificate: pyca_x509.Certificate | x509.Certificate,
        chain: Iterable[pyca_x509.Certificate | x509.Certificate] = (),
    ) -> Signer:
        """A signer over a private key in memory.

        ``key`` is a private key of ``cryptography`` or an asn1crypto ``PrivateKeyInfo``. Raises
        :class:`Malformed` when key and certificate do not belong together or the key is weak.
        """
        own = as_asn1(certificate)
        issuers = tuple(as_asn1(each) for each in chain)
        if isinstance(key, asn1_keys.PrivateKeyInfo):
            key = serialization.load_der_private_key(key.dump(), None)
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        named = serialization.load_der_public_key(own.public_key.dump()).public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        if public != named:
            raise Malformed("The private key is not the certificate's.", code="key-mismatch")
        store = SimpleCertificateStore()
        store.register_multiple(issuers)
        backend = SimpleSigner(
            signing_cert=own,
            signing_key=asn1_keys.PrivateKeyInfo.load(
                key.private_bytes(
                    serialization.Encoding.DER,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            ),
            cert_registry=store,
        )
        return cls.of(backend, issuers)

    @property
    def digest_algorithm(self) -> str:
        """The digest used for this key's signatures, by its common name (``sha256``)."""
        return digest_algorithm_of(self.certificate)

    @property
    def certificate_digest(self) -> bytes:
        """SHA-256 over the certificate's DER, 32 bytes."""
        return hashlib.sha256(self.certificate.dump()).digest()

    def sign_raw(self, data: bytes) -> bytes:
        """Sign bytes with this key and its digest: DER for ECDSA, PKCS#1 v1.5 for RSA."""
        try:
            return bytes(wait(self.backend.async_sign_raw(data, self.digest_algorithm)))
        except Malformed:
            raise
        except Exception as error:
            raise Unavailable(
                f"The key could not sign: {describe(error)}. Check the token or the file.",
                code="key-failed",
            ) from error

    def close(self) -> None:
        """Log out of the token, if the key lives on one."""
        session = getattr(self.backend, "pkcs11_session", None)
        if session is not None:
            session.close()


def describe(error: BaseException) -> str:
    """An error from below in one line: its text, or its name where it has none."""
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__


def as_asn1(certificate: pyca_x509.Certificate | x509.Certificate) -> x509.Certificate:
    """The same certificate as asn1crypto's type, which the signing library speaks."""
    if isinstance(certificate, pyca_x509.Certificate):
        return x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    return certificate


def load_pkcs12(data: bytes, passphrase: str | bytes | None) -> Signer:
    """The key, certificate and chain in a PKCS#12 file (``.p12``, ``.pfx``; RFC 7292).

    Raises :class:`Malformed` when the passphrase is wrong, the file is no PKCS#12, or it lacks a
    key or a certificate.
    """
    if not data or len(data) > MAXIMUM_PKCS12:
        raise Malformed(
            f"A PKCS#12 file has between 1 and {MAXIMUM_PKCS12} bytes; this one has {len(data)}.",
            code="bad-pkcs12",
        )
    secret = passphrase.encode() if isinstance(passphrase, str) else passphrase
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, secret)
    except Exception as error:
        raise Malformed(
            "The file is no PKCS#12 file or the passphrase is wrong.", code="bad-pkcs12"
        ) from error
    if key is None or certificate is None:
        raise Malformed(
            "The PKCS#12 file holds no private key with its certificate.", code="bad-pkcs12"
        )
    return Signer.from_key(key, certificate, others)


def load_pkcs11(
    module: str,
    token_label: str,
    pin: str,
    key_label: str,
    certificate: pyca_x509.Certificate | x509.Certificate | None = None,
    chain: Iterable[pyca_x509.Certificate | x509.Certificate] = (),
) -> Signer:
    """A key on a PKCS#11 token (a smart card, a USB key, SoftHSM2), which never leaves it.

    ``module`` is the path of the token's library. Without ``certificate`` the one stored under
    ``key_label`` is taken. Raises :class:`Unavailable` when module, token, PIN or key fail;
    :meth:`Signer.close` ends the session.
    """
    import pkcs11
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

    issuers = tuple(as_asn1(each) for each in chain)
    criteria = TokenCriteria(label=token_label)
    session = None
    try:
        try:
            session = open_pkcs11_session(module, token_criteria=criteria, user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:
            # A login holds for the whole process; a second session needs none.
            session = open_pkcs11_session(module, token_criteria=criteria)
        own = None if certificate is None else as_asn1(certificate)
        backend = PKCS11Signer(
            session,
            key_label=key_label,
            signing_cert=own,
            ca_chain=issuers,
            # Many tokens offer ECDSA over a ready digest only; RSA is not touched by this.
            use_raw_mechanism=own is None or own.public_key.algorithm == "ec",
        )
        backend.signing_cert  # noqa: B018  # loads key and certificate now, in this thread
        if own is None:
            backend.use_raw_mechanism = backend.signing_cert.public_key.algorithm == "ec"
        return Signer.of(backend, issuers)
    except Exception as error:
        if session is not None:
            session.close()
        if isinstance(error, Malformed):
            raise
        raise Unavailable(
            f"The key '{key_label}' on the token '{token_label}' cannot be used: "
            f"{describe(error)}. Check module, token label, PIN and key label.",
            code="token-failed",
        ) from error
