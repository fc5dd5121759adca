"""The script that is published with a draw's record: one file, the standard library alone."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.trading.domain.draw_bundles import (
    BROKEN,
    CASE,
    VECTORS,
    bundle_of,
    in_bytes,
    outcome_of,
    records,
    reveals_of_three,
)
from tests.vectors import load, named

REDRAW = Path(__file__).parents[3] / "trading" / "static" / "trading" / "redraw.py"
SCRIPT = runpy.run_path(str(REDRAW))


def _run_script(tmp_path, content):
    file = tmp_path / "draw.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    # -I -S: neither this project nor any installed package can be reached.
    return subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", str(REDRAW), str(file)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )


@pytest.mark.parametrize("case", **named(VECTORS["valid"]))
def test_script_accepts_the_bundle_of_a_vector(case):
    outcome, wrong = SCRIPT["verify"](bundle_of(case, with_checkpoint=True))
    assert outcome == case["result"]
    assert wrong == []


@pytest.mark.parametrize("case", **named(VECTORS["invalid"]))
def test_script_refuses_what_is_not_exactly_right(case):
    with pytest.raises(SCRIPT["Malformed"]) as refusal:
        SCRIPT["draw"](case["record"], in_bytes(case["reveals"]))
    assert case["names"].split("[")[0].split(".")[0] in str(refusal.value)


# The script leaves inclusion to the ledger's own proofs.
@pytest.mark.parametrize("name", sorted(set(BROKEN) - {"proofs without a checkpoint"}))
def test_script_does_not_accept_a_broken_bundle(name):
    bundle = bundle_of(CASE)
    BROKEN[name][0](bundle)
    try:
        _, wrong = SCRIPT["verify"](SCRIPT["read_json"](json.dumps(bundle).encode()))
    except SCRIPT["Malformed"]:
        return
    if name == "no result" or name == "no leaves":
        # Both are optional for the script, which then checks what there is.
        assert wrong or "result" not in bundle
    else:
        assert wrong != []


def test_script_reads_vectors_of_canonical_json_alike():
    vectors = load("jcs")
    for case in vectors["valid"]:
        value = SCRIPT["read_json"](case["json"].encode())
        assert SCRIPT["canonical"](value).decode() == case["canonical"]
    deep = {"sixty-five lists around a value"}
    for case in vectors["invalid"]:
        if case["name"] in deep:
            continue  # the script has Python's own bound on depth
        data = bytes.fromhex(case["hex"]) if "hex" in case else case["json"].encode()
        with pytest.raises(SCRIPT["Malformed"]):
            SCRIPT["read_json"](data)


def test_script_runs_alone_and_says_that_the_draw_holds(tmp_path):
    done = _run_script(tmp_path, bundle_of(CASE))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == CASE["result"]
    assert done.stderr == "The draw holds.\n"


def test_script_with_only_record_and_reveals_gives_the_result(tmp_path):
    done = _run_script(tmp_path, {key: CASE[key] for key in ("record", "reveals")})
    assert done.returncode == 0
    assert json.loads(done.stdout) == CASE["result"]


def test_script_ends_with_1_where_the_draw_does_not_hold(tmp_path):
    bundle = bundle_of(CASE)
    bundle["result"]["drawn"]["works"].reverse()
    done = _run_script(tmp_path, bundle)
    assert done.returncode == 1
    assert "not the one that record and reveals give" in done.stderr


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"record":{},"reveals":{}}'])
def test_script_ends_with_2_and_one_line_where_the_file_is_no_draw(content, tmp_path):
    done = _run_script(tmp_path, content)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_script_ends_with_2_where_there_is_no_file(tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", str(REDRAW), str(tmp_path / "none.json")], capture_output=True
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@settings(max_examples=300)
@given(records(), reveals_of_three)
def test_published_script_gives_the_same_result(record, reveals):
    try:
        expected = SCRIPT["draw"](record, reveals)
    except SCRIPT["Failed"] as failure:
        expected = failure.outcome
    assert outcome_of(record, reveals) == expected
