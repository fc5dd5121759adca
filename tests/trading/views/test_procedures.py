"""The pages of procedures: all, one, two beside each other, and the edition that a lot keeps."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from signatures.domain import guard
from tests.factories import floor
from tests.trading.editions import edited
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain import procedure

pytestmark = pytest.mark.django_db
NAMES = procedure.names()


def page(name: str, *arguments, person=None, language="en"):
    return as_(person, language).get(reverse(name, args=arguments))


def keep(house, change) -> procedure.Procedure:
    """Let the house's lot have been published under another edition."""
    rules = edited(change)
    lot = house.refresh()
    with guard.writes("test arrangement"):
        lot.procedure = rules.frozen()
        lot.save(update_fields=["procedure"])
    return rules


def of_lot(house, person=None, language="en"):
    return page("lot-procedure", house.lot.project.code, 1, person=person, language=language)


# --- all ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_list_has_every_procedure_under_its_category(empty, language):
    answer = page("procedures", language=language)
    text = text_of(answer)
    for name in NAMES:
        rules = procedure.load(name)
        assert rules.name_for_people(language) in text
        assert rules.category_for_people(language) in text
        assert reverse("procedure", args=[name]) in answer.content.decode()


def test_list_says_how_many_figures_are_still_to_be_confirmed(empty):
    text = text_of(page("procedures"))
    rules = procedure.load("procurement")
    figures = [*rules.days.values(), *rules.figures.values()]
    open_ = sum(not each.confirmed for each in figures)
    assert open_ and f"{open_} of {len(figures)} to be confirmed" in text


def test_every_page_leads_to_the_list(empty):
    assert f'href="{reverse("procedures")}"' in page("front").content.decode()


# --- one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_page_names_everything_in_the_readers_language(empty, name, language):
    rules = procedure.load(name)
    text = unescape(text_of(page("procedure", name, language=language)))
    for section in ("stages", "exits", "dates", "days", "figures", "flags", "commands"):
        for row in rules.data[section]:
            assert rules.title(section, row["name"], language) in text
    for titles in rules.sources.values():
        assert titles[language] in text
    assert rules.version in text and rules.effective.isoformat() in text
    assert rules.digest in text.replace(" ", "")


def test_page_cites_guards_and_times(empty):
    text = text_of(page("procedure", "construction"))
    assert "only if: the estimate of the lot is stated (TBR 26)" in text
    assert "Not before “Candidates on show until”" in text
    assert "By itself at “Deadline for bids”" in text


def test_page_marks_what_is_to_be_confirmed_and_what_only_warns(empty, monkeypatch):
    def change(data):
        data["days"][0] |= {"confirmed": False, "mandatory": False}

    rules = edited(change)
    real = procedure.load
    monkeypatch.setattr(
        procedure, "load", lambda name: rules if name == "construction" else real(name)
    )
    text = text_of(page("procedure", "construction"))
    every = (*rules.days.values(), *rules.figures.values())
    doubtful = sum(not each.confirmed for each in every)
    assert f"{doubtful} of {len(every)} to be confirmed" in text
    assert "to be confirmed a breach warns and is recorded" in text


def test_page_has_no_anchor_twice_and_none_that_leads_nowhere(empty):
    for name in NAMES:
        html = page("procedure", name).content.decode()
        anchors = re.findall(r'\bid="([^"]+)"', html)
        assert len(anchors) == len(set(anchors))
        assert set(re.findall(r'href="#([^"]+)"', html)) <= set(anchors)


@pytest.mark.parametrize(
    ("route", "arguments"),
    [
        ("procedure", ["nothing"]),
        ("procedure", ["--construction"]),
        ("procedure-changes", ["nothing", "construction"]),
        ("procedure-changes", ["construction", "nothing"]),
    ],
)
def test_unknown_procedure_is_not_found(empty, route, arguments):
    answer = page(route, *arguments)
    assert answer.status_code == 404
    assert "There is no procedure of this name." in text_of(answer)


# --- two ----------------------------------------------------------------------------------------


def test_changes_stand_beside_each_other(empty):
    answer = page("procedure-changes", "procurement", "construction")
    text = text_of(answer)
    assert "What “Open tender in government procurement” says otherwise than" in text
    assert "Only in “Open tender in government procurement”: " in text
    assert "Only in “Open tender for construction works”: " in text
    assert "Publish the candidates" in text
    back = reverse("procedure-changes", args=["construction", "procurement"])
    assert back in answer.content.decode()


def test_procedure_beside_itself_is_the_same(empty):
    text = text_of(page("procedure-changes", "construction", "construction"))
    assert "The same, to the letter: both have the same SHA-256." in text


# --- a lot's own --------------------------------------------------------------------------------


def test_projects_page_leads_to_the_lots_edition(house):
    answer = page("project", house.lot.project.code)
    assert reverse("lot-procedure", args=[house.lot.project.code, 1]) in answer.content.decode()


def test_lot_under_the_edition_in_force_is_told_so(house):
    text = text_of(of_lot(house))
    assert "This lot's own edition" in text
    assert "The same, to the letter" in text
    assert house.refresh().procedure["digest"] in text.replace(" ", "")


def test_lot_keeps_its_edition_and_the_page_tells_what_changed_since(house):
    def older(data):
        data["version"] = "2019.1"
        next(each for each in data["days"] if each["name"] == "issue-to-deadline")["least"] = 18
        data["figures"] = [each for each in data["figures"] if each["name"] != "more-time"]

    rules = keep(house, older)
    text, today = text_of(of_lot(house)), procedure.load("construction").version
    assert "Version 2019.1" in text and rules.digest in text.replace(" ", "")
    assert "at least 18 days" in text and "at least 20 days" not in text
    assert "This lot, version 2019.1" in text
    assert f"In force today, version {today}" in text
    assert "At least 18 days 20 days" in text
    assert f"Only in “In force today, version {today}”: 1" in text
    assert "to the letter" not in text


def test_lot_whose_edition_is_only_written_otherwise(house):
    keep(house, lambda data: data["stages"][1].update(state="active"))
    assert "Both say the same; only their writing differs." in text_of(of_lot(house))


def test_lot_of_a_procedure_that_is_no_longer_offered_keeps_it(house):
    keep(house, lambda data: data.update(name="gone", category="construction"))
    answer = of_lot(house)
    assert answer.status_code == 200
    text = text_of(answer)
    assert "This procedure is no longer offered for new lots." in text
    assert "Open tender for construction works" in text


def test_draft_has_no_edition_of_its_own_and_is_not_everybodys(empty):
    house = floor.house()
    assert of_lot(house).status_code == 404
    text = text_of(of_lot(house, house.buyer))
    assert "No notice has been published yet" in text
    assert "This lot's own edition" not in text


def test_lot_that_is_not_there_is_not_found(house):
    assert page("lot-procedure", house.lot.project.code, 7).status_code == 404
    assert page("lot-procedure", "GC-1999-0001", 1).status_code == 404


def test_lots_page_costs_the_same_with_many_lots(house):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert of_lot(house).status_code == 200
        return len(captured)

    of_lot(house)
    one = queries()
    with guard.writes("test arrangement"):
        for number in range(2, 20):
            lot = house.refresh()
            lot.pk, lot.number = uuid4(), number
            lot.save(force_insert=True)
    assert queries() == one
