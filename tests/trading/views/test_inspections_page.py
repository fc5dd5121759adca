"""Inspections at the screen: what each role sees at each stage, findings and steps by forms."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from signatures.domain import guard
from tests.factories import signers
from tests.trading.inspecting import office, state
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain import checklists
from trading.models import Exhibit, Finding, Inspection, InspectionPlan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]

ITEM = "notice.content"
STEPS = ("notice", "delivery", "recusal", "decision", "verification", "publication", "stop")


@pytest.fixture
def staff(trusted):
    return office()


def people(staff, inspection):
    lead = staff.inspectors(inspection)[0]
    known = {one.user.urn: one for one in staff.staff}
    return {
        "public": None,
        "bidder": staff.house.bidder,
        "operator": staff.house.operator,
        "other supervisor": staff.house.supervisor,
        "notary": staff.notary.user,
        "subject": staff.buyer.user,
        "chief": staff.chief.user,
        "inspector": lead.user,
        "alternate": known[inspection.alternates[0]].user,
    }


def page(inspection, person, language="en"):
    return as_(person, language).get(reverse("inspection", args=[inspection.pk]))


def step(inspection, name):
    return reverse("inspection-step", args=[inspection.pk, name])


# --- the list ----------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "No inspection has been planned yet."), ("zh-hans", "还没有抽查计划。")],
)
def test_list_without_plans_says_so(language, sentence):
    assert sentence in text_of(as_(None, language).get("/inspections/"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_list_shows_plan_lot_and_state_but_nobody_who_inspects(staff, language):
    inspection = staff.drawn()
    text = text_of(as_(None, language).get("/inspections/"))
    assert inspection.plan.title in text
    assert staff.lot.title in text
    assert not any(one.user.full_name in text for one in staff.staff)


def test_list_of_open_plans_leaves_out_closed_ones(staff):
    plan = staff.plan()
    with guard.writes("test arrangement"):
        InspectionPlan.objects.filter(pk=plan.pk).update(state="closed")
    client = as_(None, "en")
    assert plan.title in text_of(client.get("/inspections/"))
    assert "No inspection is under way." in text_of(client.get("/inspections/?open=1"))


def test_list_of_thirty_takes_the_queries_of_one(staff):
    row = staff.drawn()
    client = as_(None)
    client.get("/inspections/")
    with CaptureQueriesContext(connection) as one:
        client.get("/inspections/")
    with guard.writes("test arrangement"):
        for _ in range(29):
            plan = InspectionPlan.objects.create(
                organisation=row.plan.organisation, title="抽查", objects_inspected=["notice"],
                checklists=row.plan.checklists, share=1, planned_by="x",
                planned_at=row.plan.planned_at, state="drawn",
            )
            Inspection.objects.create(plan=plan, lot=row.lot, drawn_at=row.drawn_at)
    with CaptureQueriesContext(connection) as thirty:
        client.get("/inspections/")
    assert len(thirty) == len(one)


# --- one inspection: who sees what, when ----------------------------------------

SEES = {
    "active": {"chief", "inspector"},
    "delivered": {"chief", "inspector", "subject"},
}


@pytest.mark.parametrize("stage", SEES)
def test_findings_are_shown_to_whom_they_concern_at_their_stage(staff, stage):
    inspection = getattr(staff, stage)()
    if stage == "active":
        assert staff.find(inspection, item=ITEM, outcome="deviates", text="公告未载明实施地点。")
    seen = {
        who
        for who, person in people(staff, inspection).items()
        if "公告未载明实施地点。" in text_of(page(inspection, person))
    }
    # Another inspector of the same supervisor is of its people.
    assert seen == SEES[stage] | {"alternate"}


def test_closed_inspection_shows_findings_to_everybody_and_inspectors_to_nobody_outside(staff):
    inspection = staff.delivered()
    with guard.writes("test arrangement"):
        Inspection.objects.filter(pk=inspection.pk).update(state="closed", decision="correct")
    for who, person in people(staff, inspection).items():
        text = text_of(page(inspection, person))
        assert "公告未载明实施地点。" in text, who
        named = any(one.user.full_name in text for one in staff.inspectors(inspection)[1:])
        assert named is (who in {"chief", "inspector", "alternate"}), who


def test_evidence_that_is_not_public_has_no_name_for_the_public(staff):
    inspection = staff.delivered()
    hidden = Exhibit.objects.get(kind="inspection-notice")
    with guard.writes("test arrangement"):
        Finding.objects.filter(inspection=inspection, item="notice.media").update(
            exhibits=staff.shown(hidden)
        )
        Inspection.objects.filter(pk=inspection.pk).update(state="closed")
    address = reverse("exhibit", args=[hidden.pk])
    public = page(inspection, None)
    assert "an exhibit that is not public" in text_of(public)
    assert address not in public.content.decode()
    assert reverse("exhibit", args=[staff.exhibit().pk]) in public.content.decode()
    inside = page(inspection, staff.chief.user)
    assert "an exhibit that is not public" not in text_of(inside)
    assert address in inside.content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_item_shows_its_rule_and_how_it_is_checked(staff, language):
    text = text_of(page(staff.drawn(), None, language))
    for each in checklists.load("notice").items:
        assert escape(each.text.texts[language]) in text
        assert escape(each.check.texts[language]) in text


def test_stopped_inspection_says_why_to_everybody(staff):
    inspection = staff.active()
    client = as_(staff.chief.user, "en")
    answer = client.post(step(inspection, "stop"), {"reason": "抽取名单有误。"}, follow=True)
    assert "The inspection was stopped." in text_of(answer)
    assert "抽取名单有误。" in text_of(page(inspection, None))


# --- steps by forms ----------------------------------------

MAY = {
    "drawn": {
        "inspector": {"notice", "recusal", "stop"}, "chief": {"stop"}, "alternate": {"stop"},
    },
    "active": {"inspector": {"recusal", "stop"}, "chief": {"stop"}, "alternate": {"stop"}},
    "answered": {
        "inspector": {"decision", "stop"}, "chief": {"decision", "stop"},
        "alternate": {"decision", "stop"},
    },
}


@pytest.mark.parametrize("stage", MAY)
def test_steps_are_offered_and_opened_to_exactly_who_may(staff, stage):
    inspection = getattr(staff, stage)()
    before = state()
    opened = set().union(*MAY[stage].values())
    for who, person in people(staff, inspection).items():
        client = as_(person, "en")
        html = client.get(reverse("inspection", args=[inspection.pk])).content.decode()
        allowed = MAY[stage].get(who, set())
        assert {name for name in STEPS if step(inspection, name) in html} == allowed, who
        for name in (*opened, "verification"):
            status = client.get(step(inspection, name)).status_code
            assert status == (200 if name in allowed else 403), (who, name)
    assert state() == before


@pytest.mark.parametrize("name", STEPS)
def test_step_sent_by_who_may_not_changes_nothing(staff, name):
    inspection = staff.answered()
    before = state()
    sent = {
        "title": "x", "reason": "x", "reasons": "x", "decision": "none", "holds": "yes",
        "text": "x",
    }
    for who, person in people(staff, inspection).items():
        if who in {"chief", "inspector", "alternate"}:
            continue
        assert as_(person).post(step(inspection, name), sent).status_code == 403, who
    assert state() == before


def test_unknown_step_and_unknown_inspection_are_not_found(staff):
    inspection = staff.drawn()
    client = as_(staff.chief.user)
    nobody = "00000000-0000-0000-0000-000000000000"
    assert client.get(step(inspection, "payment")).status_code == 404
    assert client.get(reverse("inspection", args=[nobody])).status_code == 404
    assert client.get(reverse("inspection-step", args=[nobody, "stop"])).status_code == 404


def test_decision_without_reasons_keeps_the_choice_and_names_the_field(staff):
    inspection = staff.answered()
    before = state()
    answer = as_(staff.chief.user, "en").post(step(inspection, "decision"), {"decision": "correct"})
    html = answer.content.decode()
    assert answer.status_code == 400
    assert 'href="#id_reasons"' in html
    assert re.search(r'value="correct"[^>]*checked', html)
    assert state() == before


def test_decision_that_the_act_refuses_stands_at_its_field_with_what_was_typed(staff):
    inspection = staff.delivered(deviates=False)
    before = state()
    answer = as_(staff.chief.user, "en").post(
        step(inspection, "decision"), {"decision": "refer", "reasons": "移送住建部门。"}
    )
    text = text_of(answer)
    assert answer.status_code == 409
    assert "Nothing was found that would have to be corrected or referred." in text
    assert "移送住建部门。" in text
    assert 'id="id_decision_error"' in answer.content.decode()
    assert state() == before


def test_decision_sent_twice_is_made_once(staff):
    inspection = staff.answered()
    client = as_(staff.chief.user)
    sent = {"decision": "none", "reasons": "已说明。", "once": "one-and-the-same"}
    for _ in range(2):
        assert client.post(step(inspection, "decision"), sent).status_code == 302
    inspection.refresh_from_db()
    assert (inspection.state, inspection.reasons) == ("decided", "已说明。")


def test_notice_and_publication_are_sealed_and_filed(staff):
    signers.seal()
    inspection = staff.drawn()
    lead = staff.inspectors(inspection)[0]
    sent = {"title": "检查通知书", "once": "n"}
    for _ in range(2):
        assert as_(lead.user).post(step(inspection, "notice"), sent).status_code == 302
    assert Exhibit.objects.filter(kind="inspection-notice").count() == 1
    with guard.writes("test arrangement"):
        Inspection.objects.filter(pk=inspection.pk).update(state="decided", decision="none")
    client = as_(staff.chief.user, "en")
    bad = client.post(step(inspection, "publication"), {"title": ""})
    assert (bad.status_code, "Give the record a title." in text_of(bad)) == (400, True)
    answer = client.post(step(inspection, "publication"), {"title": "检查结果公示"}, follow=True)
    assert "The result is published." in text_of(answer)
    result = Exhibit.objects.get(kind="inspection-result")
    public = page(inspection, None)
    assert reverse("exhibit", args=[result.pk]) in public.content.decode()
    assert "Result published" in text_of(public)
