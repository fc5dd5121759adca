"""Candidates where they are published, award, contract, and what the law wants filed of it."""

from __future__ import annotations

from datetime import timedelta

from demo.actors import Actor
from demo.run import Run
from demo.scenario import deciding, framework, grieving, performing, securing
from demo.scenario.signing import sign_by
from signatures.domain.errors import Refused


def play(run: Run) -> None:
    """Everything up to the signed contract and what is filed of it; ``contracted`` is reached."""
    if run.variant.framework:
        framework.play(run)
        run.reached("contracted")
        return
    if run.variant.shown:
        publish_candidates(run)
        with run.step("An award before the publicity has ended is refused"):
            _award_early(run)
        if run.variant.grieved:
            grieving.about_candidates(run)
        run.move_to(run.date("candidates-until") + timedelta(minutes=1))
    if run.variant.decided:
        performing.record_securities(run)
        winner = deciding.play(run)
        with run.step("The decided candidate is awarded the lot"):
            _award(run, winner)
    else:
        with run.step("The first candidate is awarded the lot"):
            winner = _winner(run)
            _award(run, winner)
    for name, until in run.variant.steps:
        with run.step(f"A step of the procedure's own: {name}"):
            run["tenderee"].client.post(f"/api/v1/lots/{run.lot}/steps", {"step": name})
            run.move_to(run.date(until) + timedelta(minutes=1))
    with run.step("The contract is signed by both sides"):
        sign(run, winner)
    with run.step("What the law wants filed is filed; performance begins"):
        for name in run.variant.after:
            _file(run, name)
        perform(run)
    if run.variant.decided:
        performing.play(run, winner)
    elif securing.given_by(run):
        with run.step("The guarantee goes back within the days of the law"):
            securing.release(run)
    run.reached("contracted")


def sign(run: Run, winner: Actor) -> None:
    """The contract, at the awarded price and on its terms, signed by both."""
    award = run.summary["award"]
    run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/contract",
        {"price": award["price"], "terms": award["terms"]},
    )
    run.summary["contract"] = sign_by(run, "contract", (run["tenderee"], winner))
    run.await_stage("CONTRACT")


def perform(run: Run) -> None:
    """That the contract is performed is reported."""
    run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/performance", {"note": "合同已生效，按约履行。"}
    )
    run.await_stage("PERFORMANCE")


def _award(run: Run, winner: Actor) -> None:
    """The lot is awarded to whom the report ranks first, or to the decided candidate."""
    tenderee = run["tenderee"].client
    asked = {"organisation": winner.organisation}
    if not run.variant.decided:
        asked["reasons"] = "按评标报告的顺序确定第一候选人。"
    tenderee.post(f"/api/v1/lots/{run.lot}/award", asked)
    award = tenderee.get(f"/api/v1/lots/{run.lot}/award")
    run.summary["award"] = {
        "winner": winner.org_urn,
        "price": award["price"],
        "terms": award.get("terms", {}),
    }


def _file(run: Run, name: str) -> None:
    """A written report to the supervisor, or the contract before those who are to know it."""
    part = name if name == "written-report" else f"contract/{name}"
    run["tenderee"].client.post(f"/api/v1/lots/{run.lot}/{part}")


def publish_candidates(run: Run) -> None:
    """The report's candidates are put on show."""
    tenderee = run["tenderee"].client
    with run.step("The candidates are published"):
        tenderee.post(f"/api/v1/lots/{run.lot}/candidates")
        shown = tenderee.get(f"/api/v1/lots/{run.lot}/candidates")
        run.summary["candidates"] = shown["candidates"]


def _winner(run: Run) -> Actor:
    shown = run.variant.shown and not run.variant.decided
    ranked = run.summary["candidates"] if shown else run.summary["ranking"]
    first = next(each for each in ranked if each["rank"] == 1)
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
