"""The page's chunked encryption: the published vectors, and the kit's bytes both ways."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import zlib
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bidding.kit import body
from bidding.kit.body import PART_SIZE, BodyCipher, BodyReader
from signatures.domain import ledger
from tests.bidding.kit.cases import Bytes
from tests.bidding.kit.test_body import EXACTLY_TWO_PARTS, KIB, MIB, SIZES, noise
from tests.javascript import Raised, requires_node

pytestmark = requires_node
KEY, SALT, CONTEXT = b"k" * 32, b"s" * 24, b"context"
ALL = [*SIZES, EXACTLY_TWO_PARTS, EXACTLY_TWO_PARTS - 1, EXACTLY_TWO_PARTS + 1]


@pytest.fixture
def work(page, tmp_path):
    return Work(page, tmp_path)


class Work:
    """Encrypting and decrypting in the page, by way of files."""

    def __init__(self, page, folder: Path) -> None:
        self.page, self.folder = page, folder

    def encrypt(self, plain: bytes, *, first: int = 0, key=KEY, salt=SALT, context=CONTEXT, **more):
        (self.folder / "plain").write_bytes(plain)
        lengths = self.page.call(
            "encrypt",
            {
                "plain": str(self.folder / "plain"),
                "to": str(self.folder / "body"),
                "first": first,
                "key": key.hex(),
                "salt": salt.hex(),
                "context": context.hex(),
                **more,
            },
        )
        return (self.folder / "body").read_bytes(), lengths

    def decrypt(self, data: bytes, *, key=KEY, context=CONTEXT, **more) -> bytes:
        (self.folder / "body").write_bytes(data)
        self.page.call(
            "decrypt",
            {
                "from": str(self.folder / "body"),
                "to": str(self.folder / "plain"),
                "key": key.hex(),
                "context": context.hex(),
                **more,
            },
        )
        return (self.folder / "plain").read_bytes()

    def refuses(self, data: bytes, **options) -> None:
        with pytest.raises(Raised) as caught:
            self.decrypt(data, **options)
        assert (caught.value.kind, caught.value.code) == ("EnvelopeError", "body-damaged")


def kit_s(plain: bytes) -> bytes:
    return b"".join(BodyCipher(KEY, SALT, CONTEXT).parts(Bytes(plain)))


@pytest.mark.parametrize("size", ALL)
def test_encrypt_gives_the_kit_s_bytes(work, size):
    sealed, lengths = work.encrypt(noise(size))
    assert sealed == kit_s(noise(size))
    total = body.body_size(size)
    assert lengths == [body.part_length(total, i) for i in range(body.part_count(total))]


@pytest.mark.parametrize("size", ALL)
def test_kit_opens_what_the_page_encrypts(work, size):
    reader = BodyReader(KEY, CONTEXT)
    sealed, _ = work.encrypt(noise(size))
    assert reader.update(sealed) + reader.finish() == noise(size)


@pytest.mark.parametrize("size", ALL)
def test_page_opens_what_the_kit_encrypts(work, size):
    assert work.decrypt(kit_s(noise(size))) == noise(size)


@pytest.mark.parametrize("size", [MIB + 1, 5 * MIB + 12345, EXACTLY_TWO_PARTS])
def test_encrypt_from_the_middle_gives_the_same_parts(work, size):
    whole = kit_s(noise(size))
    for first in range(body.part_count(len(whole))):
        assert work.encrypt(noise(size), first=first)[0] == whole[first * PART_SIZE :]


@pytest.mark.parametrize("size", [0, 1, 16 * KIB, 4 * 1024**3 - 5 * MIB])
def test_sizes_are_the_kit_s(page, size):
    total = body.body_size(size)
    assert page.call("sizes", {"size": size}) == {
        "body": total,
        "plain": size,
        "parts": body.part_count(total),
    }


def test_plaintext_size_of_impossible_bodies_is_none(page):
    for size in [*range(75), 56 + 16_400, 56 + 16_400 + 15, 56 + 16_400 + 16]:
        expected = body.plaintext_size(size)
        assert page.call("plaintextSize", {"size": size}) == expected


@pytest.mark.parametrize("first", [-1, 1, 2])
def test_encrypt_part_beyond_the_end_is_refused(work, first):
    with pytest.raises(Raised) as caught:
        work.encrypt(b"short", first=first)
    assert caught.value.code == "bad-part"


@pytest.mark.parametrize(("key", "salt"), [(31, 24), (33, 24), (0, 24), (32, 23), (32, 25)])
def test_encrypt_key_or_salt_of_another_length_is_refused(work, key, salt):
    with pytest.raises(Raised) as caught:
        work.encrypt(b"x", key=bytes(key), salt=bytes(salt))
    assert caught.value.code == "bad-key"


def test_encrypt_source_that_shrank_is_refused(page):
    given = {"key": KEY.hex(), "salt": SALT.hex(), "context": ""}
    with pytest.raises(Raised) as caught:
        page.call("encryptShrinking", given)
    assert caught.value.code == "content-changed"


def test_key_once_in_the_browser_does_not_come_out_again(page):
    with pytest.raises(Raised):
        page.call("extract", {"key": KEY.hex()})


def test_decrypt_any_flipped_bit_is_refused(work):
    sealed = kit_s(noise(16 * KIB + 100))
    chance = random.Random(1)
    positions = [0, 23, 24, 55, 56, len(sealed) - 1, len(sealed) - 17]
    positions += [chance.randrange(len(sealed)) for _ in range(60)]
    for position in positions:
        damaged = bytearray(sealed)
        damaged[position] ^= 1 << chance.randrange(8)
        work.refuses(bytes(damaged))


@pytest.mark.parametrize("size", [0, 1, 16 * KIB, 16 * KIB + 1, 40 * KIB])
def test_decrypt_any_truncation_is_refused(work, size):
    sealed = kit_s(noise(size))
    cuts = {1, 15, 16, 17, 56, len(sealed) - 56, len(sealed) - 57, len(sealed), 16_400}
    for cut in sorted(c for c in cuts if 0 < c <= len(sealed)):
        work.refuses(sealed[:-cut])


@pytest.mark.parametrize("more", [1, 16, 17, 16_400])
def test_decrypt_surplus_bytes_are_refused(work, more):
    work.refuses(kit_s(noise(40_000)) + bytes(more))


def test_decrypt_swapped_or_repeated_chunks_are_refused(work):
    sealed = kit_s(noise(40_000))
    start, first, second, rest = (
        sealed[:56],
        sealed[56:16_456],
        sealed[16_456:32_856],
        sealed[32_856:],
    )
    work.refuses(start + second + first + rest)
    work.refuses(start + first + first + rest)


def test_decrypt_another_key_or_context_is_refused(work):
    work.refuses(kit_s(b"content"), key=b"K" * 32)
    work.refuses(kit_s(b"content"), context=b"contexT")


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33])
def test_root_is_the_ledger_s(page, count):
    leaves = [ledger.leaf_hash(bytes([i])) for i in range(count)]
    found = page.call("root", {"leaves": [leaf.hex() for leaf in leaves]})
    assert found == ledger.root_of(leaves).hex()


def test_root_of_nothing_is_refused(page):
    with pytest.raises(Raised):
        page.call("root", {"leaves": []})


def test_leaf_is_the_ledger_s(page):
    assert page.call("leaf", {"data": "6162"}) == ledger.leaf_hash(b"ab").hex()


# --- published vectors (C2SP chunked encryption; they use SHA-256) --------------------------------


def vectors(expect: str) -> list[dict]:
    path = Path(cryptography_vectors.__file__).parent / "chunked-encryption" / "vectors.json"
    found = [
        vector
        for vector in json.loads(path.read_text())["vectors"]
        if vector["aead"] == "AEAD_AES_256_GCM" and vector["expect"] == expect
    ]
    assert found
    return found


def ciphertext(vector: dict) -> bytes:
    data = base64.b64decode(vector["ciphertext"] or "")
    return zlib.decompress(data) if vector.get("compressed") else data


@pytest.mark.parametrize("vector", vectors("success"), ids=lambda v: v["name"])
def test_published_vectors_both_ways(work, vector):
    expected = ciphertext(vector)
    aead = AESGCM(bytes.fromhex(vector["aead_key"]))
    nonce = int.from_bytes(bytes.fromhex(vector["base_nonce"]), "big")
    plain = b"".join(
        aead.decrypt((nonce ^ number).to_bytes(12, "big"), expected[at : at + 16_400], None)
        for number, at in enumerate(range(56, len(expected), 16_400))
    )
    key, context = bytes.fromhex(vector["key"]), vector["context"].encode()
    assert work.decrypt(expected, key=key, context=context, hash="SHA-256") == plain
    sealed, _ = work.encrypt(plain, key=key, salt=expected[:24], context=context, hash="SHA-256")
    assert sealed == expected


@pytest.mark.parametrize("vector", vectors("failure"), ids=lambda v: v["name"])
def test_published_failing_vectors_are_refused(work, vector):
    key, context = bytes.fromhex(vector["key"]), vector["context"].encode()
    with pytest.raises(Raised) as caught:
        work.decrypt(ciphertext(vector), key=key, context=context, hash="SHA-256")
    assert caught.value.code in ("body-damaged", "bad-key")


@pytest.mark.parametrize("compiled", [True, False], ids=["wasm", "javascript"])
@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 16_383, 16_384, 16_385, MIB + 1])
def test_hash_of_a_file_is_sha_256_with_and_without_webassembly(page, size, compiled):
    data = noise(size)
    for piece in (size or 1, 1000):
        given = {"data": data.hex(), "piece": piece, "compiled": compiled}
        assert page.call("fileHash", given) == hashlib.sha256(data).hexdigest()
