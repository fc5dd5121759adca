"""The way from the report to performance over the interface, with real certificates and seals."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta

import pytest

from signatures import store, tasks
from signatures.domain import clock, trust_store
from signatures.domain.assess import assess
from signatures.domain.device_session import sign_session
from signatures.domain.errors import Denied, NotFound, Refused
from signatures.paper import gate
from tests.factories import evaluated as cases
from tests.factories.evaluated import TERMS
from tests.factories.signing import Api, install, put_clock
from trading.models import Contract, Exhibit, Message

pytestmark = pytest.mark.django_db(transaction=True)

BACK = 60


@pytest.fixture
def platform(settings, tmp_path):
    return install(settings, tmp_path, days_ago=BACK)


@pytest.fixture
def case(platform):
    made = cases.evaluated(clock.now() - timedelta(hours=1))
    platform.equip(made.house.buyer, made.house.tenderee)
    platform.equip(made.people[0], made.winner, region="west", key_type="rsa")
    platform.equip(made.people[1], made.tenderers[1])
    return made


def later(days: int) -> None:
    put_clock(timedelta(days=days - BACK))


def refusal(call, kind=Refused):
    with pytest.raises(kind) as caught:
        call()
    return caught.value


def check_sealed(exhibit: Exhibit, signatures: list[str]) -> bytes:
    """Valid PDF/A and valid signatures to B-LTA, by our own judgement."""
    data = store.read(exhibit.digest)
    now = clock.now()
    assessment = assess(data, kind="pdf", at=now, policy=trust_store.policy(now=now))
    assert (str(assessment.verdict), assessment.reasons) == ("valid", ())
    signed = [one for one in assessment.signatures if one.kind == "signature"]
    assert [(one.field, one.level) for one in signed] == [(name, "B-LTA") for name in signatures]
    verdict = gate.validate(data, "2b", signed=True)
    assert (verdict.compliant, verdict.findings) == (True, ())
    return data


def latest(lot, kind) -> Exhibit:
    return Exhibit.objects.filter(lot=lot, kind=kind).latest("filed_at")


def test_from_the_report_to_performance(platform, case, tmp_path):
    lot, buyer = case.lot, Api(case.house.buyer)
    address = f"/api/v1/lots/{lot.pk}"

    assert refusal(lambda: Api(case.people[0]).post(f"{address}/candidates"), Denied).code == (
        "wrong-role"
    )
    first = buyer.post(f"{address}/candidates", key="candidates")
    again = buyer.post(f"{address}/candidates", key="candidates")
    assert (again["repeated"], again["result"]) == (True, first["result"])
    shown = Api(None).get(f"{address}/candidates")
    assert [one["rank"] for one in shown["candidates"]] == [1, 2, 3]
    check_sealed(latest(lot, "candidates"), ["Seal"])

    body = {"organisation": str(case.winner.pk)}
    assert refusal(lambda: buyer.post(f"{address}/award", body)).code == "too-early"
    assert not Exhibit.objects.filter(kind="award").exists()
    later(12)
    second = {"organisation": str(case.tenderers[1].pk), "reasons": "更近"}
    assert refusal(lambda: buyer.post(f"{address}/award", second)).code == "not-the-first"
    assert buyer.post(f"{address}/award", body)["result"]["stage"] == "AWARD"
    assert Api(None).get(f"{address}/award")["winner"] == case.winner.urn
    check_sealed(latest(lot, "award"), ["Seal"])
    assert Message.objects.filter(template="award-lost").count() == 2

    later(14)
    terms = {"price": "4800000.00", "terms": TERMS, "security": "480000.00"}
    departing = {**terms, "terms": {**TERMS, "duration_days": "365"}}
    assert refusal(lambda: buyer.post(f"{address}/contract", departing)).code == (
        "departs-from-bid"
    )
    assert not Contract.objects.exists()
    document = buyer.post(f"{address}/contract", terms)["result"]["document"]
    loser = Api(case.people[1])
    assert refusal(lambda: loser.get(f"{address}/contract"), NotFound).code == "no-contract"
    assert refusal(lambda: loser.get(f"/api/v1/signing/{document}"), NotFound).code == (
        "no-such-document"
    )
    winner = Api(case.people[0])
    assert [one["id"] for one in winner.get(f"/api/v1/signing?subject={lot.urn}")] == [document]
    sign_session(winner, document, "Contractor", platform.signer(case.people[0]))
    assert refusal(lambda: buyer.post(f"{address}/contract/conclusion")).code == (
        "not-signed-by-all"
    )
    sign_session(buyer, document, "Tenderee", platform.signer(case.house.buyer))
    assert tasks.finish_document.func(document=document) == "concluded"
    assert case.lot.stage == "CONTRACT"
    line = winner.get(f"{address}/contract")
    assert (line["state"], line["late"], line["price"]) == ("concluded", False, "4800000.00")
    data = check_sealed(latest(lot, "contract"), ["Contractor", "Tenderee", "Seal"])
    if shutil.which("pdfsig"):
        path = tmp_path / "contract.pdf"
        path.write_bytes(data)
        told = subprocess.run(
            ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
        ).stdout
        assert told.count("Signature Validation: Signature is Valid.") == 3

    assert buyer.post(f"{address}/written-report")["result"]["late"] == []
    check_sealed(latest(lot, "written-report"), ["Seal"])
    note = {"note": "已按合同约定进场施工。"}
    assert buyer.post(f"{address}/performance", note)["result"]["stage"] == "PERFORMANCE"
    check_sealed(latest(lot, "performance"), ["Seal"])


def test_contract_signed_while_the_lot_is_suspended_is_concluded_afterwards(platform, case):
    lot, buyer, winner = case.lot, Api(case.house.buyer), Api(case.people[0])
    address = f"/api/v1/lots/{lot.pk}"
    buyer.post(f"{address}/candidates")
    later(12)
    buyer.post(f"{address}/award", {"organisation": str(case.winner.pk)})
    terms = {"price": "4800000.00", "terms": TERMS}
    document = buyer.post(f"{address}/contract", terms)["result"]["document"]
    sign_session(winner, document, "Contractor", platform.signer(case.people[0]))
    buyer.post(f"{address}/suspension", {"reason": "投诉处理中"})
    sign_session(buyer, document, "Tenderee", platform.signer(case.house.buyer))
    assert refusal(lambda: tasks.finish_document.func(document=document)).code == "not-running"
    assert refusal(lambda: winner.post(f"{address}/contract/conclusion")).code == "not-running"
    assert not Exhibit.objects.filter(kind="contract").exists()
    buyer.post(f"{address}/resumption", {"reason": "处理完毕"})
    assert winner.post(f"{address}/contract/conclusion")["result"]["stage"] == "CONTRACT"
    assert tasks.finish_document.func(document=document) == "concluded"
    assert Exhibit.objects.filter(kind="contract").count() == 1
