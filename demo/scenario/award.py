"""Candidates, publicity waited out on the clock, award, contract, written report."""

from __future__ import annotations

from datetime import timedelta

from demo.actors import Actor
from demo.run import Run
from demo.scenario.signing import sign_by
from signatures.domain.errors import Refused


def play(run: Run) -> None:
    """Everything up to the signed contract and the report; ``contracted`` is reached."""
    publish_candidates(run)
    tenderee = run["tenderee"].client
    with run.step("An award before the publicity has ended is refused"):
        _award_early(run)
    with run.step("The publicity is waited out; the first candidate is awarded the lot"):
        run.move_to(run.date("candidates-until") + timedelta(minutes=1))
        winner = _winner(run)
        tenderee.post(
            f"/api/v1/lots/{run.lot}/award",
            {"organisation": winner.organisation, "reasons": "国有资金占控股地位,确定第一候选人。"},
        )
        award = tenderee.get(f"/api/v1/lots/{run.lot}/award")
        run.summary["award"] = {"winner": winner.org_urn, "price": award["price"]}
    with run.step("The contract is signed by both sides"):
        tenderee.post(
            f"/api/v1/lots/{run.lot}/contract",
            {"price": award["price"], "terms": award.get("terms", {})},
        )
        run.summary["contract"] = sign_by(run, "contract", (run["tenderee"], winner))
        run.await_stage("CONTRACT")
    with run.step("The written report is filed with the supervisor; performance begins"):
        tenderee.post(f"/api/v1/lots/{run.lot}/written-report")
        tenderee.post(
            f"/api/v1/lots/{run.lot}/performance", {"note": "开工令已签发,工程按合同履行。"}
        )
        run.await_stage("PERFORMANCE")
    run.reached("contracted")


def publish_candidates(run: Run) -> None:
    """The report's candidates are put on show."""
    tenderee = run["tenderee"].client
    with run.step("The candidates are published"):
        tenderee.post(f"/api/v1/lots/{run.lot}/candidates")
        shown = tenderee.get(f"/api/v1/lots/{run.lot}/candidates")
        run.summary["candidates"] = shown["candidates"]


def _winner(run: Run) -> Actor:
    first = next(each for each in run.summary["candidates"] if each["rank"] == 1)
    return next(run[key] for key in run.tenderers if run[key].org_urn == first["org"])


def _award_early(run: Run) -> None:
    winner = _winner(run)
    try:
        run["tenderee"].client.post(
            f"/api/v1/lots/{run.lot}/award", {"organisation": winner.organisation}
        )
    except Refused as refusal:
        run.summary["early_award"] = {"code": refusal.code, "rule": refusal.rule}
    else:
        run.require(False, "the lot was awarded before its publicity had ended")
