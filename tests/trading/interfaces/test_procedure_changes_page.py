"""The differences of two procedures in words: every key has some, and a citation stands apart."""

from __future__ import annotations

import pytest
from django.utils import translation

from tests.trading.editions import BASE, edited, row
from trading.domain import procedure
from trading.domain.procedure import LANGUAGES
from trading.interfaces import procedure_changes_page
from trading.interfaces.procedure_changes import compare


def told(change, language: str = "en"):
    """The page of the differences that ``change`` makes."""
    with translation.override(language):
        return procedure_changes_page.build(
            compare(BASE, edited(change)), before="Before", after="After"
        )


def test_page_of_no_difference_says_whether_it_is_to_the_letter():
    assert told(lambda data: None).same and told(lambda data: None).identical
    spelt = told(lambda data: row(data, "stages", "NOTICE").update(state="active"))
    assert spelt.same and not spelt.identical


def test_keys_are_told_in_words():
    def change(data):
        row(data, "days", "issue-to-deadline").update(
            unit="working-days", least=15, confirmed=False
        )
        row(data, "days", "complaint-lodged").update(to="complaint-decided")
        row(data, "commands", "trading.award").update(roles=["operator"], guards=[])
        row(data, "figures", "bid-security").update(unit="thirds")
        row(data, "flags", "prequalification").update(value=True)
        row(data, "stages", "PERFORMANCE").update(state="archived")

    page = told(change)
    said = {
        (section.name, line.key): (line.before, line.after)
        for section in page.sections
        for row_ in section.changed
        for line in row_.keys
    }
    assert said == {
        ("stages", "The lot is then"): (("running",), ("archived",)),
        ("commands", "Who"): (("tenderee, tendering agency",), ("operator",)),
        ("commands", "On condition that"): (
            ("every objection has been answered (TBR 54)",), ()
        ),
        ("days", "At least"): (("20 days",), ("15 working days",)),
        ("days", "Counted in"): (("days",), ("working days",)),
        ("days", "Counted to"): (("Complaint lodged",), ("Complaint decided",)),
        ("days", "Confirmed"): (("yes",), ("no",)),
        ("figures", "Counted in"): (("per cent",), ("thirds",)),
        ("flags", "Applies"): (("no",), ("yes",)),
    }


def test_numbers_are_told_with_what_they_count():
    def change(data):
        row(data, "dates", "award").update(count=2)
        row(data, "figures", "committee-experts").update(least=1)
        row(data, "figures", "bid-security").update(most=3)

    dates, figures = told(change).sections
    assert [
        (line.before, line.after)
        for section in (dates, figures) for changed in section.changed for line in changed.keys
    ] == [
        (("1 working day",), ("2 working days",)), (("2%",), ("3%",)), (("2/3",), ("1/3",)),
    ]  # fmt: skip


def test_row_in_another_place_says_after_which():
    def first(data):
        data["days"].insert(0, data["days"].pop())

    (section,) = told(first).sections
    (moved,) = section.moved
    assert moved.before == "after “Complaint to its being taken up”"
    assert moved.after == "at the head"


def test_row_that_is_only_cited_otherwise_stands_apart():
    def cite(data):
        row(data, "days", "issue-to-deadline").update(article="TBL 25", effective="2020-01-01")
        row(data, "commands", "trading.award")["guards"][0]["article"] = "TBR 55"
        row(data, "commands", "trading.offer-contract").update(article="TBL 47", to="CONTRACT")

    commands, days = told(cite).sections
    assert days.changed == ()
    assert (days.cited[0].before, days.cited[0].after) == (
        ("TBL 24", "since 2000-01-01"), ("TBL 25", "since 2020-01-01"),
    )  # fmt: skip
    assert [each.title for each in commands.cited] == ["Notify the award"]
    assert [each.title for each in commands.changed] == ["Offer the contract for signature"]
    assert (commands.count, days.count) == (2, 1)


def test_name_is_told_in_the_readers_language_or_in_the_one_that_changed():
    def rename(*languages):
        def change(data):
            for language in languages:
                data["texts"][language]["stages"]["NOTICE"] = "!"

        (section,) = told(change).sections
        return [(line.key, line.before) for line in section.changed[0].keys]

    assert rename(*LANGUAGES) == rename("en") == [("Name", ("Notice",))]
    assert rename("zh-hans") == [("Name (in Chinese)", ("招标公告",))]


def test_rows_of_one_only_are_told_with_what_they_say():
    def change(data):
        data["days"].append({
            "name": "visit", "from": "notice", "to": "deadline", "most": 1, "unit": "days",
            "article": "TBL 21", "effective": "2000-01-01", "confirmed": True, "mandatory": True,
        })  # fmt: skip
        data["flags"] = [each for each in data["flags"] if each["name"] != "prequalification"]
        for language in LANGUAGES:
            data["texts"][language]["days"]["visit"] = "Visit"

    days, flags = told(change).sections
    (visit,), (left,) = days.added, flags.left_out
    assert (visit.title, visit.article) == ("Visit", "TBL 21")
    assert visit.said == "at most 1 day, from “Notice published” to “Deadline for bids”"
    assert (left.title, left.said, left.article) == ("Prequalification", "no", "TBR 15")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("other", [each for each in procedure.names() if each != BASE.name])
def test_every_difference_of_real_procedures_has_words(other, language):
    with translation.override(language):
        page = procedure_changes_page.build(
            compare(BASE, procedure.load(other)), before="Before", after="After"
        )
    keys = [
        line for section in page.sections for changed in section.changed for line in changed.keys
    ]
    assert all(line.before != line.after for line in keys)
    assert not [line.key for line in keys if "_" in line.key or "." in line.key]
