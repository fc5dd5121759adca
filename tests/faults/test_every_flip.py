"""Every byte of a head and 10,000 bits of a body flipped, in the kit and in the page: all refused.

Twice each: as if storage had failed, and as if the tenderer had committed to what was flipped, so
that key, shares, wraps and cipher must notice it themselves. ``SUNLIT_FLIPPED_BITS`` says how many
bits of the body are tried, ``SUNLIT_FAULT_SEED`` which.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
from collections import Counter

import pytest

from bidding.kit import body, wraps
from bidding.kit.errors import EnvelopeError, Malformed
from bidding.kit.wraps import Head
from signatures.domain import ledger
from tests.bidding.kit import world
from tests.bidding.kit.cases import POLICY, Case, a_case
from tests.bidding.seal_js.conftest import page  # noqa: F401  # the sealing modules under node
from tests.faults.conftest import SEED
from tests.javascript import requires_node

BITS = int(os.environ.get("SUNLIT_FLIPPED_BITS", "10000"))
STORAGE = {"body-not-committed"}
CIPHER = {"body-damaged"}
#: What a head may be refused for when it was signed as it is.
SIGNED_HEAD = {
    "bad-header", "bad-magic", "bad-wraps", "unknown-suite", "malformed",
    "body-damaged", "commitment-mismatch", "too-few-shares",
}  # fmt: skip
UNSIGNED_HEAD = SIGNED_HEAD - {"body-damaged", "commitment-mismatch", "too-few-shares"} | {
    "head-not-committed"
}


@pytest.fixture(scope="module")
def case() -> Case:
    print(f"SUNLIT_FAULT_SEED={SEED}")
    return a_case(b"the opening sheet", random.Random(SEED).randbytes(40_000))


def bits_of_body(case: Case) -> list[tuple[int, int]]:
    chance = random.Random(SEED)
    return [(chance.randrange(len(case.body)), 1 << chance.randrange(8)) for _ in range(BITS)]


def bits_of_head(case: Case) -> list[tuple[int, int]]:
    """Every byte once, in one bit of it or another."""
    chance = random.Random(SEED)
    return [(at, 1 << chance.randrange(8)) for at in range(len(case.head.encode()))]


def flipped(data: bytes, bit: tuple[int, int]) -> bytes:
    changed = bytearray(data)
    changed[bit[0]] ^= bit[1]
    return bytes(changed)


def committed_to(case: Case, data: bytes):
    parts = [data[at : at + body.PART_SIZE] for at in range(0, len(data), body.PART_SIZE)]
    root = ledger.root_of([body.part_leaf(part) for part in parts])
    return dataclasses.replace(case.commitment, root=root)


def refusals(case: Case, folder, changes) -> Counter:
    """Codes with which each of the changed envelopes is refused; nothing of any gets out."""
    codes: Counter = Counter()
    for change in changes:
        try:
            case.open(folder, **change())
        except (EnvelopeError, Malformed) as error:
            codes[error.code] += 1
    assert not list(folder.glob("opened-*"))
    return codes


def expect(codes, allowed: set[str], count: int) -> None:
    assert sum(codes.values()) == count
    assert set(codes) <= allowed


# --- the kit --------------------------------------------------------------------------------------


@pytest.mark.parametrize("signed", [False, True], ids=["stored", "signed"])
def test_kit_refuses_every_flipped_byte_of_the_head(case, tmp_path, signed):
    bits = bits_of_head(case)

    def change(bit):
        head = Head.parse(flipped(case.head.encode(), bit))
        commitment = dataclasses.replace(case.commitment, head=head.digest)
        return {"head": head} | ({"commitment": commitment} if signed else {})

    codes = refusals(case, tmp_path, [lambda bit=bit: change(bit) for bit in bits])
    expect(codes, SIGNED_HEAD if signed else UNSIGNED_HEAD, len(bits))


def test_kit_refuses_every_flipped_bit_of_every_wrap(case):
    """Each trustee's own: no bit of the 113 bytes behind the index unwraps."""
    for number, name in enumerate(world.TRUSTEES):
        good = case.head.wraps.trustees[number]
        key = world.slot_keys(name).keys[1]
        assert wraps.unwrap(case.head.header, good, key).index == number + 1
        encoded = good.encode()
        for at in range(1, len(encoded)):
            for power in range(8):
                data = flipped(encoded, (at, 1 << power))
                wrap = wraps.Wrap(good.index, data[1:33], data[33:65], data[65:])
                with pytest.raises(EnvelopeError) as caught:
                    wraps.unwrap(case.head.header, wrap, key)
                assert caught.value.code == "wrap-bad"


def test_kit_refuses_wraps_under_every_flipped_byte_of_the_header(case):
    """Through the policy's own check or the wrap's binding; no trustee gets a share out."""
    keys = world.slot_keys(world.TRUSTEES[0])
    assert keys.unwrap(POLICY, case.head).index == 1
    for at, mask in bits_of_head(case)[:92]:
        with pytest.raises((EnvelopeError, Malformed)):
            keys.unwrap(POLICY, Head.parse(flipped(case.head.encode(), (at, mask))))


@pytest.mark.parametrize("signed", [False, True], ids=["stored", "signed"])
def test_kit_refuses_every_flipped_bit_of_the_body(case, tmp_path, signed):
    bits = bits_of_body(case)

    def change(bit):
        data = flipped(case.body, bit)
        return {"body": data} | ({"commitment": committed_to(case, data)} if signed else {})

    codes = refusals(case, tmp_path, [lambda bit=bit: change(bit) for bit in bits])
    expect(codes, CIPHER if signed else STORAGE, BITS)


# --- the page -------------------------------------------------------------------------------------


def flips_in_page(node, folder, case: Case, **given) -> dict[str, int]:
    (folder / "body").write_bytes(case.body)
    found = node.call(
        "flips",
        {
            "head": case.head.encode().hex(),
            "from": str(folder / "body"),
            "commitment": {"slot": 1, **case.commitment.as_json()},
            "shares": [share.encode().hex() for share in case.shares[:3]],
            "origin": world.ORIGIN,
            **given,
        },
    )
    assert found["opened"] == []
    return found["codes"]


@requires_node
@pytest.mark.parametrize("signed", [False, True], ids=["stored", "signed"])
def test_page_refuses_every_flipped_byte_of_the_head(page, case, tmp_path, signed):  # noqa: F811
    bits = bits_of_head(case)
    codes = flips_in_page(page, tmp_path, case, where="head", signed=signed, flips=bits)
    expect(codes, SIGNED_HEAD if signed else UNSIGNED_HEAD, len(bits))


@requires_node
@pytest.mark.parametrize("signed", [False, True], ids=["stored", "signed"])
def test_page_refuses_every_flipped_bit_of_the_body(page, case, tmp_path, signed):  # noqa: F811
    bits = bits_of_body(case)
    codes = flips_in_page(page, tmp_path, case, where="body", signed=signed, flips=bits)
    expect(codes, CIPHER if signed else STORAGE, BITS)


def test_case_opens_when_nothing_is_flipped(case, tmp_path):
    assert len(case.open(tmp_path).files) == 2
    assert hashlib.sha256(case.head.encode()).digest() == case.commitment.head
