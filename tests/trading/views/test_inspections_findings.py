"""Findings at the screen: written in a form, signed, recorded; whatever is wrong is named."""

from __future__ import annotations

import html as entities
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from signatures.domain import statements
from tests.trading.inspecting import office, state
from tests.trading.pages import as_, text_of
from tests.trading.views.test_inspections_page import page, people
from trading.domain import checklists
from trading.models import Finding

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]

ITEM = "notice.content"


@pytest.fixture
def staff(trusted):
    return office()


def item(inspection, name=ITEM):
    return reverse("inspection-item", args=[inspection.pk, name])


def written(staff, **changes):
    return {
        "step": "write", "outcome": "deviates", "text": "公告未载明实施地点。",
        "exhibits": [str(staff.exhibit().pk)], **changes,
    }


def statement_of(answer):
    html = answer.content.decode()
    found = re.search(r'name="statement"[^>]*>(.*?)</textarea>', html, re.S)
    assert found, text_of(answer)
    return entities.unescape(found.group(1))


def signature(one, statement):
    data = statements.sign(statement.encode(), one.signer)
    return SimpleUploadedFile("statement.p7s", data)


def test_only_inspectors_open_the_form_of_a_finding(staff):
    inspection = staff.active()
    for who, person in people(staff, inspection).items():
        expected = 200 if who == "inspector" else 403
        assert as_(person).get(item(inspection)).status_code == expected, who
        assert (item(inspection) in page(inspection, person).content.decode()) is (
            who == "inspector"
        )


def test_finding_is_written_signed_and_shown(staff):
    inspection = staff.active()
    lead = staff.inspectors(inspection)[0]
    client = as_(lead.user, "en")
    answer = client.post(item(inspection), written(staff))
    statement = statement_of(answer)
    assert answer.status_code == 200
    assert Finding.objects.count() == 0
    sent = written(staff, step="sign", statement=statement)
    answer = client.post(item(inspection), {**sent, "signature": signature(lead, statement)})
    assert answer.status_code == 302, text_of(answer)
    assert answer["Location"].endswith("#notice-content")
    found = Finding.objects.get()
    assert (found.item, found.outcome, found.text) == (ITEM, "deviates", "公告未载明实施地点。")
    assert found.exhibits == staff.shown()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"outcome": ""}, "id_outcome", "Choose a finding."),
        ({"text": ""}, "id_text", "Say what deviates."),
        ({"exhibits": []}, "id_exhibits", "A finding rests on at least one exhibit."),
        ({"outcome": "splendid"}, "id_outcome", "splendid"),
        ({"exhibits": ["00000000-0000-0000-0000-000000000000"]}, "id_exhibits", "not there"),
        ({"text": "长" * 4001}, "id_text", "at most 4000 characters; these are 4001"),
    ],
)
def test_finding_that_is_not_whole_names_the_field_and_keeps_the_rest(
    staff, changes, field, sentence
):
    inspection = staff.active()
    lead = staff.inspectors(inspection)[0]
    before = state()
    answer = as_(lead.user, "en").post(item(inspection), written(staff, **changes))
    html = answer.content.decode()
    assert answer.status_code == 400
    assert f'href="#{field}"' in html
    assert sentence in text_of(answer)
    assert "<textarea" in html and 'name="statement"' not in html
    if "text" not in changes:
        assert "公告未载明实施地点。" in text_of(answer)
    if "exhibits" not in changes:
        assert re.search(rf'value="{staff.exhibit().pk}"[^>]*checked', html)
    assert state() == before


def test_item_that_does_not_apply_needs_no_evidence(staff):
    inspection = staff.active()
    lead = staff.inspectors(inspection)[0]
    sent = written(staff, outcome="not-applicable", text="", exhibits=[])
    assert "not-applicable" in statement_of(as_(lead.user).post(item(inspection), sent))


def test_missing_signature_is_named_and_the_statement_stays(staff):
    inspection = staff.active()
    lead = staff.inspectors(inspection)[0]
    client = as_(lead.user, "en")
    statement = statement_of(client.post(item(inspection), written(staff)))
    answer = client.post(item(inspection), written(staff, step="sign", statement=statement))
    assert answer.status_code == 400
    assert "Choose the file that holds the signature." in text_of(answer)
    assert statement_of(answer) == statement
    assert Finding.objects.count() == 0


def test_signature_of_somebody_else_is_refused_and_nothing_is_lost(staff):
    inspection = staff.active()
    lead, second = staff.inspectors(inspection)[:2]
    client = as_(lead.user, "en")
    statement = statement_of(client.post(item(inspection), written(staff)))
    before = state()
    sent = written(staff, step="sign", statement=statement)
    answer = client.post(item(inspection), {**sent, "signature": signature(second, statement)})
    assert answer.status_code == 403
    assert "not bound to you here" in text_of(answer)
    assert statement_of(answer) == statement
    assert state() == before


def test_statement_that_is_not_the_form_is_put_together_anew(staff):
    inspection = staff.active()
    lead = staff.inspectors(inspection)[0]
    client = as_(lead.user, "en")
    statement = statement_of(client.post(item(inspection), written(staff)))
    before = state()
    sent = written(staff, step="sign", statement=statement, text="另一句话。")
    answer = client.post(item(inspection), {**sent, "signature": signature(lead, statement)})
    assert answer.status_code == 400
    assert "The form was changed after the statement was put together." in text_of(answer)
    assert "另一句话。" in statement_of(answer)
    assert state() == before


@pytest.mark.parametrize("statement", ["", "{}", "[]", "no JSON", '{"purpose":"sunlit.login/1"}'])
def test_statement_that_is_none_is_refused(staff, statement):
    inspection = staff.active()
    lead = staff.inspectors(inspection)[0]
    before = state()
    sent = written(staff, step="sign", statement=statement)
    answer = as_(lead.user).post(
        item(inspection), {**sent, "signature": SimpleUploadedFile("statement.p7s", b"x")}
    )
    assert answer.status_code == 400
    assert "公告未载明实施地点。" in statement_of(answer)
    assert state() == before


def test_signature_that_is_none_is_refused_and_the_statement_stays(staff):
    inspection = staff.active()
    lead = staff.inspectors(inspection)[0]
    client = as_(lead.user)
    statement = statement_of(client.post(item(inspection), written(staff)))
    before = state()
    sent = written(staff, step="sign", statement=statement)
    wrong = SimpleUploadedFile("statement.p7s", b"no signature")
    answer = client.post(item(inspection), {**sent, "signature": wrong})
    assert answer.status_code == 400
    assert statement_of(answer) == statement
    assert state() == before


def test_item_that_is_unknown_or_not_of_the_plan_records_nothing(staff):
    inspection = staff.active()
    lead = staff.inspectors(inspection)[0]
    before = state()
    assert as_(lead.user).get(item(inspection, "notice.nothing")).status_code == 404
    assert as_(lead.user).get(item(inspection, "agency")).status_code == 404
    of_another = checklists.load("agency").items[0].name
    assert as_(lead.user).get(item(inspection, of_another)).status_code == 404
    assert state() == before


def test_delivered_findings_take_no_more(staff):
    inspection = staff.delivered()
    lead = staff.inspectors(inspection)[0]
    assert as_(lead.user).get(item(inspection)).status_code == 403
    assert as_(lead.user).post(item(inspection), written(staff)).status_code == 403
    assert Finding.objects.filter(item=ITEM).count() == 1
