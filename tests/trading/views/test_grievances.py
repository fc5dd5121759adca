"""The pages of objections and complaints: who reads what, writing, signing, and refusals."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from signatures.domain import clock, statements
from tests.factories.floor import START
from tests.trading import grieving
from tests.trading.grieving import ANSWER, FACTS, NOTICE, REQUESTS, state
from tests.trading.pages import LANGUAGES, as_, move_clock, text_of
from trading.models import Grievance, GrievanceStep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]


@pytest.fixture
def house(trusted):
    return grieving.world()


def at(house, page="objections"):
    return f"/projects/{house.lot.project.code}/lots/1/{page}/"


def written(house, by=None, **more):
    """What the form of an objection sends."""
    by = by or house.tenderer
    return {
        "do": "file", "step": "write", "about": "documents", "once": uuid4().hex,
        "organisation": str(by.organisation.pk), "facts": FACTS, "requests": REQUESTS, **more,
    }


def statement_in(answer):
    html = answer.content.decode()
    found = re.search(r"<textarea[^>]*data-statement[^>]*>(.*?)</textarea>", html, re.S)
    return unescape(found.group(1)) if found else ""


def signed(by, sent, statement):
    signature = statements.sign(statement.encode(), by.signer)
    return {
        **sent, "step": "sign", "statement": statement,
        "signature": SimpleUploadedFile("statement.p7s", signature),
    }


def both(house, by, sent, page="objections"):
    """Write, then sign what stands in the page."""
    client = as_(by.user)
    answer = client.post(at(house, page), sent)
    assert answer.status_code == 200, text_of(answer)
    return client.post(at(house, page), signed(by, sent, statement_in(answer)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_stands_for_everybody_before_anything_is_filed(house, language):
    for who in (None, house.tenderer.user, house.tenderee.user, house.supervisor.user):
        for page in ("objections", "complaints"):
            assert as_(who, language).get(at(house, page)).status_code == 200


def test_objection_is_written_then_signed_in_the_page(house):
    answer = both(house, house.tenderer, written(house))
    assert answer.status_code == 302, text_of(answer)
    row = Grievance.objects.get()
    assert (row.facts, house.refresh().state) == (FACTS, "suspended")


def test_writing_alone_files_nothing(house):
    before = state()
    answer = as_(house.tenderer.user).post(at(house), written(house))
    assert answer.status_code == 200
    assert FACTS in statement_in(answer)
    assert state() == before


def test_words_changed_after_the_statement_are_not_signed(house):
    client, sent = as_(house.tenderer.user), written(house)
    statement = statement_in(client.post(at(house), sent))
    before = state()
    changed = {**sent, "facts": FACTS + "另有一项。"}
    answer = client.post(at(house), signed(house.tenderer, changed, statement))
    assert answer.status_code in (400, 422)
    assert "另有一项" in statement_in(answer)
    assert state() == before


def test_signature_of_another_certificate_files_nothing(house):
    client, sent = as_(house.tenderer.user), written(house)
    statement = statement_in(client.post(at(house), sent))
    before = state()
    answer = client.post(at(house), signed(house.other, sent, statement))
    assert answer.status_code == 403
    assert FACTS in answer.content.decode()
    assert state() == before


@pytest.mark.parametrize(
    "change",
    [
        {"facts": ""}, {"facts": "短"}, {"facts": "事" * 10_001}, {"requests": ""},
        {"about": ""}, {"about": "result"}, {"about": "moon"}, {"organisation": "x"},
        {"organisation": str(uuid4())},
    ],
)
def test_form_that_is_wrong_keeps_what_was_typed(house, change):
    before = state()
    sent = written(house, **change)
    answer = as_(house.tenderer.user).post(at(house), sent)
    assert answer.status_code in (400, 409, 422), answer.status_code
    assert statement_in(answer) == ""
    html = unescape(answer.content.decode())
    assert sent["facts"] in html
    assert sent["requests"] in html
    assert state() == before


@pytest.mark.parametrize("do", ["", "dance", "answer"])
def test_step_that_the_page_does_not_have_does_nothing(house, do):
    before = state()
    for target in ("", "x", str(uuid4())):
        answer = as_(house.tenderer.user).post(
            at(house), {"do": do, "grievance": target, "text": ANSWER}
        )
        assert answer.status_code in (400, 404, 422)
    assert state() == before


def test_public_files_nothing(house):
    before = state()
    assert as_(None).post(at(house), written(house)).status_code == 403
    assert state() == before


def test_others_read_that_there_is_one_and_neither_whose_nor_what(house):
    house.file()
    name = house.tenderer.organisation.name
    for who in (None, house.other.user, house.outsider.user):
        answer = as_(who).get(at(house))
        text = text_of(answer)
        assert "异议第 1 号" in text
        assert name not in text
        assert FACTS not in text
        data = as_(who).get(f"/api/v1/lots/{house.lot.pk}/grievances").json()
        assert data[0]["about"] == "documents"
        assert "name" not in data[0]
        assert name not in str(data)
    for one in (house.tenderer, house.tenderee, house.supervisor):
        text = text_of(as_(one.user).get(at(house)))
        assert name in text
        assert FACTS in text


@pytest.mark.parametrize(
    ("language", "said"), [("zh-hans", "作出答复前暂停"), ("en", "stands still")]
)
def test_lots_page_says_that_it_stands_still_and_why(house, language, said):
    house.file()
    address = f"/projects/{house.lot.project.code}/lots/1/"
    answer = as_(None, language).get(address)
    assert said in text_of(answer)
    assert house.tenderer.organisation.name not in text_of(answer)


def test_answer_is_written_then_signed_in_the_page(house):
    house.file()
    row = house.last()
    sent = {
        "do": "answer", "step": "write", "grievance": str(row.pk), "text": ANSWER,
        "once": uuid4().hex,
    }
    assert both(house, house.tenderee, sent).status_code == 302
    assert GrievanceStep.objects.get().text == ANSWER
    assert house.refresh().state == "active"
    again = as_(house.tenderee.user).post(at(house), {**sent, "once": uuid4().hex})
    assert again.status_code == 409
    assert ANSWER in again.content.decode()


@pytest.mark.parametrize("who", ["other", "outsider"])
def test_answer_by_who_may_not_know_of_it_is_not_found(house, who):
    house.file()
    before = state()
    sent = {"do": "answer", "grievance": str(house.last().pk), "text": ANSWER}
    answer = as_(getattr(house, who).user).post(at(house), sent)
    assert answer.status_code == 404
    assert FACTS not in answer.content.decode()
    assert state() == before


def test_complaint_goes_its_way_in_the_page(house):
    sent = written(house, about="conduct", known="2026-03-10")
    assert both(house, house.tenderer, sent, "complaints").status_code == 302
    row = house.last()
    words = {"grievance": str(row.pk), "step": "write", "text": ANSWER}
    for more in (
        {"do": "take-up", "outcome": "taken-up"},
        {"do": "suspend", "notice": NOTICE, "until": "2026-03-20"},
        {
            "do": "decide", "outcome": "upheld", "notice": NOTICE,
            "ordered": "重新组织资格审查，并书面报告。",
        },
    ):
        sent = {**words, **more, "once": uuid4().hex}
        answer = both(house, house.supervisor, sent, "complaints")
        assert answer.status_code == 302, text_of(answer)
    assert [one.kind for one in row.steps.all()] == ["take-up", "suspend", "decide"]
    public = text_of(as_(None).get(at(house, "complaints")))
    assert NOTICE in public
    assert "重新组织资格审查" not in public
    assert house.tenderer.organisation.name not in public


def test_decision_without_a_choice_is_told_at_its_field(house):
    house.complain(about="conduct", known="2026-03-10")
    house.take_up()
    before = state()
    sent = {"do": "decide", "grievance": str(house.last().pk), "text": ANSWER, "notice": NOTICE}
    answer = as_(house.supervisor.user).post(at(house, "complaints"), sent)
    assert answer.status_code == 400
    assert "请选择决定" in text_of(answer)
    assert state() == before


def test_desks_show_what_is_due(house):
    house.file()
    house.complain(house.other, about="conduct", known="2026-03-10")
    assert "答复异议" in text_of(as_(house.tenderee.user).get("/desk/"))
    assert "决定是否受理投诉" in text_of(as_(house.supervisor.user).get("/desk/"))
    assert "等待答复" in text_of(as_(house.tenderer.user).get("/desk/"))
    move_clock(house.last().due_at)
    assert clock.now() > START
    assert "等待招标人答复" in text_of(as_(house.supervisor.user).get("/desk/"))


def test_interface_takes_signed_statements(house):
    said = house.draft(house.tenderer).says(house.lot)
    body = grieving.signers.as_json(house.tenderer.sign("sunlit.grievance/1", **said))
    before = state()
    assert house.other.post(f"lots/{house.lot.pk}/grievances", body).status_code == 403
    assert state() == before
    answer = house.tenderer.post(f"lots/{house.lot.pk}/grievances", body)
    assert answer.status_code == 201, answer.content
    again = house.tenderer.post(f"lots/{house.lot.pk}/grievances", body)
    assert again.status_code == 409
    assert Grievance.objects.count() == 1
