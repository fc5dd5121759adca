"""A procedure file that does not hold together is refused with file, line and reason."""

from __future__ import annotations

import pytest

from trading import checks
from trading.domain import procedure, procedure_file
from trading.domain.procedure_layers import FaultyProcedure

TEXT = (procedure.FOLDER / "construction.toml").read_text(encoding="utf-8")


def faults(old: str, new: str, count: int = 1) -> list[str]:
    assert old in TEXT
    with pytest.raises(FaultyProcedure) as caught:
        procedure_file.read(TEXT.replace(old, new, count), file="bad.toml")
    return [str(fault) for fault in caught.value.faults]


def line(text: str, after: str = "") -> int:
    lines = TEXT.splitlines()
    start = lines.index(after) if after else 0
    return lines.index(text, start) + 1


def test_every_file_is_read():
    for name in procedure.names():
        assert procedure.load(name).name == name


def test_digest_is_of_the_data_and_survives_freezing():
    loaded = procedure.load("construction")
    again = procedure_file.build(loaded.frozen()["data"])
    assert again == loaded
    assert again.digest == procedure.digest_of(loaded.data)


def test_unreachable_stage():
    found = faults('to = "PERFORMANCE"\n', "")
    number = line('name = "PERFORMANCE"')
    assert found == [f"bad.toml:{number}: no command ever leads to PERFORMANCE"]


def test_unknown_stage_in_from():
    found = faults('from = ["REGISTERED"]', 'from = ["REGISTRED"]')
    number = line('from = ["REGISTERED"]')
    assert f"bad.toml:{number}: there is no stage 'REGISTRED'" in found


def test_missing_translation():
    found = faults('BIDDING = "投标"\n', "")
    number = line('name = "BIDDING"')
    assert found == [f"bad.toml:{number}: BIDDING has no text in zh-hans"]


def test_missing_language():
    found = faults("[texts.en", "[texts.fr", TEXT.count("[texts.en"))
    assert "bad.toml:" in found[0]
    assert any("there are no texts in en" in fault for fault in found)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("least = 5\n", 'least = "five"\n', "least must be a whole number, not 'five'"),
        ("least = 5\n", "least = -5\n", "least is -5; a figure lies between 0 and 3650"),
        ("least = 5\n", "least = 99999\n", "least is 99999; a figure lies between 0 and 3650"),
        ("least = 5\n", "least = true\n", "least must be a whole number, not True"),
        ('time = "17:00"', 'time = "25:00"', "time is '25:00'; write it as 09:30"),
        ('roles = ["prospect"]', 'roles = ["prospects"]', "there is no role 'prospects'"),
        ('roles = ["prospect"]', "roles = []", "roles must be a list of names"),
        ('marks = "notice"', 'marks = "notise"', "there is no date 'notise'"),
        ('article = "TBR 16"', 'article = "XYZ 16"', "'XYZ' is none of the sources"),
        ('article = "TBL 24"', 'articel = "TBL 24"', "articel is unknown here"),
        ('state = "suspended"', 'state = "asleep"', "state is 'asleep'"),
        ('rule = "issue-to-deadline"', 'rule = "issue"', "there is no rule of days 'issue'"),
        ('to = "deadline"', 'to = "deadlin"', "there is no date or event 'deadlin'"),
        ('at = "documents-until"', "", "the clock, and only it, acts at a date"),
    ],
)
def test_bad_value_is_refused_with_its_line(old, new, reason):
    found = faults(old, new)
    number = next(i for i, text in enumerate(TEXT.splitlines(), 1) if old.strip() in text)
    assert any(reason in fault for fault in found), found
    assert any(abs(int(fault.split(":")[1]) - number) <= 10 for fault in found), found


def test_least_and_most_together():
    found = faults("least = 5\n", "least = 5\nmost = 9\n")
    assert any("write either least or most" in fault for fault in found)


def test_circular_dates():
    found = faults('same = "deadline"', 'same = "opening"')
    assert any("this date follows from itself" in fault for fault in found)


def test_date_that_nothing_sets():
    found = faults('[[dates]]\nname = "opening"\nsame = "deadline"', '[[dates]]\nname = "opening"')
    assert any("nothing ever sets this date" in fault for fault in found)


def test_same_name_twice():
    found = faults('[[stages]]\nname = "NOTICE"', '[[stages]]\nname = "REGISTERED"')
    assert any("REGISTERED is there twice" in fault for fault in found)


def test_what_is_not_toml():
    with pytest.raises(FaultyProcedure) as caught:
        procedure_file.read("name = \n", file="bad.toml")
    assert str(caught.value.faults[0]).startswith("bad.toml:1: not TOML")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('act = "trading.advance"', 'act = "trading.leap"', "the command trading.leap"),
        ('name = "estimate-stated"', 'name = "estimate-made"', "the guard estimate-made"),
    ],
)
def test_start_up_refuses_an_unknown_name(tmp_path, old, new, reason):
    path = tmp_path / "construction.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    (message,) = checks.check_file(path)
    assert message.id == "trading.E002"
    assert message.msg.endswith(f"no app registered {reason}")
    assert message.msg.startswith("construction.toml:")


def test_start_up_finds_nothing_in_the_files_of_the_house():
    assert checks.procedures_hold_together() == []


def test_a_procedure_needs_no_python(tmp_path):
    text = TEXT.replace('name = "construction"', 'name = "sixth"', 1)
    path = tmp_path / "sixth.toml"
    path.write_text(text, encoding="utf-8")
    assert checks.check_file(path) == []
