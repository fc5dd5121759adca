"""Slot keys, their store, releases and complaints."""

from __future__ import annotations

import dataclasses
import stat
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.kit import envelope, release, shares, vault, wraps
from bidding.kit.errors import EnvelopeError, Fault, Malformed
from bidding.kit.recovery import RecoveryKit
from bidding.kit.shares import Share
from bidding.kit.trustee import KeyOffer, SlotKeys
from bidding.kit.wraps import Head
from signatures.domain import jcs, statements
from signatures.domain.checkpoint import Checkpoint
from tests.bidding.kit import world

POLICY = world.a_policy()
SERVICE = X25519PrivateKey.generate()
SERVICE_PUBLIC = SERVICE.public_key().public_bytes_raw()
CHECKPOINT = Checkpoint("sunlit.test/log", 9, bytes(32))


def a_draft(*, slot: int = 1, version: int = 1):
    return envelope.prepare(
        POLICY,
        slot=slot,
        certificate=world.fingerprint("tenderer"),
        bid=uuid.UUID(int=9),
        version=version,
    )


DRAFT = a_draft()
HEAD = DRAFT.head
MADE = shares.split(DRAFT.secret.key, HEAD.header)


def released(*, share=MADE[0], head=HEAD, by="tenderee", recipient=SERVICE_PUBLIC):
    data = release.release(
        share,
        policy=POLICY,
        head=head,
        recipient=recipient,
        checkpoint=CHECKPOINT,
        at=world.OPENING,
    )
    return data, statements.sign(data, world.signer(by))


def receive(data, signature, *, head=HEAD, key=SERVICE):
    return release.receive(data, signature, policy=POLICY, head=head, key=key)


# --- keys -----------------------------------------------------------------------------------------


def test_offer_parse_gives_the_public_keys():
    keys = world.slot_keys("notary")
    offer = KeyOffer.parse(keys.offer(at=world.T0), origin=world.ORIGIN)
    assert offer.keys == keys.public
    assert (offer.trustee, offer.lot, offer.rehearsal) == ("org:notary", world.LOT, False)


@pytest.mark.parametrize(
    "change",
    [
        {"keys": {}},
        {"keys": {"5": "00" * 32}},
        {"keys": {"1": "00" * 32}},
        {"keys": {"1": "09" + "00" * 31, "2": "09" + "00" * 31}},
        {"keys": {"1": "00"}},
        {"trustee": ""},
        {"secret": 1},
    ],
    ids=str,
)
def test_offer_parse_bad_field_is_refused(change):
    value = {**jcs.loads(world.slot_keys("notary").offer(at=world.T0)), **change}
    with pytest.raises(Malformed):
        KeyOffer.parse(jcs.dumps(value))


@pytest.mark.parametrize("slots", [[], [0], [5], [1, 9]])
def test_generate_for_slots_that_do_not_exist_is_refused(slots):
    with pytest.raises(Malformed):
        SlotKeys.generate(
            origin=world.ORIGIN,
            project=world.PROJECT,
            lot=world.LOT,
            trustee="org:x",
            slots=slots,
        )


def test_unwrap_gives_each_trustee_its_own_share():
    for index, name in enumerate(world.TRUSTEES):
        assert world.slot_keys(name).unwrap(POLICY, HEAD) == MADE[index]


def test_unwrap_under_a_policy_with_other_keys_is_refused():
    stranger = SlotKeys.generate(
        origin=world.ORIGIN,
        project=world.PROJECT,
        lot=world.LOT,
        trustee="org:notary",
        slots=[1, 4],
    )
    with pytest.raises(Malformed) as caught:
        stranger.unwrap(POLICY, HEAD)
    assert caught.value.code == "foreign-keys"


def test_unwrap_rehearsal_keys_for_a_real_policy_are_refused():
    with pytest.raises(Malformed):
        world.slot_keys("notary", True).unwrap(POLICY, HEAD)


def test_unwrap_by_somebody_who_is_no_trustee_is_refused():
    keys = dataclasses.replace(world.slot_keys("notary"), trustee="org:stranger")
    with pytest.raises(Malformed):
        keys.unwrap(POLICY, HEAD)


def test_store_gives_back_the_keys_and_hides_them(tmp_path):
    keys, path = world.slot_keys("notary"), tmp_path / "keys.json"
    keys.save(path, world.PASSPHRASE)
    again = SlotKeys.load(path, world.PASSPHRASE)
    assert again.public == keys.public
    assert again.unwrap(POLICY, HEAD) == MADE[3]
    for key in keys.keys.values():
        assert key.private_bytes_raw().hex().encode() not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "X25519" not in repr(keys)


def test_store_is_never_overwritten(tmp_path):
    path = tmp_path / "keys.json"
    world.slot_keys("notary").save(path, world.PASSPHRASE)
    before = path.read_bytes()
    with pytest.raises(Malformed):
        world.slot_keys("centre").save(path, world.PASSPHRASE)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]


# --- the vault ------------------------------------------------------------------------------------

LOCKED = vault.lock(b"secret", world.PASSPHRASE, kind="test")


def test_vault_opens_with_its_passphrase():
    assert vault.unlock(LOCKED, world.PASSPHRASE, kind="test") == b"secret"


def test_vault_wrong_passphrase_is_refused():
    with pytest.raises(Malformed) as caught:
        vault.unlock(LOCKED, "wrong horse", kind="test")
    assert caught.value.code == "wrong-passphrase"


def test_vault_of_another_kind_is_refused():
    with pytest.raises(Malformed):
        vault.unlock(LOCKED, world.PASSPHRASE, kind="recovery-kit")
    relabelled = jcs.dumps({**jcs.loads(LOCKED), "kind": "recovery-kit"})
    with pytest.raises(Malformed):
        vault.unlock(relabelled, world.PASSPHRASE, kind="recovery-kit")


def test_vault_short_passphrase_is_refused():
    with pytest.raises(Malformed):
        vault.lock(b"secret", "short", kind="test")


@pytest.mark.parametrize(
    "change",
    [{"n": 2**30}, {"n": 2**15 + 1}, {"n": 2**10}, {"r": 1000}, {"p": 1000}, {"name": "none"}],
    ids=str,
)
def test_vault_hostile_parameters_are_refused_before_any_work(change):
    value = jcs.loads(LOCKED)
    value["kdf"].update(change)
    with pytest.raises(Malformed):
        vault.unlock(jcs.dumps(value), world.PASSPHRASE, kind="test")


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", LOCKED[:-2], b" " + LOCKED])
def test_vault_damaged_file_is_refused(data):
    with pytest.raises(Malformed):
        vault.unlock(data, world.PASSPHRASE, kind="test")


# --- releases -------------------------------------------------------------------------------------


def test_receive_gives_the_share():
    received = receive(*released())
    assert received.share == MADE[0]
    assert received.at == world.OPENING


def test_receive_the_tenderer_s_own_share():
    data, signature = released(share=MADE[4], by="tenderer")
    assert receive(data, signature).share == MADE[4]


def test_release_does_not_show_the_share():
    data, _ = released()
    assert MADE[0].value.hex().encode() not in data
    assert MADE[0].encode().hex().encode() not in data


@pytest.mark.parametrize("by", ["centre", "tenderer", "stranger"])
def test_receive_signed_by_somebody_else_is_refused(by):
    with pytest.raises(EnvelopeError) as caught:
        receive(*released(by=by))
    assert (caught.value.code, caught.value.fault) == ("share-refused", Fault.UNDECIDED)


def test_receive_trustee_s_share_signed_by_the_tenderer_as_its_own_is_refused():
    with pytest.raises(EnvelopeError):
        receive(*released(share=MADE[4], by="tenderee"))


def test_receive_for_another_service_is_refused_without_blame():
    other = X25519PrivateKey.generate().public_key().public_bytes_raw()
    with pytest.raises(EnvelopeError) as caught:
        receive(*released(recipient=other))
    assert caught.value.fault is Fault.UNDECIDED


def test_receive_for_another_envelope_is_refused():
    for other in (a_draft(slot=4).head, a_draft(version=2).head, a_draft().head):
        with pytest.raises(EnvelopeError):
            receive(*released(), head=other)


def test_receive_share_that_was_not_committed_to_is_the_trustee_s_fault():
    with pytest.raises(EnvelopeError) as caught:
        receive(*released(share=Share(1, bytes(32))))
    assert caught.value.fault is Fault.TRUSTEE


def test_receive_own_share_that_was_not_committed_to_is_the_tenderer_s_fault():
    with pytest.raises(EnvelopeError) as caught:
        receive(*released(share=Share(5, bytes(32)), by="tenderer"))
    assert caught.value.fault is Fault.TENDERER


@pytest.mark.parametrize(
    "change",
    [
        {"index": 2},
        {"index": 0},
        {"index": 6},
        {"slot": 4},
        {"version": 2},
        {"bid": str(uuid.UUID(int=1))},
        {"policy": "00" * 32},
        {"head": "00" * 32},
        {"origin": "https://elsewhere.test"},
        {"purpose": "sunlit.complaint/1"},
        {"sealed": "00" * 81},
        {"sealed": ""},
        {"extra": 1},
    ],
    ids=lambda change: str(change)[:30],
)
def test_receive_altered_and_signed_again_is_refused(change):
    data, _ = released()
    altered = jcs.dumps({**jcs.loads(data), **change})
    with pytest.raises((EnvelopeError, Malformed)):
        receive(altered, statements.sign(altered, world.signer("tenderee")))


def test_receive_altered_without_a_new_signature_is_refused():
    data, signature = released()
    altered = data.replace(b"2026-03-20", b"2026-03-21")
    assert altered != data
    with pytest.raises(EnvelopeError):
        receive(altered, signature)


def test_release_to_a_degenerate_key_is_refused():
    with pytest.raises(Malformed):
        released(recipient=bytes(32))


# --- complaints -----------------------------------------------------------------------------------


def bad_head() -> Head:
    """Trustee 1's wrap is garbage; everything else is in order."""
    first, *rest = HEAD.wraps.trustees
    broken = dataclasses.replace(first, ciphertext=bytes(49))
    return Head(HEAD.header, wraps.Wraps((broken, *rest), HEAD.wraps.tenderer))


def complaint(*, head, index=1, by="tenderee"):
    data = release.complain(policy=POLICY, head=head, index=index, at=world.OPENING)
    return data, statements.sign(data, world.signer(by))


def test_bad_wrap_is_complained_about_and_the_key_shows_the_tenderer_s_fault():
    head, keys = bad_head(), world.slot_keys("tenderee")
    with pytest.raises(EnvelopeError) as caught:
        keys.unwrap(POLICY, head)
    assert caught.value.code == "wrap-bad"
    found = release.receive_complaint(*complaint(head=head), policy=POLICY, head=head)
    assert (found.index, found.slot, found.bid) == (1, 1, uuid.UUID(int=9))
    verdict = wraps.judge(
        head.header,
        head.wraps.trustees[0],
        disclosed=keys.keys[1],
        published=POLICY.trustees[0].keys[1],
    )
    assert verdict is wraps.Verdict.TENDERER


@pytest.mark.parametrize("by", ["centre", "tenderer", "stranger"])
def test_complaint_by_somebody_else_is_refused(by):
    data, signature = complaint(head=HEAD, by=by)
    with pytest.raises(EnvelopeError):
        release.receive_complaint(data, signature, policy=POLICY, head=HEAD)


def test_complaint_about_the_tenderer_s_own_share_is_refused():
    data, signature = complaint(head=HEAD, index=5, by="tenderer")
    with pytest.raises(EnvelopeError):
        release.receive_complaint(data, signature, policy=POLICY, head=HEAD)


def test_complaint_about_another_envelope_is_refused():
    data, signature = complaint(head=bad_head())
    with pytest.raises(EnvelopeError):
        release.receive_complaint(data, signature, policy=POLICY, head=HEAD)


def test_release_is_no_complaint():
    data, signature = released()
    with pytest.raises(EnvelopeError):
        release.receive_complaint(data, signature, policy=POLICY, head=HEAD)


# --- the recovery kit -----------------------------------------------------------------------------


def a_kit() -> RecoveryKit:
    return RecoveryKit(
        origin=world.ORIGIN,
        policy=POLICY.digest,
        bid=uuid.UUID(int=9),
        version=1,
        shares={1: MADE[4]},
    )


def test_recovery_kit_gives_back_its_share_and_hides_it(tmp_path):
    path = tmp_path / "kit.json"
    a_kit().save(path, world.PASSPHRASE)
    assert RecoveryKit.load(path, world.PASSPHRASE) == a_kit()
    assert RecoveryKit.load(path, world.PASSPHRASE).share_for(HEAD) == MADE[4]
    assert MADE[4].value.hex().encode() not in path.read_bytes()
    assert MADE[4].value.hex() not in repr(a_kit())


def test_recovery_kit_of_another_bid_version_or_slot_is_refused():
    for other in (a_draft(slot=4).head, a_draft(version=2).head, a_draft().head):
        with pytest.raises(EnvelopeError):
            a_kit().share_for(other)
