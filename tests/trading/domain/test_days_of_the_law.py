"""Every rule of days at its limit and one day to each side, with holidays, by its article.

The days are counted here by a second hand: day by day over the holidays package's own table, with
none of the platform's calendar. Each case is named after procedure, rule and article.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import pytest

from trading.domain import calendar, planning, procedure

BEIJING = ZoneInfo("Asia/Shanghai")
CHINA = calendar.from_package(range(2024, 2027))
PROCEDURES = [procedure.load(name) for name in procedure.names()]
#: An ordinary week; before Spring Festival; before the National Day weeks; a make-up Saturday.
STARTS = [date(2025, 6, 10), date(2025, 1, 24), date(2025, 9, 26), date(2025, 4, 26)]
RULES = [
    pytest.param(rules, rule, start, id=f"{rules.name}-{rule.name}-{rule.article}-{start}")
    for rules in PROCEDURES
    for rule in rules.days.values()
    for start in STARTS
]


@cache
def table():
    return holidays.country_holidays("CN", years=range(2024, 2027))


def works(day: date) -> bool:
    """Whether a day is worked, by the State Council's notices as the package has them."""
    if day in table().weekend_workdays:
        return True
    return day.weekday() < 5 and day not in table()


def last_day(start: date, count: int, unit: str) -> date:
    """The last day of a period: the first day is not counted (Civil Code 201), a last day of rest
    moves on to the next that is worked (203); working days are counted as such."""
    day, left = start, count
    while left:
        day += timedelta(days=1)
        left -= works(day) if unit == "working-days" else 1
    while not works(day):
        day += timedelta(days=1)
    return day


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), BEIJING)


def broken(rules, rule, start: date, end: date) -> bool:
    """Whether the platform holds that these two days break the rule."""
    # Moments that commands mark count from their own day; terms end on theirs.
    dates = {rule.from_: noon(start), rule.to: noon(end)}
    found = planning.breaches(rules, dates, CHINA, touching=frozenset(dates))
    return rule.name in {breach.rule.name for breach in found}


@pytest.mark.parametrize(("rules", "rule", "start"), RULES)
def test_rule_of_days_at_its_limit_and_a_day_to_each_side(rules, rule, start):
    limit = last_day(start, rule.count, str(rule.unit))
    before, after = limit - timedelta(days=1), limit + timedelta(days=1)
    least = rule.least is not None
    assert not broken(rules, rule, start, limit)
    assert broken(rules, rule, start, before) is least
    assert broken(rules, rule, start, after) is not least


@pytest.mark.parametrize(("rules", "rule", "start"), RULES)
def test_days_of_rest_make_no_period_shorter(rules, rule, start):
    """A period never ends on a day of rest, nor before so many days have passed."""
    limit = last_day(start, rule.count, str(rule.unit))
    assert works(limit)
    assert (limit - start).days >= rule.count
    assert CHINA.last_day(start, rule.count, rule.unit) == limit


def test_every_article_of_the_design_has_its_rule():
    """What ``docs`` and lawyers name: article -> days, at least or at most, and how counted."""
    stated = {
        (rules.name, rule.article, rule.least, rule.most, str(rule.unit))
        for rules in PROCEDURES
        for rule in rules.days.values()
    }
    for line in STATUTES:
        assert line in stated, line


#: Procedure, article, least, most, unit: as the statutes have them.
STATUTES = [
    ("construction", "TBR 16", 5, None, "days"),
    ("construction", "TBR 17", 5, None, "days"),
    ("construction", "TBL 24", 20, None, "days"),
    ("construction", "TBL 23, TBR 21", 15, None, "days"),
    ("construction", "TBR 21", 3, None, "days"),
    ("construction", "TBR 22", 10, None, "days"),
    ("construction", "TBR 22", 2, None, "days"),
    ("construction", "TBR 22, 54", None, 3, "days"),
    ("construction", "TBR 35", None, 5, "days"),
    ("construction", "TBR 57", None, 5, "days"),
    ("construction", "TBR 54", None, 3, "days"),
    ("construction", "TBR 54", 3, None, "days"),
    ("construction", "TBL 46", None, 30, "days"),
    ("construction", "TBL 47", None, 15, "days"),
    ("construction", "TBR 60", None, 10, "days"),
    ("construction", "TBR 61", None, 3, "working-days"),
    ("construction", "TBR 61", None, 30, "working-days"),
    ("construction-prequalified", "TBR 16", 5, None, "days"),
    ("construction-prequalified", "TBR 17", 5, None, "days"),
    ("construction-prequalified", "TBR 21", 3, None, "days"),
    ("construction-prequalified", "TBR 22", 2, None, "days"),
    ("procurement", "GPL 35", 20, None, "days"),
    ("procurement", "M87 18", 5, None, "working-days"),
    ("procurement", "GPR 31", 15, None, "days"),
    ("procurement", "GPR 33", None, 5, "working-days"),
    ("procurement", "GPR 43", None, 5, "working-days"),
    ("procurement", "GPR 43", 1, None, "working-days"),
    ("procurement", "GPR 52", None, 3, "working-days"),
    ("procurement", "GPL 52", None, 7, "working-days"),
    ("procurement", "GPL 52, GPR 53", None, 7, "working-days"),
    ("procurement", "GPL 53", None, 7, "working-days"),
    ("procurement", "M94 21", None, 5, "working-days"),
    ("procurement", "GPL 57", None, 30, "days"),
    ("procurement", "GPL 55", None, 15, "working-days"),
    ("procurement", "GPL 56", None, 30, "working-days"),
    ("procurement", "GPL 46", None, 30, "days"),
    ("procurement", "GPR 50", None, 2, "working-days"),
    ("procurement", "GPL 47", None, 7, "working-days"),
    ("procurement-inquiry", "M74 45", 3, None, "working-days"),
    ("land-tender", "L39 9", 20, None, "days"),
    ("land-tender", "L39 21", None, 5, "working-days"),
    ("land-tender", "L39 22", None, 10, "working-days"),
    ("mineral-tender", "MR 13", 20, None, "working-days"),
    ("mineral-tender", "MR 29", 10, None, "working-days"),
    ("property-tender", "SA32 13", 20, None, "working-days"),
    ("property-tender", "SA32 29", 5, None, "working-days"),
]
