"""Records, bundles and ways to break them, for the tests of draws and of their twins."""

from __future__ import annotations

import copy
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from signatures.domain import jcs, ledger
from signatures.domain.checkpoint import Checkpoint, NoteSigner, sign_checkpoint
from tests.vectors import load
from trading.domain import draws
from trading.domain.draws import DrawFailed

VECTORS = load("draws")
CASE = VECTORS["valid"][0]
LOG = NoteSigner("sunlit.example/log", Ed25519PrivateKey.from_private_bytes(b"l" * 32))


def in_bytes(reveals):
    """Reveals as ``draw`` takes them, from a vector's hex."""
    return {party: bytes.fromhex(text) for party, text in reveals.items()}


def outcome_of(record, reveals):
    """The result, or what is published where the draw fails."""
    try:
        return draws.draw(record, reveals)
    except DrawFailed as failure:
        return failure.result


def bundle_of(case, *, with_checkpoint=False):
    """Everything that would be published of a vector, under a small ledger of its own."""
    at = [f"2026-03-0{day}T09:00:00.000000Z" for day in range(1, 5)]
    bundle = {name: copy.deepcopy(case[name]) for name in ("record", "commitments", "reveals")}
    bundle["result"] = copy.deepcopy(case["result"])
    published = {phase: None if phase == "record" else bundle[phase] for phase in draws.PHASES}
    log = [ledger.leaf_hash(b"before")]
    bundle["leaves"] = []
    for moment, phase in zip(at, draws.PHASES, strict=True):
        entry = {
            "act": f"draw.{phase}",
            "actor": "org:centre",
            "subject": case["record"]["id"],
            "digests": draws.phase_digests(phase, case["record"], published[phase]),
            "context": {},
        }
        data = ledger.plain_leaf(moment, entry)
        bundle["leaves"].append(
            {"index": len(log), "at": moment, "phase": phase, "leaf": data.hex()}
        )
        log += [ledger.leaf_hash(data), ledger.leaf_hash(phase.encode())]
    if with_checkpoint:
        state = Checkpoint(LOG.name, len(log), ledger.root_of(log))
        bundle["checkpoint"] = sign_checkpoint(state, LOG)
        for leaf in bundle["leaves"]:
            leaf["proof"] = [item.hex() for item in ledger.inclusion_path(leaf["index"], log)]
    return bundle


def replaced(*path, to):
    def change(bundle):
        for step in path[:-1]:
            bundle = bundle[step]
        bundle[path[-1]] = to

    return change


def dropped(*path):
    def change(bundle):
        for step in path[:-1]:
            bundle = bundle[step]
        del bundle[path[-1]]

    return change


def _swap_leaves(bundle):
    bundle["leaves"][1], bundle["leaves"][2] = bundle["leaves"][2], bundle["leaves"][1]


def _relabel(bundle):
    _swap_leaves(bundle)
    bundle["leaves"][1]["phase"], bundle["leaves"][2]["phase"] = "commitments", "reveals"


def _late_record(bundle):
    bundle["leaves"][0]["index"] = 4


def _same_index(bundle):
    bundle["leaves"][1]["index"] = bundle["leaves"][0]["index"]


def _earlier(bundle):
    leaf = bundle["leaves"][2]
    data = jcs.loads(bytes.fromhex(leaf["leaf"]))
    data["at"] = leaf["at"] = "2026-03-01T09:00:00.000000Z"
    leaf["leaf"] = jcs.dumps(data).hex()


def _loose_json(bundle):
    leaf = bundle["leaves"][0]
    leaf["leaf"] = json.dumps(json.loads(bytes.fromhex(leaf["leaf"]))).encode().hex()


def _hidden(bundle):
    leaf = bundle["leaves"][0]
    leaf["leaf"] = jcs.dumps({"v": 1, "at": leaf["at"], "c": "00" * 32}).hex()


def _version(bundle):
    leaf = bundle["leaves"][0]
    data = jcs.loads(bytes.fromhex(leaf["leaf"]))
    leaf["leaf"] = jcs.dumps({**data, "v": 2}).hex()


def _more_digests(bundle):
    leaf = bundle["leaves"][0]
    data = jcs.loads(bytes.fromhex(leaf["leaf"]))
    data["entry"]["digests"]["other"] = "00"
    leaf["leaf"] = jcs.dumps(data).hex()


#: A change to the bundle, and words that the reason must hold.
BROKEN = {
    "another winner": (replaced("result", "drawn", "works", to=["e:1", "e:2"]), "result"),
    "another seed": (replaced("result", "seed", to="00" * 32), "result"),
    "a result with more": (replaced("result", "note", to="x"), "result"),
    "a result of another type": (replaced("result", to=1.5), "result"),
    "a claimed failure": (replaced("result", to={"failed": "works"}), "result"),
    "another reveal": (replaced("reveals", "centre", to="00" * 32), "centre committed"),
    "another commitment": (replaced("commitments", "tenderee", to="00" * 32), "tenderee committed"),
    "no commitment of a party": (dropped("commitments", "centre"), "commitments must name"),
    "no reveal of a party": (dropped("reveals", "centre"), "reveals must name"),
    "a stranger's reveal": (replaced("reveals", "mallory", to="00" * 32), "reveals must name"),
    "a reveal in capital hex": (replaced("reveals", "centre", to="AA" * 32), "reveals.centre"),
    "a reveal of 31 bytes": (replaced("reveals", "centre", to="aa" * 31), "reveals.centre"),
    "reveals as a list": (replaced("reveals", to=[]), "reveals must name"),
    "another purpose": (replaced("record", "purpose", to="Something else"), "centre committed"),
    "a malformed record": (replaced("record", "quota", to=0), "quota"),
    "an unknown field": (replaced("note", to="x"), "unknown fields"),
    "no result": (dropped("result"), "lacks the fields result"),
    "no leaves": (replaced("leaves", to=[]), "one for each phase"),
    "leaves as an object": (replaced("leaves", to={}), "leaves must be a list"),
    "a leaf of null": (replaced("leaves", 0, to=None), "leaves must be a list"),
    "a leaf missing": (dropped("leaves", 1), "one for each phase"),
    "leaves in another order": (_swap_leaves, "one for each phase"),
    "leaves under other names": (_relabel, "digests"),
    "a record after its commitments": (_late_record, "stands before"),
    "two leaves at one place": (_same_index, "stands before"),
    "reveals before commitments in time": (_earlier, "is earlier"),
    "a time that is not the leaf's": (
        replaced("leaves", 0, "at", to="2026-02-01T09:00:00.000000Z"),
        "at is not the time",
    ),
    "a time in another form": (replaced("leaves", 0, "at", to="2026-03-01"), "not a time"),
    "a negative index": (replaced("leaves", 0, "index", to=-1), "index"),
    "an index of true": (replaced("leaves", 0, "index", to=True), "index"),
    "a leaf that is no hex": (replaced("leaves", 0, "leaf", to="xyz"), "hex"),
    "a leaf that is no JSON": (replaced("leaves", 0, "leaf", to="00"), "not JSON"),
    "a leaf that is not canonical": (_loose_json, "canonical"),
    "a hidden leaf": (_hidden, "unknown fields"),
    "a leaf of another version": (_version, "version 1"),
    "a leaf with more digests": (_more_digests, "digests"),
    "a leaf with more fields": (replaced("leaves", 0, "note", to=1), "unknown fields"),
    "proofs without a checkpoint": (replaced("leaves", 0, "proof", to=[]), "no checkpoint"),
}


names = st.sampled_from([f"n:{number}" for number in range(12)])
strata = st.sampled_from(["economics", "law", "works"])
organisations = st.none() | st.sampled_from(["org:a", "org:b", "org:c", "org:d"])


@st.composite
def records(draw):
    members = draw(
        st.lists(
            st.tuples(names, strata | st.just("inspectors"), st.integers(1, 50), organisations),
            min_size=4,
            max_size=40,
            unique_by=lambda member: member[:2],
        )
    )
    quota = draw(st.dictionaries(strata, st.integers(1, 3), min_size=1)) | {}
    assign = None
    if draw(st.booleans()):
        assign = {
            "to": draw(st.sampled_from(sorted(quota))),
            "from": "inspectors",
            "quota": draw(st.integers(1, 2)),
            "alternates": draw(st.integers(0, 2)),
            "conflicts": draw(
                st.dictionaries(names, st.lists(names, max_size=3, unique=True), max_size=4)
            ),
        }
    return {
        "id": "draw:property",
        "version": "SUNLIT-DRAW-1",
        "purpose": "A property",
        "parties": ["a", "b", "c"],
        "candidates": [
            {"id": id_, "weight": weight, "stratum": stratum, "organisation": organisation}
            for id_, stratum, weight, organisation in members
        ],
        "avoid": {
            "candidates": draw(st.lists(names, max_size=3, unique=True)),
            "organisations": draw(
                st.lists(st.sampled_from(["org:a", "org:b"]), max_size=1, unique=True)
            ),
        },
        "quota": quota,
        "alternates": draw(st.integers(0, 2) | st.just({})),
        "max_per_organisation": draw(st.none() | st.integers(1, 3)),
        "once": draw(st.booleans()),
        "assign": assign,
    }


reveals_of_three = st.fixed_dictionaries(
    {party: st.binary(min_size=32, max_size=32) for party in "abc"}
)
