"""The day's line: whose dates stand on it, where, in which shape, and where each mark leads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from signatures.domain import guard, jcs
from tests.factories import floor
from tests.trading.pages import published
from trading.interfaces import dayline
from trading.models import Lot

pytestmark = pytest.mark.django_db
NOON = floor.beijing(2026, 3, 20, 12, 0)


def dated(lot: Lot, **values) -> Lot:
    """The lot with these dates (or other values), its notice out."""
    dates = {
        name: jcs.timestamp(at) for name, at in values.items() if name in ("deadline", "opening")
    }
    rest = {name: value for name, value in values.items() if name not in dates}
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=lot.pk).update(
            dates={**lot.dates, **dates}, published_at=NOON - timedelta(days=30), **rest
        )
    lot.refresh_from_db()
    return lot


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def marks(line: dayline.DayLine, name: str):
    return next(row.marks for row in line.rows if row.name == name)


def test_marks_stand_where_their_time_is(db):
    lot = published().lot
    dated(lot, deadline=NOON - timedelta(hours=3), opening=NOON + timedelta(hours=1))
    line = dayline.build(NOON)
    [deadline], [opening] = marks(line, "deadline"), marks(line, "opening")
    assert (deadline.place, deadline.shape) == (10.0, "past")
    assert (opening.place, opening.shape) == (50.0, "todo")
    assert line.now == 40.0
    assert deadline.address == f"/projects/{lot.project.code}/lots/1/"
    assert opening.label.startswith("13:00 Openings: ")


def test_line_grows_to_what_lies_outside_its_hours(db):
    dated(
        published().lot,
        deadline=NOON - timedelta(hours=6),
        opening=NOON + timedelta(hours=8, minutes=30),
    )
    line = dayline.build(NOON)
    assert [line.hours[0].label, line.hours[-1].label] == ["06:00", "21:00"]
    assert marks(line, "deadline")[0].place == 0.0


@pytest.mark.parametrize(("hour", "first", "last"), [(0, "00:00", "18:00"), (23, "08:00", "24:00")])
def test_line_holds_now_at_any_hour(db, hour, first, last):
    line = dayline.build(floor.beijing(2026, 3, 20, hour, 30))
    assert [line.hours[0].label, line.hours[-1].label] == [first, last]
    assert 0 <= line.now <= 100


def test_lots_of_one_minute_are_one_mark_that_leads_to_the_list(db):
    for _number in range(2):
        dated(published().lot, deadline=NOON, opening=NOON + timedelta(days=3))
    line = dayline.build(NOON + timedelta(hours=1))
    [mark] = marks(line, "deadline")
    assert (mark.count, mark.address) == (2, "#deadline-1200")
    assert mark.label == "12:00 Deadlines: 2 lots"
    assert marks(line, "opening") == ()


@pytest.mark.parametrize("state", ["suspended", "terminated", "failed"])
def test_a_lot_that_stands_still_is_marked_apart(db, state):
    since = {"suspended_at": NOON - timedelta(hours=2)} if state == "suspended" else {}
    dated(published().lot, deadline=NOON - timedelta(hours=1), state=state, **since)
    [mark] = marks(dayline.build(NOON), "deadline")
    assert mark.shape == "off"


def test_dates_of_other_days_and_of_drafts_are_not_shown(db):
    other = timedelta(days=1)
    dated(published().lot, deadline=NOON - other, opening=NOON + other)
    draft = dated(published().lot, deadline=NOON, opening=NOON)
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=draft.pk).update(published_at=None)
    line = dayline.build(NOON)
    assert line.is_empty
    assert (timezone.localtime(line.next.at).day, line.next_title) == (21, "Openings")


def test_an_empty_platform_has_an_empty_line(db):
    line = dayline.build(NOON)
    assert line.is_empty
    assert line.next is None


def test_hours_give_way_to_the_word_beside_now(db):
    line = dayline.build(NOON + timedelta(minutes=20))
    hidden = [hour.label for hour in line.hours if hour.near]
    assert hidden == ["12:00", "13:00"]


def test_the_line_takes_as_many_queries_with_30_lots_as_with_1(db, django_assert_num_queries):
    dated(published().lot, deadline=NOON, opening=NOON)
    with django_assert_num_queries(2):
        dayline.build(NOON)
    for _number in range(4):
        dated(published().lot, deadline=NOON, opening=NOON)
    with django_assert_num_queries(2):
        dayline.build(NOON)


def many(count: int) -> None:
    """As many lots of one project, whose deadlines lie some minutes apart from 08:00 on."""
    lot = published().lot
    rows = [
        Lot(
            project=lot.project, number=number, title=f"标段{number}", stage="BIDDING",
            registered_at=lot.registered_at, stage_since=NOON, procedure=lot.procedure,
            published_at=NOON - timedelta(days=9),
            dates={"deadline": jcs.timestamp(NOON + timedelta(minutes=7 * number - 240))},
        )
        for number in range(2, count + 2)
    ]
    with guard.writes("test arrangement"):
        Lot.objects.bulk_create(rows)


def test_a_full_day_is_drawn_by_the_half_hour_and_names_two_of_each(db):
    many(70)
    found = marks(dayline.build(NOON), "deadline")
    assert len(found) <= dayline.MARKS
    assert sum(mark.count for mark in found) == 70
    assert {mark.key[-2:] for mark in found} <= {"00", "30"}
    assert all(len(mark.shown) + mark.left == mark.count for mark in found)
    assert max(len(mark.shown) for mark in found) == dayline.TWO


def test_a_day_of_few_dates_names_them_all_at_their_minute(db):
    many(20)
    found = marks(dayline.build(NOON), "deadline")
    assert [mark.count for mark in found] == [1] * 20
    assert all(mark.left == 0 for mark in found)


def test_the_line_reads_no_frozen_procedure_and_as_many_queries_for_a_full_day(db):
    counts = []
    for count in (1, 69):
        many(count)
        dayline.build(NOON)
        with CaptureQueriesContext(connection) as queries:
            dayline.build(NOON)
        counts.append(len(queries))
        for query in queries:
            assert ', "trading_lot"."procedure",' not in query["sql"]
    assert counts[0] == counts[1]
