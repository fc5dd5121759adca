"""Every rule of days of the construction procedure at its limit and one day to each side."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from signatures.domain.errors import Malformed, Refused
from tests.factories.floor import DATES, START, beijing
from trading.domain import calendar, planning, procedure
from trading.domain.calendar import moment

CHINA = calendar.from_package(range(2024, 2029))
RULES = procedure.load("construction")

#: An ordinary start, one before the National Day week, one before the Spring Festival.
STARTS = [date(2026, 3, 10), date(2025, 9, 24), date(2026, 2, 5)]

#: The days of every rule, counted by hand from the State Council's notices: rule, start, limit.
BY_HAND = [
    ("documents-on-offer", date(2026, 3, 10), date(2026, 3, 16)),
    ("documents-on-offer", date(2025, 9, 26), date(2025, 10, 9)),
    ("issue-to-deadline", date(2026, 3, 10), date(2026, 3, 30)),
    ("issue-to-deadline", date(2025, 9, 15), date(2025, 10, 9)),
    ("clarification-before-deadline", date(2025, 9, 20), date(2025, 10, 9)),
    ("objection-before-deadline", date(2025, 9, 28), date(2025, 10, 9)),
    ("candidates-on-show", date(2025, 9, 30), date(2025, 10, 9)),
    ("candidates-on-show", date(2026, 3, 10), date(2026, 3, 13)),
    ("candidates-after-report", date(2026, 3, 11), date(2026, 3, 16)),
    ("written-report-after-award", date(2025, 9, 20), date(2025, 10, 9)),
    ("contract-after-award", date(2025, 9, 5), date(2025, 10, 9)),
    ("complaint-taken-up", date(2025, 9, 29), date(2025, 10, 10)),
    ("complaint-decided", date(2025, 9, 1), date(2025, 10, 17)),
    ("objection-answer", date(2026, 3, 12), date(2026, 3, 16)),
]


@pytest.mark.parametrize(("name", "start", "limit"), BY_HAND)
def test_limit_counted_by_hand(name, start, limit):
    rule = RULES.days[name]
    assert CHINA.last_day(start, rule.count, rule.unit) == limit


@pytest.mark.parametrize("start", STARTS, ids=str)
@pytest.mark.parametrize("name", list(RULES.days))
def test_rule_of_days_at_its_limit_and_one_day_to_each_side(name, start):
    rule = RULES.days[name]
    limit = CHINA.last_day(start, rule.count, rule.unit)
    kept = {}
    for offset in (-1, 0, 1):
        dates = {
            rule.from_: moment(start) - timedelta(hours=8),
            rule.to: moment(limit + timedelta(days=offset)) - timedelta(hours=8),
        }
        found = planning.breaches(RULES, dates, CHINA)
        kept[offset] = rule.name not in [breach.rule.name for breach in found]
        for breach in found:
            assert breach.refusal().rule == breach.rule.article
            assert breach.message
    if rule.least is not None:
        assert kept == {-1: False, 0: True, 1: True}
    else:
        assert kept == {-1: True, 0: True, 1: False}


@pytest.mark.parametrize("name", list(RULES.days))
def test_the_end_of_the_last_day_is_still_that_day(name):
    rule = RULES.days[name]
    limit = CHINA.last_day(date(2026, 3, 10), rule.count, rule.unit)
    dates = {rule.from_: START, rule.to: moment(limit)}
    assert planning.breaches(RULES, dates, CHINA) == []


def test_dry_run_without_choices_keeps_every_rule():
    run = planning.dry_run(RULES, start=START, calendar=CHINA)
    assert run.breaches == ()
    assert run.at("documents-until") == beijing(2026, 3, 16, 17, 0)
    assert run.at("deadline") == beijing(2026, 3, 30)
    assert run.at("opening") == run.at("deadline")
    assert run.at("clarifications-until") == beijing(2026, 3, 16, 0, 0)


def test_dry_run_names_every_date_of_the_procedure_in_order():
    run = planning.dry_run(RULES, start=START, calendar=CHINA, chosen=DATES)
    assert {one.name for one in run.dates} == set(RULES.dates)
    assert [one.at for one in run.dates] == sorted(one.at for one in run.dates)
    assert [one.command for one in run.due] == [
        "trading.open-bidding", "bidding.freeze-bids", "bidding.fail-bidding"
    ]


@pytest.mark.parametrize(
    ("deadline", "articles"),
    [
        (beijing(2026, 3, 29), ["TBL 24"]),
        (beijing(2026, 3, 30), []),
        (beijing(2026, 3, 31), []),
    ],
)
def test_dry_run_says_which_article_a_deadline_breaks(deadline, articles):
    run = planning.dry_run(
        RULES, start=START, calendar=CHINA, chosen={**DATES, "deadline": deadline}
    )
    assert [breach.rule.article for breach in run.blocking] == articles


def test_dry_run_refuses_dates_out_of_order():
    dates = {"documents-until": DATES["deadline"], "deadline": DATES["documents-until"]}
    with pytest.raises(Refused) as caught:
        planning.dry_run(RULES, start=START, calendar=CHINA, chosen=dates)
    assert caught.value.code == "dates-out-of-order"


@pytest.mark.parametrize("name", ["opening", "nothing", "candidates-until"])
def test_dry_run_refuses_a_date_that_nobody_chooses(name):
    with pytest.raises(Malformed) as caught:
        planning.dry_run(RULES, start=START, calendar=CHINA, chosen={name: DATES["deadline"]})
    assert caught.value.code == "unknown-date"


def test_explanation_stands_with_a_date_that_follows():
    run = planning.dry_run(RULES, start=START, calendar=CHINA)
    texts = {one.name: one.explanation for one in run.dates}
    assert "2026-03-15" in texts["documents-until"]
    assert texts["notice"] == ""
