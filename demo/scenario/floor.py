"""A lot on the floor: applications, asks in steps, limited rounds, the sale that both confirm."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from demo.actors import Actor
from demo.hall import InRoom
from demo.run import Run
from demo.scenario import award
from demo.scenario.signing import sign_by
from demo.variants import NO_SALE
from signatures.domain import jcs
from signatures.domain.errors import Denied, Refused, SunlitError

SECOND = timedelta(seconds=1)


def commit(parameters: Mapping[str, Any], reserve: str) -> tuple[dict[str, Any], str]:
    """The format with a commitment to this reserve, and the salt that stays with the seller."""
    if not reserve:
        return dict(parameters), ""
    salt = secrets.token_hex(32)
    value = {"purpose": "sunlit.reserve/1", "reserve": reserve, "salt": salt}
    return {**parameters, "reserve": jcs.digest(value).hex()}, salt


def play(run: Run) -> None:
    """From applications to the signed contract, or to the end without a sale."""
    for chapter in CHAPTERS:
        chapter(run)


def enter(run: Run) -> None:
    """Whoever wants to bid applies, pays and is qualified."""
    with run.step(f"{len(run.tenderers)} applicants sign, pay their deposits and are qualified"):
        _enter(run)


def listing(run: Run) -> None:
    """The listing's time, where there is one."""
    if run.variant.lists:
        with run.step("The listing begins; bidders ask in steps, wrong asks leave no trace"):
            run.move_to(run.date("floor-from") + SECOND)
            run.await_stage("LISTING")
            _ask_all(run, _first_half(run))
            _refused(run)


def rounds(run: Run) -> None:
    """Limited rounds, up to the last ask."""
    with run.step("The clock opens limited rounds; every ask starts the round again"):
        run.move_to(run.date("deadline") + SECOND)
        run.wait(lambda: _phase(run) == "rounds", "limited rounds")
        rest = run.variant.asks[len(_first_half(run)) :] if run.variant.lists else run.variant.asks
        _ask_all(run, rest)


def finish(run: Run) -> None:
    """The price falls; the sale is confirmed and the contract signed, or nothing is sold."""
    with run.step("Rounds run out by the clock alone; the price falls"):
        _run_out(run)
    if run.variant.reserve:
        with run.step("A wrong opening of the reserve is refused; the right one is opened"):
            _open_reserve(run)
    if run.variant.end == NO_SALE:
        _unsold(run)
        return
    with run.step("Seller and buyer sign the confirmation of the sale; bidders have names now"):
        winner = _confirm(run)
    if not run.variant.shown_after:
        _publish_result(run)
    with run.step("The contract is signed by both sides"):
        award.sign(run, winner)
    if run.variant.shown_after:
        _publish_result(run)
    with run.step("The others have their deposits back; performance is recorded"):
        _give_back(run)
        award.perform(run)
    run.reached("contracted")


#: What is played in turn, so that lots of one schedule can stand on one clock.
CHAPTERS = (enter, listing, rounds, finish)


# --- applying ------------------------------------------------------------------------------------


def _enter(run: Run) -> None:
    lot = f"/api/v1/lots/{run.lot}"
    digest = jcs.digest(run.facts["parameters"]).hex()
    for key in run.tenderers:
        actor = run[key]
        signed = actor.client.sign(
            "sunlit.application/1", lot=f"lot:{run.lot}", organisation=actor.org_urn, floor=digest
        )
        actor.client.post(f"{lot}/applications", signed.as_json())
        own = actor.client.get(f"{lot}/applications")
        run.require(
            [row["organisation"] for row in own] == [actor.org_urn],
            "an applicant learns of another application",
        )
    for row in run["tenderee"].client.get(f"{lot}/applications"):
        path = f"{lot}/applications/{row['id']}"
        run.troupe.operator.post(
            f"{path}/deposit",
            {
                "amount": run.facts["parameters"]["deposit"],
                "paid_at": jcs.timestamp(run.now()),
                "reference": f"ICBC-{row['id'][:8]}",
            },
        )
        run["tenderee"].client.post(f"{path}/decision", {"qualified": True})
    run.facts["numbers"] = {
        key: run[key].client.get(f"{lot}/applications")[0]["number"] for key in run.tenderers
    }


# --- the floor -----------------------------------------------------------------------------------


def _floor(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run["tenderee"].client.get(f"/api/v1/lots/{run.lot}/floor")
    return found


def _phase(run: Run) -> str:
    return str(_floor(run)["phase"])


def _first_half(run: Run) -> tuple[tuple[str, int], ...]:
    return run.variant.asks[: (len(run.variant.asks) + 1) // 2]


def _price(run: Run, steps: int) -> str:
    form = run.facts["parameters"]
    return f"{Decimal(form['start']) + steps * Decimal(form['step']):.2f}"


def _ask_all(run: Run, asks: tuple[tuple[str, int], ...]) -> None:
    with contextlib.ExitStack() as doors:
        rooms = {
            key: doors.enter_context(InRoom(run, run[key], "auction"))
            for key in dict.fromkeys(key for key, _steps in asks)
        }
        for number, (key, steps) in enumerate(asks):
            rooms[key].do("ask", price=_price(run, steps))
            if number == 0:
                rooms[key].drop()  # a lost line loses nothing


def _refused(run: Run) -> None:
    """Asks that are too low, off the steps, or by somebody who may not ask."""
    if not run.variant.asks:
        return
    before = _floor(run)["asks"]
    top = max(steps for _key, steps in _first_half(run))
    leader = _first_half(run)[-1][0]
    other = next(key for key in run.tenderers if key != leader)
    codes = {}
    for name, key, price in (
        ("low", other, _price(run, top)),
        ("off", other, f"{Decimal(_price(run, top + 1)) + 1:.2f}"),
        ("own", leader, _price(run, top + 1)),
        ("seller", "tenderee", _price(run, top + 1)),
    ):
        with InRoom(run, run[key], "auction") as room:
            try:
                room.do("ask", price=price)
            except (Refused, Denied, SunlitError) as refusal:
                codes[name] = refusal.code
    run.require(
        codes == {
            "low": "not-better", "off": "off-step", "own": "leading-already",
            "seller": "wrong-role",
        },
        f"wrong asks came to {codes}",
    )
    run.require(_floor(run)["asks"] == before, "a refused ask left a trace")
    run.summary["refused_asks"] = codes


def _run_out(run: Run) -> None:
    """Move the clock past the end of the round as often as the price is called."""

    def over() -> bool:
        now = _floor(run)
        if now["phase"] != "rounds":
            return True
        run.move_to(jcs.parse_timestamp(now["until"]) + SECOND)
        return False

    run.wait(over, "the price to fall")
    run.summary["floor"] = {name: _floor(run)[name] for name in ("price", "asks", "round")}


def _open_reserve(run: Run) -> None:
    client, path = run["tenderee"].client, f"/api/v1/lots/{run.lot}/reserve"
    wrong = {"reserve": f"{Decimal(run.variant.reserve) - 1:.2f}", "salt": run.facts["salt"]}
    try:
        client.post(path, wrong)
    except Refused as refusal:
        run.require(refusal.code == "wrong-reserve", f"a wrong reserve came to {refusal.code}")
    else:
        run.require(False, "a wrong reserve was opened")
    client.post(path, {"reserve": run.variant.reserve, "salt": run.facts["salt"]})


def _unsold(run: Run) -> None:
    with run.step("Nothing is sold; the record of the floor is filed"):
        run.wait(lambda: run.lot_state()["state"] == "failed", "the lot to come to nothing")
        await_record(run)
    run.reached("contracted")


def await_record(run: Run) -> None:
    """Wait until the floor's stream is in the dossier."""

    def filed() -> bool:
        rows = run["tenderee"].client.get(f"/api/v1/lots/{run.lot}/exhibits")
        return any(row["kind"] == "floor-record" for row in rows)

    run.wait(filed, "the record of the floor")


# --- after the floor -----------------------------------------------------------------------------


def _confirm(run: Run) -> Actor:
    run.wait(lambda: _phase(run) == "sold", "the sale")
    number = _floor(run)["result"]["number"]
    key = next(each for each, own in run.facts["numbers"].items() if own == number)
    winner = run[key]
    run.summary["confirmation"] = sign_by(run, "floor-confirmation", (run["tenderee"], winner))
    run.await_stage("RESULT")
    found = run["tenderee"].client.get(f"/api/v1/lots/{run.lot}/award")
    run.summary["award"] = {"winner": winner.org_urn, "price": found["price"], "terms": {}}
    named = {row["number"]: row["organisation"] for row in _floor(run)["named"]}
    run.require(named[number] == winner.org_urn, "the confirmed buyer is another one")
    await_record(run)
    return winner


def _publish_result(run: Run) -> None:
    with run.step("The result is published, and on show where the procedure says so"):
        run["tenderee"].client.post(
            f"/api/v1/lots/{run.lot}/steps", {"step": "trading.publish-result"}
        )
        until = run.lot_state()["dates"].get("result-until")
        if until:
            run.move_to(jcs.parse_timestamp(until) + timedelta(minutes=1))


def _give_back(run: Run) -> None:
    lot = f"/api/v1/lots/{run.lot}"
    for row in run["tenderee"].client.get(f"{lot}/applications"):
        path = f"{lot}/applications/{row['id']}/deposit-return"
        if row["organisation"] != run.summary["award"]["winner"]:
            run.troupe.operator.post(path)
            continue
        try:
            run.troupe.operator.post(path)
        except Refused as refusal:
            run.require(refusal.code == "winners-deposit", f"it came to {refusal.code}")
        else:
            run.require(False, "the winner's deposit went back")
