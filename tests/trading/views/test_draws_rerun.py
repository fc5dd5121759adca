"""The page's re-run under node: what was published agrees, and every change is found and named."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.trading.domain.draw_bundles import CASE, bundle_of

NODE = shutil.which("node")
SCRIPTS = Path(__file__).parents[3] / "trading" / "static" / "trading" / "js"
STEPS = ["record", "commitments", "seed", "selection", "leaves"]

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

RUNNER = """
import { readFileSync } from "node:fs";
import { loads } from "./jcs.js";
import { rerun } from "./redraw.js";
const answers = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  const seen = [];
  const answer = await rerun(loads(text), ({ name }) => seen.push(name));
  answers.push({ ...answer, seen });
}
process.stdout.write(JSON.stringify(answers));
"""


@pytest.fixture(scope="module")
def rerun(tmp_path_factory):
    folder = tmp_path_factory.mktemp("node")
    for name in ("jcs.js", "draw.js", "draw_record.js", "redraw.js"):
        shutil.copy(SCRIPTS / name, folder / name)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "runner.js").write_text(RUNNER)

    def call(bundle):
        done = subprocess.run(
            [NODE, "runner.js"], input=json.dumps([json.dumps(bundle)]), cwd=folder,
            capture_output=True, text=True, check=True,
        )
        (answer,) = json.loads(done.stdout)
        return answer

    return call


@pytest.fixture
def bundle():
    return copy.deepcopy(bundle_of(CASE))


def outcomes(answer):
    return {step["name"]: step["outcome"] for step in answer["steps"]}


def bad(answer):
    return [name for name, outcome in outcomes(answer).items() if outcome == "bad"]


def flipped(text):
    return ("1" if text[0] == "0" else "0") + text[1:]


def test_published_draw_agrees_at_every_step(rerun, bundle):
    answer = rerun(bundle)
    assert answer["agrees"] is True
    assert answer["seen"] == STEPS
    assert outcomes(answer) == dict.fromkeys(STEPS, "good")
    assert answer["differences"] == []
    assert answer["steps"][0]["facts"]["digest"] == bundle["result"]["record_digest"]
    assert answer["steps"][2]["facts"]["seed"] == bundle["result"]["seed"]


def test_exchanged_candidate_is_shown_beside_the_one_that_was_drawn(rerun, bundle):
    stratum, drawn = next(iter(bundle["result"]["drawn"].items()))
    bundle["result"]["drawn"][stratum] = ["somebody-else", *drawn[1:]]
    answer = rerun(bundle)
    assert answer["agrees"] is False
    assert bad(answer) == ["selection", "leaves"]
    assert answer["differences"] == [
        {
            "part": "drawn", "stratum": stratum, "published": ["somebody-else", *drawn[1:]],
            "computed": drawn,
        }
    ]


def test_reordered_alternates_are_a_difference(rerun, bundle):
    stratum = next(iter(bundle["result"]["alternates"]))
    bundle["result"]["alternates"][stratum].append("one-more")
    answer = rerun(bundle)
    assert [(each["part"], each["stratum"]) for each in answer["differences"]] == [
        ("alternates", stratum)
    ]


def test_result_without_a_stratum_is_a_difference(rerun, bundle):
    stratum = next(iter(bundle["result"]["drawn"]))
    computed = bundle["result"]["drawn"].pop(stratum)
    (difference,) = rerun(bundle)["differences"]
    assert difference == {
        "part": "drawn", "stratum": stratum, "published": [], "computed": computed,
    }


def test_result_said_to_have_failed_is_a_difference(rerun, bundle):
    result = bundle["result"]
    bundle["result"] = {
        "failed": "experts", "seed": result["seed"], "record_digest": result["record_digest"],
    }
    answer = rerun(bundle)
    assert {"part": "failed", "stratum": "experts", "published": [], "computed": []} in (
        answer["differences"]
    )


def test_changed_reveal_breaks_commitment_seed_and_leaf(rerun, bundle):
    party = bundle["record"]["parties"][0]
    bundle["reveals"][party] = flipped(bundle["reveals"][party])
    answer = rerun(bundle)
    assert answer["steps"][1]["facts"]["wrong"] == party
    assert {"commitments", "seed", "leaves"} <= set(bad(answer))


def test_changed_commitment_is_named_by_its_party(rerun, bundle):
    party = bundle["record"]["parties"][-1]
    bundle["commitments"][party] = flipped(bundle["commitments"][party])
    answer = rerun(bundle)
    assert bad(answer) == ["commitments", "leaves"]
    assert answer["steps"][1]["facts"]["wrong"] == party


def test_changed_seed_does_not_follow(rerun, bundle):
    bundle["result"]["seed"] = flipped(bundle["result"]["seed"])
    assert bad(rerun(bundle)) == ["seed", "leaves"]


def test_weight_changed_afterwards_breaks_everything_that_rests_on_the_record(rerun, bundle):
    bundle["record"]["candidates"][0]["weight"] += 1
    answer = rerun(bundle)
    assert answer["agrees"] is False
    assert {"commitments", "seed", "leaves"} <= set(bad(answer))


@pytest.mark.parametrize("field", ["id", "parties", "candidates", "quota", "once"])
def test_record_without_a_field_stops_what_rests_on_it(rerun, bundle, field):
    del bundle["record"][field]
    answer = rerun(bundle)
    assert outcomes(answer) == {"record": "bad", **dict.fromkeys(STEPS[1:], "off")}
    assert field in answer["steps"][0]["reason"]


@pytest.mark.parametrize("field", ["commitments", "reveals", "result"])
def test_bundle_without_a_part_does_not_agree(rerun, bundle, field):
    del bundle[field]
    assert rerun(bundle)["agrees"] is False


def test_missing_reveal_is_named(rerun, bundle):
    party = bundle["record"]["parties"][0]
    del bundle["reveals"][party]
    answer = rerun(bundle)
    assert party in answer["steps"][1]["reason"]
    assert outcomes(answer)["selection"] == "off"


def test_leaf_left_out_is_found(rerun, bundle):
    bundle["leaves"].pop()
    assert bad(rerun(bundle)) == ["leaves"]


def test_leaves_in_another_order_are_found(rerun, bundle):
    bundle["leaves"][1], bundle["leaves"][2] = bundle["leaves"][2], bundle["leaves"][1]
    assert bad(rerun(bundle)) == ["leaves"]


def test_leaf_with_another_time_is_found(rerun, bundle):
    bundle["leaves"][0]["at"] = "2000-01-01T00:00:00.000000Z"
    assert bad(rerun(bundle)) == ["leaves"]
