"""The supervisor's desk: for whom it is, what it counts, and that a figure is its rows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from signatures.domain import clock, guard, jcs, log
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain import checklists
from trading.interfaces import desks
from trading.models import Inspection, InspectionPlan, Lot, Project

pytestmark = pytest.mark.django_db

FIGURES = ("running", "opened", "suspended", "failed", "overdue", "inspections", "draws")


def desk(house, language="en"):
    return as_(house.supervisor, language).get("/desk/")


def count(house, name):
    html = desk(house).content.decode()
    found = re.search(rf'<b>(\d+)</b><a href="{reverse("desk-figure", args=[name])}"', html)
    return int(found.group(1))


def rows(house, name):
    html = as_(house.supervisor, "en").get(reverse("desk-figure", args=[name])).content.decode()
    body = re.search(r"<tbody>(.*?)</tbody>", html, re.S)
    return 0 if body is None else body.group(1).count("<tr>")


def inspection(house, *, state="drawn", **fields):
    """An inspection of the house's lot by its supervisor, put into place by hand."""
    (office,) = (row for row in floor_organisations(house) if "supervisor" in row.kinds)
    with guard.writes("test arrangement"):
        plan = InspectionPlan.objects.create(
            organisation=office, title="2026年招标公告抽查", objects_inspected=["notice"],
            checklists=checklists.digest(["notice"]), share=10, planned_by="x",
            planned_at=clock.now(), state="drawn",
        )
        return Inspection.objects.create(
            plan=plan, lot=house.lot, state=state, drawn_at=clock.now(), **fields
        )


def floor_organisations(house):
    from trading import access

    return access.organisations_of(house.supervisor)


def move(house, **fields):
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=house.lot.pk).update(**fields)


# --- for whom ----------------------------------------


@pytest.mark.parametrize(
    ("who", "address"), [(None, "/desk/"), (None, "/desk/running/"), ("operator", "/desk/running/")]
)
def test_desk_is_denied_to_who_has_none(house, who, address):
    person = getattr(house, who) if who else None
    answer = as_(person, "en").get(address)
    assert answer.status_code == 403
    assert house.lot.project.title not in text_of(answer)


@pytest.mark.parametrize("language", LANGUAGES)
def test_desk_opens_to_a_supervisor_and_writes_nothing(house, language):
    before = log.size()
    answer = desk(house, language)
    assert answer.status_code == 200
    assert log.size() == before


@pytest.mark.parametrize(
    ("who", "offered"),
    [("supervisor", True), ("buyer", True), ("bidder", True), ("operator", False)],
)
def test_masthead_offers_the_desk_to_who_has_one(house, who, offered):
    html = as_(getattr(house, who)).get("/").content.decode()
    assert ('href="/desk/"' in html) is offered


def test_unknown_figure_is_not_found(house):
    assert as_(house.supervisor).get("/desk/money/").status_code == 404


def test_two_desks_for_one_role_are_refused():
    with pytest.raises(RuntimeError):
        desks.register("supervisor", lambda person, at: None)


# --- empty ----------------------------------------


@pytest.mark.parametrize(
    ("language", "nothing", "none"),
    [("en", "Nothing is due.", "There is none now."), ("zh-hans", "没有待办事项。", "现在没有。")],
)
def test_desk_without_anything_says_so(empty, language, nothing, none):
    house = floor.house()
    with guard.writes("test arrangement"):
        Lot.objects.all().update(state="archived")
    assert nothing in text_of(desk(house, language))
    for name in FIGURES:
        answer = as_(house.supervisor, language).get(reverse("desk-figure", args=[name]))
        assert none in text_of(answer), name


# --- figures are their rows ----------------------------------------


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "running"),
        ({"state": "suspended", "suspended_at": floor.START}, "suspended"),
        ({"state": "failed"}, "failed"),
    ],
)
def test_lot_is_counted_where_it_stands_and_nowhere_else(house, fields, name):
    move(house, **fields)
    counted = {each: count(house, each) for each in ("running", "suspended", "failed")}
    assert counted == {**dict.fromkeys(("running", "suspended", "failed"), 0), name: 1}
    assert rows(house, name) == 1
    answer = as_(house.supervisor).get(reverse("desk-figure", args=[name]))
    assert reverse("lot", args=[house.lot.project.code, 1]) in answer.content.decode()


@pytest.mark.parametrize(("days", "number"), [(-1, 0), (0, 1), (1, 0)])
def test_opening_is_counted_on_its_own_day_alone(house, days, number):
    at = clock.now() + timedelta(days=days)
    move(house, dates={**house.lot.dates, "opening": jcs.timestamp(at)})
    assert (count(house, "opened"), rows(house, "opened")) == (number, number)


def test_every_figure_is_the_number_of_its_rows(house):
    inspection(house)
    inspection(house, state="decided", publish_until=clock.now() - timedelta(days=1))
    for name in FIGURES:
        assert count(house, name) == rows(house, name), name
    assert count(house, "inspections") == 2
    assert count(house, "overdue") == 1


# --- what is due ----------------------------------------

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("state", "fields", "task", "status"),
    [
        ("drawn", {}, "Give notice of the inspection", "Yours to do"),
        ("active", {}, "Check the items: 0 of 4 done", "Yours to do"),
        ("answered", {}, "Decide on the findings", "Yours to do"),
        ("correcting", {"correct_until": DAY}, "Correction awaited", "Awaited from others"),
        ("correcting", {"correct_until": -DAY}, "Correction awaited", "Overdue"),
        (
            "correcting", {"correct_until": -DAY, "correction": {"text": "x"}},
            "Verify the correction", "Yours to do",
        ),
        ("decided", {"publish_until": DAY}, "Publish the result", "Yours to do"),
        ("decided", {"publish_until": -DAY}, "Publish the result", "Overdue"),
    ],
)
def test_inspection_asks_for_its_next_step(house, state, fields, task, status):
    now = clock.now()
    row = inspection(
        house, state=state,
        **{k: now + v if isinstance(v, timedelta) else v for k, v in fields.items()},
    )
    answer = desk(house)
    text = text_of(answer)
    assert task in text
    assert text.split(task)[1].split("What you may see")[0].count(status) == 1
    assert reverse("inspection", args=[row.pk]) in answer.content.decode()


@pytest.mark.parametrize("state", ["closed", "stopped"])
def test_inspection_that_is_over_asks_for_nothing(house, state):
    row = inspection(house, state=state)
    assert reverse("inspection", args=[row.pk]) not in desk(house).content.decode()


def test_inspection_of_another_supervisor_is_not_on_this_desk(house):
    row = inspection(house)
    other = floor.person("陈他", floor.organisation("另一监管局", "supervisor"))
    answer = as_(other).get("/desk/")
    assert answer.status_code == 200
    assert reverse("inspection", args=[row.pk]) not in answer.content.decode()


def test_desk_of_whoever_operates_is_the_operators(house):
    answer = as_(floor.person("周运", floor.organisation("交易中心", "centre"))).get("/desk/")
    assert (answer.status_code, answer["Location"]) == (302, reverse("operator"))


@pytest.mark.parametrize(("days", "status"), [(3, "Awaited from others"), (-3, "Overdue")])
def test_written_report_that_is_owed_is_listed_with_its_article(house, days, status):
    until = jcs.timestamp(clock.now() + timedelta(days=days))
    move(house, dates={**house.lot.dates, "written-report-until": until})
    text = text_of(desk(house))
    owed = text.split("Written report awaited from the tenderee")[1]
    assert "TBL 47" in owed.split("What you may see")[0]
    assert status in owed.split("What you may see")[0]


def test_tasks_stand_by_due_date_and_those_without_one_last(house):
    now = clock.now()
    inspection(house)
    inspection(house, state="decided", publish_until=now + 9 * DAY)
    inspection(house, state="correcting", correct_until=now + 2 * DAY)
    text = text_of(desk(house))
    places = [
        text.index(each)
        for each in ("Correction awaited", "Publish the result", "Give notice of the inspection")
    ]
    assert places == sorted(places)


# --- what may be seen ----------------------------------------


def test_stages_show_what_was_left_for_supervisors_to_read(house):
    seen = text_of(desk(house)).split("What you may see, stage by stage")[1]
    assert "Documents on offer 1" in seen
    assert "Notice 1" in seen
    assert "Bid" not in seen.replace("Bidding", "")


def test_recused_supervisor_sees_only_what_is_public(house):
    with guard.writes("test arrangement"):
        floor.assignment(
            house.lot, "supervisor", user=house.supervisor, recused_at=clock.now() - DAY
        )
    before = text_of(desk(house)).split("What you may see, stage by stage")[1]
    assert "Notice 1" in before
    assert "Document 1" not in before


def test_thirty_lots_and_inspections_take_the_queries_of_one(house):
    row = inspection(house)
    desk(house)
    with CaptureQueriesContext(connection) as one:
        desk(house)
    with guard.writes("test arrangement"):
        for number in range(30):
            project = Project.objects.get(pk=house.lot.project_id)
            lot = Lot.objects.get(pk=house.lot.pk)
            lot.pk, lot.number = None, number + 2
            lot._state.adding = True
            lot.project = project
            lot.save(force_insert=True)
            plan = InspectionPlan.objects.create(
                organisation=row.plan.organisation, title="抽查", objects_inspected=["notice"],
                checklists=row.plan.checklists, share=1, planned_by="x", planned_at=row.drawn_at,
            )
            Inspection.objects.create(plan=plan, lot=house.lot, drawn_at=row.drawn_at)
    with CaptureQueriesContext(connection) as thirty:
        desk(house)
    assert len(thirty) == len(one)
