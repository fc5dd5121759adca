"""Shamir's sharing against pyshamir and against tenderers who cheat."""

from __future__ import annotations

import itertools
import os
import uuid

import pyshamir
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.kit import shares
from bidding.kit.errors import EnvelopeError, Malformed
from bidding.kit.header import Header
from bidding.kit.shares import Share


def a_header(*, k: int = 3, n: int = 4, slot: int = 1) -> Header:
    return Header(
        k=k,
        n=n,
        slot=slot,
        policy=bytes(range(32)),
        certificate=bytes(range(32, 64)),
        bid=uuid.UUID(int=7),
        version=1,
    )


@given(
    key=st.binary(min_size=32, max_size=32),
    kn=st.integers(2, 8).flatmap(lambda n: st.tuples(st.integers(2, n), st.just(n))),
    data=st.data(),
)
def test_combine_any_k_of_n_plus_one_gives_the_key(key, kn, data):
    k, n = kn
    made = shares.split(key, a_header(k=k, n=n))
    chosen = data.draw(st.permutations(made))[:k]
    assert shares.combine(chosen, k) == key


def test_combine_pyshamir_agrees_for_every_choice():
    key = os.urandom(32)
    made = shares.split(key, a_header(k=3, n=4))
    for chosen in itertools.combinations(made, 3):
        assert bytes(pyshamir.combine([bytearray(s.encode()) for s in chosen])) == key


def test_combine_shares_made_by_pyshamir_gives_their_secret():
    secret = os.urandom(32)
    theirs = [Share.parse(bytes(part)) for part in pyshamir.split(secret, 5, 3)]
    assert shares.combine(theirs, 3) == secret


def test_combine_one_share_fewer_is_refused():
    made = shares.split(bytes(32), a_header(k=3))
    with pytest.raises(EnvelopeError) as caught:
        shares.combine(made[:2], 3)
    assert caught.value.code == "too-few-shares"


@given(key=st.binary(min_size=32, max_size=32))
def test_one_share_fewer_is_consistent_with_every_key(key):
    """k-1 shares with any guess for the missing one give another key: they say nothing."""
    made = shares.split(key, a_header(k=3))
    wrong = Share(index=3, value=bytes(b ^ 1 for b in made[2].value))
    assert shares.combine([*made[:2], wrong], 3) != key


def test_combine_the_same_share_twice_is_refused():
    made = shares.split(bytes(32), a_header(k=3))
    with pytest.raises(EnvelopeError) as caught:
        shares.combine([made[0], made[0], made[1]], 3)
    assert caught.value.code == "duplicate-share"


def test_split_depends_on_every_byte_of_the_header():
    key = os.urandom(32)
    assert shares.split(key, a_header(slot=1))[0] != shares.split(key, a_header(slot=2))[0]


def test_split_known_answer():
    """Computed with a multiplication written out bit by bit, see below."""
    header = a_header(k=3, n=4)
    key = bytes(range(100, 132))
    polynomial = shares._polynomial(key, header)
    for share in shares.split(key, header):
        for position in range(32):
            expected = 0
            for power, coefficient in enumerate(polynomial):
                term = coefficient[position]
                for _ in range(power):
                    term = slow_multiply(term, share.index)
                expected ^= term
            assert share.value[position] == expected


def slow_multiply(a: int, b: int) -> int:
    result = 0
    while b:
        if b & 1:
            result ^= a
        a <<= 1
        if a & 0x100:
            a ^= 0x11B
        b >>= 1
    return result


def test_mismatches_honest_commitments_are_none():
    key, header = os.urandom(32), a_header()
    commitments = [shares.commitment(s) for s in shares.split(key, header)]
    assert shares.mismatches(key, header, commitments) == ()


def test_mismatches_name_every_crafted_share():
    """Shares of trustees 1, 2 and of the tenderer lie on the polynomial, 3 and 4 do not."""
    key, header = os.urandom(32), a_header()
    made = list(shares.split(key, header))
    made[2] = Share(index=3, value=os.urandom(32))
    made[3] = Share(index=4, value=os.urandom(32))
    commitments = [shares.commitment(s) for s in made]
    recombined = shares.combine([made[0], made[1], made[4]], 3)
    assert recombined == key
    assert shares.mismatches(recombined, header, commitments) == (3, 4)


def test_mismatches_a_random_polynomial_is_found_out():
    """Shamir as usual, with random coefficients, combines everywhere but was not derived."""
    key, header = os.urandom(32), a_header()
    polynomial = [key, os.urandom(32), os.urandom(32)]
    made = [Share(i, shares._evaluate(polynomial, i)) for i in range(1, 6)]
    commitments = [shares.commitment(s) for s in made]
    assert shares.combine(made[:3], 3) == key
    assert shares.mismatches(key, header, commitments) == (1, 2, 3, 4, 5)


def test_mismatches_wants_one_commitment_a_share():
    with pytest.raises(Malformed):
        shares.mismatches(bytes(32), a_header(), [bytes(32)] * 4)


@pytest.mark.parametrize("data", [b"", bytes(32), bytes(34), bytes(33)])
def test_share_parse_wrong_length_or_index_zero_is_refused(data):
    with pytest.raises(Malformed):
        Share.parse(data)


def test_share_parse_round_trip():
    share = Share(index=5, value=os.urandom(32))
    assert Share.parse(share.encode()) == share


def test_share_does_not_show_its_value():
    share = Share(index=5, value=b"\xab" * 32)
    assert repr(share) == "Share(index=5, value=<secret>)"
