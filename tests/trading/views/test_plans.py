"""The plan's page: who reads it, what is kept and decided there, and a reason given on publishing.
"""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from signatures.domain import clock, log
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, move_clock, read, text_of
from trading.domain import plans, procedure
from trading.domain.preparing import DraftNotice, PlanDates
from trading.interfaces import preparing_page
from trading.models import Plan

pytestmark = pytest.mark.django_db

GIVEN = {"object": "works", "funds": "state", "ground": "few-can", "do": "keep"}


@pytest.fixture
def house(db, settings, tmp_path):
    settings.STORE = tmp_path / "store"
    house = floor.house(procedure="construction-invited")
    move_clock()
    return house


def at(house, name="prepare-plan", *more):
    return reverse(name, args=[house.lot.project.code, 1, *more])


def post(house, who, language="en", **data):
    data.setdefault("once", uuid4().hex)
    return as_(getattr(house, who), language).post(at(house), data)


def digest(house):
    return plans.digest(house.refresh(), plans.of(house.lot))


@pytest.mark.parametrize("language", LANGUAGES)
def test_plan_is_read_by_its_parties_and_supervision(house, language):
    for who, status in ((None, 403), ("bidder", 404), ("operator", 403), ("buyer", 200),
                        ("supervisor", 200)):  # fmt: skip
        person = getattr(house, who) if who else None
        before = log.size()
        assert as_(person, language).get(at(house)).status_code == status
        assert as_(person, language).post(at(house)).status_code == (
            status if status != 200 else 400
        )
        assert as_(person, language).get(at(house, "prepare-plan-file")).status_code in {
            status if status != 200 else 404
        }
        assert log.size() == before
    words = text_of(as_(house.buyer, language).get(at(house)))
    wanted = {
        "en": "Works with an estimated contract of 4 million CNY or more must be tendered",
        "zh-hans": "必须招标的工程项目规定",
    }
    assert wanted[language] in words


def test_plan_is_kept_submitted_sent_back_and_approved_by_clicking(house):
    assert post(house, "buyer", **GIVEN).status_code == 303
    assert post(house, "buyer", do="submit", plan=digest(house)).status_code == 303
    desk = text_of(as_(house.supervisor, "en").get("/desk/"))
    assert "Decide on the plan" in desk
    back = post(house, "supervisor", do="decide", decision="return", reason="", plan=digest(house))
    assert back.status_code == 400
    assert "Say why it is sent back." in text_of(back)
    answer = post(house, "supervisor", do="decide", decision="return", reason="依据不足",
                  plan=digest(house))
    assert answer.status_code == 303
    assert "依据不足" in text_of(as_(house.buyer, "en").get(at(house)))
    assert post(house, "buyer", do="submit", plan=digest(house)).status_code == 303
    once = uuid4().hex
    for _click in range(2):
        answer = post(house, "supervisor", do="decide", decision="approve", once=once,
                      plan=digest(house))
        assert answer.status_code == 303
    assert Plan.objects.get(lot=house.lot).approved is True


@pytest.mark.parametrize(
    ("who", "data", "status"),
    [
        ("buyer", {"do": "keep", "object": "", "funds": "state"}, 400),
        ("buyer", {"do": "keep", "object": "circus", "funds": "state"}, 400),
        ("buyer", {"do": "keep", "object": "works", "funds": "state", "number": "7"}, 400),
        ("buyer", {"do": "keep", "object": "works", "funds": "state", "date": "morgen"}, 400),
        ("buyer", {"do": "sing"}, 400),
        ("buyer", {"do": "submit", "plan": "0"}, 409),
        ("buyer", {"do": "decide", "decision": "approve", "plan": "0"}, 403),
        ("supervisor", {"do": "decide", "decision": "approve", "plan": "0"}, 409),
        ("supervisor", GIVEN, 403),
        ("supervisor", {"do": "submit", "plan": "0"}, 403),
    ],
)
def test_what_cannot_be_done_keeps_nothing(house, who, data, status):
    before = log.size()
    answer = post(house, who, **data)
    assert answer.status_code == status
    assert log.size() == before
    assert not Plan.objects.exists()


def test_file_that_shows_the_ground_is_kept_and_read_by_supervision(house):
    good = SimpleUploadedFile("批复.pdf", b"%PDF-1.7 approval", "application/pdf")
    assert post(house, "buyer", **GIVEN, file=good).status_code == 303
    assert read(as_(house.supervisor).get(at(house, "prepare-plan-file"))) == b"%PDF-1.7 approval"
    bad = SimpleUploadedFile("批复.exe", b"MZ", "application/pdf")
    assert post(house, "buyer", **GIVEN, file=bad).status_code == 400
    assert plans.of(house.lot).approval["file"]["title"] == "批复.pdf"
    assert post(house, "buyer", **GIVEN, **{"without-file": "1"}).status_code == 303
    assert plans.of(house.lot).approval == {}


def test_new_project_is_told_what_the_catalogue_asks_before_it_is_registered(house):
    data = {
        "title": "二期", "procedure": "construction-invited", "tenderee": str(house.tenderee.pk),
        "lot-TOTAL_FORMS": "1", "lot-INITIAL_FORMS": "0", "lot-0-title": "一标段",
        "lot-0-estimate": "4,000,000.00", "do": "check",
    }  # fmt: skip
    before = log.size()
    words = text_of(as_(house.buyer, "en").post("/plan/", data))
    assert "Blocks the notice" in words
    assert "N16 5" in words
    assert log.size() == before


def test_warning_asks_for_its_reason_where_the_notice_is_published(db, settings, tmp_path):
    settings.STORE = tmp_path / "store"
    house = floor.house(procedure="construction-invited", estimate="3999999.99")
    move_clock()
    dates = preparing_page.proposal(procedure.of(house.lot), house.lot, clock.now())
    house.act(PlanDates(lot=house.lot.pk, dates=dates), by=house.buyer)
    words = {"scope": "道路", "place": "东岳市", "requirements": "一级", "contact": "周明"}
    house.act(DraftNotice(lot=house.lot.pk, title="公告", details=words), by=house.buyer)
    page = as_(house.buyer, "en").get(at(house, "publish", "notice"))
    assert "Why it goes out all the same" in text_of(page)
    answer = as_(house.buyer, "en").post(at(house, "publish", "notice"), {"title": "公告"})
    assert answer.status_code == 400
    assert "This rule warns. Say why the notice goes out all the same." in text_of(answer)
    assert house.refresh().stage == "REGISTERED"
