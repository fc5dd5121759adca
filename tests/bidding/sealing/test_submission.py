"""Registering, replacing and withdrawing bids; everything that must not get that far."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from bidding.domain import bodies_on_disk
from bidding.enums import BidState, VersionState
from bidding.models import Bid, BidVersion, Envelope
from signatures.domain import clock, guard, jcs, log
from signatures.domain.act import Actor, dispatch
from signatures.models import LedgerOpening
from tests.bidding.sealing import people, steps
from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.world import DEADLINE, World, registration, withdrawal
from trading.models import Assignment, Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sealed(standing: World) -> dict:
    """Sealed bids by tenderer, made once: sealing is slow and changes no row."""
    return {number: standing.seal(one)[0] for number, one in enumerate(standing.tenderers)}


# --- what is taken in ----------------------------------------------------------------------------


def test_bid_registers_uploads_and_is_receipted(world: World, sealed):
    person, submission = world.tenderers[0], sealed[0]
    answer = world.register(person, submission)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["version"], [one["slot"] for one in body["uploads"]]) == (1, [1, 2, 3, 4])
    document = body["receipt"]["document"]["receipt"]
    assert document["entry"]["act"] == "bidding.register-statement"
    assert document["entry"]["digests"]["statement"] == people.sha(submission.statement)
    world.upload(person, submission, body)
    assert BidVersion.objects.get().state == VersionState.COMPLETE
    assert all(one.is_complete for one in Envelope.objects.all())
    (mine,) = person.get(world.path("bids/mine")).json()["bids"]
    assert (mine["state"], mine["versions"][0]["state"]) == ("live", "complete")
    assert len(mine["versions"][0]["receipts"]) == 2


def test_nothing_about_a_bid_stands_in_any_public_leaf(world: World, sealed):
    before = log.size()
    person = world.tenderers[0]
    world.upload(person, sealed[0], world.register(person, sealed[0]).json())
    leaves = [jcs.loads(data) for data in log.entries(before, log.size())]
    assert leaves and all(set(leaf) == {"v", "at", "c"} for leaf in leaves)
    assert {leaf["at"][16:] for leaf in leaves} == {":00.000000Z"}


def test_others_see_nothing_of_a_bid(world: World, sealed):
    person, other = world.tenderers[0], world.tenderers[1]
    answer = world.register(person, sealed[0]).json()
    assert other.get(world.path("bids/mine")).json() == {"bids": []}
    assert world.tenderee.get(world.path("bids/mine")).json() == {"bids": []}
    refusal(other.get(world.path("frozen")), 404, "no-freeze")
    upload = answer["uploads"][0]["url"]
    assert other.tus("HEAD", upload).status_code == 404
    receipt = answer["receipt"]["url"].removeprefix("/api/v1/")
    assert other.get(receipt).status_code == 404
    public = other.client.get(f"/api/v1/{world.path('sealing')}").json()
    assert answer["bid"] not in str(public)


def test_same_key_a_hundred_times_is_one_bid_and_one_receipt(world: World, sealed):
    person = world.tenderers[0]
    first = world.register(person, sealed[0], key="the-same").json()
    openings = LedgerOpening.objects.count()
    for _ in range(9):
        again = world.register(person, sealed[0], key="the-same")
        assert (again.json()["uploads"], again.json()["receipt"]) == (
            first["uploads"], first["receipt"]
        )
    act = worlds.prepared(world, person, sealed[0])
    for _ in range(90):
        outcome = dispatch(act, actor=Actor.person(person.user), key="api:the-same")
        assert outcome.repeated
    assert (Bid.objects.count(), BidVersion.objects.count()) == (1, 1)
    assert LedgerOpening.objects.count() == openings


def test_same_statement_under_another_key_is_answered_with_the_same_uploads(world: World, sealed):
    person = world.tenderers[0]
    first = world.register(person, sealed[0]).json()
    again = world.register(person, sealed[0])
    assert (again.status_code, again.json()["repeated"]) == (200, True)
    assert (again.json()["uploads"], again.json()["receipt"]) == (
        first["uploads"], first["receipt"]
    )


def test_same_key_for_another_bid_is_a_conflict(world: World, sealed):
    person = world.tenderers[0]
    world.register(person, sealed[0], key="the-same")
    other = world.seal(person, bid=sealed[0].bid.bid, version=2)[0]
    with Unchanged():
        refusal(world.register(person, other, key="the-same"), 409, "idempotency-key-reused")


# --- what is refused -----------------------------------------------------------------------------


def test_statement_of_somebody_else_is_denied(world: World, sealed):
    with Unchanged():
        refusal(world.register(world.tenderers[1], sealed[0]), 403, "certificate-unbound")


def test_statement_sealed_by_another_certificate_is_refused(world: World, sealed):
    person = world.tenderers[0]
    body = registration(sealed[1])
    signed = person.sign(sealed[1].statement)
    with Unchanged():
        refusal(person.post(world.path("bids"), {**body, **signed}), 409, "bid-refused")


def test_statement_by_an_organisation_without_the_documents_is_denied(world: World, sealed):
    with Unchanged():
        refusal(world.register(world.trustees["notary"], sealed[0]), 403, "not-a-tenderer")


def test_statement_by_a_recused_tenderer_is_denied(world: World, sealed):
    person = world.tenderers[0]
    with guard.writes("test"):
        Assignment.objects.filter(organisation=person.organisation).update(
            recused_at=clock.now() - timedelta(hours=1)
        )
    with Unchanged():
        assert world.register(person, sealed[0]).status_code == 403


def test_statement_by_a_blocked_organisation_is_denied(world: World, sealed):
    person = world.tenderers[0]
    with guard.writes("test"):
        Organisation.objects.filter(pk=person.organisation.pk).update(
            blocked_until=clock.now() + timedelta(days=1)
        )
    with Unchanged():
        refusal(world.register(person, sealed[0]), 403, "blocked")


def test_statement_on_another_lot_is_refused(world: World, sealed):
    person = world.tenderers[0]
    answer = person.post(f"lots/{uuid.uuid4()}/bids", registration(sealed[0]))
    refusal(answer, 404, "unknown-lot")


def test_second_bid_of_one_tenderer_is_refused(world: World, sealed):
    person = world.tenderers[0]
    world.register(person, sealed[0])
    with Unchanged():
        refusal(world.register(person, world.seal(person)[0]), 409, "bid-exists")


def test_id_of_another_tenderers_bid_is_refused(world: World, sealed):
    world.register(world.tenderers[0], sealed[0])
    stolen = world.seal(world.tenderers[1], bid=sealed[0].bid.bid, version=2)[0]
    with Unchanged():
        refusal(world.register(world.tenderers[1], stolen), 409, "bid-id-taken")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("another head", "bid-refused"),
        ("another leaf", "bid-refused"),
        ("a leaf too few", "bid-refused"),
        ("an envelope too few", "wrong-envelopes"),
        ("no base64", "bad-base64"),
        ("garbage for a head", "bad-magic"),
    ],
)
def test_envelopes_that_are_not_the_committed_ones_are_refused(world: World, sealed, change, code):
    body = registration(sealed[0])
    other = registration(sealed[1])
    first = body["envelopes"][0]
    if change == "another head":
        first["head"] = other["envelopes"][0]["head"]
    elif change == "another leaf":
        first["leaves"] = other["envelopes"][0]["leaves"]
    elif change == "a leaf too few":
        first["leaves"] = ""
    elif change == "an envelope too few":
        body["envelopes"].pop()
    elif change == "no base64":
        first["head"] = "###"
    else:
        first["head"] = "A" * len(first["head"])
    person = world.tenderers[0]
    with Unchanged():
        answer = person.post(world.path("bids"), body)
        assert (answer.status_code in (400, 409), answer.json()["code"]) == (True, code)


def test_statement_of_tomorrow_is_refused(world: World):
    person = world.tenderers[0]
    people.move_clock(clock.now() + timedelta(days=1))
    submission = world.seal(person)[0]
    people.move_clock(clock.now() - timedelta(days=1))
    with Unchanged():
        answer = world.register(person, submission)
    assert answer.status_code in (400, 409)


def test_statement_before_the_documents_is_refused(world: World, sealed):
    with guard.writes("test"):
        world.house.lot.stage = "NOTICE"
        world.house.lot.save(update_fields=["stage"])
    with Unchanged():
        refusal(world.register(world.tenderers[0], sealed[0]), 409, "wrong-stage")


def test_statement_while_the_lot_is_suspended_is_refused(world: World, sealed):
    with guard.writes("test"):
        world.house.lot.state, world.house.lot.suspended_at = "suspended", clock.now()
        world.house.lot.save(update_fields=["state", "suspended_at"])
    with Unchanged():
        refusal(world.register(world.tenderers[0], sealed[0]), 409, "not-running")


def test_statement_at_the_deadline_is_too_late(world: World, sealed):
    people.move_clock(DEADLINE)
    with Unchanged():
        refusal(world.register(world.tenderers[0], sealed[0]), 409, "too-late")


# --- versions ------------------------------------------------------------------------------------


def test_new_version_stands_once_complete_and_the_old_ciphertext_is_erased(world: World, sealed):
    person = world.tenderers[0]
    world.upload(person, sealed[0], world.register(person, sealed[0]).json())
    second = world.seal(person, bid=sealed[0].bid.bid, version=2)[0]
    answer = world.register(person, second).json()
    assert states() == {1: "complete", 2: "receiving"}
    world.upload(person, second, answer)
    assert states() == {1: "replaced", 2: "complete"}
    assert steps.run_tasks() == ["erase_version:4"]
    old, new = BidVersion.objects.order_by("number")
    assert (old.erased_at is None, new.erased_at) == (False, None)
    assert not any(bodies_on_disk.path(one.pk).exists() for one in old.envelopes.all())
    assert all(bodies_on_disk.path(one.pk).exists() for one in new.envelopes.all())


def test_version_given_up_leaves_the_complete_one_standing(world: World, sealed):
    person = world.tenderers[0]
    world.upload(person, sealed[0], world.register(person, sealed[0]).json())
    second = world.seal(person, bid=sealed[0].bid.bid, version=2)[0]
    upload = world.register(person, second).json()["uploads"][0]["url"]
    assert person.tus("DELETE", upload).status_code == 204
    assert states() == {1: "complete", 2: "abandoned"}
    refusal(person.patch(upload, 0, b"x" * 100), 410, "upload-ended")


def test_newer_version_ends_the_one_still_on_its_way(world: World, sealed):
    person = world.tenderers[0]
    first = world.register(person, sealed[0]).json()["uploads"][0]["url"]
    second = world.seal(person, bid=sealed[0].bid.bid, version=2)[0]
    assert world.register(person, second).status_code == 201
    assert states() == {1: "abandoned", 2: "receiving"}
    assert person.tus("HEAD", first).status_code == 410


@pytest.mark.parametrize("version", [1, 2])
def test_version_number_that_is_not_new_is_a_conflict(world: World, sealed, version):
    person = world.tenderers[0]
    world.register(person, world.seal(person, bid=sealed[0].bid.bid, version=2)[0])
    other = world.seal(person, bid=sealed[0].bid.bid, version=version)[0]
    with Unchanged():
        refusal(world.register(person, other), 409, "version-not-new")


# --- withdrawal ----------------------------------------------------------------------------------


def withdraw(world: World, person, bid, *, signed=None, at=None):
    signed = signed or withdrawal(world, person, bid)
    return person.post(world.path(f"bids/{at or bid}/withdraw"), signed)


def test_withdrawn_bid_is_erased_and_receipted_and_a_new_one_may_come(world: World, sealed):
    person, bid = world.tenderers[0], sealed[0].bid.bid
    world.upload(person, sealed[0], world.register(person, sealed[0]).json())
    answer = withdraw(world, person, bid)
    assert answer.status_code == 200, answer.content
    assert answer.json()["receipt"]["document"]["receipt"]["entry"]["act"] == "bidding.withdraw-bid"
    assert Bid.objects.get().state == BidState.WITHDRAWN
    steps.run_tasks()
    assert not any(bodies_on_disk.path(one.pk).exists() for one in Envelope.objects.all())
    assert world.register(person, world.seal(person)[0]).status_code == 201


def test_withdrawn_bid_takes_no_version_any_more(world: World, sealed):
    person, bid = world.tenderers[0], sealed[0].bid.bid
    world.register(person, sealed[0])
    withdraw(world, person, bid)
    with Unchanged():
        refusal(
            world.register(person, world.seal(person, bid=bid, version=2)[0]),
            409, "bid-withdrawn",
        )
        refusal(withdraw(world, person, bid), 409, "bid-withdrawn")


def test_withdrawal_of_somebody_elses_bid_is_not_found(world: World, sealed):
    bid = sealed[0].bid.bid
    world.register(world.tenderers[0], sealed[0])
    with Unchanged():
        refusal(withdraw(world, world.tenderers[1], bid), 404, "no-such-bid")
    assert Bid.objects.get().state == BidState.LIVE


def test_withdrawal_statement_about_another_bid_is_malformed(world: World, sealed):
    person, bid = world.tenderers[0], sealed[0].bid.bid
    world.register(person, sealed[0])
    with Unchanged():
        refusal(
            withdraw(world, person, bid, signed=withdrawal(world, person, uuid.uuid4())),
            400, "wrong-bid",
        )


def test_withdrawal_at_the_deadline_is_too_late(world: World, sealed):
    person, bid = world.tenderers[0], sealed[0].bid.bid
    world.register(person, sealed[0])
    signed = withdrawal(world, person, bid)
    people.move_clock(DEADLINE)
    with Unchanged():
        refusal(withdraw(world, person, bid, signed=signed), 409, "too-late")
    assert Bid.objects.get().state == BidState.LIVE


def states() -> dict[int, str]:
    return dict(BidVersion.objects.values_list("number", "state"))
