"""A procedure based on another: what it says anew, what it leaves out, where faults are told."""

from __future__ import annotations

import pytest

from trading import checks
from trading.domain import procedure, procedure_file
from trading.domain.procedure_layers import FaultyProcedure

HEAD = 'name = "sixth"\nversion = "1"\nbased_on = "construction"\n'
TITLES = '[texts.zh-hans]\ntitle = "第六"\n[texts.en]\ntitle = "Sixth"\n'
BASE = procedure.load("construction")


def read(text: str, *folders):
    return procedure_file.read(text, file="sixth.toml", folders=folders)


def faults(text: str, *folders) -> list[str]:
    with pytest.raises(FaultyProcedure) as caught:
        read(text, *folders)
    return [str(fault) for fault in caught.value.faults]


def test_what_is_not_said_is_the_bases():
    rules = read(HEAD + TITLES)
    assert (rules.name, rules.version, rules.category) == ("sixth", "1", "sixth")
    assert rules.name_for_people("en") == "Sixth"
    assert rules.category_for_people("en") == BASE.category_for_people("en")
    assert (rules.stages, rules.dates, rules.days) == (BASE.stages, BASE.dates, BASE.days)
    assert rules.commands == BASE.commands
    assert rules.digest != BASE.digest


def test_row_changes_by_the_keys_that_are_written_and_keeps_its_place():
    rules = read(HEAD + '[[days]]\nname = "documents-on-offer"\nunit = "working-days"\n' + TITLES)
    was, now = BASE.days["documents-on-offer"], rules.days["documents-on-offer"]
    assert (now.least, now.article, now.unit) == (was.least, was.article, "working-days")
    assert list(rules.days) == list(BASE.days)


def test_further_rows_come_last_and_need_their_texts():
    event = '[[events]]\nname = "site-visit"\n'
    assert faults(HEAD + event + TITLES) == [
        "sixth.toml:5: site-visit has no text in zh-hans",
        "sixth.toml:5: site-visit has no text in en",
    ]
    texts = '[texts.zh-hans.events]\nsite-visit = "踏勘"\n[texts.en.events]\nsite-visit = "Visit"\n'
    rules = read(HEAD + event + TITLES + texts)
    assert "site-visit" in rules.events
    assert rules.title("events", "objection", "en") == BASE.title("events", "objection", "en")


def test_rows_are_left_out_by_name():
    rules = read(HEAD + '[without]\ncommands = ["trading.ask-question"]\n' + TITLES)
    assert set(BASE.commands) - set(rules.commands) == {"trading.ask-question"}


def test_key_of_a_row_is_left_out():
    row = '[[commands]]\nname = "trading.award"\nwithout = ["not_before", "guards"]\n'
    award = read(HEAD + row + TITLES).commands["trading.award"]
    assert (award.not_before, award.guards) == (None, ())
    assert award.article == BASE.commands["trading.award"].article


def test_statute_is_left_out_and_nothing_may_cite_it():
    found = faults(HEAD + '[without]\nsources = ["D20"]\n' + TITLES)
    assert all("'D20' is none of the sources" in fault for fault in found) and found
    assert all(fault.startswith("construction.toml:") for fault in found)
    (unknown,) = faults(HEAD + '[without]\nsources = ["XYZ"]\n' + TITLES)
    assert unknown == "sixth.toml:4: without.sources: there is no XYZ to leave out"


def test_written_stages_are_all_stages():
    stages = "".join(f'[[stages]]\nname = "{name}"\n' for name in ("REGISTERED", "NOTICE"))
    found = faults(HEAD + stages + TITLES)
    assert any("there is no stage 'DOCUMENTS'" in fault for fault in found)


def test_fault_in_what_the_base_says_names_the_base():
    """A left-out date breaks commands of the base: the base's own lines are named."""
    found = faults(HEAD + '[without]\ndates = ["documents-until"]\n' + TITLES)
    assert any(fault.startswith("construction.toml:") for fault in found)
    assert all("documents-until" in fault for fault in found)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('based_on = "nothing"\n', "sixth.toml:3: there is no file 'nothing' to be based on"),
        ('based_on = "../secrets"\n', "sixth.toml:3: there is no file '../secrets'"),
        ("based_on = 7\n", "sixth.toml:3: there is no file 7 to be based on"),
    ],
)
def test_base_that_is_not_there(text, told):
    (found,) = faults('name = "sixth"\nversion = "1"\n' + text)
    assert found.startswith(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[without]\ncommands = ["leap"]\n', "4: without.commands: there is no leap to leave out"),
        ('[without]\ncommands = "trading.award"\n', "4: without.commands lists names"),
        ('without = ["x"]\n', "4: without.stages lists names"),
        ('[[days]]\nname = "issue-to-deadline"\nleast = "x"\n', "6: least must be a whole"),
        ('[[days]]\nname = "issue-to-deadline"\nmost = 9\n', "4: write either least or most"),
        ('[[days]]\nname = "issue-to-deadline"\nodd = 9\n', "6: odd is unknown here"),
        ('[[commands]]\nname = "trading.leap"\n', "4: roles is missing"),
        ('[[exits]]\nname = "LOST"\nstate = "failed"\n', "5: no command ever leads to LOST"),
        ('[[flags]]\nname = "a"\n[[flags]]\nname = "a"\n', "7: a is there twice"),
        ('[[commands]]\nname = "trading.award"\nwithout = ["x"]\n', "6: without is unknown here"),
        ('[open-contracting]\nmethod = "secret"\n', "4: method is 'secret'; it must be one"),
        ('[open-contracting]\nsale = "yes"\n', "4: sale is 'yes'; it must be one of true"),
        ("[open-contracting]\nmethod = true\n", "4: method is True; it must be one"),
        ('[open-contracting]\nwings = "2"\n', "4: wings is unknown here"),
        ("open-contracting = 2\n", "4: open-contracting must be written as [open-contracting]"),
        ("category = 7\n", "4: category is no name"),
        ("wings = 2\n", "4: wings is unknown here"),
        ("days = 2\n", "days must be written as [[days]]"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, told):
    found = faults(HEAD + text + TITLES)
    assert any(f"sixth.toml:{told}" in f or f"sixth.toml: {told}" in f for f in found), found


def test_files_that_are_based_on_one_another_are_refused(tmp_path):
    for name, other in (("fifth", "sixth"), ("sixth", "fifth")):
        text = f'name = "{name}"\nversion = "1"\nbased_on = "{other}"\n'
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    (found,) = faults((tmp_path / "sixth.toml").read_text(), tmp_path)
    assert found == "fifth.toml:3: sixth is based on this file"


def test_base_of_a_base(tmp_path):
    base = (procedure.FOLDER / "construction.toml").read_text(encoding="utf-8")
    (tmp_path / "construction.toml").write_text(base, encoding="utf-8")
    middle = '[[days]]\nname = "contract-after-award"\nmost = 20\n'
    (tmp_path / "fifth.toml").write_text(
        HEAD.replace("sixth", "fifth") + middle + TITLES, encoding="utf-8"
    )
    own = '[[days]]\nname = "contract-after-award"\narticle = "TBL 47"\n'
    rules = read(HEAD.replace("construction", "fifth") + own + TITLES, tmp_path)
    rule = rules.days["contract-after-award"]
    assert (rule.most, rule.article) == (20, "TBL 47")


def test_frozen_whole_is_read_without_its_files():
    rules = read(HEAD + '[without]\ncommands = ["trading.ask-question"]\n' + TITLES)
    assert procedure_file.build(rules.frozen()["data"]) == rules


def test_start_up_refuses_an_act_that_nobody_registered(tmp_path):
    path = tmp_path / "sixth.toml"
    text = '[[commands]]\nname = "trading.award"\nact = "trading.leap"\n'
    path.write_text(HEAD + text + TITLES, encoding="utf-8")
    (message,) = checks.check_file(path)
    assert message.msg == "sixth.toml:5: no app registered the command trading.leap"


# --- files of the centre's own ------------------------------------------------------------------


def test_centre_adds_files_of_its_own(tmp_path, settings):
    (tmp_path / "sixth.toml").write_text(HEAD + TITLES, encoding="utf-8")
    settings.PROCEDURES = str(tmp_path)
    assert "sixth" in procedure.names()
    assert procedure.files()["sixth"].parent == tmp_path
    assert "sixth" in procedure.categories()
    assert checks.procedures_hold_together() == []


def test_centre_replaces_no_file_of_the_house(tmp_path, settings):
    (tmp_path / "construction.toml").write_text("nothing", encoding="utf-8")
    settings.PROCEDURES = str(tmp_path)
    assert procedure.files()["construction"].parent == procedure.FOLDER
    (message,) = checks.procedures_hold_together()
    assert (message.id, "construction.toml" in message.msg) == ("trading.E004", True)


def test_centres_file_that_is_wrong_stops_the_start(tmp_path, settings):
    (tmp_path / "sixth.toml").write_text(HEAD + "wings = 2\n" + TITLES, encoding="utf-8")
    settings.PROCEDURES = str(tmp_path)
    (message,) = checks.procedures_hold_together()
    assert message.msg == "sixth.toml:4: wings is unknown here"
