"""Padmé."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.kit.padding import MINIMUM, padded_size, padme


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, 0),
        (1, 1),
        (2, 2),
        (7, 7),
        (8, 8),
        (9, 10),
        (17, 18),
        (65_537, 67_584),
        (1_000_000, 1_015_808),
        (2**30 + 1, 2**30 + 2**25),
    ],
)
def test_padme_known_sizes(length, expected):
    assert padme(length) == expected


@given(st.integers(2, 2**40))
def test_padme_is_the_published_formula(length):
    e = int(math.floor(math.log2(length))) if length < 2**20 else length.bit_length() - 1
    s = int(math.floor(math.log2(e))) + 1 if e else 1
    m = 2 ** (e - s) - 1 if e >= s else 0
    assert padme(length) == (length + m) - ((length + m) % (m + 1))


@given(st.integers(0, 2**40))
def test_padme_never_shrinks_and_costs_at_most_12_per_cent(length):
    padded = padme(length)
    assert length <= padded
    assert padded <= length * 1.12 + 1


@given(st.integers(0, 2**40))
def test_padme_of_a_padded_size_is_itself(length):
    assert padme(padme(length)) == padme(length)


@given(st.integers(0, 2**40), st.integers(0, 2**20))
def test_padme_keeps_order(length, more):
    assert padme(length) <= padme(length + more)


def test_padme_negative_is_refused():
    with pytest.raises(ValueError):
        padme(-1)


@pytest.mark.parametrize("length", [0, 1, 65_535, 65_536])
def test_padded_size_of_anything_short_is_the_same(length):
    assert padded_size(length) == MINIMUM == 65_536


def test_padded_size_above_the_minimum_is_padme():
    assert padded_size(70_000) == padme(70_000) == 71_680
