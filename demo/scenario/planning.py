"""The plan: the ground of a procedure that is not the usual one, and supervision's approval."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from demo.documents import opinion
from demo.run import Run
from signatures.domain.errors import SunlitError

BACK = "请补充说明不采用公开方式的依据。"


def draft(run: Run, *, number: str = "东发改审〔2026〕17号") -> None:
    """What is bought, on which ground, and what shows it."""
    body: dict[str, Any] = {
        "object": run.variant.object or "goods",
        "funds": "state",
        "ground": run.variant.ground,
        "number": number,
        "authority": "东岳市发展和改革委员会",
        "date": run.now().date().replace(day=1).isoformat(),
    }
    if run.variant.shown_by:
        content = base64.b64encode(opinion(run.tender.title, run.now()))
        body["file"] = {"title": run.variant.shown_by, "content": content.decode()}
    run["tenderee"].client.post(f"/api/v1/lots/{run.lot}/plan", body)
    judged = _read(run, "tenderee")
    blocked = [one["message"] for one in judged["verdicts"] if one["blocks"]]
    run.require(not blocked, f"the catalogue blocks the notice: {blocked}")


def approve(run: Run, publish: Callable[[Run], None]) -> None:
    """Submitted, sent back, mended, submitted again, approved; before that ``publish`` fails."""
    _submit(run)
    try:
        publish(run)
    except SunlitError as error:
        run.require(error.code == "plan-approved", f"the notice was refused for {error.code}")
    else:
        run.require(False, "the notice went out without its plan's approval")
    _decide(run, approve=False, reason=BACK)
    run.require(_read(run, "tenderee")["standing"] == "returned", "the plan was not sent back")
    draft(run, number="东发改审〔2026〕17号(补充)")
    _submit(run)
    _decide(run, approve=True, reason="同意。")
    run.require(_read(run, "supervisor")["standing"] == "approved", "the plan was not approved")


def exceptions(run: Run) -> dict[str, str]:
    """The reason for each rule of the catalogue that warns."""
    warned = {one["warning"] for one in _read(run, "tenderee")["verdicts"] if one["warning"]}
    reasons = {f"catalogue:{rule}": reason for rule, reason in run.variant.excepted}
    run.require(warned == set(reasons), f"the catalogue warns of {sorted(warned)}")
    return reasons


def _read(run: Run, who: str) -> dict[str, Any]:
    found: dict[str, Any] = run[who].client.get(f"/api/v1/lots/{run.lot}/plan")
    return found


def _submit(run: Run) -> None:
    digest = _read(run, "tenderee")["digest"]
    run["tenderee"].client.post(f"/api/v1/lots/{run.lot}/plan/submission", {"plan": digest})


def _decide(run: Run, *, approve: bool, reason: str) -> None:
    digest = _read(run, "supervisor")["digest"]
    run["supervisor"].client.post(
        f"/api/v1/lots/{run.lot}/plan/decision",
        {"plan": digest, "approve": approve, "reason": reason},
    )
