"""Shares and contents with which an envelope must not open."""

from __future__ import annotations

import dataclasses
import io
import os
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.kit import body, shares, wraps
from bidding.kit.body import BodyReader
from bidding.kit.envelope import open_envelope
from bidding.kit.errors import EnvelopeError, Fault, Malformed
from bidding.kit.quarantine import Quarantine
from bidding.kit.shares import Share
from bidding.kit.wraps import Head, Wraps
from tests.bidding.kit import world
from tests.bidding.kit.cases import (
    POLICY,
    Case,
    a_case,
    a_draft,
    plaintext_of,
    refused,
    sealed_from,
)

# --- shares ---------------------------------------------------------------------------------------


def test_open_two_shares_open_nothing(case, tmp_path):
    for given_ in (case.shares[:2], case.shares[3:], ()):
        with pytest.raises(EnvelopeError) as caught:
            case.open(tmp_path, given=given_)
        assert caught.value.code == "too-few-shares"


def test_open_wrong_share_beside_good_ones_is_left_out(case, tmp_path):
    wrong = Share(1, os.urandom(32))
    with pytest.raises(EnvelopeError):
        case.open(tmp_path, given=[wrong, *case.shares[1:3]])
    assert case.open(tmp_path, given=[wrong, *case.shares[1:4]]).files


def test_open_share_of_another_index_or_envelope_does_not_count(case, tmp_path):
    moved = Share(2, case.shares[0].value)
    foreign = a_case().shares[2]
    beyond = Share(200, bytes(32))
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path, given=[*case.shares[:2], moved, foreign, beyond])
    assert caught.value.code == "too-few-shares"


def crafted_case() -> tuple[Case, list[Share]]:
    """The tenderer's polynomial is honest for 1, 2 and its own share; 3 and 4 are random."""
    draft = a_draft()
    made = list(shares.split(draft.secret.key, draft.head.header))
    made[2], made[3] = Share(3, os.urandom(32)), Share(4, os.urandom(32))
    keys = [wraps.public_key(trustee.keys[1]) for trustee in POLICY.trustees]
    header = draft.head.header
    head = Head(header=header, wraps=wraps.wrap_all(header, made, keys))
    case = sealed_from(draft, plaintext_of(draft, [b"offer"]), head=head)
    return case, made


def test_open_shares_that_only_combine_with_the_tenderer_s_own_revoke(tmp_path):
    case, made = crafted_case()
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path, given=[made[0], made[1], made[4]])
    assert refused(caught) == ("commitment-mismatch", Fault.TENDERER)


def test_open_crafted_shares_of_trustees_alone_revoke(tmp_path):
    case, made = crafted_case()
    for given_ in (made[:3], made[1:4]):
        with pytest.raises(EnvelopeError) as caught:
            case.open(tmp_path, given=given_)
        assert refused(caught) == ("commitment-mismatch", Fault.TENDERER)


def test_open_wrong_commitment_to_the_tenderer_s_own_share_revokes(tmp_path):
    draft = a_draft()
    head = Head(draft.head.header, Wraps(draft.head.wraps.trustees, os.urandom(32)))
    case = sealed_from(draft, plaintext_of(draft, [b"offer"]), head=head)
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path)
    assert refused(caught) == ("commitment-mismatch", Fault.TENDERER)


# --- content --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"slot": 4},
        {"version": 2},
        {"bid": uuid.UUID(int=1)},
        {"policy": bytes(32)},
        {"origin": "https://elsewhere.test"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_open_manifest_of_another_envelope_is_refused(tmp_path, change):
    case = a_case(change=lambda manifest: dataclasses.replace(manifest, **change))
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path)
    assert refused(caught) == ("content-refused", Fault.TENDERER)


def test_open_manifest_signed_by_another_certificate_is_refused(tmp_path):
    with pytest.raises(EnvelopeError) as caught:
        a_case(signer="stranger").open(tmp_path)
    assert refused(caught) == ("content-refused", Fault.TENDERER)


def changed(position: int, value: bytes | None = None):
    """An envelope whose plaintext differs from a good one at ``position``."""
    draft = a_draft()
    plain = bytearray(plaintext_of(draft, [b"offer"]))
    piece = value if value is not None else bytes([plain[position] ^ 1])
    at = position % len(plain)
    plain[at : at + len(piece)] = piece
    return sealed_from(draft, bytes(plain))


def test_open_padding_that_is_not_zero_is_refused(tmp_path):
    with pytest.raises(EnvelopeError, match="padding"):
        changed(-1).open(tmp_path)


@pytest.mark.parametrize("position", [4, 20, 200])
def test_open_manifest_that_was_altered_is_refused(tmp_path, position):
    with pytest.raises(EnvelopeError):
        changed(position).open(tmp_path)


@pytest.mark.parametrize("length", [0, 2**20 + 1, 2**32 - 1])
def test_open_impossible_manifest_length_is_refused(tmp_path, length):
    with pytest.raises(EnvelopeError):
        changed(0, length.to_bytes(4, "big")).open(tmp_path)


def test_open_file_that_is_not_the_listed_one_is_refused(tmp_path):
    draft = a_draft()
    plain = plaintext_of(draft, [b"offer"]).replace(b"offer", b"OFFER")
    with pytest.raises(EnvelopeError, match=r"0\.bin"):
        sealed_from(draft, plain).open(tmp_path)


@pytest.mark.parametrize("more", [-16_384, 16_384, 1])
def test_open_another_amount_of_padding_is_refused(tmp_path, more):
    draft = a_draft()
    plain = plaintext_of(draft, [b"offer" * 20_000])
    plain = plain + bytes(more) if more > 0 else plain[:more]
    with pytest.raises(EnvelopeError) as caught:
        sealed_from(draft, plain).open(tmp_path)
    assert refused(caught) == ("content-refused", Fault.TENDERER)


def test_open_plaintext_of_zeros_is_refused(tmp_path):
    with pytest.raises(EnvelopeError):
        sealed_from(a_draft(), bytes(65_536)).open(tmp_path)


def test_open_existing_destination_is_not_overwritten(case, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "q").mkdir()
    with pytest.raises(Malformed):
        open_envelope(
            case.head,
            io.BytesIO(case.body),
            case.commitment,
            case.shares[:3],
            origin=world.ORIGIN,
            quarantine=tmp_path / "q",
            destination=tmp_path / "there",
        )
    assert list((tmp_path / "q").iterdir()) == []


def test_quarantine_release_before_the_end_is_refused(case, tmp_path):
    """Bytes that a streaming decryptor gave early never leave by themselves."""
    reader = BodyReader(case.secret.key, case.head.body_context)
    size = body.plaintext_size(case.commitment.size)
    room = Quarantine(tmp_path, case.head.header, size=size, origin=world.ORIGIN)
    room.feed(reader.update(case.body[: 56 + 3 * 16_400]))
    with pytest.raises(EnvelopeError):
        room.release(tmp_path / "out")
    room.discard()
    assert list(tmp_path.iterdir()) == []


@given(cuts=st.lists(st.integers(1, 70_000), max_size=6))
@settings(max_examples=20, deadline=None)
def test_quarantine_takes_the_plaintext_in_any_pieces(tmp_path_factory, cuts):
    folder = tmp_path_factory.mktemp("q")
    draft = a_draft()
    plain = plaintext_of(draft, [b"offer", b"y" * 30_000])
    room = Quarantine(folder, draft.head.header, size=len(plain), origin=world.ORIGIN)
    edges = [0, *sorted(c for c in cuts if c < len(plain)), len(plain)]
    for start, end in zip(edges, edges[1:], strict=False):
        room.feed(plain[start:end])
    opened = room.release(folder / "out")
    assert [path.read_bytes() for _, path in opened.files] == [b"offer", b"y" * 30_000]
