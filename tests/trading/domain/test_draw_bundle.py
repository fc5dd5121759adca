from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from signatures.domain.checkpoint import NoteSigner
from tests.trading.domain.draw_bundles import (
    BROKEN,
    CASE,
    LOG,
    VECTORS,
    bundle_of,
    dropped,
    in_bytes,
    outcome_of,
    replaced,
)
from tests.vectors import named
from trading.domain import draws
from trading.domain.draws import DrawError, verify_draw

STRANGER = NoteSigner("other.example/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
VALID = {"verdict": "valid", "reasons": []}


def _reason(bundle, **keywords):
    verdict = verify_draw(bundle, **keywords)
    assert verdict["verdict"] == "invalid"
    assert verdict["reasons"]
    return " ".join(verdict["reasons"])


@pytest.mark.parametrize("case", **named(VECTORS["valid"]))
def test_bundle_of_a_vector_is_valid(case):
    assert verify_draw(bundle_of(case)) == VALID
    with_checkpoint = bundle_of(case, with_checkpoint=True)
    assert verify_draw(with_checkpoint) == VALID
    assert verify_draw(with_checkpoint, verifiers=[LOG.verifier]) == VALID
    assert verify_draw(json.loads(json.dumps(with_checkpoint))) == VALID


@pytest.mark.parametrize("name", BROKEN)
def test_broken_bundle_is_invalid_and_says_why(name):
    change, words = BROKEN[name]
    bundle = bundle_of(CASE)
    change(bundle)
    assert words in _reason(bundle)


BROKEN_PROOFS = {
    "no proof of a leaf": (dropped("leaves", 3, "proof"), "is missing"),
    "a proof too long": (
        lambda bundle: bundle["leaves"][0]["proof"].append("00" * 32),
        "not shown to be in the ledger",
    ),
    "a proof of other hashes": (
        replaced("leaves", 0, "proof", 0, to="00" * 32),
        "not shown to be in the ledger",
    ),
    "a proof that is no hex": (replaced("leaves", 0, "proof", 0, to="zz"), "hex"),
    "a proof that is no list": (replaced("leaves", 0, "proof", to="00"), "is missing"),
    "another place": (replaced("leaves", 3, "index", to=9), "not shown to be in the ledger"),
    "a checkpoint that is no text": (replaced("checkpoint", to=5), "as text"),
    "a checkpoint that is no note": (replaced("checkpoint", to="log\n"), "checkpoint"),
}


@pytest.mark.parametrize("name", BROKEN_PROOFS)
def test_bundle_with_a_broken_proof_is_invalid_and_says_why(name):
    change, words = BROKEN_PROOFS[name]
    bundle = bundle_of(CASE, with_checkpoint=True)
    change(bundle)
    assert words in _reason(bundle)


def test_checkpoint_must_be_signed_where_keys_are_given():
    bundle = bundle_of(CASE, with_checkpoint=True)
    assert "No known key" in _reason(bundle, verifiers=[STRANGER.verifier])
    forged = bundle["checkpoint"].replace("\n9\n", "\n8\n")
    assert forged != bundle["checkpoint"]
    assert "false" in _reason({**bundle, "checkpoint": forged}, verifiers=[LOG.verifier])
    assert "as text" in _reason(bundle_of(CASE), verifiers=[LOG.verifier])


def test_whoever_reveals_something_else_is_named_even_with_the_matching_result():
    bundle = bundle_of(CASE)
    bundle["reveals"]["centre"] = "00" * 32
    bundle["result"] = outcome_of(bundle["record"], in_bytes(bundle["reveals"]))
    assert "The reveal of centre is not what centre committed to." in _reason(bundle)


@pytest.mark.parametrize(
    "bundle", [None, [], "bundle", {}, {"record": {}}, {1: 2}, float("nan")], ids=repr
)
def test_anything_else_is_an_invalid_bundle(bundle):
    assert _reason(bundle)


@given(st.data())
def test_verifier_never_raises(data):
    bundle = bundle_of(CASE, with_checkpoint=True)
    junk = st.none() | st.integers() | st.floats() | st.text() | st.binary() | st.just([{}])
    places = [(bundle, key) for key in bundle] + [
        (leaf, key) for leaf in bundle["leaves"] for key in leaf
    ]
    place, key = data.draw(st.sampled_from(range(len(places))).map(places.__getitem__))
    place[key] = data.draw(junk)
    assert verify_draw(bundle)["verdict"] == "invalid"


@pytest.mark.parametrize(
    ("phase", "published"), [("recount", None), ("record", {}), ("result", None)]
)
def test_digests_of_no_phase_are_refused(phase, published):
    with pytest.raises(DrawError):
        draws.phase_digests(phase, CASE["record"], published)
