"""What one procedure says otherwise than another: every kind of difference, and none."""

from __future__ import annotations

from datetime import date, time

import pytest

from tests.trading.editions import BASE, edited, row
from trading.domain import procedure
from trading.domain.procedure import LANGUAGES, GuardUse
from trading.interfaces.procedure_changes import SECTIONS, Change, Changed, Moved, compare


def differing(comparison) -> list[str]:
    """The sections in which something differs."""
    return [each.name for each in comparison.sections if each]


def one_change(comparison, section: str) -> Changed:
    """The one row that differs in all."""
    assert (comparison.head, differing(comparison)) == ((), [section])
    found = comparison.section(section)
    assert (found.added, found.left_out, found.moved) == ((), (), ())
    (changed,) = found.changed
    return changed


# --- nothing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", procedure.names())
def test_procedure_says_nothing_otherwise_than_itself(name):
    comparison = compare(procedure.load(name), procedure.load(name))
    assert not comparison
    assert (comparison.head, differing(comparison)) == ((), [])
    assert tuple(each.name for each in comparison.sections) == SECTIONS


def test_writing_what_is_taken_for_granted_is_no_difference():
    def spell_out(data):
        row(data, "stages", "NOTICE")["state"] = "active"
        row(data, "commands", "trading.award")["act"] = "trading.award"
        row(data, "commands", "trading.award")["roles"].reverse()
        row(data, "commands", "trading.assign")["from"].reverse()

    spelt = edited(spell_out)
    assert spelt.digest != BASE.digest
    assert not compare(BASE, spelt)


def test_texts_of_what_is_not_there_are_no_difference():
    def leave_behind(data):
        data["texts"]["en"]["commands"]["trading.gone"] = "Gone"

    assert not compare(BASE, edited(leave_behind))


# --- head ---------------------------------------------------------------------------------------


def test_version_and_day_of_effect_are_told():
    def renew(data):
        data["version"], data["effective"] = "2027.1", "2027-01-01"

    comparison = compare(BASE, edited(renew))
    assert comparison.head == (
        Change("version", BASE.version, "2027.1"),
        Change("effective", BASE.effective, date(2027, 1, 1)),
    )
    assert differing(comparison) == []
    assert comparison


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("name", "works", ["name"]),
        ("code_prefix", "XX", ["code_prefix"]),
        ("category", "works", ["category"]),
    ],
)
def test_each_field_of_the_head_counts(key, value, told):
    changed = edited(lambda data: data.update({key: value, **_category(key)}))
    assert [each.key for each in compare(BASE, changed).head] == told


def _category(key: str) -> dict:
    """A procedure without a category is its own; that must not change with its name."""
    return {"category": "construction"} if key == "name" else {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ["title", "category"])
def test_name_of_the_whole_counts_in_each_language(language, key):
    def rename(data):
        data["texts"][language][key] += "!"

    (change,) = compare(BASE, edited(rename)).head
    assert change.key == f"{key}.{language}"
    assert change.after == f"{change.before}!"


# --- rows ---------------------------------------------------------------------------------------


def test_changed_figure_is_told_by_its_key():
    def more(data):
        row(data, "days", "issue-to-deadline")["least"] = 25

    changed = one_change(compare(BASE, edited(more)), "days")
    assert changed == Changed("issue-to-deadline", (Change("least", 20, 25),))


def test_limit_that_turns_round_is_two_changes():
    def turn(data):
        limit = row(data, "figures", "committee")
        limit["most"] = limit.pop("least")

    changed = one_change(compare(BASE, edited(turn)), "figures")
    assert changed.changes == (Change("least", 5, None), Change("most", None, 5))


def test_removed_command_is_left_out_and_added_the_other_way_round():
    def remove(data):
        data["commands"] = [
            each for each in data["commands"] if each["name"] != "trading.ask-question"
        ]

    less = edited(remove)
    there, back = compare(BASE, less).section("commands"), compare(less, BASE).section("commands")
    assert (there.added, there.left_out) == ((), ("trading.ask-question",))
    assert (back.added, back.left_out) == (("trading.ask-question",), ())
    assert there.changed == there.moved == back.changed == back.moved == ()
    assert differing(compare(BASE, less)) == ["commands"]


def test_changed_guard_is_told_with_all_guards():
    def another(data):
        row(data, "commands", "trading.publish-documents")["guards"][0]["kind"] = "objection"

    changed = one_change(compare(BASE, edited(another)), "commands")
    (change,) = changed.changes
    assert (changed.name, change.key) == ("trading.publish-documents", "guards")
    assert change.before == (GuardUse("exhibit-filed", "TBR 15", {"kind": "notice"}),)
    assert change.after == (GuardUse("exhibit-filed", "TBR 15", {"kind": "objection"}),)


def test_guard_that_falls_away_is_told():
    def drop(data):
        del row(data, "commands", "trading.award")["guards"]

    (change,) = one_change(compare(BASE, edited(drop)), "commands").changes
    assert [use.name for use in change.before] == ["objections-answered"]
    assert change.after == ()


def test_every_key_of_a_command_counts():
    def turn_over(data):
        command = row(data, "commands", "trading.award")
        command |= {
            "act": "trading.advance", "roles": ["clock"], "from": ["AWARD"], "to": "CONTRACT",
            "at": "deadline", "not_after": "opening", "marks": "opening", "article": "TBL 1",
            "guards": [],
        }  # fmt: skip
        del command["not_before"]
        # What the command no longer does another does, so that the procedure holds together.
        data["commands"].append({
            "name": "trading.instead", "roles": ["tenderee"], "from": ["CANDIDATES"],
            "to": "AWARD", "marks": "award",
        })  # fmt: skip
        for language in LANGUAGES:
            data["texts"][language]["commands"]["trading.award"] = "!"
            data["texts"][language]["commands"]["trading.instead"] = "?"

    (changed,) = compare(BASE, edited(turn_over)).section("commands").changed
    assert {each.key for each in changed.changes} == {
        "title.zh-hans", "title.en", "act", "roles", "from", "to", "at", "not_before",
        "not_after", "marks", "article", "guards",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", [each for each in SECTIONS if each != "sources"])
def test_renamed_row_counts_in_each_language(section, language):
    name = "winner" if section == "words" else BASE.data[section][0]["name"]

    def rename(data):
        data["texts"][language][section][name] = "!"

    changed = one_change(compare(BASE, edited(rename)), section)
    before = BASE.title(section, name, language)
    assert changed == Changed(name, (Change(f"title.{language}", before, "!"),))


def test_title_of_a_law_counts():
    def rename(data):
        data["sources"]["TBL"]["en"] = "Another Law"

    changed = one_change(compare(BASE, edited(rename)), "sources")
    assert changed == Changed(
        "TBL", (Change("title.en", BASE.sources["TBL"]["en"], "Another Law"),)
    )


def test_date_that_follows_otherwise_is_told_by_its_keys():
    def follow(data):
        named = row(data, "dates", "award")
        named |= {"count": 2, "time": "09:00"}

    changed = one_change(compare(BASE, edited(follow)), "dates")
    assert changed.changes == (Change("count", 1, 2), Change("time", time(17), time(9)))


# --- order --------------------------------------------------------------------------------------


def test_stage_in_another_place_is_moved_and_nothing_else():
    def move(data):
        stages = data["stages"]
        names = [each["name"] for each in stages]
        stages.insert(names.index("EVALUATION"), stages.pop(names.index("CANDIDATES")))

    comparison = compare(BASE, edited(move))
    assert differing(comparison) == ["stages"]
    (moved,) = comparison.section("stages").moved
    assert moved in (
        Moved("CANDIDATES", "EVALUATION", "OPENING"), Moved("EVALUATION", "OPENING", "CANDIDATES")
    )  # fmt: skip


def test_row_that_comes_to_the_head_has_none_before_it():
    def first(data):
        data["days"].insert(0, data["days"].pop())

    (moved,) = compare(BASE, edited(first)).section("days").moved
    assert (moved.name, moved.after) == ("complaint-decided", None)
    assert moved.before == "complaint-taken-up"


def test_whole_order_turned_round_keeps_one_row():
    def turn(data):
        data["flags"].reverse()

    section = compare(BASE, edited(turn)).section("flags")
    assert len(section.moved) == len(BASE.flags) - 1
    assert not (section.added or section.left_out or section.changed)


def test_new_row_moves_none_of_the_others():
    def put_in(data):
        data["stages"].insert(1, {"name": "VISIT"})
        row(data, "commands", "trading.publish-notice")["to"] = "VISIT"
        data["commands"].append(
            {"name": "trading.visit", "roles": ["tenderee"], "from": ["VISIT"], "to": "NOTICE"}
        )
        for language in LANGUAGES:
            data["texts"][language]["stages"]["VISIT"] = "Visit"
            data["texts"][language]["commands"]["trading.visit"] = "Visit"

    comparison = compare(BASE, edited(put_in))
    stages = comparison.section("stages")
    assert (stages.added, stages.moved) == (("VISIT",), ())
    assert differing(comparison) == ["stages", "commands"]


def test_events_and_laws_have_no_order():
    def turn(data):
        data["events"].reverse()
        data["sources"] = dict(reversed(data["sources"].items()))

    assert not compare(BASE, edited(turn))


@pytest.mark.parametrize("other", [each for each in procedure.names() if each != BASE.name])
def test_two_ways_of_comparing_mirror_each_other(other):
    there, back = compare(BASE, procedure.load(other)), compare(procedure.load(other), BASE)
    assert there and back
    for one, two in zip(there.sections, back.sections, strict=True):
        assert (set(one.added), set(one.left_out)) == (set(two.left_out), set(two.added))
        assert {each.name for each in one.changed} == {each.name for each in two.changed}
