"""Sealing policies, schedules and gates by themselves."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from bidding.kit.errors import Malformed, Refused
from bidding.kit.gate import Gate, require_signatures
from bidding.kit.policy import Authority, Policy, SlotRule
from bidding.kit.schedule import Schedule, governing
from signatures.domain import jcs, statements
from signatures.domain.checkpoint import COSIGNATURE
from tests.bidding.kit import world

POLICY = world.a_policy()


def test_parse_gives_back_what_was_encoded():
    again = Policy.parse(POLICY.encode(), origin=world.ORIGIN)
    assert again == POLICY
    assert again.digest == POLICY.digest == jcs.digest(jcs.loads(POLICY.encode()))


def test_encode_holds_no_opening_time():
    text = POLICY.encode().decode()
    assert text.count('Z"') == 1  # its own "at"


@pytest.mark.parametrize(
    "change",
    [
        {"k": 1},
        {"k": 5},
        {"trustees": POLICY.trustees[:1]},
        {"trustees": (POLICY.trustees[0],) * 4},
        {"slots": ()},
        {"slots": (SlotRule(4), SlotRule(1))},
        {"slots": (SlotRule(1), SlotRule(1))},
        {"slots": (SlotRule(1), SlotRule(5))},
        {"slots": (SlotRule(1),)},
        {"slots": (SlotRule(1, after="x", signed_by=("supervisor",)), SlotRule(4))},
        {"slots": (SlotRule(1), SlotRule(4, after="x"))},
        {"slots": (SlotRule(1), SlotRule(4, signed_by=("supervisor",)))},
        {"slots": (SlotRule(1), SlotRule(4, after="x", signed_by=("nobody",)))},
        {"schedule_signed_by": ()},
        {"schedule_signed_by": ("nobody",)},
        {"signers": {"tenderee": (bytes(32),), "supervisor": (bytes(32),)}},
        {"authorities": (Authority(bytes(32), world.CENTRE),)},
        {"authorities": ()},
        {"witnesses": ()},
        {"witnesses": ("junk",)},
        {"witnesses": POLICY.witnesses * 2},
        {"witnesses": (POLICY.log,)},
        {"log": POLICY.witnesses[0]},
        {"suite": 2},
    ],
    ids=lambda change: "-".join(change),
)
def test_policy_that_cannot_stand_is_refused(change):
    with pytest.raises(Malformed):
        replace(POLICY, **change)


def test_policy_degenerate_slot_key_is_refused():
    bad = replace(POLICY.trustees[0], keys={1: bytes(32), 4: POLICY.trustees[0].keys[4]})
    with pytest.raises(Malformed):
        replace(POLICY, trustees=(bad, *POLICY.trustees[1:]))


def test_policy_same_key_for_two_slots_is_refused():
    key = POLICY.trustees[0].keys[1]
    bad = replace(POLICY.trustees[0], keys={1: key, 4: key})
    with pytest.raises(Malformed):
        replace(POLICY, trustees=(bad, *POLICY.trustees[1:]))


@pytest.mark.parametrize(
    "change",
    [
        {"deadline": "2026-03-20T01:00:00.000000Z"},
        {"min_bids": 0},
        {"rehearsal": 1},
        {"lot": "7"},
        {"trustees": {}},
        {"slots": [{"slot": 1, "gate": {"at": "2026-03-20T01:00:00.000000Z"}}]},
        {"slots": [{"slot": 1, "gate": {}}]},
        {"signers": []},
        {"signers": {}},
        {"purpose": "sunlit.gate/1"},
    ],
    ids=str,
)
def test_parse_bad_field_is_refused(change):
    value = {**jcs.loads(POLICY.encode()), **change}
    with pytest.raises(Malformed):
        Policy.parse(jcs.dumps(value))


def test_rule_and_index_of_strangers_are_refused():
    with pytest.raises(Malformed):
        POLICY.rule(2)
    with pytest.raises(Malformed):
        POLICY.index_of("org:stranger")
    assert POLICY.index_of("org:supervisor") == 3


# --- schedules ------------------------------------------------------------------------------------


def test_schedule_parse_gives_back_what_was_encoded():
    schedule = world.a_schedule(POLICY)
    assert Schedule.parse(schedule.encode(), origin=world.ORIGIN) == schedule


def test_governing_is_the_last_of_rising_seq():
    later = [world.a_schedule(POLICY, seq=n, shift=timedelta(days=n)) for n in (1, 2, 5)]
    assert governing(later, POLICY) == later[-1]


def test_governing_deadline_earlier_with_gates_the_same_is_refused():
    first = world.a_schedule(POLICY)
    second = replace(first, seq=2, deadline=first.deadline - timedelta(seconds=1))
    with pytest.raises(Refused):
        governing([first, second], POLICY)


def test_governing_gate_earlier_with_the_deadline_the_same_is_refused():
    first = world.a_schedule(POLICY)
    second = replace(first, seq=2, gates={1: first.gates[1] - timedelta(seconds=1)})
    with pytest.raises(Refused):
        governing([first, second], POLICY)


def test_governing_of_none_is_refused():
    with pytest.raises(Refused):
        governing([], POLICY)


@pytest.mark.parametrize(
    "change", [{"policy": bytes(32)}, {"origin": "https://other.test"}, {"gates": {}}], ids=str
)
def test_schedule_of_another_policy_is_refused(change):
    with pytest.raises(Refused):
        replace(world.a_schedule(POLICY), **change).require(POLICY)


@pytest.mark.parametrize(
    "change",
    [{"seq": 0}, {"gates": {"9": "x"}}, {"gates": {"1": "soon"}}, {"deadline": 5}],
    ids=str,
)
def test_schedule_parse_bad_field_is_refused(change):
    value = {**jcs.loads(world.a_schedule(POLICY).encode()), **change}
    with pytest.raises(Malformed):
        Schedule.parse(jcs.dumps(value))


# --- gates ----------------------------------------------------------------------------------------


def a_gate(**changes) -> Gate:
    bids = tuple(sorted((uuid.UUID(int=2), uuid.UUID(int=1)), key=str))
    gate = Gate(world.ORIGIN, world.T0, POLICY.digest, 1, bytes(32), bids, None)
    return replace(gate, **changes)


def test_gate_parse_gives_back_what_was_encoded():
    for gate in (a_gate(), a_gate(slot=4, result=bytes(32)), a_gate(bids=())):
        assert Gate.parse(gate.encode()) == gate


@pytest.mark.parametrize("numbers", [(2, 1), (1, 1)])
def test_gate_with_bids_unsorted_or_twice_is_refused(numbers):
    with pytest.raises(Malformed):
        a_gate(bids=tuple(uuid.UUID(int=n) for n in numbers))


def test_require_signatures_wants_every_role():
    data = a_gate().encode()
    both = [statements.sign(data, world.signer(name)) for name in ("tenderee", "supervisor")]
    require_signatures(data, both, POLICY, ["tenderee", "supervisor"])
    with pytest.raises(Refused, match="supervisor"):
        require_signatures(data, both[:1], POLICY, ["tenderee", "supervisor"])


def test_require_signatures_ignores_broken_and_foreign_ones():
    data = a_gate().encode()
    good = statements.sign(data, world.signer("supervisor"))
    other = statements.sign(a_gate(slot=4).encode(), world.signer("tenderee"))
    require_signatures(data, [b"junk", other, good], POLICY, ["supervisor"])
    with pytest.raises(Refused):
        require_signatures(data, [b"junk", other], POLICY, ["tenderee"])


def test_note_keys_in_the_policy_are_of_their_kinds():
    assert world.note_signer("witness", COSIGNATURE).verifier.vkey in POLICY.witnesses
