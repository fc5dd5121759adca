"""The tenderer's desk, and where messages lead: one's own lots, dates and contracts alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from signatures.domain import jcs, log
from tests.factories import evaluated as cases
from tests.factories import floor
from tests.factories.floor import START
from tests.trading.domain.test_award import award, offer, publish
from tests.trading.pages import LANGUAGES, as_, move_clock, published, text_of
from trading.models import Message

pytestmark = pytest.mark.django_db


def desk(person, language="en"):
    return as_(person, language).get("/desk/")


def figure(answer, name) -> int:
    html = answer.content.decode()
    found = re.search(rf'<b>(\d+)</b><a href="{reverse("desk-figure", args=[name])}"', html)
    return int(found.group(1))


@pytest.mark.parametrize("language", LANGUAGES)
def test_desk_before_anything_was_fetched_shows_what_is_on_offer(language):
    house = published()
    before = log.size()
    answer = desk(house.bidder, language)
    assert answer.status_code == 200
    assert [figure(answer, name) for name in ("offered", "bidding", "after", "won")] == [1, 0, 0, 0]
    assert house.lot.project.title not in text_of(answer)
    rows = as_(house.bidder).get(reverse("desk-figure", args=["offered"]))
    assert house.lot.project.title in text_of(rows)
    assert log.size() == before


def test_lot_whose_documents_were_fetched_stands_with_its_deadline():
    house = published()
    floor.assignment(house.lot, "tenderer", organisation=house.tenderer)
    answer = desk(house.bidder)
    assert [figure(answer, name) for name in ("offered", "bidding")] == [0, 1]
    assert "Deadline for bids" in text_of(answer)
    move_clock(jcs.parse_timestamp(house.lot.dates["deadline"]) + timedelta(hours=1))
    answer = desk(house.bidder)
    assert [figure(answer, name) for name in ("bidding", "after")] == [0, 1]
    assert "Deadline for bids" not in text_of(answer)


def test_desk_shows_nothing_of_other_tenderers_lots():
    house = published()
    floor.assignment(house.lot, "tenderer", organisation=house.tenderer)
    other = floor.person("周刚", floor.organisation("华岳市政", "tenderer"))
    move_clock(jcs.parse_timestamp(house.lot.dates["deadline"]) + timedelta(hours=1))
    answer = desk(other)
    assert [figure(answer, name) for name in ("offered", "bidding", "after", "won")] == [0] * 4
    assert "Nothing is due." in text_of(answer)


def test_result_and_contract_are_tasks_of_who_they_concern():
    case = cases.evaluated()
    publish(case)
    move_clock(cases.REPORTED + timedelta(hours=2))
    for person in case.people:
        assert reverse("result", args=[case.lot.project.code, 1]) in desk(person).content.decode()
    award(case)
    offer(case)
    move_clock(cases.REPORTED + timedelta(days=7))
    page = reverse("contract", args=[case.lot.project.code, 1])
    winner = desk(case.people[0])
    assert page in winner.content.decode() and figure(winner, "won") == 1
    loser = desk(case.people[1])
    assert page not in loser.content.decode() and figure(loser, "won") == 0


def test_message_leads_to_the_page_that_it_speaks_of():
    case = cases.evaluated()
    publish(case)
    award(case)
    offer(case)
    move_clock(cases.REPORTED + timedelta(days=7))
    code = case.lot.project.code
    wanted = {
        "candidates-published": "result",
        "award-won": "result",
        "contract-offered": "contract",
    }
    for template, page in wanted.items():
        message = Message.objects.get(user=case.people[0], template=template)
        html = as_(case.people[0]).get(reverse("message", args=[message.pk])).content.decode()
        assert f'href="{reverse(page, args=[code, 1])}"' in html


def test_tenderee_s_desk_asks_for_an_answer_only_where_a_question_waits():
    from trading.domain.questions import AskQuestion
    from trading.models import Document

    house = published()
    page = reverse("questions", args=[house.lot.project.code, 1])
    assert page not in desk(house.buyer).content.decode()
    floor.assignment(house.lot, "tenderer", organisation=house.tenderer)
    document = Document.objects.get(lot=house.lot, kind="tender-document")
    ask = AskQuestion(
        lot=house.lot.pk, document=document.pk, organisation=house.tenderer.pk,
        text="管材标准与图纸不一致，以何者为准？",
    )
    house.act(ask, by=house.bidder, at=START + timedelta(minutes=30))
    assert page in desk(house.buyer).content.decode()
