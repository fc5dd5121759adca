"""Objections and complaints: the lot stands still, is answered, goes on; supervision decides."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from demo.actors import Actor
from demo.run import Run
from signatures.domain.errors import SunlitError

ABOUT_DOCUMENTS = {
    "facts": "招标文件第三章要求近三年完成三项同类业绩，与本标段规模不相称，不合理限制潜在投标人。",
    "requests": "请求将业绩要求调整为一项，并相应顺延投标截止时间。",
}
ABOUT_CANDIDATES = {
    "facts": "公示的第一中标候选人项目经理注册证书与公告要求的专业不一致，请予核实。",
    "requests": "请求重新核查第一中标候选人的资格条件。",
}
ANSWERS = (
    "经核查，同类业绩要求与标段规模、技术特点相适应，不构成不合理限制，招标文件不作修改。",
    "经向评标委员会核实，该项目经理注册专业符合招标文件要求，评标结果维持不变。",
)
NOTICE = "监督部门正在处理对中标候选人的投诉，处理期间项目暂停。"
DECISION = "经调查，被投诉的中标候选人符合招标文件规定的资格条件，投诉事项不成立，驳回投诉。"


def about_documents(run: Run) -> None:
    """A tenderer objects to the documents: the lot stands still until it is answered."""
    objector = run[run.tenderers[0]]
    deadline = run.date("deadline")
    with run.step("A tenderer objects to the documents; the lot stands still at once"):
        row = _file(run, objector, "documents", **ABOUT_DOCUMENTS)
        _stands(run, "suspended")
        _hidden(run, row, objector)
    with run.step("Nobody resumes it by hand; the tenderee answers in time, and it goes on"):
        code = _refused(run["tenderee"], f"lots/{run.lot}/resumption", {"reason": "继续进行。"})
        run.require(code == "objections-answered", f"a resumption by hand came to {code!r}")
        run.move_by(days=1)
        _step(run, run["tenderee"], row, "answer", text=ANSWERS[0])
        _stands(run, "active")
        moved = run.date("deadline")
        run.require(moved > deadline, "the deadline did not move")
        run.summary["objection"] = {"moved_by_days": (moved - deadline).days}


def about_candidates(run: Run) -> None:
    """Another objects to the candidates and complains; supervision suspends and decides."""
    objector = run[run.tenderers[1]]
    with run.step("Another objects to the candidates, and is answered"):
        row = _file(run, objector, "candidates", **ABOUT_CANDIDATES)
        _stands(run, "suspended")
        run.move_by(hours=20)
        _step(run, run["tenderee"], row, "answer", text=ANSWERS[1])
        _stands(run, "active")
    with run.step("It complains; supervision takes it up and suspends the lot"):
        urn = f"grievance:{row}"
        complaint = _file(
            run, objector, "candidates", kind="complaint", objection=urn, **ABOUT_CANDIDATES
        )
        run.move_by(hours=3)
        words = "投诉事项属于本机关职责范围，且已先行提出异议，"
        supervisor = run["supervisor"]
        _step(run, supervisor, complaint, "take-up", outcome="taken-up", text=f"{words}予以受理。")
        _step(run, supervisor, complaint, "suspend", text=f"{words}责令暂停。", notice=NOTICE)
        _stands(run, "suspended")
    with run.step("Supervision decides; the lot goes on, and everybody may read what was decided"):
        run.move_by(days=2)
        _step(
            run, run["supervisor"], complaint, "decide", outcome="dismissed", text=DECISION,
            notice="对中标候选人的投诉经调查不成立，已驳回。",
        )
        _stands(run, "active")
    public = run[run.tenderers[2]].client.get(f"/api/v1/lots/{run.lot}/grievances")
    run.summary["grievances"] = [
        {"number": one["number"], "kind": one["kind"], "steps": [s["step"] for s in one["steps"]]}
        for one in public
    ]


def in_the_package(run: Run) -> None:
    """All of it stands in the dossier, and byte for byte in the package."""
    with run.step("The package holds objections, answers, complaint, suspension and decision"):
        files = [each for each in Path(run.summary["package"]).rglob("*") if each.is_file()]
        held = {hashlib.sha256(each.read_bytes()).hexdigest() for each in files}
        wanted = _in_the_dossier(run)
        run.require(wanted <= held, f"the package lacks {len(wanted - held)} of their papers")
        run.summary["grievance_papers"] = len(wanted)


def _in_the_dossier(run: Run) -> set[str]:
    """The digests of the statements that all this must have left, and did."""
    wanted = {
        "objection", "objection-answer", "complaint", "complaint-taken-up",
        "complaint-suspension", "complaint-decision",
    }
    found = run["archivist"].client.get(f"/api/v1/lots/{run.lot}/exhibits")
    kinds = {one["kind"] for one in found}
    run.require(wanted <= kinds, f"the dossier lacks {sorted(wanted - kinds)}")
    papers = [one for one in found if one["kind"] in wanted]
    signatures = {one["seal"]["signature"] for one in papers}
    return {one["sha256"] for one in papers} | signatures


def _file(run: Run, by: Actor, about: str, *, kind: str = "objection", **words: str) -> str:
    said = {
        "lot": f"lot:{run.lot}", "kind": kind, "about": about, "organisation": by.org_urn,
        "interest": "", "known": "", "objection": "", **words,
    }
    signed = by.client.sign("sunlit.grievance/1", **said)
    answer = by.client.post(f"/api/v1/lots/{run.lot}/grievances", signed.as_json())
    return str(answer["result"]["grievance"])


def _step(run: Run, by: Actor, row: str, step: str, **words: str) -> None:
    said = {
        "lot": f"lot:{run.lot}", "grievance": f"grievance:{row}", "step": step, "outcome": "",
        "text": "", "ordered": "", "notice": "", "until": "", **words,
    }
    signed = by.client.sign("sunlit.grievance-step/1", **said)
    by.client.post(f"/api/v1/lots/{run.lot}/grievances/{row}/{step}", signed.as_json())


def _stands(run: Run, state: str) -> None:
    found = run.lot_state()["state"]
    run.require(found == state, f"the lot is {found}, not {state}")


def _hidden(run: Run, row: str, objector: Actor) -> None:
    """Another tenderer learns that there is an objection, neither whose nor what it says."""
    rows: list[dict[str, Any]] = run[run.tenderers[1]].client.get(
        f"/api/v1/lots/{run.lot}/grievances"
    )
    (found,) = [one for one in rows if one["id"] == row]
    run.require("name" not in found, "another tenderer learns who objected")
    run.require("facts" not in found, "another tenderer reads the objection")
    run.require(objector.organisation not in str(found), "another tenderer learns who objected")


def _refused(actor: Actor, path: str, body: dict[str, str]) -> str:
    try:
        actor.client.post(f"/api/v1/{path}", body)
    except SunlitError as error:
        return error.code
    return ""
