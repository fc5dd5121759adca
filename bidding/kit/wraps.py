"""W: one HPKE-wrapped share a trustee, its commitment, and the commitment to the tenderer's own.

Layout::

    n × ( index u8 | commitment 32 | HPKE encapsulated key 32 | HPKE ciphertext 49 ) ‖ T 32

HPKE is RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; everything that
a wrap is bound to stands in its info: ``magic " wrap" ‖ H ‖ index``.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from bidding.kit import hpke_open, shares
from bidding.kit.errors import EnvelopeError, KeyStoreError, Malformed
from bidding.kit.header import HEADER_SIZE, Header
from bidding.kit.shares import Share

HPKE_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
WRAP_SIZE = 114
_WRAP = struct.Struct(">B32s32s49s")
_SEALED_SHARE = 32 + shares.SHARE_SIZE + 16


@dataclass(frozen=True, slots=True)
class Wrap:
    """One trustee's share, readable by that trustee only.

    ``commitment`` fixes the share, ``encapsulated`` is the 32-byte HPKE encapsulated key,
    ``ciphertext`` the 49 bytes of the encrypted share.
    """

    index: int
    commitment: bytes
    encapsulated: bytes
    ciphertext: bytes

    def encode(self) -> bytes:
        """The wrap's 114 bytes."""
        return _WRAP.pack(self.index, self.commitment, self.encapsulated, self.ciphertext)


@dataclass(frozen=True, slots=True)
class Wraps:
    """W: the trustees' wraps in policy order and T, the tenderer's share's commitment."""

    trustees: tuple[Wrap, ...]
    tenderer: bytes

    def __post_init__(self) -> None:
        indices = [wrap.index for wrap in self.trustees]
        if indices != list(range(1, len(indices) + 1)):
            raise Malformed("An envelope's wraps must be numbered 1 to n.", code="bad-wraps")
        if len(self.tenderer) != shares.COMMITMENT_SIZE:
            raise Malformed("A commitment has 32 bytes.", code="bad-wraps")

    @property
    def commitments(self) -> tuple[bytes, ...]:
        """Commitments 1..n, then the tenderer's."""
        return (*(wrap.commitment for wrap in self.trustees), self.tenderer)

    def encode(self) -> bytes:
        """W, n × 114 + 32 bytes."""
        return b"".join(wrap.encode() for wrap in self.trustees) + self.tenderer

    @classmethod
    def parse(cls, data: bytes, n: int) -> Wraps:
        """Read W for ``n`` trustees; ``Malformed`` for another length or numbering."""
        if len(data) != n * WRAP_SIZE + shares.COMMITMENT_SIZE:
            raise Malformed(
                f"The wraps of {n} trustees have {n * WRAP_SIZE + shares.COMMITMENT_SIZE} bytes,"
                f" not {len(data)}.",
                code="bad-wraps",
            )
        trustees = tuple(Wrap(*fields) for fields in _WRAP.iter_unpack(data[: n * WRAP_SIZE]))
        return cls(trustees=trustees, tenderer=bytes(data[n * WRAP_SIZE :]))


@dataclass(frozen=True, slots=True)
class Head:
    """H ‖ W: what is registered with the signed statement, before any ciphertext goes up."""

    header: Header
    wraps: Wraps

    def __post_init__(self) -> None:
        if len(self.wraps.trustees) != self.header.n:
            raise Malformed("There must be one wrap a trustee.", code="bad-wraps")

    def encode(self) -> bytes:
        """H ‖ W."""
        return self.header.encode() + self.wraps.encode()

    @property
    def digest(self) -> bytes:
        """SHA-256(H ‖ W), which the tenderer's statement names and the body is bound to."""
        return hashlib.sha256(self.encode()).digest()

    @property
    def body_context(self) -> bytes:
        """The context of the body's chunked encryption: ``magic " body" ‖ SHA-256(H ‖ W)``."""
        return self.header.magic + b" body" + self.digest

    @classmethod
    def parse(cls, data: bytes) -> Head:
        """Read H ‖ W; ``Malformed`` when anything is missing, surplus or out of bounds."""
        header = Header.parse(data[:HEADER_SIZE])
        return cls(header=header, wraps=Wraps.parse(data[HEADER_SIZE:], header.n))


def public_key(data: bytes) -> X25519PublicKey:
    """An X25519 public key from its 32 bytes; ``Malformed`` otherwise or for a degenerate point."""
    if len(data) != 32:
        raise Malformed("An X25519 public key has 32 bytes.", code="bad-key")
    key = X25519PublicKey.from_public_bytes(data)
    try:
        X25519PrivateKey.generate().exchange(key)
    except ValueError:
        raise Malformed(
            "This X25519 public key is degenerate; make another.", code="bad-key"
        ) from None
    return key


def wrap_all(
    header: Header, shares_: Sequence[Share], public_keys: Sequence[X25519PublicKey]
) -> Wraps:
    """Wrap share i for trustee i's slot key, in policy order, and commit to the tenderer's own.

    ``shares_`` are the n+1 shares of ``shares.split``, ``public_keys`` the n trustees' keys.
    """
    if len(shares_) != header.tenderer_index or len(public_keys) != header.n:
        raise Malformed("There must be n public keys and n+1 shares.", code="bad-wraps")
    *trustees, own = shares_
    return Wraps(
        trustees=tuple(
            wrap(header, share, key) for share, key in zip(trustees, public_keys, strict=True)
        ),
        tenderer=shares.commitment(own),
    )


def wrap(header: Header, share: Share, key: X25519PublicKey) -> Wrap:
    """Encrypt a share to its trustee and commit to it."""
    sealed = HPKE_SUITE.encrypt(share.encode(), key, info=_info(header, share.index))
    if len(sealed) != _SEALED_SHARE:
        raise Malformed("HPKE gave a ciphertext of an unexpected length.", code="bad-wraps")
    return Wrap(
        index=share.index,
        commitment=shares.commitment(share),
        encapsulated=sealed[:32],
        ciphertext=sealed[32:],
    )


class SlotKey(Protocol):
    """A trustee's private key for one slot, in memory (``X25519PrivateKey``) or elsewhere."""

    def public_key(self) -> X25519PublicKey:
        """The public half."""

    def exchange(self, peer_public_key: X25519PublicKey) -> bytes:
        """The agreed secret with another's public key, 32 bytes."""


def unwrap(header: Header, wrap_: Wrap, key: SlotKey) -> Share:
    """A trustee's share out of its wrap.

    Raises ``EnvelopeError`` ``wrap-bad`` when it does not decrypt under ``header`` or is not the
    share that was committed to: the trustee then complains, and ``judge`` decides. A key that
    cannot be used is a ``KeyStoreError``: that is never the tenderer's doing.
    """
    try:
        share = Share.parse(_decrypt(header, wrap_, key))
    except (InvalidTag, ValueError, Malformed):
        _require_sound(key)
        raise EnvelopeError(
            f"The share wrapped for trustee {wrap_.index} cannot be decrypted with its key for"
            f" slot {header.slot}. Complain before any opening sheet is opened.",
            code="wrap-bad",
        ) from None
    if share.index != wrap_.index or not shares.is_committed(share, wrap_.commitment):
        raise EnvelopeError(
            f"The share wrapped for trustee {wrap_.index} is not the one committed to. Complain"
            " before any opening sheet is opened.",
            code="wrap-bad",
        )
    return share


class Verdict(Enum):
    """What a disclosed slot key shows about a trustee's complaint."""

    TENDERER = "tenderer"  # the wrap is bad, the complaint was right
    TRUSTEE = "trustee"  # the wrap is good, the complaint was false
    WRONG_KEY = "wrong-key"  # what was disclosed is not the policy's key: decides nothing


def judge(header: Header, wrap_: Wrap, *, disclosed: X25519PrivateKey, published: bytes) -> Verdict:
    """Who was at fault, once the complaining trustee disclosed its slot key after the opening.

    ``published`` is the trustee's public key in the policy (32 bytes). Nothing but the policy's
    own key counts, so nobody can discredit a trustee, or a tenderer, with another one.
    """
    if disclosed.public_key().public_bytes_raw() != published:
        return Verdict.WRONG_KEY
    try:
        unwrap(header, wrap_, disclosed)
    except EnvelopeError:
        return Verdict.TENDERER
    return Verdict.TRUSTEE


def _decrypt(header: Header, wrap_: Wrap, key: SlotKey) -> bytes:
    info = _info(header, wrap_.index)
    if isinstance(key, X25519PrivateKey):
        return HPKE_SUITE.decrypt(wrap_.encapsulated + wrap_.ciphertext, key, info=info)
    # A degenerate key is refused before a token sees it: tokens answer it with any error.
    peer = public_key(wrap_.encapsulated)
    return hpke_open.decrypt(
        key.exchange(peer),
        encapsulated=wrap_.encapsulated,
        public=key.public_key().public_bytes_raw(),
        ciphertext=wrap_.ciphertext,
        info=info,
    )


def _require_sound(key: SlotKey) -> None:
    """Nobody is blamed for a wrap by a key that is not what its public half says."""
    if isinstance(key, X25519PrivateKey):
        return
    probe = X25519PrivateKey.generate()
    if key.exchange(probe.public_key()) != probe.exchange(key.public_key()):
        raise KeyStoreError("The slot key gives wrong answers; look after it.", code="foreign-key")


def _info(header: Header, index: int) -> bytes:
    return header.magic + b" wrap" + header.encode() + bytes([index])
