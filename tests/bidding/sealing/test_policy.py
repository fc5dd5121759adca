"""Keys, policy and schedule: who may publish what, and what is never accepted."""

from __future__ import annotations

import pytest

from bidding.kit.policy import Authority, Trustee
from bidding.kit.trustee import SlotKeys
from bidding.models import SealingPolicy, TrusteeKey
from signatures.domain import clock, jcs, log, platform
from signatures.domain.checkpoint import COSIGNATURE, NoteSigner
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.people import WITNESS, move_clock
from tests.bidding.sealing.world import DEADLINE, World

pytestmark = pytest.mark.django_db


def offer(world: World, name: str, **changes: object) -> bytes:
    values = {
        "origin": platform.origin(),
        "project": world.house.lot.project.urn,
        "lot": world.house.lot.urn,
        "trustee": world.trustees[name].organisation.urn,
        "slots": (1, 2, 3, 4),
    }
    return SlotKeys.generate(**{**values, **changes}).offer(at=clock.now())


def publish(world: World, name: str, data: bytes, *, by: str = ""):
    person = world.trustees[by or name]
    return person.post(world.path("trustee-keys"), person.sign(data))


# --- keys ----------------------------------------------------------------------------------------


def test_trustee_key_is_a_plain_leaf_and_served_as_it_was_signed(unsealed: World):
    data = offer(unsealed, "notary")
    answer = publish(unsealed, "notary", data)
    assert answer.status_code == 201
    (leaf,) = answer.json()["leaves"]
    entry = jcs.loads(log.entry(leaf))["entry"]
    assert (entry["act"], entry["subject"]) == (
        "bidding.publish-trustee-key", unsealed.house.lot.urn
    )
    (shown,) = unsealed.tenderee.get(unsealed.path("sealing")).json()["trustee_keys"]
    assert (shown["trustee"], shown["leaf"]) == (
        unsealed.trustees["notary"].organisation.urn, leaf
    )


def test_trustee_may_publish_other_keys_until_the_policy_stands(unsealed: World):
    publish(unsealed, "notary", offer(unsealed, "notary"))
    assert publish(unsealed, "notary", offer(unsealed, "notary")).status_code == 201
    assert len(unsealed.tenderee.get(unsealed.path("sealing")).json()["trustee_keys"]) == 1


def test_trustee_key_for_another_trustee_is_denied(unsealed: World):
    data = offer(unsealed, "notary")
    with Unchanged():
        refusal(publish(unsealed, "notary", data, by="centre"), 403, "not-your-organisation")
    assert TrusteeKey.objects.count() == 0


def test_trustee_key_by_somebody_without_the_role_is_denied(unsealed: World):
    person = unsealed.tenderers[0]
    data = offer(unsealed, "notary", trustee=person.organisation.urn)
    with Unchanged():
        refusal(
            person.post(unsealed.path("trustee-keys"), person.sign(data)), 403, "wrong-role"
        )


def test_trustee_key_for_another_lot_is_malformed(unsealed: World):
    other = "lot:00000000-0000-4000-8000-000000000000"
    with Unchanged():
        refusal(publish(unsealed, "notary", offer(unsealed, "notary", lot=other)), 400, "wrong-lot")


def test_trustee_key_of_a_rehearsal_is_refused(unsealed: World):
    with Unchanged():
        refusal(
            publish(unsealed, "notary", offer(unsealed, "notary", rehearsal=True)), 409, "rehearsal"
        )


def test_trustee_key_signed_by_an_unbound_certificate_is_denied(unsealed: World):
    person = unsealed.trustees["notary"]
    signed = unsealed.trustees["centre"].sign(offer(unsealed, "notary"))
    with Unchanged():
        refusal(person.post(unsealed.path("trustee-keys"), signed), 403, "certificate-unbound")


def test_trustee_key_with_a_changed_byte_is_malformed(unsealed: World):
    person = unsealed.trustees["notary"]
    signed = person.sign(offer(unsealed, "notary"))
    other = person.sign(offer(unsealed, "notary"))
    with Unchanged():
        answer = person.post(
            unsealed.path("trustee-keys"), {**signed, "signature": other["signature"]}
        )
        assert answer.status_code == 400


def test_trustee_key_by_nobody_is_refused(unsealed: World):
    signed = unsealed.trustees["notary"].sign(offer(unsealed, "notary"))
    with Unchanged():
        answer = unsealed.tenderee.client.post(
            f"/api/v1/{unsealed.path('trustee-keys')}", signed, content_type="application/json"
        )
        refusal(answer, 401, "sign-in-first")


# --- policy --------------------------------------------------------------------------------------


@pytest.fixture
def keyed(unsealed: World) -> World:
    unsealed.make_keys()
    return unsealed


def post_policy(world: World, policy, *, by=None):
    person = by or world.tenderee
    return person.post(world.path("policy"), person.sign(policy.encode()))


def test_policy_is_a_plain_leaf_with_its_digest_and_rules(keyed: World):
    policy = keyed.publish_policy()
    shown = keyed.tenderee.get(keyed.path("sealing")).json()["policy"]
    assert shown["digest"] == policy.digest.hex()
    entry = jcs.loads(log.entry(shown["leaf"]))["entry"]
    assert (entry["act"], entry["digests"]["policy"]) == ("bidding.policy", policy.digest.hex())
    assert {name: entry["context"][name] for name in ("k", "n", "min_bids")} == {
        "k": 3, "n": 4, "min_bids": 3
    }


def test_policy_by_a_trustee_who_is_not_the_tenderee_is_denied(keyed: World):
    with Unchanged():
        refusal(
            post_policy(keyed, keyed.a_policy(), by=keyed.trustees["notary"]), 403, "wrong-role"
        )


def test_policy_with_keys_that_the_trustee_never_published_is_refused(keyed: World):
    policy = keyed.a_policy()
    foreign = SlotKeys.generate(
        origin=policy.origin, project=policy.project, lot=policy.lot,
        trustee=policy.trustees[0].id, slots=(1, 2, 3, 4),
    ).public
    first = policy.trustees[0]
    changed = Trustee(id=first.id, certificate=first.certificate, keys=foreign)
    with Unchanged():
        refusal(
            post_policy(keyed, keyed.a_policy(trustees=(changed, *policy.trustees[1:]))),
            409, "foreign-keys",
        )


def test_policy_with_a_trustee_that_published_nothing_is_refused(keyed: World):
    stranger = Trustee(
        id=keyed.tenderers[0].organisation.urn,
        certificate=keyed.tenderers[0].key.certificate_digest,
        keys=SlotKeys.generate(
            origin="x", project="project:1", lot="lot:1", trustee="org:1", slots=(1, 2, 3, 4)
        ).public,
    )
    policy = keyed.a_policy(trustees=(*keyed.a_policy().trustees, stranger))
    with Unchanged():
        refusal(post_policy(keyed, policy), 409, "no-trustee-key")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"lot": "lot:00000000-0000-4000-8000-000000000000"}, 400, "wrong-lot"),
        ({"min_bids": 2}, 409, "too-few-bidders"),
        ({"rehearsal": True}, 409, "rehearsal"),
        ({"centre": "org:00000000-0000-4000-8000-000000000000"}, 400, "wrong-centre"),
        ({}, 400, "unknown-witness"),
        ({}, 400, "wrong-log"),
    ],
)
def test_policy_that_does_not_fit_this_platform_is_refused(keyed: World, changes, status, code):
    if code == "unknown-witness":
        other = NoteSigner("other", WITNESS.private_key, COSIGNATURE)
        changes = {"witnesses": (other.verifier.vkey,)}
    if code == "wrong-log":
        changes = {"log": NoteSigner("other/ledger", WITNESS.private_key).verifier.vkey}
    with Unchanged():
        refusal(post_policy(keyed, keyed.a_policy(**changes)), status, code)
    assert SealingPolicy.objects.count() == 0


def test_policy_whose_signers_hold_no_such_role_is_refused(keyed: World):
    signers = {
        "tenderee": (keyed.tenderee.key.certificate_digest,),
        "supervisor": (keyed.trustees["notary"].key.certificate_digest,),
    }
    with Unchanged():
        refusal(post_policy(keyed, keyed.a_policy(signers=signers)), 409, "unknown-signer")


def test_sealing_proposes_authorities_that_the_lists_recognise(keyed: World):
    shown = keyed.tenderee.get(keyed.path("sealing")).json()
    known = [Authority(bytes.fromhex(each["certificate"]), each["operator"])
             for each in shown["authorities"]]
    assert {each.certificate for each in keyed.a_policy().authorities} <= {
        each.certificate for each in known
    }
    assert shown["centre"] == keyed.trustees["centre"].organisation.urn
    assert sorted(shown["trustees"]) == sorted(
        each.organisation.urn for each in keyed.trustees.values()
    )


def test_schedule_before_any_policy_is_refused(keyed: World):
    keyed.policy = keyed.a_policy()
    with Unchanged():
        refusal(keyed.publish_schedule(), 404, "no-policy")


def test_policy_after_the_deadline_is_refused(keyed: World):
    move_clock(DEADLINE)
    with Unchanged():
        refusal(post_policy(keyed, keyed.a_policy()), 409, "too-late")
