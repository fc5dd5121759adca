"""Whole envelopes: sealed by the page and opened by the kit, the other way round, and refused."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import itertools
import random
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from bidding.kit import envelope
from bidding.kit.bid import BidStatement
from bidding.kit.envelope import open_envelope
from bidding.kit.errors import EnvelopeError
from bidding.kit.recovery import RecoveryKit
from bidding.kit.shares import Share
from bidding.kit.wraps import Head
from signatures.domain import jcs, statements
from tests.bidding.kit import world
from tests.bidding.kit.cases import KIB, MIB, POLICY, Case, a_case, unwrapped
from tests.bidding.seal_js.conftest import PASSWORD, key_file
from tests.javascript import Raised, requires_node

pytestmark = requires_node
SIZES = [1, 16 * KIB - 1, 16 * KIB, 16 * KIB + 1, MIB - 1, MIB, MIB + 1, 5 * MIB + 7]


@dataclass(frozen=True)
class SealedBid:
    """What the page made of files, and where its bodies can be had."""

    page: object
    number: int
    statement: bytes
    signature: bytes
    heads: tuple[Head, ...]
    leaves: tuple[str, ...]
    shares: dict[int, Share]
    reports: tuple[dict, ...]
    folder: Path

    @property
    def bid(self) -> BidStatement:
        return BidStatement.parse(self.statement, origin=world.ORIGIN)

    def body(self, slot: int, **options) -> bytes:
        path = self.folder / f"{uuid.uuid4()}.body"
        given = {"number": self.number, "slot": slot, "to": str(path), **options}
        self.page.call("bodyOf" if "paths" in options else "body", given)
        return path.read_bytes()

    def head(self, slot: int) -> Head:
        return next(head for head in self.heads if head.header.slot == slot)

    def open_by_kit(self, slot: int, given, *, body: bytes | None = None):
        quarantine = self.folder / "quarantine"
        quarantine.mkdir(exist_ok=True)
        return open_envelope(
            self.head(slot),
            io.BytesIO(self.body(slot) if body is None else body),
            self.bid.commitment(slot),
            given,
            origin=world.ORIGIN,
            quarantine=quarantine,
            destination=self.folder / f"opened-{uuid.uuid4()}",
        )


def seal(page, folder: Path, contents: dict[int, list[bytes]], **options) -> SealedBid:
    documents: dict[str, list] = {}
    for slot, files in contents.items():
        documents[str(slot)] = []
        for number, data in enumerate(files):
            path = folder / f"slot{slot}-{number}.pdf"
            path.write_bytes(data)
            each = {"name": f"投标{number}.pdf", "type": "application/pdf", "path": str(path)}
            documents[str(slot)].append(each)
    policy = options.pop("policy", POLICY)
    made = page.call(
        "seal",
        {
            "policy": policy.encode().hex(),
            "rehearsal": policy.rehearsal,
            "documents": documents,
            "file": key_file().hex(),
            "password": PASSWORD,
            "bid": str(uuid.uuid4()),
            "version": 1,
            "at": jcs.timestamp(world.T0),
            **options,
        },
    )
    return SealedBid(
        page=page,
        number=made["number"],
        statement=bytes.fromhex(made["statement"]),
        signature=bytes.fromhex(made["signature"]),
        heads=tuple(Head.parse(bytes.fromhex(each["head"])) for each in made["envelopes"]),
        leaves=tuple(each["leaves"] for each in made["envelopes"]),
        shares={slot: Share.parse(bytes.fromhex(data)) for slot, data in made["ownShares"]},
        reports=tuple(made["reports"]),
        folder=folder,
    )


@pytest.fixture(scope="module")
def sealed(page, tmp_path_factory):
    contents = {1: [b"the opening sheet", random.Random(1).randbytes(3 * MIB)], 4: [b"price"]}
    return seal(page, tmp_path_factory.mktemp("sealed"), contents)


@pytest.fixture(scope="module")
def made():
    return a_case(b"the opening sheet", b"x" * 40_000)


def open_in_page(page, folder: Path, case: Case, *, given=None, ask="open", **changes):
    path = folder / f"{uuid.uuid4()}.body"
    path.write_bytes(changes.pop("body", case.body))
    commitment = {
        "slot": case.head.header.slot,
        **case.commitment.as_json(),
        **changes.pop("commitment", {}),
    }
    shares = case.shares[:3] if given is None else given
    argument = {
        "head": case.head.encode().hex(),
        "from": str(path),
        "commitment": commitment,
        "shares": [share.encode().hex() for share in shares],
        "origin": world.ORIGIN,
        **changes,
    }
    return page.call(ask, argument)


def refused(page, folder: Path, case: Case, **options) -> tuple[str | None, str | None]:
    with pytest.raises(Raised) as caught:
        open_in_page(page, folder, case, **options)
    return caught.value.code, caught.value.fault


# --- both ways ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_kit_opens_what_the_page_seals(page, tmp_path, size):
    content = random.Random(size).randbytes(size)
    made = seal(page, tmp_path, {1: [content], 4: [b"price", content[:100]]})
    for slot, files in ((1, [content]), (4, [b"price", content[:100]])):
        opened = made.open_by_kit(slot, unwrapped(made.head(slot)))
        assert [path.read_bytes() for _, path in opened.files] == files
        assert [entry.name for entry, _ in opened.files] == [
            f"投标{n}.pdf" for n in range(len(files))
        ]
        assert hashlib.sha256(opened.certificate).digest() == world.fingerprint("tenderer")


@pytest.mark.parametrize("size", SIZES)
def test_page_opens_what_the_kit_seals(page, tmp_path, size):
    content = random.Random(size).randbytes(size)
    opened = open_in_page(page, tmp_path, a_case(b"sheet", content))
    assert [each["sha256"] for each in opened["files"]] == [
        hashlib.sha256(b"sheet").hexdigest(),
        hashlib.sha256(content).hexdigest(),
    ]


def test_kit_accepts_statement_heads_and_leaves(sealed):
    certificate = statements.check_signature(sealed.statement, sealed.signature).dump()
    assert hashlib.sha256(certificate).digest() == world.fingerprint("tenderer")
    sealed.bid.check(POLICY, sealed.heads, certificate=world.fingerprint("tenderer"))
    for commitment, leaves in zip(sealed.bid.envelopes, sealed.leaves, strict=True):
        data = bytes.fromhex(leaves)
        commitment.check_leaves([data[at : at + 32] for at in range(0, len(data), 32)])


def test_kit_any_three_shares_open_it_the_tenderer_s_among_them(sealed):
    every = (*unwrapped(sealed.head(4)), sealed.shares[4])
    body = sealed.body(4)
    for given in itertools.combinations(every, 3):
        assert sealed.open_by_kit(4, given, body=body).manifest.files[0].size == 5


@pytest.mark.parametrize("count", [0, 1, 2])
def test_kit_fewer_shares_than_k_open_nothing(sealed, count):
    for given in itertools.combinations((*unwrapped(sealed.head(4)), sealed.shares[4]), count):
        with pytest.raises(EnvelopeError) as caught:
            sealed.open_by_kit(4, given, body=b"")
        assert caught.value.code == "too-few-shares"


def test_seal_twice_gives_different_keys_and_bodies(page, tmp_path_factory):
    one, two = (
        seal(page, tmp_path_factory.mktemp("bid"), {1: [b"x"], 4: [b"y"]}) for _ in range(2)
    )
    assert one.body(1)[:24] != two.body(1)[:24]
    assert one.shares[1] != two.shares[1]


def test_seal_key_in_the_page_cannot_be_read_out(page, sealed):
    found = page.call("keyLeaves", {"number": sealed.number})
    assert found == {"extractable": False, "usages": ["sign"], "type": "secret"}


def test_body_is_the_same_each_time_and_from_the_middle(sealed):
    whole = sealed.body(1)
    assert sealed.body(1) == whole
    assert sealed.body(1, first=2) == whole[2 * MIB :]


def test_reports_tell_hashing_and_encrypting_apart_and_end_at_the_whole(sealed):
    for phase in ("hash", "encrypt"):
        own = [each for each in sealed.reports if each["phase"] == phase and each["slot"] == 1]
        done = [each["done"] for each in own]
        assert done == sorted(done)
        assert all(each["done"] <= each["total"] for each in own)
    last = [each for each in sealed.reports if each["phase"] == "encrypt"][-1]
    assert last["done"] == last["total"] == sealed.bid.commitment(4).size


# --- what changes between the passes --------------------------------------------------------------


@pytest.mark.parametrize("position", [0, 2 * MIB, 3 * MIB - 1])
def test_parts_of_a_changed_file_are_never_given(page, tmp_path, position):
    content = bytearray(random.Random(9).randbytes(3 * MIB))
    made = seal(page, tmp_path, {1: [bytes(content)], 4: [b"y"]})
    content[position] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(content)
    with pytest.raises(Raised) as caught:
        made.body(1, paths=[str(changed)])
    assert caught.value.code == "content-changed"
    sent = max(path.stat().st_size for path in tmp_path.glob("*.body"))
    assert sent <= (position // MIB + 1) * MIB


@pytest.mark.parametrize("size", [1, 3 * MIB - 1, 3 * MIB + 1])
def test_parts_of_a_file_of_another_length_are_refused(page, tmp_path, size):
    made = seal(page, tmp_path, {1: [bytes(3 * MIB)], 4: [b"y"]})
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(bytes(size))
    with pytest.raises(Raised) as caught:
        made.body(1, paths=[str(changed)])
    assert caught.value.code == "content-changed"


# --- what must not be sealed ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "contents", [{1: [b"x"]}, {4: [b"x"]}, {1: [b"x"], 2: [b"x"], 4: [b"x"]}, {}]
)
def test_seal_other_slots_than_the_tender_s_are_refused(page, tmp_path, contents):
    with pytest.raises(Raised) as caught:
        seal(page, tmp_path, contents)
    assert caught.value.kind == "Malformed"


@pytest.mark.parametrize("contents", [{1: [b""], 4: [b"x"]}, {1: [], 4: [b"x"]}])
def test_seal_empty_files_or_slots_are_refused(page, tmp_path, contents):
    with pytest.raises(Raised) as caught:
        seal(page, tmp_path, contents)
    assert caught.value.kind == "Malformed"


def test_seal_wrong_password_seals_nothing(page, tmp_path):
    with pytest.raises(Raised) as caught:
        seal(page, tmp_path, {1: [b"x"], 4: [b"x"]}, password="wrong")
    assert caught.value.code == "wrong-password"


def test_seal_under_a_rehearsal_s_policy_where_a_real_one_is_asked_for_is_refused(page, tmp_path):
    with pytest.raises(Raised) as caught:
        seal(
            page, tmp_path, {1: [b"x"], 4: [b"x"]}, policy=world.a_policy(rehearsal=True),
            rehearsal=False,
        )  # fmt: skip
    assert caught.value.code == "wrong-policy"


def test_rehearsal_s_envelope_is_refused_in_place_of_a_real_one(page, tmp_path):
    made = seal(page, tmp_path, {1: [b"x"], 4: [b"x"]}, policy=world.a_policy(rehearsal=True))
    assert made.heads[0].header.magic == b"TBR1"
    with pytest.raises(EnvelopeError):
        POLICY.require(made.heads[0].header)
    given = {
        "policy": POLICY.encode().hex(),
        "statement": made.statement.hex(),
        "heads": [head.encode().hex() for head in made.heads],
        "leaves": [],
        "certificate": world.fingerprint("tenderer").hex(),
    }
    with pytest.raises(Raised) as caught:
        page.call("checkBid", given)
    assert caught.value.code == "bid-refused"


# --- the page's own check of a bid ----------------------------------------------------------------


def check(page, sealed: SealedBid, **changes):
    given = {
        "policy": POLICY.encode().hex(),
        "statement": sealed.statement.hex(),
        "heads": [head.encode().hex() for head in sealed.heads],
        "leaves": list(sealed.leaves),
        "certificate": world.fingerprint("tenderer").hex(),
        **changes,
    }
    return page.call("checkBid", given)


def test_check_bid_accepts_a_whole_one(page, sealed):
    check(page, sealed)


def test_check_bid_refuses_what_does_not_belong_together(page, sealed):
    heads = [head.encode().hex() for head in sealed.heads]
    flipped = bytearray(sealed.heads[0].encode())
    flipped[120] ^= 1
    leaves = list(sealed.leaves)
    other_policy = world.a_policy(k=2).encode().hex()
    for change in (
        {"heads": heads[::-1]},
        {"heads": heads[:1]},
        {"heads": [bytes(flipped).hex(), heads[1]]},
        {"leaves": [leaves[0][:-64], leaves[1]]},
        {"leaves": [leaves[0][64:] + leaves[0][:64], leaves[1]]},
        {"certificate": "00" * 32},
        {"policy": other_policy},
    ):
        with pytest.raises(Raised) as caught:
            check(page, sealed, **change)
        assert caught.value.code == "bid-refused"


# --- reading what was opened in the page ----------------------------------------------------------

LARGE = random.Random(3).randbytes(2 * MIB + 20_000)
EDGES = (
    (0, 0), (0, 1), (0, len(LARGE)), (len(LARGE) - 1, 1), (len(LARGE), 0), (16_383, 2),
    (16_384, 16_384), (MIB - 3000, 6000), (MIB, MIB), (100, 2 * MIB),
)  # fmt: skip


@pytest.fixture(scope="module")
def large():
    return a_case(LARGE)


def test_opened_file_is_read_from_any_place(page, tmp_path, large):
    chance = random.Random(9)
    ranges = list(EDGES)
    for _ in range(20):
        at = chance.randrange(len(LARGE))
        ranges.append((at, chance.randrange(len(LARGE) - at + 1)))
    found = open_in_page(page, tmp_path, large, ask="openAndRead", ranges=ranges)
    assert [bytes.fromhex(one) for one in found] == [LARGE[at : at + size] for at, size in ranges]


def test_opened_file_has_no_bytes_before_or_after_it(page, tmp_path, large):
    beyond = [[-1, 1], [-1, 0], [0, -1], [0, len(LARGE) + 1], [len(LARGE), 1], [len(LARGE) + 1, 0]]
    found = open_in_page(page, tmp_path, large, ask="openAndRead", ranges=beyond)
    assert found == [["malformed", ""]] * len(beyond)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_part_that_is_changed_after_the_proof_is_not_read(page, tmp_path, large, part):
    """Where its tag were right, too: whoever sealed it may have done it with who stores it."""
    inside = [[one * MIB + 60_000 if one < 2 else 2 * MIB + 10_000, 10] for one in range(3)]
    for flipped in (part * MIB, part * MIB + 15_000):
        found = open_in_page(
            page, tmp_path, large, ask="openAndRead", ranges=inside, flip=[flipped, 1]
        )
        for number, (at, size) in enumerate(inside):
            if number == part:
                assert found[number] == ["body-not-committed", "storage"]
            else:
                assert bytes.fromhex(found[number]) == LARGE[at : at + size]


# --- what must not open in the page ---------------------------------------------------------------


def test_open_any_flipped_bit_of_the_head_is_refused(page, tmp_path, made):
    encoded = made.head.encode()
    chance = random.Random(6)
    for position in [*range(8), *chance.sample(range(8, len(encoded)), 40)]:
        damaged = bytearray(encoded)
        damaged[position] ^= 1 << chance.randrange(8)
        code, _ = refused(page, tmp_path, made, head=bytes(damaged).hex())
        assert code in (
            "head-not-committed",
            "bad-magic",
            "bad-header",
            "bad-wraps",
            "unknown-suite",
        )


def test_open_flipped_head_that_was_signed_too_is_refused(page, tmp_path, made):
    """A tenderer signs a head that is not the one its body was bound to."""
    for position in (9, 45, 75, 91, 93, 130, 160, 200):
        damaged = bytearray(made.head.encode())
        damaged[position] ^= 1
        digest = hashlib.sha256(damaged).hexdigest()
        changes = {"head": bytes(damaged).hex(), "commitment": {"head": digest}}
        code, _ = refused(page, tmp_path, made, **changes)
        assert code in ("body-damaged", "commitment-mismatch", "bad-header", "too-few-shares")


def test_open_any_flipped_bit_of_the_body_is_the_storage_s_fault(page, tmp_path, made):
    chance = random.Random(8)
    for position in [0, 23, 24, 55, *chance.sample(range(len(made.body)), 25)]:
        damaged = bytearray(made.body)
        damaged[position] ^= 1 << chance.randrange(8)
        expected = ("body-not-committed", "storage")
        assert refused(page, tmp_path, made, body=bytes(damaged)) == expected


@pytest.mark.parametrize("cut", [1, 16, 17, 16_400, 60_000])
def test_open_truncated_or_longer_body_is_the_storage_s_fault(page, tmp_path, made, cut):
    for body in (made.body[:-cut], made.body + bytes(cut)):
        assert refused(page, tmp_path, made, body=body) == ("body-not-committed", "storage")


@pytest.mark.parametrize("count", [0, 1, 2])
def test_open_fewer_than_k_shares_are_refused(page, tmp_path, made, count):
    assert refused(page, tmp_path, made, given=made.shares[:count])[0] == "too-few-shares"


def test_open_wrong_shares_do_not_count(page, tmp_path, made):
    wrong = [Share(share.index, bytes(32)) for share in made.shares]
    assert refused(page, tmp_path, made, given=wrong)[0] == "too-few-shares"
    mixed = [made.shares[0], made.shares[1], wrong[2]]
    assert refused(page, tmp_path, made, given=mixed)[0] == "too-few-shares"
    twice = [made.shares[0], made.shares[1], made.shares[1]]
    assert refused(page, tmp_path, made, given=twice)[0] == "too-few-shares"


def test_open_shares_of_another_envelope_are_refused(page, tmp_path, made):
    other = a_case(b"other")
    assert refused(page, tmp_path, made, given=other.shares)[0] == "too-few-shares"


def test_open_for_another_origin_is_refused(page, tmp_path, made):
    found = refused(page, tmp_path, made, origin="https://elsewhere.test")
    assert found == ("content-refused", "tenderer")


def test_open_manifest_signed_by_somebody_else_is_refused(page, tmp_path):
    case = a_case(b"offer", signer="tenderee")
    assert refused(page, tmp_path, case) == ("content-refused", "tenderer")


@pytest.mark.parametrize("field", [{"slot": 4}, {"version": 2}, {"bid": uuid.UUID(int=7)}])
def test_open_manifest_of_another_envelope_is_refused(page, tmp_path, field):
    case = a_case(b"offer", change=lambda manifest: dataclasses.replace(manifest, **field))
    assert refused(page, tmp_path, case) == ("content-refused", "tenderer")


def test_open_file_other_than_listed_is_refused(page, tmp_path):
    def lie(manifest):
        entry = dataclasses.replace(manifest.files[0], sha256=bytes(32))
        return dataclasses.replace(manifest, files=(entry,))

    assert refused(page, tmp_path, a_case(b"offer", change=lie))[0] == "content-refused"


def test_open_body_of_another_slot_is_refused(page, tmp_path, sealed):
    made = Case(
        head=sealed.head(4),
        secret=envelope.Secret.fresh(),
        commitment=sealed.bid.commitment(4),
        body=sealed.body(1),
        shares=unwrapped(sealed.head(4)),
    )
    assert refused(page, tmp_path, made) == ("body-not-committed", "storage")


# --- the recovery kit -----------------------------------------------------------------------------


def test_recovery_kit_of_the_page_serves_the_command_line_kit(page, sealed, tmp_path):
    data = bytes.fromhex(
        page.call("kit", {"number": sealed.number, "passphrase": world.PASSPHRASE})
    )
    path = tmp_path / "recovery.json"
    path.write_bytes(data)
    kit = RecoveryKit.load(path, world.PASSPHRASE)
    for head in sealed.heads:
        assert kit.share_for(head) == sealed.shares[head.header.slot]


@pytest.mark.parametrize(
    ("passphrase", "code"),
    [("wrong passphrase", "wrong-passphrase"), (world.PASSPHRASE, "foreign-kit")],
)
def test_recovery_kit_of_another_bid_or_passphrase_is_refused(
    page, tmp_path, sealed, passphrase, code
):
    _, kit = world.sealed_bid(POLICY, tmp_path / "bid")
    kit.save(tmp_path / "kit.json", world.PASSPHRASE)
    given = {
        "file": (tmp_path / "kit.json").read_bytes().hex(),
        "passphrase": passphrase,
        "head": sealed.heads[0].encode().hex(),
    }
    with pytest.raises(Raised) as caught:
        page.call("kitShare", given)
    assert caught.value.code == code


def test_recovery_kit_short_passphrase_is_refused(page, sealed):
    with pytest.raises(Raised) as caught:
        page.call("kit", {"number": sealed.number, "passphrase": "short"})
    assert caught.value.code == "short-passphrase"
