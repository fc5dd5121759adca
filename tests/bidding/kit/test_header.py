"""The 92 bytes of H."""

from __future__ import annotations

import dataclasses
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.kit.errors import Malformed
from bidding.kit.header import HEADER_SIZE, Header
from tests.bidding.kit.test_shares import a_header

headers = st.builds(
    lambda kn, **rest: Header(k=kn[0], n=kn[1], **rest),
    kn=st.integers(2, 16).flatmap(lambda n: st.tuples(st.integers(2, n), st.just(n))),
    slot=st.integers(1, 4),
    policy=st.binary(min_size=32, max_size=32),
    certificate=st.binary(min_size=32, max_size=32),
    bid=st.uuids(),
    version=st.integers(1, 2**32 - 1),
    rehearsal=st.booleans(),
)


@given(headers)
def test_parse_gives_back_what_was_encoded(header):
    data = header.encode()
    assert len(data) == HEADER_SIZE
    assert Header.parse(data) == header


def test_encode_layout_is_that_of_the_design():
    header = Header(
        k=3,
        n=4,
        slot=2,
        policy=b"P" * 32,
        certificate=b"C" * 32,
        bid=uuid.UUID("00112233-4455-6677-8899-aabbccddeeff"),
        version=258,
    )
    assert header.encode() == (
        b"TBX1\x01\x03\x04\x02"
        + b"P" * 32
        + b"C" * 32
        + bytes.fromhex("00112233445566778899aabbccddeeff")
        + b"\x00\x00\x01\x02"
    )


def test_encode_rehearsal_has_its_own_magic():
    assert dataclasses.replace(a_header(), rehearsal=True).encode()[:4] == b"TBR1"


@pytest.mark.parametrize("length", [0, 1, 91, 93])
def test_parse_wrong_length_is_refused(length):
    with pytest.raises(Malformed):
        Header.parse((a_header().encode() * 2)[:length])


@pytest.mark.parametrize(
    ("offset", "value", "code"),
    [
        (0, ord("t"), "bad-magic"),
        (3, ord("2"), "bad-magic"),
        (4, 0, "unknown-suite"),
        (4, 2, "unknown-suite"),
        (5, 1, "bad-header"),
        (5, 5, "bad-header"),
        (6, 2, "bad-header"),
        (6, 17, "bad-header"),
        (7, 0, "bad-header"),
        (7, 5, "bad-header"),
    ],
)
def test_parse_value_out_of_bounds_is_refused(offset, value, code):
    data = bytearray(a_header().encode())
    data[offset] = value
    with pytest.raises(Malformed) as caught:
        Header.parse(bytes(data))
    assert caught.value.code == code


def test_parse_version_zero_is_refused():
    with pytest.raises(Malformed):
        Header.parse(a_header().encode()[:-4] + bytes(4))


@pytest.mark.parametrize("field", ["policy", "certificate"])
def test_header_digest_of_another_length_is_refused(field):
    with pytest.raises(Malformed):
        dataclasses.replace(a_header(), **{field: bytes(31)})
