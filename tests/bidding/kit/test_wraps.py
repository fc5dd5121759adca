"""W, and who is at fault when a wrap does not open."""

from __future__ import annotations

import dataclasses
import json
import os
import uuid
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.bindings._rust import openssl as rust_openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.kit import shares, wraps
from bidding.kit.errors import EnvelopeError, Malformed
from bidding.kit.shares import Share
from bidding.kit.wraps import Head, Verdict, Wraps
from tests.bidding.kit.test_shares import a_header

KEYS = [X25519PrivateKey.generate() for _ in range(4)]
HEADER = a_header(k=3, n=4)
MADE = shares.split(bytes(range(32)), HEADER)
WRAPS = wraps.wrap_all(HEADER, MADE, [key.public_key() for key in KEYS])


def test_encode_has_the_size_of_the_design():
    assert len(WRAPS.encode()) == 4 * (1 + 32 + 32 + 49) + 32


def test_parse_gives_back_what_was_encoded():
    assert Wraps.parse(WRAPS.encode(), 4) == WRAPS
    assert Head.parse(HEADER.encode() + WRAPS.encode()) == Head(HEADER, WRAPS)


@pytest.mark.parametrize("cut", [-1, 1, 32, 114])
def test_parse_wrong_length_is_refused(cut):
    data = WRAPS.encode()
    with pytest.raises(Malformed):
        Wraps.parse(data[:-cut] if cut > 0 else data + b"\0", 4)


def test_parse_wraps_out_of_order_are_refused():
    data = WRAPS.encode()
    with pytest.raises(Malformed):
        Wraps.parse(data[114:228] + data[:114] + data[228:], 4)


def test_head_with_another_number_of_wraps_is_refused():
    with pytest.raises(Malformed):
        Head(a_header(k=3, n=3), WRAPS)


def test_unwrap_gives_each_trustee_its_share():
    for key, wrap, share in zip(KEYS, WRAPS.trustees, MADE, strict=False):
        assert wraps.unwrap(HEADER, wrap, key) == share


def test_unwrap_with_another_trustee_s_key_is_refused():
    with pytest.raises(EnvelopeError) as caught:
        wraps.unwrap(HEADER, WRAPS.trustees[0], KEYS[1])
    assert caught.value.code == "wrap-bad"


def test_unwrap_any_flipped_byte_of_a_wrap_is_refused():
    encoded = WRAPS.trustees[1].encode()
    for position in range(1, len(encoded)):
        damaged = bytearray(encoded)
        # Bit 0: the top bit of an X25519 key is ignored by RFC 7748, but not by HPKE's context.
        damaged[position] ^= 0x80 if position == 64 else 1
        wrap = wraps.Wrap(2, bytes(damaged[1:33]), bytes(damaged[33:65]), bytes(damaged[65:]))
        with pytest.raises(EnvelopeError):
            wraps.unwrap(HEADER, wrap, KEYS[1])


@pytest.mark.parametrize(
    "change",
    [
        {"slot": 2},
        {"version": 2},
        {"bid": uuid.UUID(int=8)},
        {"policy": bytes(32)},
        {"certificate": bytes(32)},
        {"k": 2},
        {"rehearsal": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_unwrap_under_another_header_is_refused(change):
    with pytest.raises(EnvelopeError):
        wraps.unwrap(dataclasses.replace(HEADER, **change), WRAPS.trustees[0], KEYS[0])


def test_unwrap_under_another_index_is_refused():
    moved = dataclasses.replace(WRAPS.trustees[0], index=2)
    with pytest.raises(EnvelopeError):
        wraps.unwrap(HEADER, moved, KEYS[0])


def test_unwrap_share_that_was_not_committed_to_is_refused():
    """A tenderer wraps something else than it commits to."""
    wrap = wraps.wrap(HEADER, Share(1, os.urandom(32)), KEYS[0].public_key())
    lying = dataclasses.replace(wrap, commitment=WRAPS.trustees[0].commitment)
    with pytest.raises(EnvelopeError):
        wraps.unwrap(HEADER, lying, KEYS[0])


def test_unwrap_low_order_encapsulated_key_is_refused():
    wrap = dataclasses.replace(WRAPS.trustees[0], encapsulated=bytes(32))
    with pytest.raises(EnvelopeError):
        wraps.unwrap(HEADER, wrap, KEYS[0])


def published(number: int) -> bytes:
    return KEYS[number].public_key().public_bytes_raw()


def test_judge_good_wrap_blames_the_complaining_trustee():
    verdict = wraps.judge(HEADER, WRAPS.trustees[0], disclosed=KEYS[0], published=published(0))
    assert verdict is Verdict.TRUSTEE


@pytest.mark.parametrize("field", ["commitment", "encapsulated", "ciphertext"])
def test_judge_bad_wrap_never_blames_the_honest_trustee(field):
    good = WRAPS.trustees[0]
    bad = dataclasses.replace(good, **{field: os.urandom(len(getattr(good, field)))})
    verdict = wraps.judge(HEADER, bad, disclosed=KEYS[0], published=published(0))
    assert verdict is Verdict.TENDERER


def test_judge_another_key_than_the_policy_s_decides_nothing():
    for wrap in (WRAPS.trustees[0], WRAPS.trustees[1]):
        verdict = wraps.judge(HEADER, wrap, disclosed=KEYS[1], published=published(0))
        assert verdict is Verdict.WRONG_KEY


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), bytes(32), b"\x01" + bytes(31)])
def test_public_key_of_wrong_length_or_low_order_is_refused(data):
    with pytest.raises(Malformed):
        wraps.public_key(data)


def test_wrap_all_wants_a_key_a_trustee():
    with pytest.raises(Malformed):
        wraps.wrap_all(HEADER, MADE, [key.public_key() for key in KEYS[:3]])


def hpke_vectors() -> list[dict]:
    path = Path(cryptography_vectors.__file__).parent / "HPKE" / "test-vectors.json"
    found = [
        v
        for v in json.loads(path.read_text())
        if (v["mode"], v["kem_id"], v["kdf_id"], v["aead_id"]) == (0, 0x20, 1, 2)
    ]
    assert found
    return found


@pytest.mark.parametrize("vector", hpke_vectors(), ids=lambda v: v["info"][:8])
def test_hpke_suite_published_vectors(vector):
    """The first message of base mode: later ones need a sequence number that we never use."""
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["skRm"]))
    first = vector["encryptions"][0]
    plain = rust_openssl.hpke._decrypt_with_aad(
        wraps.HPKE_SUITE,
        bytes.fromhex(vector["enc"]) + bytes.fromhex(first["ct"]),
        key,
        info=bytes.fromhex(vector["info"]),
        aad=bytes.fromhex(first["aad"]),
    )
    assert plain == bytes.fromhex(first["pt"])
