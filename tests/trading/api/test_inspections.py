"""An inspection over HTTP, from its plan to its published result."""

from __future__ import annotations

import pytest
from django.test import Client

from signatures import store
from signatures.domain import clock, jcs, platform, trust_store
from signatures.domain.assess import assess
from signatures.models import LedgerEntry
from tests.factories import signers
from tests.trading.inspecting import office
from trading.domain.draws import verify_draw
from trading.models import Assignment, Exhibit, Finding, Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]


@pytest.fixture
def house(trusted):
    signers.seal()
    return office()


def get(path: str):
    answer = Client().get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_inspection_from_plan_to_publication(house):
    plan = house.plan(
        weights=[{"match": {"estimate-from": "1000000"}, "add": 4, "reason": "投资额较大"}]
    )
    draw = house.open(plan)
    assert [(one["stratum"], one["weight"]) for one in draw.record["candidates"]] == [
        ("projects", 5), ("inspectors", 1), ("inspectors", 1), ("inspectors", 1),
    ]
    published = jcs.dumps(draw.record).decode()
    assert not any(one.user.urn in published for one in house.staff)
    house.contribute(draw)
    proof = verify_draw(get(f"draws/{draw.pk}"), verifiers=[platform.log_verifier()])
    assert proof == {"verdict": "valid", "reasons": []}

    (line,) = get(f"inspections?lot={house.lot.pk}")
    address = f"inspections/{line['id']}"
    assert line["state"] == "drawn"
    assert "inspectors" not in line
    inspection = plan.inspections.get()
    first, second = house.inspectors(inspection)
    assert Assignment.objects.filter(lot=house.lot, role="inspector").count() == 2
    assert set(inspection.inspectors) | set(inspection.alternates) == {
        one.user.urn for one in house.staff
    }

    assert first.post(f"{address}/notice", {"title": "检查通知书"}).status_code == 201
    kinds = {one["kind"] for one in house.buyer.get(f"lots/{house.lot.pk}/exhibits").json()}
    assert "inspection-notice" in kinds
    assert Message.objects.filter(template="inspection-notice", user=house.buyer.user).exists()
    read = {one["kind"] for one in second.get(f"lots/{house.lot.pk}/exhibits").json()}
    assert {"notice", "tender-document"} <= read

    items = ("notice.media", "notice.content", "notice.offer", "notice.fairness")
    for name in items:
        deviates = name == "notice.content"
        one = second if deviates else first
        statement = house.finding(
            one,
            inspection,
            item=name,
            outcome="deviates" if deviates else "conforms",
            text="公告未载明实施地点。" if deviates else "",
        )
        answer = one.post(f"{address}/findings", statement)
        assert answer.status_code == 201, answer.content
    assert answer.json()["result"]["open"] == []
    assert "findings" not in house.buyer.get(address).json()
    assert first.post(f"{address}/delivery").json()["result"]["deviations"] == 1
    assert len(house.buyer.get(address).json()["findings"]) == 4
    assert "findings" not in get(address)

    said = house.says(inspection, "answer", exhibits=house.shown())
    assert house.buyer.post(f"{address}/answer", said).json()["result"] == {"late": False}
    assert house.decide(inspection, "correct").json()["result"]["state"] == "correcting"
    said = house.says(inspection, "correction")
    assert house.buyer.post(f"{address}/correction", said).status_code == 200
    verdict = {"holds": True, "text": "已核实更正公告。"}
    assert second.post(f"{address}/verification", verdict).json()["result"]["state"] == "decided"
    result = house.chief.post(f"{address}/publication", {"title": "检查结果公示"})
    assert result.status_code == 201, result.content
    assert result.json()["result"]["late"] is False

    (shown,) = (
        one for one in get(f"lots/{house.lot.pk}/exhibits") if one["kind"] == "inspection-result"
    )
    assert shown["facts"] == {
        "inspection": inspection.urn,
        "plan": plan.urn,
        "objects": ["notice"],
        "checklists": plan.checklists,
        "items": 4,
        "deviations": 1,
        "decision": "correct",
        "corrected": True,
        "late": False,
    }
    now = clock.now()
    judged = assess(
        store.read(shown["sha256"]), kind="pdf", at=now, policy=trust_store.policy(now=now)
    )
    assert judged.is_valid, judged.reasons
    closed = get(address)
    assert (closed["state"], closed["decision"], len(closed["findings"])) == (
        "closed", "correct", 4,
    )
    assert get(f"inspections/plans/{plan.pk}")["state"] == "closed"
    last = jcs.loads(bytes(LedgerEntry.objects.get(index=result.json()["leaves"][1]).data))
    assert last["entry"]["act"] == "trading.publish-inspection"
    assert last["entry"]["digests"] == {"result": shown["sha256"]}
    assert not Assignment.objects.filter(role="inspector", until__isnull=True).exists()


def test_findings_are_kept_as_they_were_signed(house):
    inspection = house.active()
    house.find(inspection, outcome="deviates", text="未在指定媒介发布。")
    row = Finding.objects.get()
    said = jcs.loads(store.read(row.digests["statement"]))
    assert (said["item"], said["outcome"], said["text"]) == (
        row.item, row.outcome, row.text,
    )
    again = house.find(inspection, outcome="conforms")
    assert again.json()["result"]["number"] == 2
    assert Finding.objects.count() == 2


def test_notice_is_prepared_once_for_a_repeated_request(house):
    inspection = house.drawn()
    lead = house.inspectors(inspection)[0]
    address, body = f"inspections/{inspection.pk}/notice", {"title": "检查通知书"}
    one = lead.post(address, body, key="notice")
    two = lead.post(address, body, key="notice")
    assert (one.status_code, two.json()) == (201, {**one.json(), "repeated": True})
    assert Exhibit.objects.filter(kind="inspection-notice").count() == 1


def test_checklists_are_public_and_cover_the_seven_objects(house):
    found = get("inspections/checklists")
    assert [one["name"] for one in found] == [
        "notice", "tender-documents", "qualification", "proceedings", "objections",
        "written-report", "agency",
    ]
    assert all(item["article"] and item["evidence"] for one in found for item in one["items"])


def test_who_may_be_drawn_is_shown_to_the_supervisor_alone(house):
    plan = house.plan()
    address = f"inspections/plans/{plan.pk}"
    assert "inspectors" not in get(address)
    assert "inspectors" not in house.buyer.get(address).json()
    assert len(house.chief.get(address).json()["inspectors"]) == 3


@pytest.mark.parametrize(
    "path",
    [
        "plans", "plans/{id}/draw", "{id}/notice", "{id}/findings", "{id}/delivery", "{id}/answer",
        "{id}/recusal", "{id}/decision", "{id}/correction", "{id}/verification",
        "{id}/publication", "{id}/stop",
    ],
)
def test_writes_need_somebody_signed_in(db, path):
    identifier = "00000000-0000-4000-8000-000000000000"
    address = f"/api/v1/inspections/{path.format(id=identifier)}"
    answer = Client().post(address, "{}", "application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-first")
