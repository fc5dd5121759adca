"""How inspections end, and what is refused on the way: nothing of it leaves a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Refused
from tests.factories import floor, signers
from tests.trading.inspecting import office, refused, state
from trading.domain.inspections_decisions import (
    DecideInspection,
    PublishInspection,
    VerifyCorrection,
)
from trading.models import Assignment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]


@pytest.fixture
def house(trusted):
    signers.seal()
    return office()


# --- the decision --------------------------------------------------------------------------------


def test_only_the_supervisor_decides_publishes_and_stops(house):
    inspection = house.answered()
    for one in (house.buyer, house.notary, signers.enrol("外局", "supervisor")):
        before = state()
        address = f"inspections/{inspection.pk}"
        body = {"decision": "none", "reasons": "x"}
        refused(one.post(f"{address}/decision", body), 403, "wrong-role", before)
        refused(one.post(f"{address}/publication", {"title": "x"}), 403, "wrong-role", before)
        refused(one.post(f"{address}/stop", {"reason": "x"}), 403, "wrong-role", before)


def test_decision_waits_for_the_answer_until_its_days_are_over(house):
    inspection = house.delivered()
    before = state()
    refused(house.decide(inspection, "correct"), 409, "answer-awaited", before)
    act = DecideInspection(inspection=inspection.pk, decision="correct", reasons="逾期未答复。")
    at = FixedClock(inspection.answer_until + timedelta(seconds=1))
    done = dispatch(act, actor=Actor.person(house.chief.user), clock=at)
    assert done.result["state"] == "correcting"


def test_decision_needs_no_answer_where_all_conforms(house):
    inspection = house.delivered(deviates=False)
    before = state()
    refused(house.decide(inspection, "correct"), 409, "nothing-found", before)
    refused(house.decide(inspection, "refer"), 409, "nothing-found", before)
    assert house.decide(inspection, "none").json()["result"]["state"] == "decided"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"decision": "forgive"}, "bad-decision"), ({"reasons": " "}, "bad-text")],
)
def test_decision_that_is_not_right_is_refused(house, changes, code):
    inspection = house.answered()
    before = state()
    body = {"decision": "none", "reasons": "x", **changes}
    answer = house.chief.post(f"inspections/{inspection.pk}/decision", body)
    refused(answer, 400, code, before)


def test_decision_before_the_findings_is_refused(house):
    inspection = house.active()
    before = state()
    refused(house.decide(inspection, "none"), 409, "not-delivered", before)


def test_decision_is_made_once(house):
    inspection = house.answered()
    house.decide(inspection, "none")
    before = state()
    refused(house.decide(inspection, "refer"), 409, "wrong-state", before)


def test_correction_under_way_is_referred_only_when_its_days_are_over(house):
    inspection = house.correcting()
    before = state()
    refused(house.decide(inspection, "refer"), 409, "correction-under-way", before)
    at = FixedClock(inspection.correct_until + timedelta(seconds=1))
    actor = Actor.person(house.chief.user)
    again = DecideInspection(inspection=inspection.pk, decision="none", reasons="x")
    with pytest.raises(Refused) as refusal:
        dispatch(again, actor=actor, clock=at)
    assert (refusal.value.code, state()) == ("correction-under-way", before)
    refer = DecideInspection(inspection=inspection.pk, decision="refer", reasons="逾期未整改。")
    assert dispatch(refer, actor=actor, clock=at).result["state"] == "decided"


def test_correction_is_verified_by_inspectors_once_it_is_reported(house):
    inspection = house.correcting()
    lead = house.inspectors(inspection)[0]
    address, body = f"inspections/{inspection.pk}/verification", {"holds": True, "text": "属实"}
    before = state()
    refused(lead.post(address, body), 409, "not-reported", before)
    said = house.says(inspection, "correction")
    house.buyer.post(f"inspections/{inspection.pk}/correction", said)
    before = state()
    refused(house.buyer.post(f"inspections/{inspection.pk}/correction", said),
            409, "reported-already", before)
    for one in (house.chief, house.buyer):
        refused(one.post(address, body), 403, "wrong-role", before)
    no = lead.post(address, {"holds": False, "text": "仍未载明"})
    assert no.json()["result"] == {"state": "correcting", "publish_until": None}
    before = state()
    refused(lead.post(address, body), 409, "not-reported", before)


def test_result_is_not_published_before_the_end(house):
    for inspection in (house.correcting(),):
        before = state()
        answer = house.chief.post(
            f"inspections/{inspection.pk}/publication", {"title": "检查结果"}
        )
        refused(answer, 409, "wrong-state", before)


def test_result_after_its_days_is_published_as_late(house):
    inspection = house.answered()
    house.decide(inspection, "none")
    inspection.refresh_from_db()
    act = PublishInspection(
        inspection=inspection.pk, title="检查结果", digest=floor.sha("result"), size=10
    )
    at = FixedClock(inspection.publish_until + timedelta(seconds=1))
    done = dispatch(act, actor=Actor.person(house.chief.user), clock=at)
    assert done.result["late"] is True
    assert house.exhibit("inspection-result").facts["late"] is True


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"title": " "}, "bad-title"), ({"size": 0}, "empty-file"), ({"digest": "x"}, "bad-digest")],
)
def test_result_without_a_file_is_refused(house, changes, code):
    inspection = house.answered()
    house.decide(inspection, "none")
    before = state()
    fields = {"title": "检查结果", "digest": floor.sha("result"), "size": 10, **changes}
    with pytest.raises(Exception) as error:
        dispatch(
            PublishInspection(inspection=inspection.pk, **fields),
            actor=Actor.person(house.chief.user),
        )
    assert (error.value.code, state()) == (code, before)


def test_closed_inspection_stays_closed(house):
    inspection = house.answered()
    house.decide(inspection, "none")
    address = f"inspections/{inspection.pk}"
    assert house.chief.post(f"{address}/publication", {"title": "结果"}).status_code == 201
    before = state()
    refused(house.chief.post(f"{address}/stop", {"reason": "x"}), 409, "wrong-state", before)
    answer = house.chief.post(f"{address}/publication", {"title": "结果"})
    refused(answer, 409, "wrong-state", before)


def test_stopped_inspection_says_why_to_everybody_and_frees_the_lot(house):
    inspection = house.active()
    answer = house.chief.post(f"inspections/{inspection.pk}/stop", {"reason": "项目已终止。"})
    assert answer.status_code == 200
    shown = house.notary.get(f"inspections/{inspection.pk}").json()
    assert (shown["state"], shown["reasons"]) == ("stopped", "项目已终止。")
    assert not Assignment.objects.filter(role="inspector", until__isnull=True).exists()
    assert house.open(house.plan()).phase == "record"


def test_verification_says_what_was_seen(house):
    inspection = house.correcting()
    lead = house.inspectors(inspection)[0]
    said = house.says(inspection, "correction")
    house.buyer.post(f"inspections/{inspection.pk}/correction", said)
    before = state()
    act = VerifyCorrection(inspection=inspection.pk, holds=True, text=" ")
    with pytest.raises(Exception) as error:
        dispatch(act, actor=Actor.person(lead.user))
    assert (error.value.code, state()) == ("bad-text", before)
