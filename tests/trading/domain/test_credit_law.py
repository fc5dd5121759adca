"""On what grounds and how long the law keeps somebody out: data, and every fault of it is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from trading.domain import calendar, credit_law, procedure
from trading.domain.procedure import LANGUAGES
from trading.domain.procedure_layers import FaultyProcedure

TEXT = (procedure.FOLDER / credit_law.NAME).read_text(encoding="utf-8")
ROW = '[[grounds]]\nname = "collusion-or-deceit"'


def faults(text: str) -> list[str]:
    with pytest.raises(FaultyProcedure) as caught:
        credit_law.read(text, file="credit.toml")
    return [str(fault) for fault in caught.value.faults]


def test_the_file_of_the_house_holds_together():
    law = credit_law.read(TEXT, file="credit.toml")
    assert credit_law.check() == []
    assert (law.longest.article, law.longest.most_years) == ("TBL 60", 5)
    assert law.article == "TBL 53, 54, TBL 60, GPL 77"
    assert all(each.texts[language] for each in law.grounds for language in LANGUAGES)


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 3, 2), date(2031, 3, 2)),
        (date(2024, 2, 29), date(2029, 2, 28)),
        (date(2027, 2, 28), date(2032, 2, 28)),
    ],
)
def test_the_longest_time_ends_with_the_same_day_years_on_tbl_60(today, last):
    law = credit_law.load()
    begins = calendar.moment(today - timedelta(days=1))
    for at in (begins, calendar.moment(today) - timedelta(microseconds=1)):
        assert law.latest(at) == calendar.moment(last)
    assert law.latest(calendar.moment(today)) > calendar.moment(last)


def test_the_day_is_the_one_in_beijing():
    at = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    assert credit_law.load().latest(at) == calendar.moment(date(2031, 3, 2))


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('version = "2026.1"', "", 0, "version is missing"),
        ('version = "2026.1"', 'version = "2026.1"\nauthor = "x"', 11, "author is unknown here"),
        ("[[grounds]]", "[[reasons]]", 0, "there are no grounds"),
        ("least_years = 1", "least_years = 0", 15, "least_years is missing or is not a whole"),
        ("most_years = 3", 'most_years = "3"', 16, "most_years is missing or is not a whole"),
        ("most_years = 3", "most_years = true", 16, "most_years is missing or is not a whole"),
        ("least_years = 1", "least_years = 4", 15, "least_years is more than most_years"),
        ("confirmed = true", "", 12, "confirmed is missing or is not true or false"),
        ("confirmed = true", "confirmed = true\nwho = 1", 18, "who is unknown here"),
        ('article = "TBL 53, 54"', 'article = ""', 14, "article is missing or is not a text"),
        (ROW, ROW.replace("collusion-or-deceit", "else"), 13, "else has no text in zh-hans"),
        (ROW, ROW.replace("collusion-or-deceit", "contract-not-performed"), 20, "is there twice"),
        ("[texts.en]", "[texts.fr]", 13, "collusion-or-deceit has no text in en"),
        ("[[grounds]]", "[[grounds", 0, "not TOML"),
    ],
)
def test_a_faulty_file_is_refused_with_line_and_reason(old, new, line, reason):
    changed = TEXT.replace(old, new) if old == "[[grounds]]" else TEXT.replace(old, new, 1)
    found = faults(changed)
    assert any(reason in each for each in found), found
    assert not line or any(f"{line}:" in each and reason in each for each in found), found


def test_a_centres_own_file_goes_before_ours_and_a_faulty_one_is_told(settings, tmp_path):
    (tmp_path / "credit").mkdir()
    own = tmp_path / credit_law.NAME
    own.write_text(TEXT.replace("most_years = 5", "most_years = 3"), encoding="utf-8")
    settings.PROCEDURES = str(tmp_path)
    assert credit_law.load().longest.most_years == 3
    own.write_text("version = 1", encoding="utf-8")
    credit_law._load.cache_clear()
    (first, *_rest) = credit_law.check()
    assert "credit.toml" in first
