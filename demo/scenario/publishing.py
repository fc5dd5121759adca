"""From the registered project to the published notice and the documents on offer."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from demo.run import Run
from signatures.domain import jcs

BEIJING = ZoneInfo("Asia/Shanghai")

#: How the bids will be scored; hashed with the documents, so that anyone can compute it again.
PARAMETERS: dict[str, Any] = {
    "method": "comprehensive",
    "technical": {
        "weight": 60,
        "criteria": [
            {"id": "plan", "title": "施工组织设计", "title_en": "Construction plan", "full": 40},
            {"id": "quality", "title": "质量与安全措施", "title_en": "Quality, safety", "full": 35},
            {"id": "team", "title": "项目管理机构", "title_en": "Project team", "full": 25},
        ],
    },
    "price": [
        {
            "method": "benchmark_average",
            "parameters": {
                "full": "30",
                "discount": "0.02",
                "n_high": "1",
                "n_low": "0.5",
                "trim": [[5, 0, 0], [None, 1, 1]],
                "places": 2,
            },
        },
        {"method": "lowest_price_share", "parameters": {"weight": "0.10", "places": 2}},
    ],
    "state_funds": True,
}


def play(run: Run) -> None:
    """Everything up to documents on offer; ``published`` is reached."""
    with run.step("The tenderee registers the project"):
        _register(run)
    with run.step("Supervisor, notary, trustees and archivist are assigned"):
        _assign(run)
    with run.step("The notice is sealed and published"):
        _publish_notice(run)
    with run.step("The tender document is put on offer"):
        _publish_documents(run)
    with run.step("Tenderers fetch the documents; every fetch is recorded"):
        _fetch(run)
    run.reached("published")


def _register(run: Run) -> None:
    answer = run["tenderee"].client.post(
        "/api/v1/projects",
        {
            "title": run.tender.title,
            "category": run.category,
            "tenderee": run.organisation("tenderee"),
            "agency": run.organisation("agency"),
            "lots": [
                {
                    "title": run.tender.lot_title,
                    "estimate": run.tender.estimate,
                    "parameters": PARAMETERS,
                }
            ],
        },
    )["result"]
    run.facts["project"], run.facts["lot"] = answer["project"], answer["lots"][0]
    run.summary["project"] = {
        "id": answer["project"],
        "code": answer["code"],
        "title": run.tender.title,
        "category": run.category,
        "lot": answer["lots"][0],
    }


def _assign(run: Run) -> None:
    def assign(actor: Any, role: str, **whom: str) -> None:
        actor.post(f"/api/v1/lots/{run.lot}/assignments", {"role": role, **whom})

    operator, tenderee = run.troupe.operator, run["tenderee"].client
    assign(operator, "supervisor", organisation=run.organisation("supervisor"))
    assign(operator, "notary", organisation=run.organisation("notary"))
    assign(operator, "archivist", user=run["archivist"].person)
    for key in ("tenderee", "centre", "supervisor", "notary"):
        assign(tenderee, "trustee", organisation=run.organisation(key))


def _publish_notice(run: Run) -> None:
    dates = _dates(run.now())
    client = run["tenderee"].client
    trial = client.post(f"/api/v1/lots/{run.lot}/dry-run", {"dates": dates})
    run.require(not trial["breaches"], f"the dry run finds breaches: {trial['breaches']}")
    answer = client.post(
        f"/api/v1/lots/{run.lot}/notice",
        {"title": f"{run.tender.title}招标公告", "dates": dates},
    )
    run.summary["dates"] = answer["result"]["dates"]
    run.facts["notice"] = answer["result"]["document"]


def _dates(now: datetime) -> dict[str, str]:
    """Documents on offer for a week; bids due 24 days on, at 09:30 in Beijing."""
    day = now.astimezone(BEIJING).replace(minute=0, second=0, microsecond=0)
    chosen = {
        "documents-until": (day + timedelta(days=8)).replace(hour=17),
        "deadline": (day + timedelta(days=25)).replace(hour=9, minute=30),
    }
    return {name: jcs.timestamp(moment) for name, moment in chosen.items()}


def _publish_documents(run: Run) -> None:
    answer = run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/documents", {"title": f"{run.tender.title}招标文件"}
    )
    run.facts["document"] = answer["result"]["document"]


def _fetch(run: Run) -> None:
    for key in run.tenderers:
        actor = run[key]
        answer = actor.client.post(
            f"/api/v1/documents/{run.facts['document']}/downloads",
            {"organisation": actor.organisation},
        )
        data = actor.client.get(f"/api/v1/documents/{run.facts['document']}/content")
        digest = hashlib.sha256(data).hexdigest()
        run.require(
            digest == answer["result"]["digest"], "the tender document is not what was recorded"
        )
        folder = run.folder(actor)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "招标文件.pdf").write_bytes(data)
