"""The pages of credit decisions: read by everybody, written by supervision, confirmed first."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from signatures.domain import clock, jcs, log
from tests.factories import floor
from tests.trading.api.calls import Program, unchanged
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain import calendar
from trading.models import CreditDecision

pytestmark = pytest.mark.django_db

LIST, DESK = "/credit-decisions/", "/credit-decisions/enter/"
LIFTS = {"number": "撤2号", "authority": "市局", "words": "原决定撤销"}


def said(house, **changes):
    last = calendar.local_day(clock.now()) + timedelta(days=365)
    return {
        "code": house.tenderer.credit_code, "number": "罚8号", "authority": "市局",
        "words": "串通投标", "last": last.isoformat(), "once": "one", **changes,
    }


def send(house, person=None, *, language="en", confirm=True, **changes):
    """Look, and confirm what was shown."""
    client, fields = as_(person or house.supervisor, language), said(house, **changes)
    answer = client.post(DESK, {**fields, "step": "look"})
    seen = re.search(r'name="seen" value="(\w+)"', answer.text)
    if not confirm or seen is None:
        return answer
    return client.post(DESK, {**fields, "step": "enter", "seen": seen[1]})


def entered(house):
    assert send(house).status_code == 303
    return CreditDecision.objects.get()


def address(row):
    return reverse("credit-decision", args=[row.pk])


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_reads_who_is_kept_out(house, language):
    assert house.tenderer.name not in as_(None, language).get(LIST).text
    row = entered(house)
    text = text_of(as_(None, language).get(LIST))
    assert house.tenderer.name in text and "罚8号" in text
    one = as_(None, language).get(address(row))
    assert "串通投标" in one.text
    assert reverse("ledger-entry", args=[row.leaf]) in one.text
    assert "<textarea" not in one.text


def test_what_is_over_or_lifted_stands_in_no_public_list_but_in_the_history(house):
    row = entered(house)
    assert as_(house.supervisor).post(address(row), {**LIFTS, "once": "two"}).status_code == 303
    assert house.tenderer.name not in as_(None).get(LIST).text
    assert house.tenderer.name in as_(house.supervisor).get(DESK).text
    assert "原决定撤销" in as_(None).get(address(row)).text


@pytest.mark.parametrize("who", [None, "operator", "buyer", "bidder"])
def test_nobody_else_comes_to_the_desk_or_lifts(house, who):
    row, person = entered(house), who and getattr(house, who)
    before = log.size()
    assert as_(person).get(DESK).status_code == 403
    assert as_(person).post(DESK, {**said(house, number="9"), "step": "look"}).status_code == 403
    assert as_(person).post(address(row), LIFTS).status_code == 403
    assert DESK not in as_(person).get(LIST).text
    row.refresh_from_db()
    assert (log.size(), row.lifted_at) == (before, None)


def test_the_page_shows_whom_it_would_keep_out_before_it_does(house):
    before = log.size()
    answer = send(house, confirm=False)
    assert answer.status_code == 200
    assert house.tenderer.name in answer.text
    assert (log.size(), CreditDecision.objects.count()) == (before, 0)


def test_what_is_confirmed_is_what_was_shown(house):
    client, before = as_(house.supervisor, "en"), log.size()
    shown = client.post(DESK, {**said(house), "step": "look"})
    seen = re.search(r'name="seen" value="(\w+)"', shown.text)[1]
    other = floor.organisation("另一公司", "tenderer")
    changed = said(house, code=other.credit_code)
    for step in ({"seen": seen}, {"seen": ""}, {}):
        answer = client.post(DESK, {**changed, "step": "enter", **step})
        assert answer.status_code == 200
        assert other.name in answer.text
    assert (log.size(), CreditDecision.objects.count()) == (before, 0)


def test_a_double_click_enters_once(house):
    entered(house)
    before = log.size()
    assert send(house).status_code == 303
    assert (log.size(), CreditDecision.objects.count()) == (before, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "91370100MA0000000X"}, "code"),
        ({"number": ""}, "number"),
        ({"number": "x" * 81}, "number"),
        ({"authority": ""}, "authority"),
        ({"words": ""}, "words"),
        ({"last": "2020-01-01"}, "last"),
        ({"last": "2060-01-01"}, "last"),
        ({"last": "morgen"}, "last"),
    ],
)
def test_each_mistake_stands_at_its_field_and_nothing_typed_is_lost(house, changes, field):
    before = log.size()
    answer = send(house, **changes)
    assert answer.status_code in (400, 409)
    assert f'id="id_{field}_error"' in answer.text
    for name in ("number", "authority"):
        value = said(house, **changes)[name]
        assert not value or f'value="{value}"' in answer.text
    assert (log.size(), CreditDecision.objects.count()) == (before, 0)


def test_who_is_no_tenderer_and_what_is_entered_already_are_said_at_their_field(house):
    answer = send(house, code=house.tenderee.credit_code)
    assert answer.status_code == 409
    assert 'id="id_code_error"' in answer.text
    entered(house)
    again = send(house, once="two")
    assert again.status_code == 409
    assert 'id="id_number_error"' in again.text
    assert CreditDecision.objects.count() == 1


def test_the_last_day_counts_to_its_end(house):
    row = entered(house)
    assert calendar.last_day_of(row.until).isoformat() == said(house)["last"]
    assert row.until == calendar.moment(calendar.last_day_of(row.until))


def test_lifting_needs_its_words_and_happens_once(house):
    row, client = entered(house), as_(house.supervisor, "en")
    before = log.size()
    assert client.post(address(row), {**LIFTS, "words": "", "once": "a"}).status_code == 400
    assert log.size() == before
    for _ in range(2):
        assert client.post(address(row), {**LIFTS, "once": "b"}).status_code == 303
    after = log.size()
    answer = client.post(address(row), {**LIFTS, "once": "c"})
    assert answer.status_code == 409
    assert "lifted already" in answer.text
    assert log.size() == after


def test_a_decision_that_is_not_there_is_not_found(house):
    assert as_(None).get(reverse("credit-decision", args=[uuid4()])).status_code == 404


def test_the_supervisors_desk_leads_there(house):
    assert DESK in as_(house.supervisor).get(reverse("desk")).text


def test_programs_read_what_holds_and_supervision_writes(house):
    until = jcs.timestamp(clock.now() + timedelta(days=30))
    body = {"organisation": str(house.tenderer.pk), "until": until, **LIFTS}
    for person in (None, house.operator, house.bidder):
        program = Program(person)
        code, status = ("wrong-role", 403) if person else ("signed-out", 401)
        if person is None:
            assert program.post("/credit-decisions", body).status_code == status
        else:
            unchanged(lambda program=program: program.post("/credit-decisions", body), status, code)
    supervisor = Program(house.supervisor)
    assert supervisor.post("/credit-decisions", body).status_code == 201
    (one,) = Program().get("/credit-decisions").json()["items"]
    assert one["credit_code"] == house.tenderer.credit_code
    assert supervisor.post(f"/credit-decisions/{one['id']}/lifting", LIFTS).status_code == 201
    assert Program().get("/credit-decisions").json()["items"] == []
