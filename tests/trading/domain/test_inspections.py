"""What inspections refuse, whoever asks: nothing of it leaves a trace."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from signatures.domain import clock, guard
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Refused
from signatures.models import LedgerEntry, User
from tests.factories import floor, signers
from tests.trading.inspecting import office
from trading.domain import inspections_pool
from trading.domain.inspections_decisions import (
    DecideInspection,
    PublishInspection,
    VerifyCorrection,
)
from trading.models import Assignment, Draw, Exhibit, Finding, Inspection, InspectionPlan, Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]


@pytest.fixture
def house(trusted):
    signers.seal()
    return office()


def state():
    return (
        LedgerEntry.objects.count(),
        list(InspectionPlan.objects.order_by("pk").values()),
        list(Inspection.objects.order_by("pk").values()),
        list(Assignment.objects.order_by("pk").values()),
        *(model.objects.count() for model in (Draw, Finding, Exhibit, Message)),
    )


def refused(answer, status, code, before):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert state() == before


# --- plans ---------------------------------------------------------------------------------------


def test_only_the_supervisors_own_people_plan(house):
    other = signers.enrol("外局", "supervisor")
    for one in (house.buyer, house.notary, other):
        before = state()
        refused(one.post("inspections/plans", house.plan_body()), 403, "wrong-role", before)
    own = house.plan_body(organisation=str(house.buyer.organisation.pk))
    refused(house.buyer.post("inspections/plans", own), 403, "wrong-role", before)


RULE = {"match": {"category": "construction"}, "add": 1, "reason": "x"}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"title": " "}, 400, "bad-title"),
        ({"objects": []}, 400, "no-objects"),
        ({"objects": ["weather"]}, 404, "unknown-checklist"),
        ({"share": 0}, 400, "bad-number"),
        ({"share": 101}, 400, "bad-number"),
        ({"at_least": 0}, 400, "bad-number"),
        ({"per_lot": 0}, 400, "bad-number"),
        ({"per_lot": 4}, 400, "bad-number"),
        ({"alternates": -1}, 400, "bad-number"),
        ({"inspectors": []}, 400, "bad-number"),
        ({"scope": {"weather": "fine"}}, 400, "malformed"),
        ({"scope": {"categories": "construction"}}, 400, "malformed"),
        ({"scope": {"since": "yesterday"}}, 400, "bad-json"),
        ({"weights": [{}]}, 400, "malformed"),
        ({"weights": [{**RULE, "match": {}}]}, 400, "bad-weight"),
        ({"weights": [{**RULE, "match": {"name": "x"}}]}, 400, "bad-weight"),
        ({"weights": [{**RULE, "match": {"estimate-from": "x"}}]}, 400, "bad-weight"),
        ({"weights": [{**RULE, "add": 0}]}, 400, "bad-weight"),
        ({"weights": [{**RULE, "add": 1001}]}, 400, "bad-weight"),
        ({"weights": [{**RULE, "reason": ""}]}, 400, "bad-weight"),
        ({"more": 1}, 400, "malformed"),
    ],
)
def test_plan_that_is_not_right_is_refused(house, changes, status, code):
    before = state()
    answer = house.chief.post("inspections/plans", house.plan_body(**changes))
    refused(answer, status, code, before)


def test_inspectors_act_for_a_supervisor(house):
    people = [str(house.buyer.user.pk), *(str(one.user.pk) for one in house.staff)]
    before = state()
    answer = house.chief.post("inspections/plans", house.plan_body(inspectors=people))
    refused(answer, 409, "not-an-inspector", before)


# --- the draw ------------------------------------------------------------------------------------


def draw(house, plan, one=None, **changes):
    body = {"parties": house.parties, **changes}
    return (one or house.chief).post(f"inspections/plans/{plan.pk}/draw", body)


def test_only_the_plans_supervisor_draws(house):
    plan = house.plan()
    for one in (house.buyer, house.notary, signers.enrol("外局", "supervisor")):
        before = state()
        refused(draw(house, plan, one), 403, "wrong-role", before)


def test_empty_scope_draws_nothing(house):
    plan = house.plan(scope={"categories": ["land"]})
    before = state()
    refused(draw(house, plan), 409, "empty-scope", before)


def test_inspections_are_not_drawn_past_their_plan(house):
    before = state()
    body = {"lot": str(house.lot.pk), "purpose": "inspections", "record": {}}
    for one in (house.chief, house.buyer):
        refused(one.post("draws", body), 403, "wrong-role", before)


def test_parties_need_opposed_interests(house):
    plan = house.plan()
    before = state()
    other = signers.enrol("外局", "supervisor")
    before = state()
    parties = ["process:centre", house.chief.party, other.party]
    refused(draw(house, plan, parties=parties), 409, "too-few-interests", before)


def test_plan_is_drawn_once(house):
    inspection = house.drawn()
    before = state()
    refused(draw(house, inspection.plan), 409, "wrong-state", before)


def test_plan_whose_draw_is_under_way_is_not_drawn_again(house):
    plan = house.plan()
    house.open(plan)
    before = state()
    refused(draw(house, plan), 409, "draw-under-way", before)


def test_plan_outlived_by_its_checklists_is_not_drawn(house):
    plan = house.plan()
    with guard.writes("test arrangement"):
        InspectionPlan.objects.update(checklists="00" * 32)
    before = state()
    refused(draw(house, plan), 409, "checklists-changed", before)


def test_inspector_with_a_conflict_is_never_drawn(house):
    first, second, third = house.staff
    floor.assignment(house.lot, "evaluator", user=first.user, until=floor.LONG_AGO)
    plan = house.plan()
    house.contribute(house.open(plan))
    inspection = plan.inspections.get()
    assert sorted(inspection.inspectors) == sorted([second.user.urn, third.user.urn])
    assert inspection.alternates == []


def test_conflicts_follow_organisations_and_recusals(house):
    first, second, third = house.staff
    tenderer = floor.organisation("投标人", "tenderer")
    with guard.writes("test arrangement"):
        first.user.memberships.create(
            organisation=house.buyer.organisation, role="clerk", since=floor.LONG_AGO
        )
        second.user.memberships.create(
            organisation=tenderer, role="clerk", since=floor.LONG_AGO
        )
    floor.assignment(house.lot, "tenderer", organisation=tenderer)
    floor.assignment(house.lot, "inspector", user=third.user)
    floor.assignment(house.lot, "supervisor", organisation=house.chief.organisation)
    people = inspections_pool.inspectors([one.user.urn for one in house.staff], at=clock.now())
    house.house.refresh()
    found = inspections_pool.conflicting([house.lot], people)
    assert found == {house.lot.urn: sorted([first.user.urn, second.user.urn])}
    with guard.writes("test arrangement"):
        Assignment.objects.filter(user=third.user).update(recused_at=floor.START)
    assert third.user.urn in inspections_pool.conflicting([house.lot], people)[house.lot.urn]


def test_too_few_inspectors_without_conflict_fail_the_draw(house):
    for one in house.staff[:2]:
        floor.assignment(house.lot, "evaluator", user=one.user)
    plan = house.plan()
    house.contribute(house.open(plan))
    plan.refresh_from_db()
    assert (plan.state, plan.draw.phase, Inspection.objects.count()) == ("draft", "failed", 0)


def test_failed_draw_is_repeated_with_a_signed_reason(house):
    for one in house.staff[:2]:
        floor.assignment(house.lot, "evaluator", user=one.user)
    plan = house.plan()
    house.contribute(house.open(plan))
    first = Draw.objects.get()
    before = state()
    refused(draw(house, plan), 409, "drawn-already", before)
    refused(draw(house, plan, before=str(first.pk)), 409, "reason-missing", before)
    with guard.writes("test arrangement"):
        Assignment.objects.filter(role="evaluator").delete()
    reason = signers.as_json(
        house.chief.sign("sunlit.redraw/1", before=first.urn, reason="回避情形已消除。")
    )
    second = house.open(plan, before=str(first.pk), reason=reason)
    assert (second.number, second.before) == (2, first)
    house.contribute(second)
    plan.refresh_from_db()
    assert (plan.state, plan.draw, Inspection.objects.count()) == ("drawn", second, 1)


def test_lot_under_inspection_is_not_drawn_again(house):
    house.drawn()
    second = house.plan()
    before = state()
    refused(draw(house, second), 409, "empty-scope", before)


@pytest.mark.parametrize(
    ("share", "at_least", "available", "number"),
    [(10, 1, 1, 1), (10, 1, 10, 1), (10, 1, 11, 2), (100, 1, 7, 7), (1, 5, 3, 3), (5, 2, 20, 2)],
)
def test_share_is_rounded_up_and_kept_within_the_pool(share, at_least, available, number):
    plan = InspectionPlan(share=share, at_least=at_least)
    assert inspections_pool.number_of(plan, available) == number


def test_weight_adds_every_rule_that_fits(house):
    def rule(add, **match):
        return {"match": {name.replace("_", "-"): text for name, text in match.items()},
                "add": add, "reason": "x"}

    lot = house.lot
    weigh = inspections_pool.weight_of
    assert weigh(lot, []) == 1
    assert weigh(lot, [rule(2, category="construction"), rule(3, estimate_from="5000000")]) == 6
    assert weigh(lot, [rule(2, category="land"), rule(3, estimate_from="5000000.01")]) == 1
    assert weigh(lot, [rule(7, category="construction", lot=lot.urn)]) == 8
    assert weigh(lot, [rule(7, category="construction", lot=f"lot:{uuid4()}")]) == 1
    assert weigh(lot, [rule(4, tenderee=lot.project.tenderee.urn)]) == 5
    assert weigh(lot, [rule(4, agency=lot.project.tenderee.urn)]) == 1


# --- the work ------------------------------------------------------------------------------------


def test_only_drawn_inspectors_work(house):
    inspection = house.active()
    reserve = next(one for one in house.staff if one.user.urn in inspection.alternates)
    for one in (house.chief, house.buyer, house.notary, reserve):
        before = state()
        address = f"inspections/{inspection.pk}"
        refused(
            one.post(f"{address}/findings", house.finding(one, inspection)),
            403, "wrong-role", before,
        )
        refused(one.post(f"{address}/delivery"), 403, "wrong-role", before)
        refused(one.post(f"{address}/notice", {"title": "x"}), 403, "wrong-role", before)


def test_inspector_whose_role_ended_works_no_more(house):
    inspection = house.active()
    with guard.writes("test arrangement"):
        Assignment.objects.filter(role="inspector").update(until=clock.now())
    before = state()
    refused(house.find(inspection), 403, "wrong-role", before)


def test_nothing_is_found_before_the_notice(house):
    inspection = house.drawn()
    before = state()
    refused(house.find(inspection), 409, "wrong-state", before)
    lead = house.inspectors(inspection)[0]
    refused(lead.post(f"inspections/{inspection.pk}/delivery"), 409, "wrong-state", before)


def test_notice_is_given_once(house):
    inspection = house.active()
    before = state()
    lead = house.inspectors(inspection)[0]
    answer = lead.post(f"inspections/{inspection.pk}/notice", {"title": "x"})
    refused(answer, 409, "wrong-state", before)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"inspection": "inspection:other"}, 409, "wrong-inspection"),
        ({"item": "notice.weather"}, 404, "unknown-item"),
        ({"item": "weather.notice"}, 404, "unknown-checklist"),
        ({"item": "agency.mandate"}, 409, "not-inspected"),
        ({"item": 7}, 404, "unknown-checklist"),
        ({"outcome": "perfect"}, 400, "bad-outcome"),
        ({"outcome": "deviates", "text": " "}, 400, "bad-text"),
        ({"text": "x" * 4001}, 400, "bad-text"),
        ({"text": None}, 400, "bad-text"),
        ({"exhibits": []}, 409, "evidence-missing"),
        ({"exhibits": "all"}, 400, "bad-exhibits"),
        ({"exhibits": [{"id": "x"}]}, 400, "bad-exhibits"),
        ({"exhibits": [{"id": "x", "digest": "y"}]}, 404, "unknown-exhibit"),
        ({"more": 1}, 400, "bad-json"),
    ],
)
def test_finding_that_is_not_right_is_refused(house, changes, status, code):
    inspection = house.active()
    before = state()
    refused(house.find(inspection, **changes), status, code, before)


def test_finding_rests_on_what_the_inspector_may_see(house):
    inspection = house.active()
    notice = house.exhibit()
    with guard.writes("test arrangement"):
        hidden = Exhibit(
            lot=house.lot, kind="bid-document", stage="BIDDING", name="投标文件", size=1,
            digest="ab" * 32, media_type="application/pdf", audience=["evaluator"],
            filed_at=floor.START,
        )
        hidden.save()
        later = Exhibit(
            lot=house.lot, kind="trace", stage="BIDDING", name="trace", size=1, digest="ab" * 32,
            media_type="application/json", audience=["inspector"],
            visible_from=clock.now() + timedelta(days=1), filed_at=floor.START,
        )
        later.save()
    before = state()
    for exhibit in (hidden, later):
        answer = house.find(inspection, exhibits=house.shown(exhibit))
        refused(answer, 404, "unknown-exhibit", before)
    wrong = [{"id": str(notice.pk), "digest": "ab" * 32}]
    refused(house.find(inspection, exhibits=wrong), 409, "wrong-digest", before)
    other = floor.house()
    other.publish_notice()
    foreign = house.shown(Exhibit.objects.get(lot=other.lot))
    before = state()
    refused(house.find(inspection, exhibits=foreign), 404, "unknown-exhibit", before)


def test_finding_signed_by_the_other_inspector_is_refused(house):
    inspection = house.active()
    first, second = house.inspectors(inspection)
    before = state()
    statement = house.finding(second, inspection)
    answer = first.post(f"inspections/{inspection.pk}/findings", statement)
    refused(answer, 403, "certificate-unbound", before)


def test_findings_are_delivered_complete_and_once(house):
    inspection = house.active()
    lead = house.inspectors(inspection)[0]
    before = state()
    address = f"inspections/{inspection.pk}/delivery"
    refused(lead.post(address), 409, "items-open", before)


def test_nothing_is_added_after_the_delivery(house):
    inspection = house.delivered()
    lead = house.inspectors(inspection)[0]
    before = state()
    refused(house.find(inspection), 409, "delivered-already", before)
    refused(lead.post(f"inspections/{inspection.pk}/delivery"), 409, "delivered-already", before)


# --- the subject ---------------------------------------------------------------------------------


def test_only_the_subject_answers(house):
    inspection = house.delivered()
    lead = house.inspectors(inspection)[0]
    for one in (lead, house.chief, house.notary):
        before = state()
        statement = signers.as_json(
            one.sign(
                "sunlit.answer/1", inspection=inspection.urn, step="answer", text="x", exhibits=[]
            )
        )
        answer = one.post(f"inspections/{inspection.pk}/answer", statement)
        refused(answer, 403, "wrong-role", before)


def test_answer_waits_for_the_findings(house):
    inspection = house.active()
    before = state()
    answer = house.buyer.post(
        f"inspections/{inspection.pk}/answer", house.says(inspection, "answer")
    )
    refused(answer, 409, "not-delivered", before)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"inspection": "inspection:other"}, 409, "wrong-inspection"),
        ({"text": ""}, 400, "bad-text"),
        ({"exhibits": [{"id": str(uuid4()), "digest": "y"}]}, 404, "unknown-exhibit"),
    ],
)
def test_answer_that_is_not_right_is_refused(house, changes, status, code):
    inspection = house.delivered()
    before = state()
    said = house.says(inspection, "answer", **changes)
    refused(
        house.buyer.post(f"inspections/{inspection.pk}/answer", said), status, code, before
    )


def test_answer_is_no_correction_and_comes_once(house):
    inspection = house.delivered()
    before = state()
    address = f"inspections/{inspection.pk}"
    said = house.says(inspection, "correction")
    refused(house.buyer.post(f"{address}/answer", said), 409, "wrong-inspection", before)
    said = house.says(inspection, "answer")
    refused(house.buyer.post(f"{address}/correction", said), 409, "wrong-state", before)
    assert house.buyer.post(f"{address}/answer", said).status_code == 200
    before = state()
    refused(house.buyer.post(f"{address}/answer", said), 409, "wrong-state", before)


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
    assert draw(house, house.plan()).status_code == 201


# --- recusal -------------------------------------------------------------------------------------


def test_recused_inspector_is_followed_by_the_alternate(house):
    inspection = house.drawn()
    first, second = house.inspectors(inspection)
    (reserve,) = inspection.alternates
    address = f"inspections/{inspection.pk}/recusal"
    done = first.post(address, {"reason": "配偶任职于招标人。"}).json()["result"]
    assert done == {"inspectors": 2, "alternates": 0}
    inspection.refresh_from_db()
    assert inspection.inspectors == [second.user.urn, reserve]
    before = state()
    refused(first.post(address, {"reason": "x"}), 403, "wrong-role", before)
    held = Assignment.objects.filter(role="inspector", until__isnull=True)
    assert {row.user.urn for row in held} == {second.user.urn, reserve}


def test_last_inspector_does_not_step_down(house):
    inspection = house.drawn(per_lot=1, alternates=0, inspectors=[str(house.staff[0].user.pk)])
    before = state()
    answer = house.staff[0].post(f"inspections/{inspection.pk}/recusal", {"reason": "x"})
    refused(answer, 409, "no-alternate", before)


def test_recusal_between_record_and_result_passes_on_to_the_alternate(house):
    plan = house.plan()
    opened = house.open(plan)
    gone = house.staff[0].user
    floor.assignment(house.lot, "inspector", user=gone, recused_at=floor.START)
    house.contribute(opened)
    inspection = plan.inspections.get()
    assert gone.urn not in [*inspection.inspectors, *inspection.alternates]
    assert len(inspection.inspectors) == 2
    assert User.objects.filter(pk=gone.pk).exists()


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
