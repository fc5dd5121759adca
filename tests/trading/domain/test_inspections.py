"""What inspectors and subjects are refused: nothing of it leaves a trace."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from signatures.domain import clock, guard
from signatures.models import User
from tests.factories import floor, signers
from tests.trading.inspecting import office, refused, state
from trading.models import Assignment, Exhibit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]


@pytest.fixture
def house(trusted):
    signers.seal()
    return office()


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
