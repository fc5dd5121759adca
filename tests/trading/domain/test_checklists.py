"""Checklists as data: what they hold, and every way in which a file is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from signatures.domain.errors import NotFound
from trading.domain import checklists
from trading.domain.checklists import OBJECTS, FaultyChecklist

GOOD = (checklists.FOLDER / "notice.toml").read_text(encoding="utf-8")
RULES = (checklists.FOLDER / "rules.toml").read_text(encoding="utf-8")


def test_every_file_holds_together():
    assert checklists.check_all() == []
    assert all(checklists.load(name).name == name for name in OBJECTS)


def test_items_come_in_the_order_of_the_procedure():
    names = [item.name for item in checklists.items_of(["agency", "notice"])]
    assert names[0] == "notice.media"
    assert names[-1] == "agency.secrecy"
    assert len(set(names)) == len(names)


def test_digest_tells_lists_apart_and_not_their_order():
    assert checklists.digest(["notice", "agency"]) == checklists.digest(["agency", "notice"])
    assert checklists.digest(["notice"]) != checklists.digest(["agency"])


def test_item_is_found_by_its_full_name():
    found = checklists.item("notice.offer")
    assert (found.article, found.evidence) == ("TBR 16", ("notice", "tender-document"))


@pytest.mark.parametrize("name", ["", "notice", "notice.", "weather.media", "notice.offer.x"])
def test_unknown_item_is_not_found(name):
    with pytest.raises(NotFound):
        checklists.item(name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "notice"', 'name = "other"'),
        ('version = "2026.1"', 'version = ""'),
        ('version = "2026.1"', ""),
        ("[title]", "[titles]"),
        ('article = "TBR 15"', 'article = ""'),
        ("confirmed = true", 'confirmed = "yes"'),
        ("effective = 2019-03-02", 'effective = "2019"'),
        ("effective = 2019-03-02", "effective = 2019-03-02T00:00:00"),
        ('evidence = ["notice"]', "evidence = []"),
        ('evidence = ["notice"]', 'evidence = ["No Kind"]'),
        ('evidence = ["notice"]', "evidence = 7"),
        ('name = "content"', 'name = "media"'),
        ('en = "Tender notice"', ""),
        ("[[items]]", "[[things]]"),
        ("[title]", "[title"),
    ],
)
def test_checklist_that_does_not_hold_together_is_refused(old, new):
    assert old in GOOD
    with pytest.raises(FaultyChecklist):
        checklists.read(GOOD.replace(old, new), name="notice")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "answer"', 'name = "reply"'),
        ("most = 5", 'most = "5"'),
        ('unit = "working-days"', 'unit = "weeks"'),
        ("confirmed = false", "confirmed = 0"),
        ("[[days]]", "[[terms]]"),
    ],
)
def test_days_that_do_not_hold_together_are_refused(old, new):
    assert old in RULES
    with pytest.raises(FaultyChecklist):
        checklists.read_terms(RULES.replace(old, new))


@pytest.mark.django_db
def test_term_ends_with_its_last_working_day_in_beijing():
    # Thursday 2 April 2026; the Qingming holiday is 4 to 6 April.
    start = datetime(2026, 4, 2, 1, 30, tzinfo=UTC)
    assert checklists.term("answer").ends(start) == datetime(2026, 4, 10, 16, 0, tzinfo=UTC)
    assert checklists.term("publication").most == 20
