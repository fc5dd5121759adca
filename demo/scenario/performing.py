"""Securities recorded and returned; entries on performance by both sides; the acceptance."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from demo.actors import Actor
from demo.run import Run
from demo.scenario import securing
from signatures.domain.errors import SunlitError

BEIJING = ZoneInfo("Asia/Shanghai")


def record_securities(run: Run) -> None:
    """Every tenderer's bid security, once the bids are open."""
    with run.step("Bid securities are recorded"):
        for key in run.tenderers:
            if key != securing.given_by(run):
                _record(run, run[key], "bid", securing.amount(run))


def play(run: Run, winner: Actor) -> None:
    """From the signed contract to the acceptance that both sides sign."""
    tenderee = run["tenderee"]
    with run.step("Securities go back within the days of the law; the winner gives another"):
        _return_all(run)
        _record(run, winner, "performance", Decimal(run.summary["award"]["price"]) / 20)
    with run.step("Both sides enter what happens; the other side confirms or disputes"):
        paid = {"kind": "payment", "amount": "500000.00", "text": "支付预付款"}
        _answer(run, winner, _enter(run, tenderee, **paid), confirmed=True)
        begun = _enter(run, winner, kind="work", text="现场开工，完成测量放线")
        _answer(run, tenderee, begun, confirmed=True)
        wrong = _enter(run, winner, kind="work", text="完成全部路面工程")
        _answer(run, tenderee, wrong, confirmed=False, text="路面工程尚未完成")
    with run.step("No package before the acceptance; both sides sign it"):
        run.summary["early_package"] = _early(run)
        done = _enter(run, tenderee, kind="acceptance", passed=True, text="竣工验收合格")
        _answer(run, winner, done, confirmed=True)
    rows = tenderee.client.get(f"/api/v1/lots/{run.lot}/performance/entries")
    run.summary["performance"] = [
        {name: one[name] for name in ("kind", "text", "amount", "passed", "confirmed")}
        for one in rows
    ]
    run.summary["securities"] = tenderee.client.get(f"/api/v1/lots/{run.lot}/securities")


def _today(run: Run) -> str:
    now: datetime = run.now()
    return now.astimezone(BEIJING).date().isoformat()


def _record(run: Run, actor: Actor, kind: str, amount: Decimal) -> None:
    run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/securities",
        {
            "organisation": actor.organisation, "kind": kind, "amount": f"{amount:.2f}",
            "received_on": _today(run),
        },
    )


def _return_all(run: Run) -> None:
    client = run["tenderee"].client
    if securing.given_by(run):
        securing.release(run)
    for row in client.get(f"/api/v1/lots/{run.lot}/securities"):
        if row["form"] == "guarantee":
            run.require(row["returned_on"] and not row["late"], "a guarantee is still held")
            continue
        answer = client.post(
            f"/api/v1/lots/{run.lot}/securities/{row['id']}/return",
            {"returned_on": _today(run)},
        )
        run.require(answer["result"]["late"] is False, "a security went back late")


def _enter(run: Run, actor: Actor, **what: Any) -> dict[str, Any]:
    contract = run["tenderee"].client.get(f"/api/v1/lots/{run.lot}/contract")
    said = {"amount": None, "passed": None, "file": None, **what}
    signed = actor.client.sign(
        "sunlit.performance/1",
        lot=f"lot:{run.lot}",
        contract=contract["urn"],
        side=actor.org_urn,
        on=_today(run),
        **said,
    )
    path = f"/api/v1/lots/{run.lot}/performance/entries"
    made = actor.client.post(path, signed.as_json())["result"]["entry"]
    return next(one for one in actor.client.get(path) if one["id"] == made)


def _answer(
    run: Run, actor: Actor, entry: dict[str, Any], *, confirmed: bool, text: str = ""
) -> None:
    signed = actor.client.sign(
        "sunlit.performance-answer/1",
        lot=f"lot:{run.lot}",
        entry=entry["urn"],
        digest=entry["statement"],
        confirmed=confirmed,
        text=text,
    )
    actor.client.post(
        f"/api/v1/lots/{run.lot}/performance/entries/{entry['id']}/answer", signed.as_json()
    )


def _early(run: Run) -> str:
    """The code with which the package is refused before the acceptance."""
    try:
        run["archivist"].client.post(f"/api/v1/lots/{run.lot}/package")
    except SunlitError as refusal:
        return str(refusal.code)
    run.require(False, "a package is built before the works are accepted")
    return ""
