"""The page's JavaScript for canonical JSON and draws, under node, held to the shared vectors."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.trading.domain.draw_bundles import (
    BROKEN,
    CASE,
    VECTORS,
    bundle_of,
    outcome_of,
    records,
    reveals_of_three,
)
from tests.vectors import load, named

NODE = shutil.which("node")
SCRIPTS = Path(__file__).parents[3] / "trading" / "static" / "trading" / "js"
JCS = load("jcs")

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

# Reads one JSON list of [function, argument] from standard input, answers with one JSON list of
# {"value"} or {"error": kind, "message"}. Binary values travel as hex.
RUNNER = """
import { readFileSync } from "node:fs";
import * as jcs from "./jcs.js";
import * as draw from "./draw.js";

const reveals = (given) =>
  Object.fromEntries(Object.entries(given).map(([party, text]) => [party, draw.unhex(text)]));
const text = (data) => (data.hex === undefined ? data.json : draw.unhex(data.hex));
const functions = {
  read: (data) => jcs.canonical(jcs.loads(text(data))),
  readBytes: (data) => jcs.canonical(jcs.loads(new TextEncoder().encode(data.json))),
  readStrictly: (data) => jcs.canonical(jcs.loads(text(data), { canonical: true })),
  digest: async (data) => draw.hex(await jcs.digest(jcs.loads(text(data)))),
  write: (source) => jcs.canonical(new Function(`return ${source}`)()),
  isTimestamp: (value) => jcs.isTimestamp(value),
  isName: (value) => jcs.isName(value),
  draw: ({ record, reveals: given }) => draw.draw(record, reveals(given)),
  commitment: async ({ record, party, reveal }) =>
    draw.hex(await draw.commitment(record, party, draw.unhex(reveal))),
  recordDigest: async (record) => draw.hex(await draw.recordDigest(record)),
  verify: (bundle) => draw.verifyDraw(bundle),
};
const answers = [];
for (const [name, argument] of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    answers.push({ value: await functions[name](argument) });
  } catch (error) {
    answers.push({ error: error.name, message: error.message, result: error.result });
  }
}
process.stdout.write(JSON.stringify(answers));
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Calls functions of the page's modules, many at once."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("jcs.js", "draw.js", "draw_record.js"):
        shutil.copy(SCRIPTS / name, folder / name)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "runner.js").write_text(RUNNER)

    def call(calls):
        done = subprocess.run(
            [NODE, "runner.js"],
            input=json.dumps(calls),
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call


@pytest.fixture(scope="module")
def answers(node):
    """The answer to every vector, by function and name."""
    calls = [("read", case) for case in JCS["valid"] + JCS["invalid"] + JCS["not_canonical"]]
    calls += [("readBytes", case) for case in JCS["valid"]]
    calls += [("digest", case) for case in JCS["valid"]]
    calls += [("readStrictly", case) for case in JCS["not_canonical"]]
    calls += [("draw", case) for case in VECTORS["valid"] + VECTORS["invalid"]]
    keys = [(function, argument["name"]) for function, argument in calls]
    return dict(zip(keys, node(calls), strict=True))


# --- canonical JSON ---


@pytest.mark.parametrize("case", **named(JCS["valid"]))
def test_javascript_writes_the_canonical_form(case, answers):
    assert answers["read", case["name"]] == {"value": case["canonical"]}
    assert answers["readBytes", case["name"]] == {"value": case["canonical"]}
    assert answers["digest", case["name"]] == {"value": case["sha256"]}


@pytest.mark.parametrize("case", **named(JCS["invalid"]))
def test_javascript_refuses_what_is_outside_the_rules(case, answers):
    assert answers["read", case["name"]]["error"] == "JcsError"


@pytest.mark.parametrize("case", **named(JCS["not_canonical"]))
def test_javascript_refuses_another_form_where_the_form_counts(case, answers):
    assert "value" in answers["read", case["name"]]
    assert answers["readStrictly", case["name"]]["error"] == "JcsError"


@pytest.mark.parametrize(
    "source",
    [
        "1.5",
        "2 ** 53",
        "NaN",
        "Infinity",
        "undefined",
        "[,1]",
        "({ a: undefined })",
        "10n",
        "Symbol('a')",
        "(() => 1)",
        "new Date(0)",
        "new Map()",
        "new Uint8Array(2)",
        "({ 'é': 1 })",
        "'\\ud800'",
        "new (class A {})()",
        "(() => { const a = []; a.push(a); return a; })()",
    ],
)
def test_javascript_refuses_values_without_a_canonical_form(source, node):
    assert node([("write", source)])[0]["error"] == "JcsError"


def test_javascript_writes_values_of_its_own(node):
    source = "[-0, Object.assign(Object.create(null), { b: 1, a: [true, null] }), 'é']"
    assert node([("write", source)]) == [{"value": '[0,{"a":[true,null],"b":1},"é"]'}]


def test_javascript_knows_times_and_names(node):
    times = {
        "2026-02-28T23:59:59.999999Z": True,
        "0001-01-01T00:00:00.000000Z": True,
        "2026-02-29T00:00:00.000000Z": False,
        "2026-01-01T24:00:00.000000Z": False,
        "2026-01-01T00:00:00Z": False,
        "0000-01-01T00:00:00.000000Z": False,
    }
    names = {"a": True, "e:1.x_y-z": True, "A": False, "": False, "a\n": False, "a" * 161: False}
    answers = node([("isTimestamp", t) for t in times] + [("isName", name) for name in names])
    assert [answer["value"] for answer in answers] == [*times.values(), *names.values()]


# --- draws ---


@pytest.mark.parametrize("case", **named(VECTORS["valid"]))
def test_javascript_draws_as_python_does(case, answers):
    answer = answers["draw", case["name"]]
    if "failed" in case["result"]:
        assert answer["error"] == "DrawFailed"
        assert answer["result"] == case["result"]
    else:
        assert answer == {"value": case["result"]}


@pytest.mark.parametrize("case", **named(VECTORS["invalid"]))
def test_javascript_refuses_what_is_not_exactly_right_by_name(case, answers):
    answer = answers["draw", case["name"]]
    assert answer["error"] == "DrawError"
    assert case["names"] in answer["message"]


def test_javascript_commits_as_python_does(node):
    calls, expected = [], []
    for case in VECTORS["valid"]:
        calls.append(("recordDigest", case["record"]))
        expected.append({"value": case["result"]["record_digest"]})
        for party, reveal in case["reveals"].items():
            calls.append(
                ("commitment", {"record": case["record"], "party": party, "reveal": reveal})
            )
            expected.append({"value": case["commitments"][party]})
    assert node(calls) == expected


def test_javascript_refuses_to_commit_for_strangers(node):
    record = CASE["record"]
    calls = [
        ("commitment", {"record": record, "party": "mallory", "reveal": "11" * 32}),
        ("commitment", {"record": record, "party": "centre", "reveal": "11" * 31}),
    ]
    assert [answer["error"] for answer in node(calls)] == ["DrawError", "DrawError"]


def test_javascript_accepts_the_bundles_of_vectors(node):
    bundles = [bundle_of(case, with_checkpoint=True) for case in VECTORS["valid"]]
    valid = {"value": {"verdict": "valid", "reasons": []}}
    assert node([("verify", bundle) for bundle in bundles]) == [valid] * len(bundles)


def test_javascript_does_not_accept_broken_bundles(node):
    # Inclusion in the ledger is not the page's twin's business.
    broken = sorted(set(BROKEN) - {"proofs without a checkpoint"})
    calls = []
    for name in broken:
        bundle = bundle_of(CASE)
        BROKEN[name][0](bundle)
        calls.append(("verify", bundle))
    calls += [("verify", junk) for junk in (None, [], "bundle", 1, {})]
    for name, answer in zip([*broken, *"12345"], node(calls), strict=True):
        assert answer["value"]["verdict"] == "invalid", name
        assert answer["value"]["reasons"] != [], name


def test_javascript_agrees_on_random_records(node):
    cases = []

    @settings(
        max_examples=150,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(records(), reveals_of_three, st.just(None))
    def collect(record, reveals, _):
        cases.append((copy.deepcopy(record), reveals))

    collect()
    calls = [
        ("draw", {"record": record, "reveals": {p: r.hex() for p, r in reveals.items()}})
        for record, reveals in cases
    ]
    assert len(calls) >= 100
    for (record, reveals), answer in zip(cases, node(calls), strict=True):
        expected = outcome_of(record, reveals)
        assert answer.get("value", answer.get("result")) == expected


def test_javascript_draws_from_a_large_pool_in_seconds(node):
    record = {
        **CASE["record"],
        "candidates": [
            {"id": f"c:{n:05}", "weight": n % 7 + 1, "stratum": "s", "organisation": f"o:{n % 99}"}
            for n in range(20_000)
        ],
        "quota": {"s": 2_000},
        "alternates": {"s": 500},
        "max_per_organisation": 40,
    }
    reveals = {party: bytes(32) for party in record["parties"]}
    answer = node([("draw", {"record": record, "reveals": dict.fromkeys(reveals, "00" * 32)})])
    assert answer == [{"value": outcome_of(record, reveals)}]
