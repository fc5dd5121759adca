"""``manage.py draw``: the published result from a file, or one line that says what is wrong."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.trading.domain.draw_bundles import VECTORS

CASES = VECTORS["valid"]
CONCLUDED = [case for case in CASES if "failed" not in case["result"]]
FAILED = [case for case in CASES if "failed" in case["result"]]


def given(case, tmp_path, **changes):
    path = tmp_path / "draw.json"
    value = {"record": case["record"], "reveals": case["reveals"], **changes}
    path.write_text(json.dumps(value), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("case", CONCLUDED, ids=lambda case: case["name"])
def test_draw_prints_the_published_result(case, tmp_path):
    output = io.StringIO()
    call_command("draw", given(case, tmp_path), stdout=output)
    assert json.loads(output.getvalue()) == case["result"]


@pytest.mark.parametrize("case", FAILED, ids=lambda case: case["name"])
def test_failed_draw_ends_with_one_and_names_the_stratum(case, tmp_path):
    with pytest.raises(CommandError) as error:
        call_command("draw", given(case, tmp_path))
    assert error.value.returncode == 1
    assert case["result"]["failed"] in str(error.value)


def _without_a_party(case):
    return {"reveals": dict(list(case["reveals"].items())[1:])}


@pytest.mark.parametrize(
    "changes",
    [
        {"record": None},
        {"record": {}},
        {"reveals": None},
        {"reveals": []},
        {"reveals": {"a": 1}},
        {"reveals": {"a": "xx"}},
        {"reveals": {"a\nb": "zz"}},
        {"more": 1},
        _without_a_party(CONCLUDED[0]),
    ],
)
def test_bad_input_ends_with_two_in_one_line(changes, tmp_path):
    with pytest.raises(CommandError) as error:
        call_command("draw", given(CONCLUDED[0], tmp_path, **changes))
    assert error.value.returncode == 2
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1", b"\xff", b"null", b'{"record": 1.5}', b"[" * 100_000]
)
def test_file_that_is_no_record_ends_with_two(content, tmp_path):
    path = tmp_path / "draw.json"
    path.write_bytes(content)
    with pytest.raises(CommandError) as error:
        call_command("draw", str(path))
    assert error.value.returncode == 2


def test_file_that_is_not_there_ends_with_two(tmp_path):
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(CommandError) as error:
            call_command("draw", str(path))
        assert error.value.returncode == 2


def test_shell_sees_one_line_and_the_exit_code(tmp_path):
    path = tmp_path / "draw.json"
    path.write_text("{}", encoding="utf-8")
    manage = Path(__file__).parents[2] / "manage.py"
    done = subprocess.run(
        [sys.executable, str(manage), "draw", str(path)],
        capture_output=True,
        text=True,
        env={**os.environ, "SUNLIT_MODE": "test", "SUNLIT_DATA": str(tmp_path / "data")},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
