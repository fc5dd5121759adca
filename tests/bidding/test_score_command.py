"""``manage.py score``: the scores of a file, or one line that says what is wrong."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.vectors import load

VECTORS = load("scores")
FIELDS = ("method", "offers", "parameters")


def given(value, tmp_path):
    path = tmp_path / "score.json"
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return str(path)


def question(case, **changes):
    return {**{name: case[name] for name in FIELDS}, **changes}


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_score_prints_the_scores_worked_out_by_hand(case, tmp_path):
    output = io.StringIO()
    call_command("score", given(question(case), tmp_path), stdout=output)
    assert json.loads(output.getvalue()) == {"scores": case["scores"]}


def test_names_may_be_in_any_language(tmp_path):
    asked = {
        "method": "lowest_price_share",
        "offers": {"泰和建设": "100", "Zürich": "200"},
        "parameters": {"weight": "0.30"},
    }
    output = io.StringIO()
    call_command("score", given(asked, tmp_path), stdout=output)
    assert json.loads(output.getvalue())["scores"] == {"泰和建设": "30.00", "Zürich": "15.00"}


@pytest.mark.parametrize("case", VECTORS["invalid"], ids=lambda case: case["name"])
def test_what_a_method_cannot_take_ends_with_two(case, tmp_path):
    with pytest.raises(CommandError) as error:
        call_command("score", given(question(case), tmp_path))
    assert error.value.returncode == 2
    assert "\n" not in str(error.value)


GOOD = question(VECTORS["valid"][0])


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {**GOOD, "more": 1},
        {name: GOOD[name] for name in FIELDS[:2]},
        {**GOOD, "method": None},
        {**GOOD, "method": "lowest"},
        {**GOOD, "offers": {}},
        {**GOOD, "offers": []},
        {**GOOD, "offers": {"a": 1.5}},
        {**GOOD, "offers": {"a": True}},
        {**GOOD, "offers": {"a": "NaN"}},
        {**GOOD, "offers": {"a\nb": "x"}},
        {**GOOD, "offers": {"a": "0"}},
        {**GOOD, "offers": {"a": "-1"}},
        {**GOOD, "parameters": None},
        {**GOOD, "parameters": {"weight": {"a": []}}},
    ],
)
def test_bad_input_ends_with_two_in_one_line(value, tmp_path):
    with pytest.raises(CommandError) as error:
        call_command("score", given(value, tmp_path))
    assert error.value.returncode == 2
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"method": "a", "method": "b", "offers": {}, "parameters": {}}',
        b'{"method": NaN}',
        b'{"method": ' + b"9" * 5000 + b"}",
    ],
)
def test_file_that_is_no_question_ends_with_two_in_one_line(content, tmp_path):
    path = tmp_path / "score.json"
    path.write_bytes(content)
    with pytest.raises(CommandError) as error:
        call_command("score", str(path))
    assert error.value.returncode == 2
    assert "\n" not in str(error.value)


def test_file_that_is_not_there_ends_with_two(tmp_path):
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(CommandError) as error:
            call_command("score", str(path))
        assert error.value.returncode == 2


def test_shell_sees_one_line_and_the_exit_code(tmp_path):
    manage = Path(__file__).parents[2] / "manage.py"
    done = subprocess.run(
        [sys.executable, str(manage), "score", given({}, tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "SUNLIT_MODE": "test", "SUNLIT_DATA": str(tmp_path / "data")},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
