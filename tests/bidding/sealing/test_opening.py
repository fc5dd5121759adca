"""From the frozen set to opened exhibits: what trustees' own clients allow, and nothing else."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest

from bidding.domain import opened, opening_service
from bidding.enums import BidState, Outcome
from bidding.kit import release
from bidding.kit.wraps import Head
from bidding.models import Bid, Envelope, Freeze, Gate, Share
from signatures import store
from signatures.domain import clock, guard, jcs, log, platform
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed
from tests.bidding.sealing import people, steps
from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.world import World
from tests.factories import floor
from trading import access
from trading.domain import ticking
from trading.models import Exhibit, Lot

pytestmark = pytest.mark.django_db


def statuses(answers) -> list:
    return [each if isinstance(each, list) else each.status_code for each in answers]


@pytest.fixture
def proven(frozen: World) -> World:
    """The freeze and the gates are cosigned and timestamped."""
    people.move_clock(clock.now() + timedelta(seconds=10))
    steps.prove()
    return frozen


def envelope(world: World, *, slot: int = 1, tenderer: int = 0) -> Envelope:
    return Envelope.objects.get(
        version__bid__tenderer=world.tenderers[tenderer].organisation, slot=slot
    )


def share_of(world: World, name: str, row: Envelope, **changes: object) -> bytes:
    """A release as the trustee's client makes it, without asking whether it may."""
    head = Head.parse(bytes(row.head))
    assert world.policy is not None
    values = {
        "policy": world.policy,
        "head": head,
        "recipient": platform.opening_key().public_key().public_bytes_raw(),
        "checkpoint": None,
        "at": clock.now(),
    }
    own = world.slot_keys[name].unwrap(world.policy, head)
    return release.release(own, **{**values, **changes})


def post_share(world: World, name: str, row: Envelope, **changes: object):
    person = world.trustees[name]
    return person.post(world.path("shares"), person.sign(share_of(world, name, row, **changes)))


# --- the freeze and its gates --------------------------------------------------------------------


def test_freeze_opens_the_timed_gates_and_the_price_stays_shut(frozen: World):
    assert frozen.house.lot.stage == "OPENING"
    gates = Gate.objects.filter(opened_at__isnull=False)
    assert sorted(gates.values_list("slot", flat=True)) == [1, 2, 3]
    assert (Freeze.objects.get().count, Freeze.objects.get().next_gate_at) == (3, None)
    shown = frozen.tenderee.get(frozen.path("sealing")).json()
    assert [one["slot"] for one in shown["gates"]] == [1, 2, 3]
    entry = jcs.loads(log.entry(shown["gates"][0]["leaf"]))["entry"]
    assert (entry["act"], entry["context"]["slot"]) == ("bidding.gate", 1)
    assert ticking.tick() == ()


def test_frozen_set_shows_no_checkpoint_before_it_is_cosigned_and_timestamped(frozen: World):
    seen = frozen.trustees["notary"].get(frozen.path("frozen")).json()
    assert (seen["note"], seen["token"], seen["count"], len(seen["bids"])) == ("", "", 3, 3)


def test_frozen_set_is_not_for_evaluators_or_strangers(frozen: World):
    expert = floor.person("expert")
    floor.assignment(frozen.lot_row, "evaluator", user=expert)
    person = people.Person(expert, frozen.tenderee.organisation, frozen.tenderee.key)
    refusal(person.get(frozen.path("frozen")), 403, "wrong-role")


def test_gate_opened_by_anybody_but_the_clock_is_denied(frozen: World):
    from bidding.domain.gates import OpenGate

    act = OpenGate(lot=frozen.lot, slot=4, statement="0" * 64, bids=())
    with pytest.raises(Denied):
        dispatch(act, actor=Actor.person(frozen.house.buyer))


def test_schedule_after_the_freeze_is_refused(frozen: World):
    with Unchanged():
        answer = frozen.publish_schedule(seq=2, deadline=clock.now() + timedelta(days=1))
        assert answer.status_code == 409
    assert answer.json()["code"] in ("wrong-stage", "already-frozen", "too-late")


def test_bid_after_the_freeze_is_refused(frozen: World):
    person = frozen.tenderers[0]
    bid = Bid.objects.get(tenderer=person.organisation).pk
    with Unchanged():
        late = frozen.seal(person, bid=bid, version=2)[0]
        assert frozen.register(person, late).status_code == 409
        signed = worlds.withdrawal(frozen, person, bid)
        assert person.post(frozen.path(f"bids/{bid}/withdraw"), signed).status_code == 409


# --- shares --------------------------------------------------------------------------------------


def test_bids_open_with_three_of_four_and_their_content_is_filed(proven: World):
    for name in ("tenderee", "centre"):
        assert statuses(steps.released(proven, name, slot=1)) == [201] * 3
    assert steps.run_tasks() == []
    assert statuses(steps.released(proven, "notary", slot=1)) == [201] * 3
    assert steps.run_tasks() == ["open_envelope:opened"] * 3
    sheets = Exhibit.objects.filter(kind="opening-sheet")
    assert {one.facts["opening-sheet"]["duration_days"] for one in sheets} == {120}
    assert store.read(sheets[0].digest) == b'{"duration_days":120,"manager":"Li Qiang"}'
    assert Exhibit.objects.filter(kind="trace").count() == 3
    assert {one.state for one in opened.bids(proven.lot_row)} == {BidState.FROZEN}
    assert opened.settled(proven.lot_row, 1) and not opened.settled(proven.lot_row, 2)
    # Nothing stays in quarantine, and a fourth share is not needed any more.
    assert not [one for one in (proven.folder / "quarantine").iterdir() if one.is_dir()]
    refusal(post_share(proven, "supervisor", envelope(proven)), 409, "already-opened")


@pytest.mark.parametrize("lost", ["tenderee", "centre", "supervisor", "notary"])
def test_each_single_key_lost_in_turn_leaves_every_bid_open(proven: World, lost: str):
    """Nobody has kept a recovery kit either: the three other trustees open every bid."""
    others = [name for name in proven.trustees if name != lost]
    assert len(others) == 3
    for name in others:
        assert statuses(steps.released(proven, name, slot=1)) == [201] * 3
    assert steps.run_tasks() == ["open_envelope:opened"] * 3
    outcomes = Envelope.objects.filter(slot=1).values_list("outcome", flat=True)
    assert list(outcomes) == [Outcome.OPENED] * 3
    index = list(proven.trustees).index(lost) + 1
    assert not Share.objects.filter(index=index).exists()


def test_clients_hold_back_what_was_not_witnessed(frozen: World):
    people.move_clock(clock.now() + timedelta(seconds=10))
    seen = frozen.trustees["notary"].get(frozen.path("frozen?from=0")).json()
    assert "leaves" not in seen


def test_price_is_held_back_until_its_gate(proven: World):
    held = steps.released(proven, "notary", slot=4)
    assert all("no-gate" in reasons for reasons in held)
    with Unchanged():
        refusal(post_share(proven, "notary", envelope(proven, slot=4)), 409, "no-gate")


def test_tenderers_own_share_replaces_an_absent_trustee(proven: World):
    row = envelope(proven)
    for name in ("tenderee", "centre"):
        assert post_share(proven, name, row).status_code == 201
    person = proven.tenderers[0]
    _submission, kit = proven.kits[person.organisation.urn]
    head = Head.parse(bytes(row.head))
    data = release.release(
        kit.share_for(head),
        policy=proven.policy,
        head=head,
        recipient=platform.opening_key().public_key().public_bytes_raw(),
        checkpoint=None,
        at=clock.now(),
    )
    assert person.post(proven.path("shares"), person.sign(data)).status_code == 201
    assert steps.run_tasks() == ["open_envelope:opened"]


def test_share_twice_is_refused(proven: World):
    row = envelope(proven)
    assert post_share(proven, "notary", row).status_code == 201
    with Unchanged():
        refusal(post_share(proven, "notary", row), 409, "share-already-received")


def test_share_of_another_trustee_is_refused(proven: World):
    person = proven.trustees["centre"]
    data = share_of(proven, "notary", envelope(proven))
    with Unchanged():
        refusal(person.post(proven.path("shares"), person.sign(data)), 409, "share-refused")


def test_share_encrypted_to_somebody_else_is_refused(proven: World):
    other = proven.slot_keys["centre"].public[1]
    with Unchanged():
        refusal(
            post_share(proven, "notary", envelope(proven), recipient=other), 409, "share-refused"
        )


@pytest.mark.parametrize("field", ["sealed", "head", "index", "slot", "version", "bid"])
def test_corrupted_share_is_refused(proven: World, field):
    person = proven.trustees["notary"]
    value = jcs.loads(share_of(proven, "notary", envelope(proven)))
    value[field] = {
        "sealed": "00" * 81,
        "head": "00" * 32,
        "index": 2,
        "slot": 2,
        "version": 7,
        "bid": str(uuid.uuid4()),
    }[field]
    with Unchanged():
        answer = person.post(proven.path("shares"), person.sign(jcs.dumps(value)))
        assert answer.json()["code"] in ("share-refused", "no-such-envelope")


@pytest.mark.parametrize("value", ["1", 1.5, None, True, [1]])
def test_share_with_a_number_that_is_none_is_malformed(proven: World, value):
    person = proven.trustees["notary"]
    statement = json.loads(share_of(proven, "notary", envelope(proven)))
    statement["version"] = value
    data = json.dumps(statement, separators=(",", ":"), sort_keys=True).encode()
    with Unchanged():
        try:
            signed = person.sign(data)
        except Malformed:
            return  # no float is ever canonical
        assert person.post(proven.path("shares"), signed).status_code == 400


def test_share_by_somebody_without_a_part_is_denied(proven: World):
    stranger = people.Person(
        proven.house.bidder, proven.house.tenderer, proven.tenderers[0].key
    )
    data = share_of(proven, "notary", envelope(proven))
    with Unchanged():
        assert stranger.post(proven.path("shares"), stranger.sign(data)).status_code == 403


def test_share_for_a_bid_that_does_not_stand_is_refused(proven: World):
    row = envelope(proven)
    with guard.writes("test"):
        Bid.objects.filter(pk=row.version.bid_id).update(state=BidState.REVOKED)
    with Unchanged():
        refusal(post_share(proven, "notary", row), 409, "bid-not-frozen")


def test_share_while_the_lot_is_suspended_is_refused(proven: World):
    with guard.writes("test"):
        Lot.objects.filter(pk=proven.lot).update(state="suspended", suspended_at=clock.now())
    with Unchanged():
        refusal(post_share(proven, "notary", envelope(proven)), 409, "not-running")


def test_two_of_three_shares_open_nothing(proven: World):
    row = envelope(proven)
    for name in ("tenderee", "centre"):
        post_share(proven, name, row)
    assert opening_service.open_envelope(row.pk) == "waiting"
    assert Envelope.objects.get(pk=row.pk).outcome == Outcome.SEALED
    assert Exhibit.objects.filter(kind="opening-sheet").count() == 0


def test_opening_twice_files_once(proven: World):
    row = envelope(proven)
    for name in ("tenderee", "centre", "notary"):
        post_share(proven, name, row)
    assert opening_service.open_envelope(row.pk) == "opened"
    exhibits = Exhibit.objects.count()
    assert opening_service.open_envelope(row.pk) == "opened"
    assert Exhibit.objects.count() == exhibits


def test_plaintext_that_a_killed_worker_left_behind_is_removed(proven: World):
    row = envelope(proven)
    for name in ("tenderee", "centre", "notary"):
        post_share(proven, name, row)
    left = proven.folder / "quarantine" / row.pk.hex / "envelope-x" / "0001"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"in clear")
    assert opening_service.open_envelope(row.pk) == "opened"
    assert not left.parent.parent.exists()


def test_envelope_that_another_worker_opens_is_left_alone(proven: World):
    row = envelope(proven)
    with opening_service._alone(row.pk) as alone:
        assert alone
        assert opening_service.open_envelope(row.pk) == "busy"


def test_opening_acts_are_the_workers_alone(proven: World):
    from bidding.domain.faults import RevokeBid
    from bidding.domain.filing import FileOpened

    row = envelope(proven)
    for act in (
        RevokeBid(lot=proven.lot, envelope=row.pk, reason="x"),
        FileOpened(
            lot=proven.lot, envelope=row.pk, files=(), manifest="0" * 64, manifest_size=1,
            signature="0" * 64,
        ),
    ):
        for actor in (Actor.person(proven.house.buyer), Actor.process("clock")):
            with pytest.raises(Denied):
                dispatch(act, actor=actor)
    assert Bid.objects.get(pk=row.version.bid_id).state == BidState.FROZEN


# --- who sees what -------------------------------------------------------------------------------


def test_exhibits_are_seen_by_those_whom_they_are_for(proven: World):
    expert = floor.person("expert")
    floor.assignment(proven.lot_row, "evaluator", user=expert)
    for slot in (1, 2, 3):
        row = envelope(proven, slot=slot)
        for name in ("tenderee", "centre", "notary"):
            post_share(proven, name, row)
    steps.run_tasks()
    lot, at = proven.house.refresh(), clock.now()

    def seen(user) -> set[tuple[str, int]]:
        rows = Exhibit.objects.filter(lot=lot).exclude(stage__in=("NOTICE", "DOCUMENTS"))
        return {
            (one.kind, one.facts.get("slot", 0))
            for one in rows
            if one.kind.startswith(("bid", "opening", "trace"))
            and access.can_see_exhibit(user, one, at)
        }

    # Technical documents reach the committee by code, through its room.
    assert seen(expert) == {("bid-document", 2)}
    assert seen(proven.tenderers[1].user) == {("opening-sheet", 1)}
    assert seen(proven.tenderers[0].user) == {
        ("opening-sheet", 1), ("bid-manifest", 1), ("bid-manifest", 2), ("bid-manifest", 3)
    }
    assert ("trace", 0) in seen(proven.house.supervisor)
    assert ("trace", 0) not in seen(proven.house.buyer)
    assert seen(None) == set()
    (technical,) = Exhibit.objects.filter(kind="bid-document", facts__slot=3)
    text = jcs.dumps(technical.facts).decode()
    bid = Bid.objects.get(tenderer=proven.tenderers[0].organisation)
    assert str(bid.pk) not in text and str(bid.tenderer_id) not in text
    assert opened.bid_of(technical) == bid.pk
    assert [one.name for one in opened.documents(lot, bid=bid.pk, slot=3)] == ["technical.pdf"]


def test_shares_leave_salted_digests_only(proven: World):
    before = log.size()
    post_share(proven, "notary", envelope(proven))
    leaves = [jcs.loads(data) for data in log.entries(before, log.size())]
    assert [set(leaf) for leaf in leaves] == [{"v", "at", "c"}]
    assert Share.objects.get().leaf == before
