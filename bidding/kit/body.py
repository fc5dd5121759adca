"""The body: C2SP chunked encryption (https://c2sp.org/chunked-encryption), AES-256-GCM, SHA-512.

``salt 24 | commitment 32 | chunks of 16 KiB + 16-byte tag``; the last chunk is always shorter, so
a plaintext that is a multiple of 16 KiB ends with an empty chunk.

A body is made twice: pass 1 commits to the RFC 9162 root over its parts of 1 MiB, pass 2 makes the
same bytes again and uploads them. ``cryptography``'s own encryptor draws its salt itself, so
encryption is ours; decryption is ``cryptography.cobblestone``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol

from cryptography.cobblestone import Cobblestone256Decryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from bidding.kit.errors import EnvelopeError, Fault, Malformed

KEY_SIZE = 32
SALT_SIZE = 24
COMMITMENT_SIZE = 32
PREFIX_SIZE = SALT_SIZE + COMMITMENT_SIZE
CHUNK_SIZE = 16_384
TAG_SIZE = 16
SEALED_CHUNK_SIZE = CHUNK_SIZE + TAG_SIZE
PART_SIZE = 1_048_576
#: 4 GiB an envelope.
MAX_BODY_SIZE = 4 * 1024**3

_NONCE_SIZE = 12
_LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
_CHUNKS_A_BLOCK = 64


class Source(Protocol):
    """A plaintext that can be read again from anywhere, byte for byte the same."""

    @property
    def size(self) -> int:
        """Bytes in all."""

    def read(self, offset: int, size: int) -> bytes:
        """Exactly ``size`` bytes from ``offset``."""


def body_size(plaintext_size: int) -> int:
    """The body's bytes for a plaintext of so many bytes."""
    return PREFIX_SIZE + plaintext_size + TAG_SIZE * (plaintext_size // CHUNK_SIZE + 1)


def plaintext_size(size: int) -> int | None:
    """The plaintext's bytes in a body of ``size`` bytes; None when no body has that size."""
    chunks, last = divmod(size - PREFIX_SIZE, SEALED_CHUNK_SIZE)
    return chunks * CHUNK_SIZE + last - TAG_SIZE if chunks >= 0 and last >= TAG_SIZE else None


def part_count(size: int) -> int:
    """How many parts a body of ``size`` bytes has; the last may be shorter."""
    return -(-size // PART_SIZE)


def part_length(size: int, index: int) -> int:
    """The bytes of part ``index`` (from 0) of a body of ``size`` bytes."""
    return min(PART_SIZE, size - index * PART_SIZE)


def part_leaf(part: bytes | memoryview) -> bytes:
    """The RFC 9162 leaf hash of one part: SHA-256(0x00 ‖ part), without copying the part."""
    state = hashlib.sha256(b"\x00")
    state.update(part)
    return state.digest()


class BodyCipher:
    """Encrypts one plaintext under one key, salt and context; always to the same bytes.

    ``key`` has 32 bytes, ``salt`` 24, and the pair must never serve two plaintexts. ``algorithm``
    is SHA-512 in suite 1; the published vectors use SHA-256.
    """

    def __init__(
        self,
        key: bytes,
        salt: bytes,
        context: bytes,
        *,
        algorithm: Callable[[], HashAlgorithm] = SHA512,
    ) -> None:
        if len(key) != KEY_SIZE or len(salt) != SALT_SIZE:
            raise Malformed("A body's key has 32 bytes and its salt 24.", code="bad-key")
        derived = HKDFExpand(
            algorithm(), KEY_SIZE + _NONCE_SIZE + COMMITMENT_SIZE, _LABEL + salt + context
        ).derive(key)
        self._aead = AESGCM(derived[:KEY_SIZE])
        self._nonce = int.from_bytes(derived[KEY_SIZE : KEY_SIZE + _NONCE_SIZE], "big")
        self.prefix = salt + derived[KEY_SIZE + _NONCE_SIZE :]

    def parts(self, source: Source, *, first: int = 0) -> Iterator[bytes]:
        """The body's parts of 1,048,576 bytes from part ``first`` on, the last one shorter.

        Reads no more of the source than those parts need. Memory stays within three parts.
        """
        total = body_size(source.size)
        if not 0 <= first < part_count(total):
            raise Malformed(f"The body has no part {first}.", code="bad-part")
        start = first * PART_SIZE
        chunk = max(0, start - PREFIX_SIZE) // SEALED_CHUNK_SIZE
        buffer = bytearray(PART_SIZE + _CHUNKS_A_BLOCK * SEALED_CHUNK_SIZE + PREFIX_SIZE)
        view = memoryview(buffer)
        filled, skip = 0, start
        if first == 0:
            view[:PREFIX_SIZE] = self.prefix
            filled = PREFIX_SIZE
        else:
            skip -= PREFIX_SIZE + chunk * SEALED_CHUNK_SIZE
        last_chunk = source.size // CHUNK_SIZE
        while chunk <= last_chunk:
            count = min(_CHUNKS_A_BLOCK, last_chunk + 1 - chunk)
            filled = self._encrypt(source, chunk, count, view, filled)
            chunk += count
            if skip:
                view[: filled - skip] = bytes(view[skip:filled])
                filled, skip = filled - skip, 0
            while filled >= PART_SIZE:
                yield bytes(view[:PART_SIZE])
                view[: filled - PART_SIZE] = bytes(view[PART_SIZE:filled])
                filled -= PART_SIZE
        if filled:
            yield bytes(view[:filled])

    def _encrypt(self, source: Source, chunk: int, count: int, into: memoryview, at: int) -> int:
        """Encrypt ``count`` chunks from number ``chunk`` into a buffer; where they end in it."""
        offset = chunk * CHUNK_SIZE
        size = min(count * CHUNK_SIZE, source.size - offset)
        block = memoryview(source.read(offset, size))
        if len(block) != size:
            raise EnvelopeError(
                "The content became shorter while it was being sealed. Start again.",
                code="content-changed",
                fault=Fault.TENDERER,
            )
        encrypt_into, nonce = self._aead.encrypt_into, self._nonce
        for start in range(0, count * CHUNK_SIZE, CHUNK_SIZE):
            plain = block[start : start + CHUNK_SIZE]
            end = at + len(plain) + TAG_SIZE
            encrypt_into((nonce ^ chunk).to_bytes(_NONCE_SIZE, "big"), plain, None, into[at:end])
            at = end
            chunk += 1
        return at


class BodyReader:
    """Decrypts a body as it streams in. **What it gives is unproven until ``finish`` returns.**

    Raises ``EnvelopeError`` ``body-damaged`` for a wrong key, context or any altered, missing or
    surplus byte.
    """

    def __init__(self, key: bytes, context: bytes) -> None:
        self._decryptor = Cobblestone256Decryptor(key, context)

    def update(self, data: bytes) -> bytes:
        """Feed ciphertext; whatever plaintext it completes."""
        try:
            return self._decryptor.update(data)
        except (InvalidTag, ValueError):
            raise self._damaged() from None

    def finish(self) -> bytes:
        """The rest of the plaintext; the end is proven when this returns."""
        try:
            return self._decryptor.finalize()
        except (InvalidTag, ValueError):
            raise self._damaged() from None

    @staticmethod
    def _damaged() -> EnvelopeError:
        return EnvelopeError(
            "The envelope's body does not decrypt: key, envelope or bytes do not belong together,"
            " or some are missing.",
            code="body-damaged",
        )
