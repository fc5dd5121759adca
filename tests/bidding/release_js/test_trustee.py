"""Keys, shares, policies and gates made in the page hold for the kit, and the other way round."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.kit import release
from bidding.kit.gate import Gate
from bidding.kit.policy import Policy
from bidding.kit.schedule import Schedule
from bidding.kit.tender import Signed
from bidding.kit.trustee import KeyOffer, SlotKeys
from signatures.domain import jcs, ledger, tiles
from signatures.domain.checkpoint import Checkpoint
from tests.bidding.kit import world
from tests.bidding.kit.world import DEADLINE, OPENING, PASSPHRASE, T0
from tests.bidding.seal_js.conftest import PASSWORD, key_file
from tests.javascript import Raised, requires_node

pytestmark = requires_node
OWN = {"origin": world.ORIGIN, "project": world.PROJECT, "lot": world.LOT}
AT = jcs.timestamp(T0)


def hexes(keys: dict[int, bytes]) -> list[list[Any]]:
    return [[slot, key.hex()] for slot, key in sorted(keys.items())]


@pytest.fixture(scope="module")
def made(page):
    given = {**OWN, "trustee": "org:notary", "slots": [1, 4], "passphrase": PASSPHRASE, "at": AT}
    return page.call("generate", given)


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    world.slot_keys("supervisor").save(path, PASSPHRASE)
    return path.read_bytes()


def test_keys_of_the_page_are_read_by_the_kit(made, tmp_path):
    path = tmp_path / "keys.json"
    path.write_bytes(bytes.fromhex(made["file"]))
    keys = SlotKeys.load(path, PASSPHRASE)
    assert (keys.origin, keys.lot, keys.trustee) == (world.ORIGIN, world.LOT, "org:notary")
    assert hexes(keys.public) == made["keys"]
    offer = KeyOffer.parse(bytes.fromhex(made["offer"]), origin=world.ORIGIN)
    assert dict(offer.keys) == keys.public
    assert offer.at == T0


def test_keys_of_the_kit_are_read_by_the_page(page, stored):
    found = page.call("open", {"file": stored.hex(), "passphrase": PASSPHRASE})
    assert found == hexes(world.slot_keys("supervisor").public)


@pytest.mark.parametrize(
    ("change", "passphrase", "code"),
    [
        (lambda data: data, "wrong horse", "wrong-passphrase"),
        (lambda data: data[:-1], PASSPHRASE, "malformed"),
        (lambda data: data.replace(b'text":"', b'text":"00'), PASSPHRASE, "wrong-passphrase"),
        (lambda data: b"", PASSPHRASE, "malformed"),
        (lambda data: b"{}", PASSPHRASE, "malformed"),
        (lambda data: data.replace(b"trustee-keys", b"recovery-kit"), PASSPHRASE, "wrong-kind"),
        (lambda data: data.replace(b'"n":32768', b'"n":99999999'), PASSPHRASE, "malformed"),
        (lambda data: data.replace(b'"p":3', b'"p":2'), PASSPHRASE, "wrong-passphrase"),
    ],
)
def test_key_file_that_does_not_open_is_refused(page, stored, change, passphrase, code):
    with pytest.raises(Raised) as caught:
        page.call("open", {"file": change(stored).hex(), "passphrase": passphrase})
    assert caught.value.code == code


@pytest.mark.parametrize("slots", [[], [0], [5], [1, 9]])
def test_generate_slots_that_are_none_are_refused(page, slots):
    with pytest.raises(Raised) as caught:
        given = {**OWN, "trustee": "org:a", "slots": slots, "passphrase": PASSPHRASE, "at": AT}
        page.call("generate", given)
    assert caught.value.code == "malformed"


# --- shares --------------------------------------------------------------------------------------


def shared(page, file: bytes, policy, submission, signer: str, **changes) -> dict[str, Any]:
    service = X25519PrivateKey.generate()
    root = Checkpoint("sunlit.test/log", 5, bytes(32))
    head = submission.envelopes[0].head
    given = {
        "file": file.hex(),
        "passphrase": PASSPHRASE,
        "policy": policy.encode().hex(),
        "head": head.encode().hex(),
        "recipient": service.public_key().public_bytes_raw().hex(),
        "checkpoint": {"size": root.size, "root": root.root.hex()},
        "at": AT,
        "certificate": key_file(signer).hex(),
        "password": PASSWORD,
        **changes,
    }
    return {**page.call("share", given), "service": service, "head": head}


def received(found: dict[str, Any], policy) -> Any:
    return release.receive(
        bytes.fromhex(found["data"]),
        bytes.fromhex(found["signature"]),
        policy=policy,
        head=found["head"],
        key=found["service"],
    )


def test_share_of_a_trustee_is_taken_by_the_opening_service(page, stored, policy, submission):
    found = shared(page, stored, policy, submission, "supervisor")
    assert found["index"] == 3
    share = received(found, policy).share
    assert share == world.slot_keys("supervisor").unwrap(policy, found["head"])


def test_share_of_the_tenderer_is_taken_by_the_opening_service(page, sealed, policy, tmp_path):
    submission, kit = sealed
    kit.save(tmp_path / "recovery.json", PASSPHRASE)
    file = (tmp_path / "recovery.json").read_bytes()
    found = shared(page, file, policy, submission, "tenderer")
    assert found["index"] == policy.n + 1
    assert received(found, policy).share == kit.shares[1]


def test_share_under_a_policy_with_other_keys_is_refused(page, stored, policy, submission):
    others = list(policy.trustees)
    others[2] = replace(others[2], keys=SlotKeys.generate(
        **OWN, trustee="org:supervisor", slots=[1, 4]
    ).public)
    with pytest.raises(Raised) as caught:
        shared(page, stored, replace(policy, trustees=tuple(others)), submission, "supervisor")
    assert caught.value.code == "foreign-keys"


def test_share_of_nobody_in_the_policy_is_refused(page, made, policy, submission):
    stranger = page.call("generate", {
        **OWN, "trustee": "org:stranger", "slots": [1, 4], "passphrase": PASSPHRASE, "at": AT,
    })
    with pytest.raises(Raised) as caught:
        shared(page, bytes.fromhex(stranger["file"]), policy, submission, "supervisor")
    assert caught.value.code == "malformed"


def test_share_of_keys_for_another_lot_is_refused(page, policy, submission):
    other = page.call("generate", {
        **OWN, "lot": "lot:other", "trustee": "org:supervisor", "slots": [1, 4],
        "passphrase": PASSPHRASE, "at": AT,
    })
    with pytest.raises(Raised) as caught:
        shared(page, bytes.fromhex(other["file"]), policy, submission, "supervisor")
    assert caught.value.code == "foreign-file"


def test_share_out_of_a_wrap_that_is_bad_is_complained_of(page, stored, policy, submission):
    head = submission.envelopes[0].head
    data = bytearray(head.encode())
    data[92 + 2 * 114 + 80] ^= 1
    with pytest.raises(Raised) as caught:
        shared(page, stored, policy, submission, "supervisor", head=data.hex())
    assert caught.value.code == "wrap-bad"
    given = {
        "policy": policy.encode().hex(), "head": head.encode().hex(), "index": 3, "at": AT,
    }
    data = bytes.fromhex(page.call("complaint", given))
    signed = world.signed(data, "supervisor")
    complaint = release.receive_complaint(data, signed.signatures[0], policy=policy, head=head)
    assert complaint.index == 3


# --- policy, schedule, gate ----------------------------------------------------------------------


def sealing(policy: Policy, keys: dict[str, Signed]) -> dict[str, Any]:
    return {
        **OWN,
        "centre": policy.centre,
        "authorities": [
            {"certificate": each.certificate.hex(), "operator": each.operator}
            for each in policy.authorities
        ],
        "witnesses": list(policy.witnesses),
        "log": policy.log,
        "keys": [
            {"trustee": name, "data": each.data.hex(), "signatures": [each.signatures[0].hex()]}
            for name, each in keys.items()
        ],
    }


def offers() -> dict[str, Signed]:
    return {
        f"org:{name}": world.signed(world.slot_keys(name).offer(at=T0), name)
        for name in world.TRUSTEES
    }


def terms(policy: Policy, **changes: Any) -> dict[str, Any]:
    return {
        "at": AT,
        "k": policy.k,
        "minBids": policy.min_bids,
        "slots": [1, 4],
        "trustees": [each.id for each in policy.trustees],
        "signers": {
            role: [each.hex() for each in digests] for role, digests in policy.signers.items()
        },
        "scheduleSignedBy": ["tenderee"],
        "after": {"4": {"act": "bidding.technical", "signedBy": ["supervisor"]}},
        **changes,
    }


def test_policy_of_the_page_is_the_kit_s_own(page, policy):
    data = page.call("compose", {"sealing": sealing(policy, offers()), **terms(policy)})
    assert bytes.fromhex(data) == policy.encode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"k": 1}, "malformed"),
        ({"k": 5}, "malformed"),
        ({"minBids": 0}, "malformed"),
        ({"slots": [4, 1]}, "malformed"),
        ({"slots": [1, 2, 4]}, "no-keys"),
        ({"trustees": ["org:tenderee"]}, "malformed"),
        ({"trustees": ["org:tenderee", "org:tenderee"]}, "malformed"),
        ({"trustees": ["org:tenderee", "org:nobody"]}, "no-keys"),
        ({"signers": {}}, "malformed"),
        ({"scheduleSignedBy": ["agency"]}, "malformed"),
        ({"scheduleSignedBy": []}, "malformed"),
        ({"after": {"1": {"act": "bidding.technical", "signedBy": ["supervisor"]}}}, "malformed"),
        ({"after": {"4": {"act": "bidding.technical", "signedBy": []}}}, "malformed"),
    ],
)
def test_policy_that_cannot_stand_is_refused_by_the_page(page, policy, change, code):
    with pytest.raises(Raised) as caught:
        page.call("compose", {"sealing": sealing(policy, offers()), **terms(policy, **change)})
    assert caught.value.code == code


def test_policy_over_keys_with_a_false_signature_is_refused(page, policy):
    keys = offers()
    keys["org:notary"] = Signed(keys["org:notary"].data, keys["org:centre"].signatures)
    with pytest.raises(Raised) as caught:
        page.call("compose", {"sealing": sealing(policy, keys), **terms(policy)})
    assert caught.value.code == "wrong-digest"


def test_schedule_and_gate_of_the_page_are_read_by_the_kit(page, policy):
    given = {"policy": policy.encode().hex(), "at": AT}
    data = page.call("schedule", {
        **given, "seq": 1, "deadline": jcs.timestamp(DEADLINE),
        "gates": [[1, jcs.timestamp(OPENING)]],
    })
    assert Schedule.parse(bytes.fromhex(data)) == world.a_schedule(policy)
    bids = [uuid.UUID(int=2), uuid.UUID(int=1)]
    data = page.call("gate", {
        **given, "slot": 4, "freeze": bytes(32).hex(), "result": bytes(32).hex(),
        "bids": [str(bid) for bid in bids],
    })
    gate = Gate.parse(bytes.fromhex(data))
    assert (gate.policy, gate.slot, gate.bids) == (policy.digest, 4, tuple(sorted(bids, key=str)))


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-11-20T14:30", "Asia/Shanghai", "2026-11-20T06:30:00.000000Z"),
        ("2026-01-01T00:00", "Asia/Shanghai", "2025-12-31T16:00:00.000000Z"),
        ("2026-07-01T12:00", "Europe/Berlin", "2026-07-01T10:00:00.000000Z"),
        ("2026-12-01T12:00", "Europe/Berlin", "2026-12-01T11:00:00.000000Z"),
        # Clocks that are put forward never show this.
        ("2026-03-29T02:30", "Europe/Berlin", None),
        ("2026-02-30T12:00", "Asia/Shanghai", None),
        ("2026-11-20T25:00", "Asia/Shanghai", None),
        ("2026-11-20", "Asia/Shanghai", None),
        ("", "Asia/Shanghai", None),
    ],
)
def test_moment_is_read_in_the_platform_s_zone(page, text, zone, moment):
    assert page.call("moment", {"text": text, "zone": zone}) == moment


# --- the ledger ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 300])
def test_edge_grows_as_the_ledger_s_does(page, size):
    leaves = [hashlib.sha256(bytes([each % 256])).digest() for each in range(size + 5)]
    hashes = [ledger.leaf_hash(each) for each in leaves]
    edge = ledger.Range()
    for each in hashes[:size]:
        edge.append(each)
    found = page.call("edge", {
        "size": size,
        "hashes": [each.hex() for each in edge.hashes],
        "leaves": [each.hex() for each in leaves[size:]],
    })
    assert found["root"] == ledger.root_of(hashes).hex()


def test_edge_with_a_hash_too_few_is_refused(page):
    with pytest.raises(Raised):
        page.call("edge", {"size": 3, "hashes": ["00" * 32], "leaves": []})


@pytest.mark.parametrize(
    ("index", "width"), [(0, 256), (0, 7), (999, 256), (1000, 1), (1234567, 3)]
)
def test_bundle_path_is_the_ledger_s(page, index, width):
    path = tiles.tile_path(tiles.ENTRIES, index, width)
    assert page.call("bundlePath", {"index": index, "width": width}) == path


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"\0", lambda d: b""])
def test_bundle_that_is_cut_or_goes_on_is_refused(page, change):
    data = tiles.entry_bundle([b"one", b"two"])
    assert page.call("bundle", {"data": data.hex(), "width": 2}) == [b"one".hex(), b"two".hex()]
    with pytest.raises(Raised) as caught:
        page.call("bundle", {"data": change(data).hex(), "width": 2})
    assert caught.value.code == "bad-tile"
