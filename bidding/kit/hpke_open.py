"""HPKE's opening (RFC 9180, base mode) where the Diffie-Hellman step is done by somebody else.

A key on a token gives no more than the agreed secret. What follows it in DHKEM(X25519,
HKDF-SHA256), HKDF-SHA256 and AES-256-GCM is here; keys in memory go through ``cryptography``.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

_VERSION = b"HPKE-v1"
_KEM = b"KEM\x00\x20"
_SUITE = b"HPKE\x00\x20\x00\x01\x00\x02"
_BASE = b"\x00"


def decrypt(
    agreed: bytes, *, encapsulated: bytes, public: bytes, ciphertext: bytes, info: bytes
) -> bytes:
    """The first message of a context; ``InvalidTag`` when it is not for this key and ``info``.

    ``agreed`` is the X25519 secret (RFC 7748) of ``encapsulated`` and the private key whose public
    half is ``public``, 32 bytes each.
    """
    key, nonce = key_and_nonce(agreed, encapsulated=encapsulated, public=public, info=info)
    return AESGCM(key).decrypt(nonce, ciphertext, None)


def key_and_nonce(
    agreed: bytes, *, encapsulated: bytes, public: bytes, info: bytes
) -> tuple[bytes, bytes]:
    """The context's AES key (32 bytes) and the nonce of its first message (12 bytes)."""
    shared = _expand(
        _KEM,
        _extract(_KEM, b"", b"eae_prk", agreed),
        b"shared_secret",
        encapsulated + public,
        32,
    )
    context = (
        _BASE
        + _extract(_SUITE, b"", b"psk_id_hash", b"")
        + _extract(_SUITE, b"", b"info_hash", info)
    )
    secret = _extract(_SUITE, shared, b"secret", b"")
    key = _expand(_SUITE, secret, b"key", context, 32)
    return key, _expand(_SUITE, secret, b"base_nonce", context, 12)


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract of RFC 9180, section 4."""
    extract = hmac.HMAC(salt or bytes(32), hashes.SHA256())
    extract.update(_VERSION + suite + label + material)
    return extract.finalize()


def _expand(suite: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand of RFC 9180, section 4."""
    named = length.to_bytes(2) + _VERSION + suite + label + info
    return HKDFExpand(hashes.SHA256(), length, named).derive(secret)
