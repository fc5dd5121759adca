"""Prequalification: applications sealed and opened, a panel that examines them, each one's result.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from demo.actors import Actor
from demo.run import Run
from demo.scenario import ending, evaluation
from demo.scenario.bidding import hand_in, in_parallel, publish_policy, start_keys
from demo.scenario.opening import release
from demo.variants import UNQUALIFIED
from signatures.domain.errors import SunlitError

CRITERIA = (
    "具有市政公用工程施工总承包壹级及以上资质",
    "具有有效的安全生产许可证",
    "近五年完成过一项合同额一千万元以上的类似工程",
)
WORDS = "请提交营业执照、资质证书、安全生产许可证和类似工程业绩证明，合并为 PDF 文件。"
REASON = "所附业绩证明的合同额低于一千万元"
SLOTS = (2,)


def play(run: Run) -> None:
    """From the prequalification documents to each applicant's result."""
    with run.step("The prequalification documents are put on offer; who wants to apply fetches"):
        _publish(run)
        _fetch(run)
    run.facts["round"] = "-application"
    with run.step("Trustees make keys for the applications; policy and times are signed"):
        start_keys(run)
        closes = run.date("applications-until")
        publish_policy(run, deadline=closes, opening=closes, after={})
    with run.step("Applicants seal their applications at home and hand them in"):
        hand_in(run, run.tenderers)
        _nobody_is_told(run)
    with run.step("The deadline passes; the applications are frozen and released"):
        run.move_to(closes + timedelta(seconds=1))
        run.await_stage("EXAMINATION")
        _nobody_is_told(run)
        release(run, SLOTS)
    members = evaluation.seat(run, name="panel")
    with run.step("Every member examines every application and signs what it found"):
        _examine(run, members)
    with run.step("The panel's report is filed; every applicant is told its own result"):
        _conclude(run, members[0])
    with run.step("Each knows its own result, and of no other"):
        _each_its_own(run)
    del run.facts["round"]
    if run.variant.end != UNQUALIFIED:
        fit = {
            key: offer
            for key, offer in run.tender.offers.items()
            if key not in run.variant.unfit
        }
        run.facts["applicants"] = run.tenderers
        run.tender = replace(run.tender, offers=fit)


def refused(run: Run) -> None:
    """Who did not qualify fetches no tender document."""
    for key in run.variant.unfit:
        code = _code(
            run[key],
            f"/api/v1/documents/{run.facts['document']}/downloads",
            {"organisation": run[key].organisation},
        )
        run.require(
            code in ("not-qualified", "wrong-role"), f"a fetch by the unqualified came to {code!r}"
        )


def _publish(run: Run) -> None:
    answer = run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/prequalification", {"criteria": list(CRITERIA), "words": WORDS}
    )
    run.facts["prequalification"] = answer["result"]["document"]


def _fetch(run: Run) -> None:
    document = run.facts["prequalification"]
    for key in run.tenderers:
        actor = run[key]
        answer = actor.client.post(
            f"/api/v1/documents/{document}/downloads", {"organisation": actor.organisation}
        )
        data = actor.client.get(f"/api/v1/documents/{document}/content")
        run.require(
            hashlib.sha256(data).hexdigest() == answer["result"]["digest"],
            "the prequalification document is not what was recorded",
        )


def _nobody_is_told(run: Run) -> None:
    """Neither an applicant nor the public learns who applies, or how many."""
    code = _read(run[run.tenderers[0]], f"/api/v1/lots/{run.lot}/frozen")
    run.require(code in ("wrong-role", "no-freeze"), f"an applicant reads the frozen set: {code!r}")
    sealing = run[run.tenderers[0]].client.get(f"/api/v1/lots/{run.lot}/sealing")
    told = sealing["freeze"] is not None and sealing["freeze"]["count"] is not None
    run.require(not told, "an applicant learns how many apply")


def _examine(run: Run, members: list[Actor]) -> None:
    rows = run.wait(lambda: _open(run, members[0]), "every application to be open")
    run.require(len(rows) == len(run.tenderers), f"{len(rows)} applications are to be examined")
    unfit = {run.troupe.company(run[key].role.company).name for key in run.variant.unfit}
    in_parallel(lambda place: _sign(run, members[int(place)], rows, unfit), _places(members))


def _places(members: list[Actor]) -> list[str]:
    return [str(place) for place in range(len(members))]


def _open(run: Run, member: Actor) -> list[dict[str, Any]]:
    rows = member.client.get(f"/api/v1/lots/{run.lot}/prequalification")["applications"] or []
    return rows if rows and all(row["opened"] and row["files"] for row in rows) else []


def _sign(run: Run, member: Actor, rows: list[dict[str, Any]], unfit: set[str]) -> None:
    asked = member.client.get(f"/api/v1/lots/{run.lot}/prequalification")["criteria"]
    committee = member.client.get(f"/api/v1/lots/{run.lot}/committee")["urn"]
    for row in rows:
        for file in row["files"]:
            member.client.get(f"/api/v1/exhibits/{file['exhibit']}/content")
        fails = row["name"] in unfit
        passes = {one["id"]: not fails or one["id"] != asked[-1]["id"] for one in asked}
        member.client.post(
            f"/api/v1/lots/{run.lot}/examinations",
            member.client.sign(
                "sunlit.examination/1",
                lot=f"lot:{run.lot}",
                committee=committee,
                application=row["application"],
                passes=passes,
                reason=REASON if fails else "",
            ).as_json(),
        )


def _conclude(run: Run, member: Actor) -> None:
    member.client.post(f"/api/v1/lots/{run.lot}/prequalification/report", {})
    told = run["tenderee"].client.post(f"/api/v1/lots/{run.lot}/prequalification/result")
    qualified = len(run.tenderers) - len(run.variant.unfit)
    run.summary["prequalification"] = {"applied": len(run.tenderers), "qualified": qualified}
    run.require(
        told["result"]["goes_on"] == (run.variant.end != UNQUALIFIED),
        f"with {qualified} qualified it came to {told['result']}",
    )
    if run.variant.end == UNQUALIFIED:
        run.require(run.lot_state()["state"] == "failed", "the tender goes on")
        ending.over(run)


def _each_its_own(run: Run) -> None:
    for key in run.tenderers:
        line = run[key].client.get(f"/api/v1/lots/{run.lot}/prequalification")
        run.require(line["report"] is None, f"{key} reads the whole report")
        run.require(
            [row["organisation"] for row in line["results"]] == [run[key].org_urn],
            f"{key} knows of another's result",
        )
        row = line["results"][0]
        run.require(
            row["qualified"] == (key not in run.variant.unfit)
            and bool(row["reasons"]) != row["qualified"],
            f"{key} was told {row}",
        )


def _read(actor: Actor, path: str) -> str:
    try:
        actor.client.get(path)
    except SunlitError as error:
        return error.code
    return ""


def _code(actor: Actor, path: str, body: dict[str, str]) -> str:
    """The code with which a call is refused; empty where it was not."""
    try:
        actor.client.post(path, body)
    except SunlitError as error:
        return error.code
    return ""
