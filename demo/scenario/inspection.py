"""Double random, one public: projects and inspectors drawn, a finding, the published result."""

from __future__ import annotations

from typing import Any

from demo.actors import Actor
from demo.run import Run
from demo.scenario import drawing

INSPECTORS = ("inspector-1", "inspector-2", "inspector-3")
OBJECTS = ("notice", "proceedings")


def play(run: Run) -> None:
    """Everything up to the published result; ``inspected`` is reached."""
    supervisor = run["supervisor"]
    with run.step("The supervisor plans an inspection"):
        plan = supervisor.client.post(
            "/api/v1/inspections/plans",
            {
                "organisation": supervisor.organisation,
                "title": "年度双随机检查(第一批)",
                "objects": list(OBJECTS),
                "share": 100,
                "inspectors": [run[key].person for key in INSPECTORS],
                "per_lot": 2,
                "alternates": 0,
            },
        )["result"]["plan"]
    with run.step("Projects and inspectors are drawn; the draw is run again"):
        answer = supervisor.client.post(
            f"/api/v1/inspections/plans/{plan}/draw",
            {
                "parties": sorted(
                    [supervisor.org_urn, run["notary"].org_urn, drawing.CENTRE]
                )
            },
        )["result"]
        drawing.hold(run, answer["draw"], (supervisor, run["notary"]), name="inspection")
        inspection = _inspection(run, plan)
    with run.step("The inspectors read the dossier and sign their findings"):
        _inspect(run, inspection)
    with run.step("The tenderee answers; the supervisor decides and publishes"):
        _conclude(run, inspection)
    run.reached("inspected")


def _inspection(run: Run, plan: str) -> str:
    lines = run["supervisor"].client.get(f"/api/v1/inspections/plans/{plan}")["inspections"]
    return next(str(each["id"]) for each in lines if each["lot"] == run.lot)


def _drawn(run: Run, inspection: str) -> list[Actor]:
    """The inspectors whom the draw chose."""
    line = run["supervisor"].client.get(f"/api/v1/inspections/{inspection}")
    chosen = str(line["inspectors"])
    return [run[key] for key in INSPECTORS if run[key].person in chosen]


def _inspect(run: Run, inspection: str) -> None:
    inspectors = _drawn(run, inspection)
    inspectors[0].client.post(
        f"/api/v1/inspections/{inspection}/notice", {"title": "检查通知书"}
    )
    found = run["supervisor"].client.get("/api/v1/inspections/checklists")
    items = [item for each in found if each["name"] in OBJECTS for item in each["items"]]
    for number, item in enumerate(items):
        _find(run, inspectors[number % len(inspectors)], inspection, item)
    inspectors[0].client.post(f"/api/v1/inspections/{inspection}/delivery")


def _find(run: Run, inspector: Actor, inspection: str, item: dict[str, Any]) -> None:
    """One finding, resting on what the dossier holds for this item."""
    exhibits = inspector.client.get(f"/api/v1/lots/{run.lot}/exhibits")
    evidence = [each for each in exhibits if each["kind"] in item["evidence"]] or exhibits[:1]
    inspector.client.post(
        f"/api/v1/inspections/{inspection}/findings",
        inspector.client.sign(
            "sunlit.finding/1",
            inspection=f"inspection:{inspection}",
            item=item["name"],
            outcome="conforms",
            text="已核对卷宗材料，与程序规定一致，签章有效。",
            exhibits=[{"id": each["id"], "digest": each["sha256"]} for each in evidence],
        ).as_json(),
    )


def _conclude(run: Run, inspection: str) -> None:
    tenderee, supervisor = run["tenderee"], run["supervisor"]
    tenderee.client.post(
        f"/api/v1/inspections/{inspection}/answer",
        tenderee.client.sign(
            "sunlit.answer/1",
            inspection=f"inspection:{inspection}",
            step="answer",
            text="对检查意见无异议。",
            exhibits=[],
        ).as_json(),
    )
    supervisor.client.post(
        f"/api/v1/inspections/{inspection}/decision",
        {"decision": "none", "reasons": "未发现问题。"},
    )
    supervisor.client.post(
        f"/api/v1/inspections/{inspection}/publication", {"title": "检查结果公示"}
    )
    line: dict[str, Any] = run.troupe.operator.get(f"/api/v1/inspections/{inspection}")
    run.require(line["state"] == "closed", f"the inspection is {line['state']}")
    run.summary["inspection"] = {"id": inspection, "state": line["state"]}
