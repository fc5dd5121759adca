"""What does not open: whose fault it is, and what that means for the bid and for the others."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.domain import bodies, bodies_on_disk, opening_service
from bidding.domain.faults import WINDOW
from bidding.enums import BidState, Outcome
from bidding.kit import release, wraps
from bidding.kit.body import PART_SIZE
from bidding.kit.shares import Share as Point
from bidding.kit.wraps import Head
from bidding.models import Bid, Complaint, Envelope
from signatures.domain import clock, guard
from signatures.domain.errors import Unavailable
from signatures.models import LedgerOpening
from tests.bidding.sealing import people, s3, steps
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.test_opening import envelope, post_share
from tests.bidding.sealing.world import World
from tests.factories.standing import put_back
from trading.models import Exhibit

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def crafted(standing: World):
    """Three bids; the first tenderer's own kit made it so that one slot cannot be opened rightly.

    Slot 1: the wrap of trustee 4 is garbage. Slot 2: its share 4 is off the polynomial, committed
    and wrapped as it is.
    """
    with put_back():
        world = steps.copied(standing)
        original = wraps.wrap_all

        def bad_wraps(header, made, keys):
            made = list(made)
            if header.slot == 2:
                made[3] = Point(index=4, value=bytes(32))
            good = original(header, made, keys)
            if header.slot == 1:
                spoilt = replace(good.trustees[3], ciphertext=bytes(49))
                good = replace(good, trustees=(*good.trustees[:3], spoilt))
            return good

        wraps.wrap_all = bad_wraps
        try:
            world.kits["crafted"] = world.submit(world.tenderers[0])
        finally:
            wraps.wrap_all = original
        for person in world.tenderers[1:]:
            world.submit(person)
        steps.freeze(world)
        people.move_clock(clock.now() + timedelta(seconds=10))
        steps.prove()
        yield world


@pytest.fixture
def world(crafted: World):
    with put_back():
        yield steps.copied(crafted)


def bid(world: World, tenderer: int = 0) -> Bid:
    return Bid.objects.get(tenderer=world.tenderers[tenderer].organisation)


def complain(world: World, name: str, row: Envelope, *, signed_by: str = ""):
    assert world.policy is not None
    person = world.trustees[signed_by or name]
    data = release.complain(
        policy=world.policy,
        head=Head.parse(bytes(row.head)),
        index=list(world.trustees).index(name) + 1,
        at=clock.now(),
    )
    return person.post(world.path("complaints"), person.sign(data))


def disclose(world: World, name: str, complaint: str, key: X25519PrivateKey):
    body = {"key": key.private_bytes_raw().hex()}
    return world.trustees[name].post(world.path(f"complaints/{complaint}/key"), body)


# --- the tenderer's own fault --------------------------------------------------------------------


def test_shares_that_only_partly_combine_revoke_the_bid_and_the_others_go_on(world: World):
    row = envelope(world, slot=2)
    for name in ("tenderee", "centre", "supervisor"):
        assert post_share(world, name, row).status_code == 201
    assert steps.run_tasks() == ["open_envelope:refused"]
    lost = bid(world)
    assert (lost.state, lost.fault, lost.reason) == (
        BidState.REVOKED, "tenderer", "commitment-mismatch"
    )
    (opening,) = [
        one for one in LedgerOpening.objects.filter(subject=lost.urn)
        if one.entry["act"] == "bidding.revoke-bid"
    ]
    assert opening.owners == [lost.tenderer.urn]
    other = envelope(world, slot=2, tenderer=1)
    for name in ("tenderee", "centre", "supervisor"):
        assert post_share(world, name, other).status_code == 201
    assert steps.run_tasks() == ["open_envelope:opened"]
    refusal(post_share(world, "tenderee", envelope(world, slot=1)), 409, "bid-not-frozen")
    assert Exhibit.objects.filter(kind="bid-document", facts__slot=2).count() == 1


def test_bad_wrap_is_complained_about_and_the_key_shows_whose_fault_it_was(world: World):
    row = envelope(world, slot=1)
    answer = complain(world, "notary", row)
    assert answer.status_code == 201, answer.content
    complaint = answer.json()["complaint"]
    judged = disclose(world, "notary", complaint, world.slot_keys["notary"].keys[1])
    # Three good wraps are left, so the bid opens all the same.
    assert (judged.json()["verdict"], judged.json()["bid"]) == ("tenderer", "frozen")
    for name in ("tenderee", "centre", "supervisor"):
        assert post_share(world, name, row).status_code == 201
    assert steps.run_tasks() == ["open_envelope:opened"]


def test_false_complaint_is_the_trustees_fault(world: World):
    row = envelope(world, slot=1, tenderer=1)
    complaint = complain(world, "notary", row).json()["complaint"]
    judged = disclose(world, "notary", complaint, world.slot_keys["notary"].keys[1])
    assert (judged.json()["verdict"], judged.json()["bid"]) == ("trustee", "frozen")


def test_key_that_is_not_the_policys_decides_nothing(world: World):
    complaint = complain(world, "notary", envelope(world)).json()["complaint"]
    with Unchanged():
        refusal(
            disclose(world, "notary", complaint, X25519PrivateKey.generate()), 409, "wrong-key"
        )
    assert Complaint.objects.get().verdict == ""


def test_complaint_of_another_trustee_is_neither_made_nor_settled(world: World):
    row = envelope(world)
    with Unchanged():
        refusal(complain(world, "notary", row, signed_by="centre"), 409, "share-refused")
    complaint = complain(world, "notary", row).json()["complaint"]
    with Unchanged():
        refusal(
            disclose(world, "centre", complaint, world.slot_keys["notary"].keys[1]),
            403, "not-your-complaint",
        )
        refusal(complain(world, "notary", row), 409, "already-received")


# --- the fault of others -------------------------------------------------------------------------


def test_damaged_storage_is_nobodys_revocation_and_opens_once_restored(world: World):
    row = envelope(world, slot=3, tenderer=1)
    path = bodies_on_disk.path(row.pk)
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    for name in ("tenderee", "centre", "supervisor"):
        assert post_share(world, name, row).status_code == 201
    with pytest.raises(Unavailable) as caught:
        opening_service.open_envelope(row.pk)
    assert caught.value.code == "body-not-committed"
    assert bid(world, 1).state == BidState.FROZEN
    path.write_bytes(good)
    assert opening_service.open_envelope(row.pk) == "opened"


def test_body_with_a_service_that_was_damaged_at_rest_opens_once_restored(world: World, settings):
    row = envelope(world, slot=3, tenderer=1)
    good = bodies_on_disk.path(row.pk).read_bytes()
    for name in ("tenderee", "centre", "supervisor"):
        post_share(world, name, row)
    with s3.service() as place:
        settings.BODIES, settings.S3 = "s3", place
        with bodies.writing(row.pk) as body:
            for at in range(0, len(good), PART_SIZE):
                body.write(good[at : at + PART_SIZE], at)
            body.sync()
        last = max(s3.versions(place, f"b/{row.pk.hex}/"))
        object_ = {"Bucket": s3.BUCKET, "Key": last}
        part = s3.client(place).get_object(**object_)["Body"].read()
        for damaged in (part[:-1] + bytes([part[-1] ^ 1]), part[:-1], part + b"x", b""):
            s3.client(place).put_object(**object_, Body=damaged)
            with pytest.raises(Unavailable) as caught:
                opening_service.open_envelope(row.pk)
            assert caught.value.code == "body-not-committed"
        s3.client(place).delete_object(Bucket=s3.BUCKET, Key=f"b/{row.pk.hex}/000000")
        with pytest.raises(Unavailable) as caught:
            opening_service.open_envelope(row.pk)
        assert caught.value.code == "body-missing"
        assert bid(world, 1).state == BidState.FROZEN
        first = good[:PART_SIZE]
        s3.client(place).put_object(Bucket=s3.BUCKET, Key=f"b/{row.pk.hex}/000000", Body=first)
        s3.client(place).put_object(**object_, Body=part)
        assert opening_service.open_envelope(row.pk) == "opened"


def test_missing_body_is_tried_again(world: World):
    row = envelope(world, slot=3, tenderer=1)
    os.remove(bodies_on_disk.path(row.pk))
    for name in ("tenderee", "centre", "supervisor"):
        post_share(world, name, row)
    with pytest.raises(Unavailable) as caught:
        opening_service.open_envelope(row.pk)
    assert caught.value.code == "body-missing"
    assert Envelope.objects.get(pk=row.pk).outcome == Outcome.SEALED


def test_absent_trustees_leave_the_bid_unopened_after_the_window_only(world: World):
    row = envelope(world, slot=1, tenderer=1)
    path = world.path(f"bids/{row.version.bid_id}/unopened")
    with Unchanged():
        refusal(world.tenderee.post(path, {"slot": 1}), 409, "window-open")
        assert world.tenderers[1].post(path, {"slot": 1}).status_code == 403
    people.move_clock(clock.now() + WINDOW)
    answer = world.trustees["supervisor"].post(path, {"slot": 1})
    assert (answer.json()["state"], answer.json()["fault"]) == ("unopened", "trustee")
    assert bid(world, 1).state == BidState.UNOPENED
    assert bid(world, 2).state == BidState.FROZEN
    with Unchanged():
        refusal(world.tenderee.post(path, {"slot": 1}), 409, "already-opened")


def test_wraps_that_are_too_few_are_the_tenderers_fault(world: World):
    row = envelope(world, slot=1)
    complaint = complain(world, "notary", row).json()["complaint"]
    disclose(world, "notary", complaint, world.slot_keys["notary"].keys[1])
    with guard.writes("test"):
        Complaint.objects.create(
            envelope=row, index=3, verdict="tenderer", statement="1" * 64, signature="1" * 64,
            assessment="1" * 64, certificate="1" * 64, signer="user:1", at=clock.now(),
        )
    people.move_clock(clock.now() + WINDOW)
    answer = world.tenderee.post(world.path(f"bids/{row.version.bid_id}/unopened"), {"slot": 1})
    assert (answer.json()["state"], answer.json()["fault"]) == ("revoked", "tenderer")


def test_bad_wraps_whose_keys_cannot_be_disclosed_blame_no_trustee(world: World):
    """Keys that live on tokens are never disclosed; the complaints stay as they are."""
    row = envelope(world, slot=1)
    for name in ("notary", "supervisor"):
        assert complain(world, name, row).status_code == 201
    people.move_clock(clock.now() + WINDOW)
    answer = world.tenderee.post(world.path(f"bids/{row.version.bid_id}/unopened"), {"slot": 1})
    assert (answer.json()["state"], answer.json()["fault"]) == ("unopened", "undecided")


def test_one_complaint_that_is_unsettled_excuses_no_absent_trustee(world: World):
    row = envelope(world, slot=1)
    assert complain(world, "notary", row).status_code == 201
    people.move_clock(clock.now() + WINDOW)
    answer = world.tenderee.post(world.path(f"bids/{row.version.bid_id}/unopened"), {"slot": 1})
    assert (answer.json()["state"], answer.json()["fault"]) == ("unopened", "trustee")
