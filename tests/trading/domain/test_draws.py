from __future__ import annotations

import copy
import hashlib
import hmac
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.domain import jcs
from tests.trading.domain.draw_bundles import (
    CASE,
    VECTORS,
    in_bytes,
    outcome_of,
    records,
    reveals_of_three,
)
from tests.vectors import named
from trading.domain import draws
from trading.domain.draw_record import Candidate
from trading.domain.draw_selection import Numbers, Pool
from trading.domain.draws import DrawError, DrawFailed


def _record(**changes):
    return {**copy.deepcopy(CASE["record"]), **changes}


# --- vectors ---


@pytest.mark.parametrize("case", **named(VECTORS["valid"]))
def test_vector_gives_its_result_and_commitments(case):
    reveals = in_bytes(case["reveals"])
    assert outcome_of(case["record"], reveals) == case["result"]
    for party, text in case["commitments"].items():
        assert draws.commitment(case["record"], party, reveals[party]).hex() == text


@pytest.mark.parametrize("case", **named(VECTORS["invalid"]))
def test_vector_that_is_not_exactly_right_is_refused_by_name(case):
    with pytest.raises(DrawError) as refusal:
        draws.draw(case["record"], in_bytes(case["reveals"]))
    assert case["names"] in refusal.value.message


def test_first_vector_by_the_formulas_of_the_design():
    case = CASE
    record, reveals = case["record"], in_bytes(case["reveals"])
    digest = hashlib.sha256(jcs.dumps(record)).digest()
    seed = hashlib.sha256(
        b"SUNLIT-SEED-1|"
        + digest
        + b"".join(
            hashlib.sha256(hashlib.sha256(party.encode()).digest() + reveals[party]).digest()
            for party in ("centre", "supervisor", "tenderee")
        )
    ).digest()
    key = hmac.new(seed, b"SUNLIT-DRAW-1|works", hashlib.sha256).digest()
    # All six weigh 1: the walk stops at place r of those that are left.
    left = ["e:1", "e:2", "e:3", "e:4", "e:5", "e:6"]
    chosen = []
    for count in range(3):
        block = hmac.new(key, count.to_bytes(8, "big"), hashlib.sha256).digest()
        value = int.from_bytes(block[:16], "big")
        assert value < 2**128 // len(left) * len(left)
        chosen.append(left.pop(value % len(left)))
    assert case["result"] == {
        "drawn": {"works": chosen[:2]},
        "alternates": {"works": chosen[2:]},
        "seed": seed.hex(),
        "record_digest": digest.hex(),
    }
    assert draws.record_digest(record) == digest


# --- arguments that JSON cannot hold ---


@pytest.mark.parametrize(
    "reveals",
    [
        None,
        [],
        {},
        {"centre": "11" * 32, "supervisor": b"1" * 32, "tenderee": b"1" * 32},
        {"centre": bytearray(32), "supervisor": b"1" * 32, "tenderee": b"1" * 32},
        {"centre": None, "supervisor": b"1" * 32, "tenderee": b"1" * 32},
        {1: b"1" * 32},
    ],
    ids=range(7),
)
def test_reveals_of_another_kind_are_refused(reveals):
    with pytest.raises(DrawError):
        draws.draw(_record(), reveals)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quota", 1.0),
        ("quota", {"works": 2.0}),
        ("quota", {1: 1}),
        ("quota", 2**53),
        ("quota", 2**90),
        ("alternates", 1.5),
        ("max_per_organisation", 1.0),
        ("parties", ("centre", "supervisor", "tenderee")),
        ("purpose", b"bytes"),
        ("purpose", "\ud800"),
        ("candidates", ({},)),
        ("candidates", [None]),
        ("once", 0),
    ],
    ids=ascii,
)
def test_field_of_another_type_is_refused_by_name(field, value):
    with pytest.raises(DrawError, match=field if value != "\ud800" else "canonical"):
        draws.draw(_record(**{field: value}), {})


@pytest.mark.parametrize("record", [None, [], "record", 1, {1: 2}], ids=repr)
def test_record_of_another_type_is_refused(record):
    with pytest.raises(DrawError):
        draws.draw(record, {})


@pytest.mark.parametrize(
    ("party", "reveal"),
    [("mallory", bytes(32)), ("centre", bytes(31)), ("centre", "0" * 32), (None, bytes(32))],
)
def test_commitment_of_a_stranger_or_of_another_length_is_refused(party, reveal):
    with pytest.raises(DrawError):
        draws.commitment(_record(), party, reveal)


def test_failure_says_which_stratum_and_keeps_the_evidence():
    record = _record(quota={"law": 1, "works": 1}, alternates=0)
    reveals = in_bytes(CASE["reveals"])
    with pytest.raises(DrawFailed) as failure:
        draws.draw(record, reveals)
    assert failure.value.stratum == "law"
    assert failure.value.code == "draw-failed"
    assert failure.value.result["failed"] == "law"
    assert sorted(failure.value.result) == ["failed", "record_digest", "seed"]


# --- properties ---


@given(st.binary(min_size=32, max_size=32), st.integers(1, 2**127), st.integers(1, 5))
def test_numbers_stay_below_their_bound(seed, bound, times):
    numbers = Numbers(seed, "works")
    assert all(0 <= numbers.below(bound) < bound for _ in range(times))


def test_number_at_or_above_the_limit_is_rejected():
    # Just above half the range every second number is rejected; the next one is taken instead.
    bound = 2**127 + 1
    key = hmac.digest(b"s" * 32, b"SUNLIT-DRAW-1|works", "sha256")
    blocks = (hmac.digest(key, n.to_bytes(8, "big"), "sha256")[:16] for n in range(64))
    values = [value for block in blocks if (value := int.from_bytes(block, "big")) < bound]
    assert len(values) < 64
    numbers = Numbers(b"s" * 32, "works")
    assert [numbers.below(bound) for _ in values] == values


@st.composite
def pools(draw):
    weights = draw(st.lists(st.integers(1, 9) | st.integers(1, 2**53 - 1), min_size=1, max_size=40))
    houses = st.none() | st.sampled_from(["org:a", "org:b", "org:c"])
    return [
        Candidate(f"c:{number:03}", weight, "works", draw(houses))
        for number, weight in enumerate(weights)
    ]


@given(pools(), st.data())
def test_pool_stops_where_the_walk_stops(candidates, data):
    pool = Pool(data.draw(st.permutations(candidates)))
    left = list(candidates)
    while left:
        total = sum(candidate.weight for candidate in left)
        assert pool.total == total
        number = data.draw(st.integers(0, total - 1))
        rest = number
        for candidate in left:
            if rest < candidate.weight:
                break
            rest -= candidate.weight
        assert pool.take(number) == candidate
        left.remove(candidate)
        house = candidate.organisation
        if house is not None and data.draw(st.booleans()):
            pool.close(house)
            left = [other for other in left if other.organisation != house]
    assert pool.total == 0


@settings(max_examples=300)
@given(records(), reveals_of_three)
def test_result_keeps_every_limit_of_the_record(record, reveals):
    outcome = outcome_of(record, reveals)
    if "failed" in outcome:
        return
    members = {(c["id"], c["stratum"]): c for c in record["candidates"]}
    taken = []
    counts = Counter()
    for stratum, quota in record["quota"].items():
        chosen = outcome["drawn"][stratum] + outcome["alternates"][stratum]
        assert len(outcome["drawn"][stratum]) == quota
        assert len(set(chosen)) == len(chosen)
        for id_ in chosen:
            organisation = members[id_, stratum]["organisation"]
            assert id_ not in record["avoid"]["candidates"]
            assert organisation not in record["avoid"]["organisations"]
            if organisation is not None:
                counts[organisation] += 1
        taken += chosen
    assign = record["assign"]
    for id_ in outcome["drawn"][assign["to"]] if assign else []:
        stratum = f"{assign['from']}:{id_}"
        chosen = outcome["drawn"][stratum] + outcome["alternates"][stratum]
        assert len(outcome["drawn"][stratum]) == assign["quota"]
        assert not set(chosen) & set(assign["conflicts"].get(id_, []))
        taken += chosen
    if record["once"]:
        assert len(set(taken)) == len(taken)
    if record["max_per_organisation"] is not None:
        assert all(count <= record["max_per_organisation"] for count in counts.values())


@given(records(), reveals_of_three, st.randoms())
def test_order_of_candidates_changes_the_record_but_not_the_pool(record, reveals, random):
    shuffled = copy.deepcopy(record)
    random.shuffle(shuffled["candidates"])
    outcomes = outcome_of(record, reveals), outcome_of(shuffled, reveals)
    if shuffled["candidates"] == record["candidates"]:
        assert outcomes[0] == outcomes[1]
    else:
        assert outcomes[0]["record_digest"] != outcomes[1]["record_digest"]


def test_draws_follow_the_weights():
    record = _record(
        candidates=[
            {"id": name, "weight": weight, "stratum": "works", "organisation": None}
            for name, weight in (("light", 1), ("middle", 2), ("heavy", 7))
        ],
        quota=1,
        alternates=0,
    )
    rounds = 4000
    counts = Counter()
    for number in range(rounds):
        reveals = {party: number.to_bytes(32, "big") for party in record["parties"]}
        counts[draws.draw(record, reveals)["drawn"]["works"][0]] += 1
    # Four standard deviations of the binomial are under 3.2 % of the rounds.
    for name, share in (("light", 0.1), ("middle", 0.2), ("heavy", 0.7)):
        assert abs(counts[name] / rounds - share) < 0.032


def test_lottery_of_fifty_thousand_takes_seconds():
    record = _record(
        candidates=[
            {"id": f"c:{n:05}", "weight": n % 7 + 1, "stratum": "s", "organisation": f"o:{n % 99}"}
            for n in range(50_000)
        ],
        quota={"s": 10_000},
        alternates={"s": 10_000},
        max_per_organisation=400,
    )
    reveals = {party: bytes(32) for party in record["parties"]}
    start = time.perf_counter()
    result = draws.draw(record, reveals)
    assert time.perf_counter() - start < 8
    assert len(set(result["drawn"]["s"] + result["alternates"]["s"])) == 20_000
