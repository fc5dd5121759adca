"""Plans and their draws: what is refused, who is never drawn, how many are."""

from __future__ import annotations

from uuid import uuid4

import pytest

from signatures.domain import clock, guard
from tests.factories import floor, signers
from tests.trading.inspecting import office, refused, state
from trading.domain import inspections_pool
from trading.models import Assignment, Draw, Inspection, InspectionPlan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]


@pytest.fixture
def house(trusted):
    signers.seal()
    return office()


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
