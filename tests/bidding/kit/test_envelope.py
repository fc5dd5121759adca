"""Sealing and opening whole envelopes, and everything that must not open."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
import tracemalloc
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bidding.kit import body, envelope, shares
from bidding.kit.bid import Commitment
from bidding.kit.body import PART_SIZE, BodyCipher
from bidding.kit.envelope import Secret, open_envelope
from bidding.kit.errors import EnvelopeError, Fault, Malformed
from bidding.kit.manifest import FileEntry, Manifest, preamble
from bidding.kit.padding import padded_size
from bidding.kit.plaintext import Plaintext
from bidding.kit.wraps import Head
from signatures.domain import ledger, statements
from tests.bidding.kit import world
from tests.bidding.kit.cases import (
    KIB,
    MIB,
    POLICY,
    Case,
    a_case,
    a_draft,
    plaintext_of,
    refused,
    sealed_from,
    unwrapped,
)

# --- round trips ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size", [1, 16 * KIB - 1, 16 * KIB, 16 * KIB + 1, MIB - 1, MIB, MIB + 1, 5 * MIB + 7]
)
def test_open_gives_back_the_files(tmp_path, size):
    content = random.Random(size).randbytes(size)
    (tmp_path / "in").mkdir()
    submission, kit = world.sealed_bid(POLICY, tmp_path / "in", content=content)
    for state in submission.envelopes:
        slot = state.head.header.slot
        secret = submission.secrets(world.PASSPHRASE)[slot]
        with state.plaintext() as source:
            parts = list(envelope.parts(state.head, secret, state.sealed, source))
        case = Case(
            head=state.head,
            secret=secret,
            commitment=state.sealed.commitment,
            body=b"".join(part.data for part in parts),
            shares=(*unwrapped(state.head), kit.share_for(state.head)),
        )
        opened = case.open(tmp_path)
        assert [entry.name for entry, _ in opened.files] == ["offer.pdf"]
        assert opened.files[0][1].read_bytes() == content
        assert hashlib.sha256(opened.certificate).digest() == world.fingerprint("tenderer")
        assert [part.offset for part in parts] == [PART_SIZE * n for n in range(len(parts))]


def test_open_any_three_of_five_shares_open(case, tmp_path):
    import itertools

    for given_ in itertools.combinations(case.shares, 3):
        assert case.open(tmp_path, given=given_).manifest.files[0].name == "0.bin"


def test_open_files_are_stored_under_numbers_not_under_their_names(case, tmp_path):
    assert [path.name for _, path in case.open(tmp_path).files] == ["0001", "0002"]


def test_measure_twice_gives_different_envelopes():
    one, two = a_draft(), a_draft()
    assert one.secret.key != two.secret.key
    assert one.secret.salt != two.secret.salt


def test_parts_from_the_middle_after_an_interruption(tmp_path):
    content = os.urandom(3 * MIB)
    submission, _ = world.sealed_bid(POLICY, tmp_path, content=content)
    state = submission.envelopes[0]
    secret = submission.secrets(world.PASSPHRASE)[1]
    with state.plaintext() as source:
        whole = list(envelope.parts(state.head, secret, state.sealed, source))
        rest = list(envelope.parts(state.head, secret, state.sealed, source, first=2))
    assert rest == whole[2:]


# --- what changes between the passes --------------------------------------------------------------


@pytest.mark.parametrize("position", [0, 2 * MIB, 3 * MIB - 1])
def test_parts_of_a_changed_file_end_before_the_changed_part(tmp_path, position):
    content = bytearray(os.urandom(3 * MIB))
    submission, _ = world.sealed_bid(POLICY, tmp_path, content=bytes(content))
    content[position] ^= 1
    (tmp_path / "offer.pdf").write_bytes(content)
    state = submission.envelopes[0]
    secret = submission.secrets(world.PASSPHRASE)[1]
    sent = []
    with state.plaintext() as source, pytest.raises(EnvelopeError) as caught:
        sent.extend(envelope.parts(state.head, secret, state.sealed, source))
    assert caught.value.code == "content-changed"
    assert len(sent) <= position // MIB + 1


@pytest.mark.parametrize("size", [0, 100, 3 * MIB])
def test_parts_of_a_file_of_another_length_are_refused(tmp_path, size):
    submission, _ = world.sealed_bid(POLICY, tmp_path, content=os.urandom(2 * MIB))
    (tmp_path / "offer.pdf").write_bytes(bytes(size))
    state = submission.envelopes[0]
    secret = submission.secrets(world.PASSPHRASE)[1]
    with state.plaintext() as source, pytest.raises(EnvelopeError) as caught:
        list(envelope.parts(state.head, secret, state.sealed, source))
    assert caught.value.code == "content-changed"


def test_parts_with_another_salt_are_refused(tmp_path):
    submission, _ = world.sealed_bid(POLICY, tmp_path)
    state = submission.envelopes[0]
    secret = submission.secrets(world.PASSPHRASE)[1]
    other = dataclasses.replace(secret, salt=os.urandom(24))
    with state.plaintext() as source, pytest.raises(EnvelopeError):
        list(envelope.parts(state.head, other, state.sealed, source))


def test_plaintext_checked_while_sealing_names_the_changed_file(tmp_path):
    path = tmp_path / "offer.pdf"
    path.write_bytes(b"a" * 100_000)
    draft = a_draft()
    entry = FileEntry.describe(path, type="application/pdf")
    manifest = Manifest.of(draft.head.header, origin=world.ORIGIN, at=world.T0, files=[entry])
    path.write_bytes(b"b" * 100_000)
    with (
        Plaintext(preamble(b"m", b"s"), manifest, [path], check=True) as source,
        pytest.raises(EnvelopeError, match="offer.pdf"),
    ):
        envelope.measure(draft.head, draft.secret, source)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=5),
    offset=st.integers(0, 80_000),
    size=st.integers(0, 80_000),
)
def test_plaintext_reads_the_same_bytes_from_anywhere(tmp_path, sizes, offset, size):
    paths, entries = [], []
    for number, length in enumerate(sizes):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(random.Random(number).randbytes(length))
        paths.append(path)
        entries.append(FileEntry.describe(path, type="application/octet-stream"))
    manifest = Manifest.of(a_draft().head.header, origin=world.ORIGIN, at=world.T0, files=entries)
    start = preamble(b"manifest", b"signature")
    expected = start + b"".join(path.read_bytes() for path in paths)
    expected += bytes(padded_size(len(expected)) - len(expected))
    with Plaintext(start, manifest, paths) as source:
        assert source.size == len(expected)
        assert source.read(offset, size) == expected[offset : offset + size]


# --- damage ---------------------------------------------------------------------------------------


def test_open_every_flipped_byte_of_the_head_is_refused(case, tmp_path):
    data = case.head.encode()
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 1
        with pytest.raises((EnvelopeError, Malformed)):
            case.open(tmp_path, head=Head.parse(bytes(damaged)))


def test_open_every_flipped_byte_of_the_head_with_a_new_signature_does_not_open(tmp_path):
    """Even if the commitment followed: key, shares and body are bound to the head."""
    case = a_case()
    data = case.head.encode()
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 1
        try:
            head = Head.parse(bytes(damaged))
        except Malformed:
            continue
        commitment = dataclasses.replace(case.commitment, head=head.digest)
        with pytest.raises(EnvelopeError):
            case.open(tmp_path, head=head, commitment=commitment)


def test_open_flipped_bits_of_the_body_are_the_storage_s_fault(case, tmp_path):
    chance = random.Random(3)
    positions = [0, 23, 24, 55, 56, len(case.body) - 1]
    for position in positions + [chance.randrange(len(case.body)) for _ in range(20)]:
        damaged = bytearray(case.body)
        damaged[position] ^= 1 << chance.randrange(8)
        with pytest.raises(EnvelopeError) as caught:
            case.open(tmp_path, body=bytes(damaged))
        assert refused(caught) == ("body-not-committed", Fault.STORAGE)


@pytest.mark.parametrize("cut", [1, 16, 17, 16_400, 60_000])
def test_open_truncated_body_is_the_storage_s_fault(case, tmp_path, cut):
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path, body=case.body[:-cut])
    assert refused(caught) == ("body-not-committed", Fault.STORAGE)


def test_open_longer_body_is_the_storage_s_fault(case, tmp_path):
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path, body=case.body + b"\0")
    assert refused(caught) == ("body-not-committed", Fault.STORAGE)


def test_open_body_of_another_envelope_is_the_storage_s_fault(case, tmp_path):
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path, body=a_case().body)
    assert refused(caught) == ("body-not-committed", Fault.STORAGE)


def test_open_committed_body_under_another_key_is_the_tenderer_s_fault(tmp_path):
    draft = a_draft()
    plain = plaintext_of(draft, [b"offer"])
    other = dataclasses.replace(draft, secret=Secret.fresh())
    case = sealed_from(other, plain, head=draft.head)
    made = shares.split(draft.secret.key, draft.head.header)
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path, given=made[:3])
    assert refused(caught) == ("body-damaged", Fault.TENDERER)


def test_open_committed_truncation_is_the_tenderer_s_fault(case, tmp_path):
    """The tenderer commits to a body that ends a chunk too early."""
    cut = case.body[: 56 + 16_400 + 16]
    commitment = Commitment(
        slot=1, head=case.head.digest, size=len(cut), root=ledger.root_of([body.part_leaf(cut)])
    )
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path, body=cut, commitment=commitment)
    assert refused(caught) == ("content-refused", Fault.TENDERER)


@pytest.mark.parametrize("size", [0, 71, 56 + 16_400, 56 + 16_400 + 15])
def test_open_size_that_no_body_has_is_the_tenderer_s_fault(case, tmp_path, size):
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path, commitment=dataclasses.replace(case.commitment, size=size))
    assert refused(caught) == ("body-damaged", Fault.TENDERER)


# --- rehearsal, memory ----------------------------------------------------------------------------


def test_rehearsal_envelope_under_the_real_policy_is_refused():
    rehearsal = world.a_policy(rehearsal=True)
    draft = envelope.prepare(rehearsal, slot=1, certificate=bytes(32), bid=uuid.uuid4(), version=1)
    with pytest.raises(EnvelopeError):
        POLICY.require(draft.head.header)
    with pytest.raises(EnvelopeError):
        POLICY.require(dataclasses.replace(draft.head.header, policy=POLICY.digest))


def test_seal_and_open_hold_only_a_few_mib_in_memory(tmp_path):
    size = 48 * MIB
    path = tmp_path / "big.bin"
    with path.open("wb") as stream:
        for _ in range(48):
            stream.write(os.urandom(MIB))
    draft = a_draft()
    entry = FileEntry.describe(path, type="application/octet-stream")
    data = Manifest.of(draft.head.header, origin=world.ORIGIN, at=world.T0, files=[entry]).encode()
    start = preamble(data, statements.sign(data, world.signer("tenderer")))
    manifest = Manifest.parse(data)
    sealed_path = tmp_path / "body"
    (tmp_path / "q").mkdir()
    tracemalloc.start()
    with Plaintext(start, manifest, [path], check=True) as source:
        sealed = envelope.measure(draft.head, draft.secret, source)
    with Plaintext(start, manifest, [path]) as source, sealed_path.open("wb") as stream:
        for part in envelope.parts(draft.head, draft.secret, sealed, source):
            stream.write(part.data)
    with sealed_path.open("rb") as stream:
        opened = open_envelope(
            draft.head,
            stream,
            sealed.commitment,
            shares.split(draft.secret.key, draft.head.header)[:3],
            origin=world.ORIGIN,
            quarantine=tmp_path / "q",
            destination=tmp_path / "out",
        )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert opened.files[0][0].size == size
    assert peak < 20 * MIB


def test_cipher_is_bound_to_the_head(case):
    """The same key and salt under another head make another body."""
    other = dataclasses.replace(case.head.header, version=2)
    head = Head(other, case.head.wraps)
    one = BodyCipher(case.secret.key, case.secret.salt, case.head.body_context)
    two = BodyCipher(case.secret.key, case.secret.salt, head.body_context)
    assert one.prefix != two.prefix
