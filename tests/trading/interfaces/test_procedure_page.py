"""A procedure in words and drawn: every guard named, every way out joined, every row told."""

from __future__ import annotations

import pytest
from django.utils import translation

from tests.trading.editions import BASE, edited
from trading.domain import procedure, registry
from trading.domain.procedure import ANY, GuardUse
from trading.interfaces import procedure_diagram, procedure_page, procedure_words
from trading.interfaces.guard_labels import guard_label

NAMES = procedure.names()


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


# --- guards -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(registry.guards()))
def test_every_registered_guard_has_a_label(name):
    label = guard_label(GuardUse(name, "", {"kind": "notice"}))
    assert name not in label and label == label.strip() != ""


def test_guard_names_the_kind_and_how_many():
    one = GuardUse("exhibit-filed", "", {"kind": "tender-document"})
    more = GuardUse("exhibit-filed", "", {"kind": "objection", "count": 2})
    none = GuardUse("exhibit-absent", "", {"kind": "objection"})
    assert guard_label(one) == "the dossier holds: tender document"
    assert guard_label(more) == "the dossier holds at least 2 of: Objection"
    assert guard_label(none) == "the dossier does not yet hold: Objection"


def test_unknown_guard_goes_by_its_own_name_and_parameters():
    assert guard_label(GuardUse("moon-full", "", {})) == "moon-full"
    assert guard_label(GuardUse("moon-full", "", {"nights": 2})) == "moon-full (nights 2)"


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("issue-to-deadline", "at least 20 days"),
        ("candidates-after-report", "at most 3 days"),
        ("complaint-taken-up", "at most 3 working days"),
    ],
)
def test_days_in_words(name, said):
    assert procedure_words.span(BASE.days[name]) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bid-security", "at most 2%"),
        ("bidders", "at least 3"),
        ("committee", "at least 5, an odd number"),
        ("committee-experts", "at least 2/3"),
    ],
)
def test_figures_in_words(name, said):
    assert procedure_words.figure(BASE.figures[name]) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("notice", ["Fixed when this is done: Publish the notice"]),
        ("opening", ["The same as “Deadline for bids”"]),
        (
            "deadline",
            [
                "Chosen by the tenderee when the notice is published",
                "By rule: at least 20 days after “Tender documents on offer from”",
            ],
        ),
        ("objections-until", ["By rule: at least 10 days before “Deadline for bids”"]),
        (
            "award",
            [
                "Fixed when this is done: Notify the award",
                "Expected 1 working day after “Candidates on show until”; an expectation, no rule",
            ],
        ),
    ],
)
def test_how_a_date_comes_about(name, said):
    assert list(procedure_words.comes_about(BASE, BASE.dates[name])) == said


@pytest.mark.parametrize("name", NAMES)
def test_every_date_comes_about_somehow(name):
    rules = procedure.load(name)
    assert all(procedure_words.comes_about(rules, named) for named in rules.dates.values())


# --- drawing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_drawing_holds_every_command_that_leads_somewhere(name):
    rules = procedure.load(name)
    diagram = procedure_diagram.draw(rules)
    drawn = {way.title for row in diagram.rows for way in row.ways}
    drawn |= {way.title for out in diagram.outside for way in out.ways}
    taken = " ".join(lane.by for row in diagram.rows for lane in row.lanes)
    for each in rules.commands.values():
        title = rules.title("commands", each.name)
        assert each.to is None or title in drawn or title in taken, each.name


def test_stage_leads_to_the_next_one():
    row = procedure_diagram.draw(BASE).rows[0]
    (way,) = row.ways
    assert (row.number, row.title, row.leaves) == (1, "Registered", True)
    assert (way.target, way.stage, way.straight) == ("Notice", "NOTICE", True)
    assert way.how == "tenderee, tendering agency"


def test_what_the_clock_does_is_told_by_its_date():
    row = procedure_diagram.draw(BASE).rows[3]
    assert [way.how for way in row.ways] == ["By itself at “Deadline for bids”"]


def test_wires_run_to_the_last_way_out_of_a_stage():
    def wires(stage: str) -> list[str]:
        rows = procedure_diagram.draw(rules).rows
        return [lane.wire for row in rows if row.name == stage for lane in row.lanes]

    rules = BASE
    assert wires("NOTICE") == ["on", "end", ""]
    assert wires("BIDDING") == ["on", "on", "end"]
    assert wires("ARCHIVED") == ["", "", ""]

    def only_failing(data):
        for one in data["commands"]:
            if one.get("to") in ("SUSPENDED", "TERMINATED"):
                one["from"] = ["NOTICE"]

    rules = edited(only_failing)
    assert wires("BIDDING") == ["past", "past", "end"]
    assert wires("AWARD") == ["", "", ""]


def test_leap_over_stages_comes_after_the_next_and_names_its_end():
    def leap(data):
        data["commands"].insert(
            0,
            {"name": "trading.leap", "roles": ["tenderee"], "from": ["NOTICE"], "to": "CONTRACT"},
        )
        for language in procedure.LANGUAGES:
            data["texts"][language]["commands"]["trading.leap"] = "Leap"

    row = procedure_diagram.draw(edited(leap)).rows[1]
    assert [(way.title, way.straight) for way in row.ways] == [
        ("Offer the tender documents", True), ("Leap", False),
    ]  # fmt: skip
    assert row.ways[1].target == "Contract"


def test_ways_out_say_what_leads_on_from_there():
    suspended, terminated, failed = procedure_diagram.draw(BASE).outside
    assert [(way.title, way.target, way.stage) for way in suspended.ways] == [
        ("Resume", "back to where the lot stood", ""), ("Terminate", "Terminated", ""),
    ]  # fmt: skip
    assert [way.stage for way in terminated.ways] == ["ARCHIVED"]
    assert failed.title == "Failed, to be tendered again"


# --- the page -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", procedure.LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_page_has_every_row_of_the_procedure(name, language):
    rules = procedure.load(name)
    with translation.override(language):
        page = procedure_page.build(rules)
    assert len(page.days) == len(rules.days)
    assert len(page.dates) == len(rules.dates)
    assert len(page.figures) == len(rules.figures)
    assert len(page.flags) == len(rules.flags)
    assert [short for short, _title in page.sources] == list(rules.sources)
    shown = {line.title for place in page.places for line in place.commands}
    with translation.override(language):
        assert shown == {rules.title("commands", each) for each in rules.commands}


def test_what_may_be_done_anywhere_stands_once():
    places = {place.anchor: place for place in procedure_page.build(BASE).places}
    anywhere = {line.title for line in places["stage-any"].commands}
    assert anywhere == {
        BASE.title("commands", each.name)
        for each in BASE.commands.values()
        if ANY in each.from_
    }
    assert not anywhere & {line.title for line in places["stage-NOTICE"].commands}
    assert "Resume" in {line.title for line in places["stage-SUSPENDED"].commands}


def test_procedure_without_common_commands_has_no_place_for_them():
    def nowhere(data):
        for each in data["commands"]:
            each["from"] = ["NOTICE" if place == ANY else place for place in each["from"]]

    anchors = [place.anchor for place in procedure_page.build(edited(nowhere)).places]
    assert "stage-any" not in anchors


def test_figures_to_be_confirmed_are_counted_over_days_and_figures():
    def doubt(data):
        data["days"][0]["confirmed"] = data["figures"][0]["confirmed"] = False

    head = procedure_page.head(edited(doubt))
    before = procedure_page.head(BASE).unconfirmed
    every = (*BASE.days.values(), *BASE.figures.values())
    assert before == sum(not each.confirmed for each in every)
    assert (head.figures, head.unconfirmed) == (len(every), before + 2)


def test_others_begin_with_those_of_the_same_category():
    for name in NAMES:
        rules = procedure.load(name)
        found = [procedure.load(head.name) for head in procedure_page.others(rules)]
        assert {name, *(each.name for each in found)} == set(NAMES)
        same = [each.category == rules.category for each in found]
        assert same == sorted(same, reverse=True)
