"""The chunked encryption, against `cryptography` in both directions and the published vectors."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from bidding.kit import body
from bidding.kit.body import PART_SIZE, BodyCipher, BodyReader
from bidding.kit.errors import EnvelopeError, Malformed
from signatures.domain import ledger

KIB, MIB = 1024, 1024 * 1024
SIZES = [
    0,
    1,
    16 * KIB - 1,
    16 * KIB,
    16 * KIB + 1,
    32 * KIB,
    MIB - 1,
    MIB,
    MIB + 1,
    5 * MIB + 12345,
]
#: A plaintext whose body is exactly two parts long, so that no shorter part follows.
EXACTLY_TWO_PARTS = 2 * PART_SIZE - 56 - 16 * 128


@dataclass(frozen=True)
class Bytes:
    """A plaintext in memory that counts how much was read of it."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, size: int) -> bytes:
        return self.data[offset : offset + size]


@cache
def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def seal(data: bytes, key: bytes = b"k" * 32, salt: bytes = b"s" * 24) -> bytes:
    return b"".join(BodyCipher(key, salt, b"context").parts(Bytes(data)))


def unseal(sealed: bytes, key: bytes = b"k" * 32, context: bytes = b"context") -> bytes:
    reader = BodyReader(key, context)
    plain = b"".join(reader.update(sealed[i : i + 100_000]) for i in range(0, len(sealed), 100_000))
    return plain + reader.finish()


@pytest.mark.parametrize("size", [*SIZES, EXACTLY_TWO_PARTS])
def test_parts_cryptography_decrypts_them(size):
    decryptor = Cobblestone256Decryptor(b"k" * 32, b"context")
    sealed = seal(noise(size))
    assert len(sealed) == body.body_size(size)
    assert decryptor.update(sealed) + decryptor.finalize() == noise(size)


@pytest.mark.parametrize("size", SIZES)
def test_parts_equal_those_of_cryptography_under_the_same_salt(size):
    encryptor = Cobblestone256Encryptor(b"k" * 32, b"context")
    theirs = encryptor.update(noise(size)) + encryptor.finalize()
    assert seal(noise(size), salt=theirs[:24]) == theirs


@pytest.mark.parametrize("size", SIZES)
def test_reader_gives_back_the_plaintext(size):
    assert unseal(seal(noise(size))) == noise(size)


@pytest.mark.parametrize("size", [*SIZES, EXACTLY_TWO_PARTS])
def test_parts_have_the_lengths_that_were_promised(size):
    cipher = BodyCipher(b"k" * 32, b"s" * 24, b"context")
    total = body.body_size(size)
    lengths = [len(part) for part in cipher.parts(Bytes(noise(size)))]
    assert lengths == [body.part_length(total, i) for i in range(body.part_count(total))]
    assert sum(lengths) == total


@pytest.mark.parametrize("size", [MIB + 1, 5 * MIB + 12345, EXACTLY_TWO_PARTS])
def test_parts_from_the_middle_are_the_same_parts(size):
    cipher = BodyCipher(b"k" * 32, b"s" * 24, b"context")
    whole = list(cipher.parts(Bytes(noise(size))))
    for first in range(len(whole)):
        assert list(cipher.parts(Bytes(noise(size)), first=first)) == whole[first:]


def test_parts_beyond_the_end_are_refused():
    cipher = BodyCipher(b"k" * 32, b"s" * 24, b"context")
    with pytest.raises(Malformed):
        list(cipher.parts(Bytes(b"short"), first=1))


def test_parts_of_a_source_that_shrank_are_refused():
    class Shrinking(Bytes):
        def read(self, offset: int, size: int) -> bytes:
            return super().read(offset, size)[:-1]

    with pytest.raises(EnvelopeError) as caught:
        list(BodyCipher(b"k" * 32, b"s" * 24, b"").parts(Shrinking(b"content")))
    assert caught.value.code == "content-changed"


def test_part_leaf_is_the_ledger_s():
    assert body.part_leaf(noise(1000)) == ledger.leaf_hash(noise(1000))


@given(st.integers(0, 3 * MIB))
def test_body_size_is_that_of_cryptography(size):
    chunks, rest = divmod(size, 16_384)
    assert body.body_size(size) == 56 + chunks * 16_400 + rest + 16


def test_reader_any_flipped_bit_is_refused():
    sealed = seal(noise(16 * KIB + 100))
    chance = random.Random(1)
    positions = [0, 23, 24, 55, 56, len(sealed) - 1, len(sealed) - 17]
    positions += [chance.randrange(len(sealed)) for _ in range(60)]
    for position in positions:
        damaged = bytearray(sealed)
        damaged[position] ^= 1 << chance.randrange(8)
        with pytest.raises(EnvelopeError):
            unseal(bytes(damaged))


@pytest.mark.parametrize("size", [0, 1, 16 * KIB, 16 * KIB + 1, 40 * KIB])
def test_reader_any_truncation_is_refused(size):
    sealed = seal(noise(size))
    cuts = {1, 15, 16, 17, 56, len(sealed) - 56, len(sealed) - 57, len(sealed), 16_400}
    for cut in sorted(c for c in cuts if 0 < c <= len(sealed)):
        with pytest.raises(EnvelopeError):
            unseal(sealed[:-cut])


@pytest.mark.parametrize("more", [1, 16, 17, 16_400])
def test_reader_surplus_bytes_are_refused(more):
    with pytest.raises(EnvelopeError):
        unseal(seal(noise(40_000)) + bytes(more))


def test_reader_swapped_chunks_are_refused():
    sealed = seal(noise(40_000))
    first, second = sealed[56 : 56 + 16_400], sealed[56 + 16_400 : 56 + 32_800]
    with pytest.raises(EnvelopeError):
        unseal(sealed[:56] + second + first + sealed[56 + 32_800 :])


def test_reader_repeated_chunk_is_refused():
    sealed = seal(noise(40_000))
    first = sealed[56 : 56 + 16_400]
    with pytest.raises(EnvelopeError):
        unseal(sealed[:56] + first + first + sealed[56 + 32_800 :])


def test_reader_continued_with_a_good_chunk_of_another_body_is_refused():
    longer, shorter = seal(noise(40_000)), seal(noise(40_000)[:20_000])
    with pytest.raises(EnvelopeError):
        unseal(shorter + longer[len(shorter) :])


def test_reader_another_context_is_refused():
    with pytest.raises(EnvelopeError):
        unseal(seal(b"content"), context=b"contexT")


def test_reader_another_key_is_refused():
    with pytest.raises(EnvelopeError):
        unseal(seal(b"content"), key=b"K" * 32)


@pytest.mark.parametrize(("key", "salt"), [(31, 24), (33, 24), (32, 23), (32, 25)])
def test_cipher_key_or_salt_of_another_length_is_refused(key, salt):
    with pytest.raises(Malformed):
        BodyCipher(bytes(key), bytes(salt), b"")


def test_cipher_another_salt_changes_everything_behind_it():
    one, two = seal(b"x" * 100), seal(b"x" * 100, salt=b"t" * 24)
    assert one[24:56] != two[24:56]
    assert one[56:] != two[56:]


# --- published vectors (they use SHA-256, so the hash is a parameter) -----------------------------


def vectors() -> list[dict]:
    path = Path(cryptography_vectors.__file__).parent / "chunked-encryption" / "vectors.json"
    found = [
        vector
        for vector in json.loads(path.read_text())["vectors"]
        if vector["aead"] == "AEAD_AES_256_GCM" and vector["expect"] == "success"
    ]
    assert found
    return found


def ciphertext(vector: dict) -> bytes:
    data = base64.b64decode(vector["ciphertext"])
    return zlib.decompress(data) if vector.get("compressed") else data


@pytest.mark.parametrize("vector", vectors(), ids=lambda v: v["name"])
def test_cipher_published_vectors(vector):
    expected = ciphertext(vector)
    aead = AESGCM(bytes.fromhex(vector["aead_key"]))
    nonce = int.from_bytes(bytes.fromhex(vector["base_nonce"]), "big")
    plain = b"".join(
        aead.decrypt((nonce ^ number).to_bytes(12, "big"), expected[at : at + 16_400], None)
        for number, at in enumerate(range(56, len(expected), 16_400))
    )
    assert hashlib.sha256(plain).hexdigest() == vector["payload_sha256"]
    cipher = BodyCipher(
        bytes.fromhex(vector["key"]),
        expected[:24],
        vector["context"].encode(),
        algorithm=SHA256,
    )
    assert b"".join(cipher.parts(Bytes(plain))) == expected


def test_parts_hold_only_a_few_mib_in_memory():
    import tracemalloc

    class Endless:
        size = 64 * MIB

        def read(self, offset: int, size: int) -> bytes:
            return bytes(size)

    cipher = BodyCipher(os.urandom(32), os.urandom(24), b"")
    tracemalloc.start()
    for part in cipher.parts(Endless()):
        body.part_leaf(part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB
