"""Days as the statutes count them, with the holidays of 2025 and 2026 as they were announced."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.floor import beijing
from trading.domain import calendar
from trading.domain.calendar import Unit, last_day_of, local_day, moment
from trading.models import CalendarDay

CHINA = calendar.from_package(range(2024, 2028))


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 3, 10), True),
        (date(2026, 3, 14), False),
        (date(2025, 10, 1), False),
        (date(2025, 10, 8), False),
        (date(2025, 9, 28), True),  # a Sunday made up for 7 October
        (date(2025, 10, 11), True),
        (date(2026, 2, 14), True),  # a Saturday made up for 20 February
        (date(2026, 2, 23), False),
        (date(2026, 4, 6), False),
    ],
)
def test_is_working_on_announced_days(day, working):
    assert CHINA.is_working(day) == working


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 3, 10), 5, date(2026, 3, 16)),  # the 15th is a Sunday
        (date(2026, 3, 10), 3, date(2026, 3, 13)),
        (date(2025, 9, 25), 6, date(2025, 10, 9)),  # the 1st of October and all that follows it
        (date(2025, 9, 23), 5, date(2025, 9, 28)),  # a made-up Sunday counts
    ],
)
def test_last_day_of_days_moves_on_from_a_day_of_rest(start, count, end):
    assert CHINA.last_day(start, count, Unit.DAYS) == end


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2025, 9, 26), 3, date(2025, 9, 30)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
        (date(2026, 3, 10), -2, date(2026, 3, 6)),
    ],
)
def test_working_days_skip_holidays_and_count_made_up_days(start, count, end):
    assert CHINA.last_day(start, count, Unit.WORKING_DAYS) == end


@given(
    st.dates(date(2024, 2, 1), date(2027, 10, 1)),
    st.integers(1, 40),
    st.sampled_from(list(Unit)),
)
def test_latest_start_is_the_last_that_still_ends_in_time(end, count, unit):
    start = CHINA.latest_start(end, count, unit)
    assert CHINA.last_day(start, count, unit) <= end
    assert CHINA.last_day(date.fromordinal(start.toordinal() + 1), count, unit) > end


def test_days_end_at_midnight_in_beijing():
    midnight = moment(date(2026, 3, 16))
    assert midnight == beijing(2026, 3, 17, 0, 0)
    assert last_day_of(midnight) == date(2026, 3, 16)
    assert local_day(midnight) == date(2026, 3, 17)
    assert moment(date(2026, 3, 16), time(9, 30)) == beijing(2026, 3, 16)


def test_explain_names_the_holiday():
    assert "国庆节" in CHINA.explain(date(2025, 9, 25), 6, Unit.DAYS)
    assert "国庆节" not in CHINA.explain(date(2025, 9, 25), 5, Unit.WORKING_DAYS)


@pytest.mark.django_db
def test_seed_leaves_the_operators_decision(arrange):
    CalendarDay.objects.filter(day__year=2025).delete()
    CalendarDay.objects.create(day=date(2025, 10, 1), working=True, source="user:operator")
    assert calendar.seed([2025]) == len(calendar.package_year(2025)) - 1
    assert calendar.seed([2025]) == 0
    loaded = calendar.load()
    assert loaded.is_working(date(2025, 10, 1))
    assert not loaded.is_working(date(2025, 10, 2))


@pytest.mark.django_db
def test_seed_takes_out_what_is_announced_no_longer(arrange):
    CalendarDay.objects.create(day=date(2025, 3, 12), working=False)
    calendar.seed([2025])
    assert calendar.load().is_working(date(2025, 3, 12))
