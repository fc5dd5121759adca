"""What is said of certification items holds: routes, commands, tests, numbers, and the table."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from signatures.domain import platform
from tests.factories import floor

PATH = Path(__file__).resolve().parent.parent / "scripts" / "check_standards.py"
_spec = importlib.util.spec_from_file_location("check_standards", PATH)
standards = sys.modules["check_standards"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(standards)

TEST = "tests/trading/domain/test_credit_code.py::test_made_code_is_valid"

#: A list that holds: three numbers, something shown, something shown in part, something missing.
SMALL = f"""
[norm]
numbers = ["A-01 to 02", "B-003", "A-02"]

[[items]]
ids = ["A-01 to 02"]
confirmed = false
title = {{ zh-hans = "注册", en = "Registration" }}

[[items.parts]]
title = {{ zh-hans = "唯一性", en = "Uniqueness" }}
pages = ["operator-organisations", "api:time"]
commands = ["trading.register-organisation", "trading.open-bidding"]
tests = ["{TEST}"]

[[items.parts]]
title = {{ zh-hans = "登记", en = "Entry" }}
tests = ["{TEST}"]
partly = {{ zh-hans = "没有页面。", en = "There is no page." }}

[[items]]
ids = ["B-003"]
confirmed = true
title = {{ zh-hans = "费用", en = "Fees" }}

[[items.parts]]
title = {{ zh-hans = "费用", en = "Fees" }}
missing = {{ zh-hans = "没有费用。", en = "There are no fees." }}
"""
README = f"# Small\n\n{standards.BEGIN}\n{standards.END}\n\nEnd.\n"


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Checks a copy of the small list, broken as the call says; gives the code and the faults."""
    monkeypatch.setattr(standards, "collected", lambda tests: {TEST})

    def check(*changes: tuple[str, str], write: bool = True) -> tuple[int, list[str]]:
        text = SMALL
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / standards.DATA).write_text(text, encoding="utf-8")
        reading = tmp_path / standards.READING
        if not reading.exists():
            reading.write_text(README, encoding="utf-8")
        return standards.main([str(tmp_path), *(["--write"] if write else [])])

    return check


def faults(capsys) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_shipped_list_holds(capsys):
    assert standards.main([]) == 0, faults(capsys)


def test_every_item_of_the_shipped_list_is_still_to_be_confirmed():
    data = standards.load()
    assert data["norm"]["confirmed"] is False
    assert {item["confirmed"] for item in data["items"]} == {False}


def test_small_list_holds_and_tells_its_parts(small, capsys, tmp_path):
    assert small() == 0
    assert "1 shown, 1 in part, 1 missing; 1 tests; 0 faults" in capsys.readouterr().out
    text = (tmp_path / standards.READING).read_text("utf-8")
    assert text.startswith("# Small\n") and text.endswith("End.\n")
    assert "| A-01 to 02<br>待核对 to be confirmed | **有 shown**<br>唯一性<br>Uniqueness |" in text
    assert "[made_code_is_valid](../../tests/trading/domain/test_credit_code.py)" in text
    assert "| B-003 | **缺 missing**<br>费用<br>Fees |  | 没有费用。<br>There" in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"api:time"', '"fees"', "A-01 to 02, Uniqueness: there is no route fees",
        ),
        (
            "trading.open-bidding", "trading.ask-fee",
            "A-01 to 02, Uniqueness: no act and no procedure's command is called trading.ask-fee",
        ),
        (
            "is_valid", "is_not_there",
            "A-01 to 02, Uniqueness: pytest does not collect "
            "tests/trading/domain/test_credit_code.py::test_made_code_is_not_there",
        ),
        ('ids = ["B-003"]', 'ids = ["B-003", "A-02"]', "A-002: covered 2 times"),
        ('ids = ["A-01 to 02"]', 'ids = ["A-01"]', "A-002: no item covers it"),
        ('ids = ["B-003"]', 'ids = ["B-003", "A-04"]', "A-004: not in the list of numbers"),
        (
            'ids = ["B-003"]', 'ids = ["B-003", "A-4 ff."]',
            "B-003; A-4 ff.: “A-4 ff.” is no number of the norm, and no range of them",
        ),
        (
            'numbers = ["A-01 to 02"', 'numbers = ["A-02 to 01"',
            "norm: the list of numbers cannot be read: "
            "“A-02 to 01” is no number of the norm, and no range of them",
        ),
        (
            "missing = {", "#",
            "B-003, Fees: neither a proof nor a reason why there is none",
        ),
        (
            '\n[[items.parts]]\ntitle = { zh-hans = "费用"', '\n# title = { zh-hans = "费用"',
            "B-003: neither a proof nor a reason why there is none",
        ),
        (
            "partly = {", "missing = {",
            "A-01 to 02, Entry: shown and missing; what is missing of it is called partly",
        ),
        (
            f'"]\ntests = ["{TEST}"]', '"]', "A-01 to 02, Uniqueness: no test shows it",
        ),
        (
            ', en = "There are no fees." }', " }",
            "B-003, Fees: no missing in both languages",
        ),
        ("confirmed = true", "", "B-003: does not say whether its number is confirmed"),
        ("partly = {", "party = {", "A-01 to 02, Entry: unknown key party"),
    ],
)
def test_broken_list_is_refused_and_names_the_item(small, capsys, old, new, said):
    assert small((old, new)) == 1
    assert said in faults(capsys)


def test_table_that_is_out_of_date_is_named_and_written_anew(small, capsys):
    assert small() == 0
    change = ("There is no page.", "There is a page.")
    capsys.readouterr()
    assert small(change, write=False) == 1
    assert faults(capsys) == ["README.md: the table is out of date; write it with --write"]
    assert small(change) == 0
    assert small(change, write=False) == 0


def test_readme_without_a_place_for_the_table_is_named(small, capsys, tmp_path):
    (tmp_path / standards.READING).write_text("# Small\n", encoding="utf-8")
    assert small() == 1
    assert faults(capsys) == ["README.md: there is no place for the table"]


def test_pytest_is_asked_what_there_is():
    gone = TEST.replace("made", "unmade")
    strange = ["tests/trading/domain/test_gone.py::test_a", "scripts/vendor.py::main"]
    found = standards.collected([TEST, gone, *strange])
    assert TEST in found
    assert not {gone, *strange} & found


def test_run_says_which_passed():
    gone = TEST.replace("made", "unmade")
    assert standards.outcomes([TEST]) == {TEST: {"PASSED"}}
    data = {"items": [{"ids": ["A-01"], "parts": [{"title": {"en": "One"}, "tests": [TEST]}]}]}
    assert standards.faults_when_run(data, {TEST: {"PASSED"}}) == []
    assert standards.faults_when_run(data, {TEST: {"PASSED", "SKIPPED"}}) == [
        f"A-01, One: {TEST} SKIPPED"
    ]
    assert standards.faults_when_run(data, {gone: {"PASSED"}}) == [f"A-01, One: {TEST} did not run"]


@pytest.mark.django_db
def test_notice_prints_the_platforms_address():
    """Item B-002 of the list."""
    from signatures.paper.document import Pairs
    from trading.interfaces.records import notice

    record = notice.notice_record(floor.house().lot, dates=floor.DATES, at=floor.START)
    pairs = [pair for block in record.blocks if isinstance(block, Pairs) for pair in block.rows]
    (said,) = [pair.value for pair in pairs if getattr(pair.key, "zh", "") == "交易平台"]
    assert said == platform.origin() and said.startswith("http")
