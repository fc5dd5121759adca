"""The page's header, shares, wraps, padding, names and policies, against the kit's."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import uuid
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.kit import manifest, padding, shares, wraps
from bidding.kit.body import PART_SIZE
from bidding.kit.errors import Malformed
from bidding.kit.header import Header
from bidding.kit.pace import Pace
from bidding.kit.wraps import Head
from signatures.domain import jcs
from tests.bidding.kit import world
from tests.bidding.kit.test_shares import a_header
from tests.javascript import Raised, requires_node

pytestmark = requires_node
HEADER = a_header(k=3, n=4)
KEY = bytes(range(32))
SHARES = shares.split(KEY, HEADER)
KEYS = [X25519PrivateKey.generate() for _ in range(4)]


def as_json(header: Header) -> dict:
    return {
        "suite": header.suite,
        "k": header.k,
        "n": header.n,
        "slot": header.slot,
        "policy": header.policy.hex(),
        "certificate": header.certificate.hex(),
        "bid": str(header.bid),
        "version": header.version,
        "rehearsal": header.rehearsal,
    }


def code(page, name: str, argument: object) -> str | None:
    with pytest.raises(Raised) as caught:
        page.call(name, argument)
    return caught.value.code


@pytest.fixture(scope="module")
def head(page) -> bytes:
    given = {
        "header": as_json(HEADER),
        "shares": [share.encode().hex() for share in SHARES],
        "keys": [key.public_key().public_bytes_raw().hex() for key in KEYS],
    }
    return bytes.fromhex(page.call("wrapAll", given))


# --- header ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rehearsal", [False, True])
def test_header_bytes_are_the_kit_s(page, rehearsal):
    header = dataclasses.replace(
        a_header(k=2, n=16), slot=4, version=2**32 - 1, rehearsal=rehearsal
    )
    assert page.call("header", as_json(header)) == header.encode().hex()
    found = page.call("parseHeader", {"data": header.encode().hex()})
    assert {key: found[key] for key in as_json(header)} == as_json(header)


@pytest.mark.parametrize(
    "change",
    [{"k": 1}, {"k": 5}, {"n": 17}, {"slot": 0}, {"slot": 5}, {"version": 0}, {"version": 2**32},
     {"version": 1.5}, {"policy": "00" * 31}, {"certificate": "00" * 33}, {"bid": "no"},
     {"bid": str(uuid.uuid4()).upper()}, {"suite": 2}],
)  # fmt: skip
def test_header_out_of_bounds_is_refused(page, change):
    assert code(page, "header", {**as_json(HEADER), **change}) is not None


@pytest.mark.parametrize(
    ("at", "value", "expected"),
    [(0, b"TBX2", "bad-magic"), (4, b"\2", "unknown-suite"), (5, b"\1", "bad-header"),
     (7, b"\0", "bad-header"), (88, bytes(4), "bad-header")],
)  # fmt: skip
def test_parse_header_hostile_values_are_refused(page, at, value, expected):
    data = HEADER.encode()
    data = data[:at] + value + data[at + len(value) :]
    assert code(page, "parseHeader", {"data": data.hex()}) == expected


@pytest.mark.parametrize("size", [0, 91, 93])
def test_parse_header_of_another_length_is_refused(page, size):
    assert code(page, "parseHeader", {"data": "00" * size}) == "bad-header"


# --- shares ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "n"), [(2, 2), (2, 3), (3, 4), (5, 5), (16, 16)])
def test_split_gives_the_kit_s_shares(page, k, n):
    key, header = os.urandom(32), a_header(k=k, n=n)
    found = page.call("split", {"key": key.hex(), "header": as_json(header)})
    assert found == [share.encode().hex() for share in shares.split(key, header)]


def test_combine_any_k_shares_give_the_key(page):
    chance = random.Random(5)
    for _ in range(10):
        chosen = [share.encode().hex() for share in chance.sample(SHARES, 3)]
        assert page.call("combine", {"shares": chosen, "k": 3}) == KEY.hex()


def test_combine_too_few_or_repeated_shares_are_refused(page):
    encoded = [share.encode().hex() for share in SHARES]
    assert code(page, "combine", {"shares": encoded[:2], "k": 3}) == "too-few-shares"
    assert code(page, "combine", {"shares": [], "k": 3}) == "too-few-shares"
    repeated = [encoded[0], encoded[1], encoded[0]]
    assert code(page, "combine", {"shares": repeated, "k": 3}) == "duplicate-share"


@pytest.mark.parametrize("data", ["", "00" * 32, "00" * 33, "00" * 34])
def test_share_of_another_length_or_index_zero_is_refused(page, data):
    assert code(page, "commitment", {"share": data}) == "bad-share"


def test_commitment_is_the_kit_s(page):
    found = page.call("commitment", {"share": SHARES[0].encode().hex()})
    assert found == shares.commitment(SHARES[0]).hex()


@pytest.mark.parametrize("wrong", [[], [0], [4], [1, 3]])
def test_mismatches_names_every_wrong_commitment(page, wrong):
    commitments = [shares.commitment(share) for share in SHARES]
    for index in wrong:
        commitments[index] = os.urandom(32)
    given = {
        "key": KEY.hex(),
        "header": as_json(HEADER),
        "commitments": [each.hex() for each in commitments],
    }
    assert page.call("mismatches", given) == [index + 1 for index in wrong]


def test_mismatches_wants_a_commitment_a_share(page):
    given = {"key": KEY.hex(), "header": as_json(HEADER), "commitments": ["00" * 32] * 4}
    assert code(page, "mismatches", given) == "bad-wraps"


# --- wraps ----------------------------------------------------------------------------------------


def test_kit_unwraps_what_the_page_wraps(head):
    parsed = Head.parse(head)
    for wrap, key, share in zip(parsed.wraps.trustees, KEYS, SHARES, strict=False):
        assert wraps.unwrap(HEADER, wrap, key) == share
    assert parsed.wraps.commitments == tuple(shares.commitment(share) for share in SHARES)


def test_page_unwraps_what_the_kit_wraps(page):
    made = Head(HEADER, wraps.wrap_all(HEADER, SHARES, [key.public_key() for key in KEYS]))
    for index, key in enumerate(KEYS, start=1):
        given = {"head": made.encode().hex(), "index": index, "key": key.private_bytes_raw().hex()}
        assert page.call("unwrap", given) == SHARES[index - 1].encode().hex()


def test_parse_head_gives_the_kit_s_digest_and_context(page, head):
    parsed = Head.parse(head)
    assert page.call("parseHead", {"data": head.hex()}) == {
        "again": head.hex(),
        "digest": parsed.digest.hex(),
        "context": parsed.body_context.hex(),
    }


def test_parse_head_of_another_length_or_order_is_refused(page, head):
    for data in (head[:-1], head + b"\0", head[:91], head[:92], b""):
        assert code(page, "parseHead", {"data": data.hex()}) in ("bad-wraps", "bad-header")
    swapped = head[:92] + head[206:320] + head[92:206] + head[320:]
    assert code(page, "parseHead", {"data": swapped.hex()}) == "bad-wraps"


def test_unwrap_with_another_trustee_s_key_is_refused(page, head):
    given = {"head": head.hex(), "index": 1, "key": KEYS[1].private_bytes_raw().hex()}
    assert code(page, "unwrap", given) == "wrap-bad"


@pytest.mark.parametrize(
    "change",
    [{"slot": 2}, {"version": 9}, {"rehearsal": True}, {"k": 2}, {"policy": "ab" * 32},
     {"certificate": "cd" * 32}, {"bid": str(uuid.UUID(int=1))}],
)  # fmt: skip
def test_unwrap_under_another_header_is_refused(page, head, change):
    given = {
        "head": head.hex(),
        "index": 1,
        "key": KEYS[0].private_bytes_raw().hex(),
        "header": {**as_json(HEADER), **change},
    }
    assert code(page, "unwrap", given) == "wrap-bad"


@pytest.mark.parametrize("field", ["commitment", "encapsulated", "ciphertext"])
def test_unwrap_any_flipped_bit_is_refused(page, head, field):
    value = bytearray(getattr(Head.parse(head).wraps.trustees[1], field))
    for position in range(len(value)):
        value[position] ^= 1
        given = {
            "head": head.hex(),
            "index": 2,
            "key": KEYS[1].private_bytes_raw().hex(),
            "field": field,
            "value": bytes(value).hex(),
        }
        assert code(page, "unwrapChanged", given) == "wrap-bad"
        value[position] ^= 1


def test_unwrap_under_another_index_is_refused(page, head):
    given = {
        "head": head.hex(),
        "index": 1,
        "key": KEYS[0].private_bytes_raw().hex(),
        "field": "index",
        "value": 2,
    }
    assert code(page, "unwrapChanged", given) == "wrap-bad"


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), bytes(32), b"\x01" + bytes(31)])
def test_public_key_of_wrong_length_or_low_order_is_refused(page, data):
    assert code(page, "publicKey", {"data": data.hex()}) == "bad-key"


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
def test_hpke_published_vectors_both_ways(page, vector):
    first = vector["encryptions"][0]
    given = {key: vector[key] for key in ("skRm", "ikmE", "info")}
    messages = {"ikmR": vector["ikmR"], "pt": first["pt"], "aad": first["aad"]}
    assert page.call("hpke", {**given, "messages": messages}) == {
        "enc": vector["enc"],
        "ct": first["ct"],
        "pt": first["pt"],
    }


# --- padding, names -------------------------------------------------------------------------------


def test_padme_is_the_kit_s(page):
    chance = random.Random(2)
    lengths = [*range(300), 65_535, 65_536, 65_537, 2**31 - 1, 2**31, 2**32, 2**32 + 12345]
    lengths += [chance.randrange(2**33) for _ in range(300)]
    expected = [[padding.padme(each), padding.padded_size(each)] for each in lengths]
    assert page.call("padme", {"lengths": lengths}) == expected


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "a\\b", "a:b", "a*", 'a"', "a<b", "a|b", " a", "a ", "a.", ".a", "a\n",
     "a\0b", "a\u200bb", "a\u202egpj.exe", "e\u0301.pdf", "\u3000a", "a\u0085", "\ufeffa",
     "a" * 241, "阳" * 81, "a\u2028b"],
)  # fmt: skip
def test_name_hostile_in_the_kit_is_hostile_in_the_page(page, name):
    with pytest.raises(Malformed):
        manifest.check_name(name)
    assert code(page, "name", {"name": name}) == "hostile-name"


@pytest.mark.parametrize(
    "name", ["offer.pdf", "投标函.pdf", "a b.pdf", "é.pdf", "a" * 240, "阳" * 80]
)
def test_name_good_in_the_kit_is_good_in_the_page(page, name):
    assert page.call("name", {"name": name}) == manifest.check_name(name)


# --- policies -------------------------------------------------------------------------------------


def test_policy_digest_is_the_kit_s(page):
    policy = world.a_policy()
    found = page.call("policy", {"data": policy.encode().hex(), "rehearsal": False})
    assert found == {"digest": policy.digest.hex(), "k": 3, "n": 4, "slots": [1, 4]}


def test_policy_of_a_rehearsal_never_stands_in_for_a_real_one(page):
    real, rehearsal = world.a_policy(), world.a_policy(rehearsal=True)
    given = {"data": rehearsal.encode().hex(), "rehearsal": False}
    assert code(page, "policy", given) == "wrong-policy"
    given = {"data": real.encode().hex(), "rehearsal": True}
    assert code(page, "policy", given) == "wrong-policy"


def test_policy_for_another_origin_is_refused(page):
    given = {
        "data": world.a_policy().encode().hex(),
        "rehearsal": False,
        "origin": "https://x.test",
    }
    assert code(page, "policy", given) == "wrong-origin"


def changed_policies() -> dict[str, dict]:
    value = jcs.loads(world.a_policy().encode())
    first = value["trustees"][0]
    twice = {**first, "keys": {**first["keys"], "4": first["keys"]["1"]}}
    return {
        "purpose": {**value, "purpose": "sunlit.bid/1"},
        "suite": {**value, "suite": 2},
        "k": {**value, "k": 1},
        "k over n": {**value, "k": 5},
        "one trustee": {**value, "trustees": [first]},
        "trustee twice": {**value, "trustees": [first, first, *value["trustees"][1:]]},
        "key twice": {**value, "trustees": [twice, *value["trustees"][1:]]},
        "key missing": {**value, "trustees": [{**first, "keys": {}}, *value["trustees"][1:]]},
        "degenerate key": {
            **value,
            "trustees": [
                {**first, "keys": {**first["keys"], "1": "00" * 32}},
                *value["trustees"][1:],
            ],
        },
        "slots out of order": {**value, "slots": value["slots"][::-1]},
        "slot 5": {**value, "slots": [{**value["slots"][0], "slot": 5}]},
        "unknown field": {**value, "extra": 1},
        "field missing": {key: value[key] for key in value if key != "log"},
        "time": {**value, "at": "2026-03-01"},
    }


@pytest.mark.parametrize("name", changed_policies())
def test_policy_that_cannot_stand_is_refused(page, name):
    data = jcs.dumps(changed_policies()[name])
    assert code(page, "policy", {"data": data.hex(), "rehearsal": False}) is not None


def test_policy_that_is_not_canonical_is_refused(page):
    data = world.a_policy().encode() + b" "
    assert code(page, "policy", {"data": data.hex(), "rehearsal": False}) == "bad-json"


def test_pace_of_an_upload_is_the_kit_s(page):
    steps = [
        ("took", 8 * PART_SIZE, 500), ("took", 32 * PART_SIZE, 9000), ("took", 17, 5000),
        ("failed",), ("failed",), ("took", PART_SIZE, 100), ("failed",), ("took", PART_SIZE, 1),
        ("took", 4 * PART_SIZE, 1), ("refused", 16 * PART_SIZE), ("took", 8 * PART_SIZE, 1),
        ("refused", 8 * PART_SIZE - 1), ("took", 4 * PART_SIZE, 90_000), ("refused", PART_SIZE),
    ]  # fmt: skip
    kit, expected = Pace(), []
    for name, *values in steps:
        if name == "took":
            kit.took(values[0], values[1] / 1000)
        else:
            getattr(kit, name)(*values)
        expected.append(kit.parts)
    assert page.call("pace", {"steps": steps}) == expected
    assert len(set(expected)) > 5
