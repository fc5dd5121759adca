"""The tenderee decides among unranked candidates: secret ballots in two rounds, or a draw."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from demo import actors, cast
from demo.actors import Actor
from demo.run import Run
from demo.scenario import drawing
from signatures.domain.errors import SunlitError

REASONS = {
    "votes": "定标委员会无记名票决，得票最多；该候选人同类工程业绩与履约能力突出。",
    "price": "按招标文件公布的价格竞争定标法，报价最低。",
    "draw": "按招标文件公布的加权抽取定标法抽取产生。",
}


def play(run: Run) -> Actor:
    """From the end of the publicity to the published decision; gives the decided candidate."""
    shown = run.summary["candidates"]
    codes = [run.troupe.companies[_key(run, one["org"])].code for one in shown]
    run.require(codes == sorted(codes), "the order of the candidates is not the neutral one")
    run.require(
        all(set(one) == {"org", "price"} for one in shown), "the notice tells rank or score"
    )
    panel = _panel(run) if run.variant.decided == "votes" else []
    tenderee = run["tenderee"].client
    with run.step("The decision among the candidates is opened"):
        tenderee.post(f"/api/v1/lots/{run.lot}/decision")
    if run.variant.decided == "votes":
        _vote(run, panel)
    elif run.variant.decided == "draw":
        with run.step("A weighted draw decides, which anybody can run again"):
            answer = tenderee.post(f"/api/v1/lots/{run.lot}/decision/draw")["result"]
            parties = (run["tenderee"], run["supervisor"], run["notary"])
            drawing.hold(run, answer["draw"], parties, name="award")
    winner = run[_key(run, _decision(run)["chosen"])]
    with run.step("The decision is signed with its reasons and published"):
        among = [run[_key(run, one["org"])] for one in shown]
        loser = next(one for one in among if one is not winner)
        run.summary["refused_award"] = _award_of(run, loser)
        _record(run, winner)
        run.require(
            _award_of(run, loser) == "not-the-decided", "another than the decided is awarded"
        )
    run.summary["decision"] = {
        name: _decision(run)[name] for name in ("method", "rounds", "chosen", "grounds", "reasons")
    }
    return winner


def _key(run: Run, urn: str) -> str:
    return next(key for key in run.tenderers if run[key].org_urn == urn)


def _decision(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run["supervisor"].client.get(f"/api/v1/lots/{run.lot}/decision")
    return found


def _panel(run: Run) -> list[Actor]:
    with run.step("The tenderee names an award panel of five"):
        panel = [actors.enlist(run.troupe, role) for role in cast.PANEL]
        run["tenderee"].client.post(
            f"/api/v1/lots/{run.lot}/panel", {"members": [one.person for one in panel]}
        )
    return panel


def _vote(run: Run, panel: list[Actor]) -> None:
    """Two, two and one; then the tied alone, and a majority."""
    with run.step("Five secret signed ballots; two candidates are tied"):
        tied = _round(run, panel, (0, 0, 1, 1, 2))
        run.require(tied["result"] == "tied", f"the first round came to {tied['result']}")
    with run.step("Another round among the tied; the most votes decide"):
        last = _round(run, panel, (0, 1, 1, 0, 1))
        run.require(last["result"] == "chosen", f"the second round came to {last['result']}")


def _round(run: Run, panel: list[Actor], choices: tuple[int, ...]) -> dict[str, Any]:
    row = _decision(run)["rounds"][-1]
    salts = [secrets.token_hex(32) for _member in panel]
    among = row["candidates"]
    for member, salt, choice in zip(panel, salts, choices, strict=True):
        _cast(run, member, row, among[choice], salt)
    run.summary.setdefault("double_vote", _again(run, panel[0], row, among[0], salts[0]))
    run.require(run.summary["double_vote"] != "", "a member has voted twice")
    for member, salt, choice in zip(panel, salts, choices, strict=True):
        member.client.post(
            f"/api/v1/lots/{run.lot}/decision/ballots/opening",
            {"candidate": among[choice], "salt": salt},
        )

    def counted() -> dict[str, Any] | None:
        found: dict[str, Any] = _decision(run)["rounds"][row["number"] - 1]
        return found if found["counted_at"] else None

    found: dict[str, Any] = run.wait(counted, "the ballots to be counted")
    return found


def _cast(run: Run, member: Actor, row: dict[str, Any], candidate: str, salt: str) -> None:
    head = f"SUNLIT-BALLOT-1|{row['urn']}|{candidate}|".encode()
    signed = member.client.sign(
        "sunlit.ballot/1",
        lot=f"lot:{run.lot}",
        round=row["urn"],
        commitment=hashlib.sha256(head + bytes.fromhex(salt)).hexdigest(),
    )
    member.client.post(f"/api/v1/lots/{run.lot}/decision/ballots", signed.as_json())


def _again(run: Run, member: Actor, row: dict[str, Any], candidate: str, salt: str) -> str:
    try:
        _cast(run, member, row, candidate, salt)
    except SunlitError as refusal:
        return str(refusal.code)
    return ""


def _award_of(run: Run, actor: Actor) -> str:
    """The code with which an award to somebody is refused; empty where it is not."""
    try:
        run["tenderee"].client.post(
            f"/api/v1/lots/{run.lot}/award", {"organisation": actor.organisation}
        )
    except SunlitError as refusal:
        return str(refusal.code)
    return ""


def _record(run: Run, winner: Actor) -> None:
    tenderee = run["tenderee"].client
    signed = tenderee.sign(
        "sunlit.award/1",
        lot=f"lot:{run.lot}",
        decision=_decision(run)["urn"],
        winner=winner.org_urn,
        reasons=REASONS[run.variant.decided],
    )
    tenderee.post(f"/api/v1/lots/{run.lot}/decision/record", signed.as_json())
