"""Sealing and opening whole envelopes, and everything that must not open."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import random
import tracemalloc
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bidding.kit import body, envelope, shares, wraps
from bidding.kit.bid import Commitment
from bidding.kit.body import PART_SIZE, BodyCipher, BodyReader
from bidding.kit.envelope import Secret, open_envelope
from bidding.kit.errors import EnvelopeError, Fault, Malformed
from bidding.kit.manifest import FileEntry, Manifest, preamble
from bidding.kit.padding import padded_size
from bidding.kit.plaintext import Plaintext
from bidding.kit.quarantine import Quarantine
from bidding.kit.shares import Share
from bidding.kit.wraps import Head, Wraps
from signatures.domain import ledger, statements
from tests.bidding.kit import world

KIB, MIB = 1024, 1024 * 1024
POLICY = world.a_policy()


@dataclasses.dataclass(frozen=True)
class Bytes:
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, size: int) -> bytes:
        return self.data[offset : offset + size]


@dataclasses.dataclass(frozen=True)
class Case:
    """A sealed envelope with everything needed to open it."""

    head: Head
    secret: Secret
    commitment: Commitment
    body: bytes
    shares: tuple[Share, ...]

    def open(self, folder: Path, *, given=None, **changes):
        case = dataclasses.replace(self, **changes)
        quarantine = folder / "quarantine"
        quarantine.mkdir(exist_ok=True)
        try:
            return open_envelope(
                case.head,
                io.BytesIO(case.body),
                case.commitment,
                case.shares[:3] if given is None else given,
                origin=world.ORIGIN,
                quarantine=quarantine,
                destination=folder / f"opened-{uuid.uuid4()}",
            )
        finally:
            assert list(quarantine.iterdir()) == []


def unwrapped(head: Head) -> tuple[Share, ...]:
    return tuple(world.slot_keys(name).unwrap(POLICY, head) for name in world.TRUSTEES)


def sealed_from(draft, plain: bytes, *, head: Head | None = None) -> Case:
    """An envelope around a plaintext that nobody checked: a tenderer may write its own kit."""
    head = head or draft.head
    sealed = envelope.measure(head, draft.secret, Bytes(plain))
    parts = envelope.parts(head, draft.secret, sealed, Bytes(plain))
    made = shares.split(draft.secret.key, head.header)
    return Case(
        head=head,
        secret=draft.secret,
        commitment=sealed.commitment,
        body=b"".join(part.data for part in parts),
        shares=made,
    )


def a_draft(*, slot: int = 1, name: str = "tenderer"):
    return envelope.prepare(
        POLICY,
        slot=slot,
        certificate=world.fingerprint(name),
        bid=uuid.uuid4(),
        version=1,
    )


def plaintext_of(
    draft, contents: list[bytes], *, signer: str = "tenderer", change=lambda manifest: manifest
) -> bytes:
    files = [
        FileEntry(f"{n}.bin", "application/octet-stream", len(data), hashlib.sha256(data).digest())
        for n, data in enumerate(contents)
    ]
    manifest = change(
        Manifest.of(draft.head.header, origin=world.ORIGIN, at=world.T0, files=files)
    ).encode()
    start = preamble(manifest, statements.sign(manifest, world.signer(signer)))
    content = start + b"".join(contents)
    return content + bytes(padded_size(len(content)) - len(content))


def a_case(*contents: bytes, **options) -> Case:
    draft = a_draft()
    return sealed_from(draft, plaintext_of(draft, list(contents) or [b"offer"], **options))


@pytest.fixture(scope="module")
def case() -> Case:
    return a_case(b"the opening sheet", b"x" * 40_000)


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


def refused(caught) -> tuple[str, Fault]:
    return caught.value.code, caught.value.fault


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
