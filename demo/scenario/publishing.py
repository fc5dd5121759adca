"""From the registered project to the published notice and the documents on offer."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from demo.run import Run
from demo.scenario import bill, floor, inviting, planning, prequalifying, securing
from demo.variants import UNQUALIFIED
from signatures.domain import jcs

#: What a notice is called: of a tender, and of a prequalification.
NOTICES = {False: "招标公告", True: "资格预审公告"}
BEIJING = ZoneInfo("Asia/Shanghai")


def play(run: Run) -> None:
    """Everything up to documents on offer; ``published`` is reached."""
    with run.step("The tenderee registers the project"):
        _register(run)
    with run.step("Supervisor, notary, trustees and archivist are assigned"):
        _assign(run)
    if run.variant.ground:
        with run.step("The plan names the ground on which this procedure is used"):
            planning.draft(run)
    if run.variant.approved:
        with run.step("Supervision sends the plan back once, then approves it"):
            planning.approve(run, _publish_notice)
    with run.step("The notice is sealed and published"):
        _publish_notice(run)
    if run.variant.waits:
        with run.step("What the notice says is on show, and nothing else is done before"):
            run.move_to(run.date(run.variant.waits) + timedelta(minutes=1))
    if run.variant.invited:
        inviting.play(run)
    if run.variant.prequalified:
        prequalifying.play(run)
        if run.variant.end == UNQUALIFIED:
            return
    if run.variant.bill:
        bill.play(run)
    if securing.asked_of(run):
        with run.step("The documents will ask for a bid security"):
            securing.ask(run)
    with run.step("The tender document is put on offer"):
        _publish_documents(run)
    if run.variant.invited:
        inviting.refused(run)
    if run.variant.prequalified:
        prequalifying.refused(run)
    if run.variant.bill:
        with run.step("Nobody reads the bill of quantities before it has fetched the documents"):
            bill.hidden(run, run.tenderers[0])
    with run.step("Tenderers fetch the documents; every fetch is recorded"):
        _fetch(run)
    if run.variant.bill:
        with run.step("They have the bill of quantities, as data, as a workbook and as printed"):
            for key in run.tenderers:
                bill.read(run, key)
    if run.variant.site_visit:
        with run.step("The site is shown to everybody alike, and nobody is asked who comes"):
            _announce_visit(run)
    run.reached("published")


def _register(run: Run) -> None:
    parameters, salt = floor.commit(run.variant.parameters, run.variant.reserve)
    run.facts["parameters"], run.facts["salt"] = parameters, salt
    answer = run["tenderee"].client.post(
        "/api/v1/projects",
        {
            "title": run.tender.title,
            "category": run.variant.category,
            "procedure": run.variant.procedure,
            "tenderee": run.organisation("tenderee"),
            "agency": run.organisation("agency"),
            "lots": [
                {
                    "title": run.tender.lot_title,
                    "estimate": run.tender.estimate,
                    "parameters": parameters,
                    "predecessor": run.facts.get("predecessor"),
                }
            ],
        },
    )["result"]
    run.facts["project"], run.facts["lot"] = answer["project"], answer["lots"][0]
    run.summary["project"] = {
        "id": answer["project"],
        "code": answer["code"],
        "title": run.tender.title,
        "category": run.variant.category,
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
    client = run["tenderee"].client
    dates = _dates(run)
    trial = client.post(f"/api/v1/lots/{run.lot}/dry-run", {"dates": dates})
    run.require(not trial["breaches"], f"the dry run finds breaches: {trial['breaches']}")
    answer = client.post(
        f"/api/v1/lots/{run.lot}/notice",
        {
            "title": f"{run.tender.title}{NOTICES[run.variant.prequalified]}",
            "dates": dates,
            "exceptions": planning.exceptions(run),
        },
    )
    run.summary["dates"] = answer["result"]["dates"]
    run.facts["notice"] = answer["result"]["document"]


def _dates(run: Run) -> dict[str, str]:
    """Until when documents are on offer, and bids due, at 09:30 in Beijing: as the variant has it,
    or later where holidays ask for it."""
    day = run.now().astimezone(BEIJING).replace(minute=0, second=0, microsecond=0)
    offer, close = ("documents-until", "deadline")
    if run.variant.prequalified:  # the tender's own dates follow from the end of the examination
        offer, close = ("prequalification-until", "applications-until")
    wished = {offer: (day + timedelta(days=run.variant.offered)).replace(hour=17)}
    if run.variant.lists:
        wished["floor-from"] = (day + timedelta(days=run.variant.lists)).replace(hour=9)
    wished[close] = (day + timedelta(days=run.variant.open)).replace(hour=9, minute=30)
    chosen: dict[str, str] = {}
    for name, moment in wished.items():
        trial = run["tenderee"].client.post(
            f"/api/v1/lots/{run.lot}/dry-run", {"dates": chosen}
        )
        earliest = next(each["at"] for each in trial["dates"] if each["name"] == name)
        chosen[name] = jcs.timestamp(max(moment, jcs.parse_timestamp(earliest)))
    return chosen


def _publish_documents(run: Run) -> None:
    answer = run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/documents", {"title": f"{run.tender.title}招标文件"}
    )
    run.facts["document"] = answer["result"]["document"]


def _announce_visit(run: Run) -> None:
    at = (run.now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/site-visits",
        {
            "at": jcs.timestamp(at),
            "place": "滨河路与中山路交口东北角",
            "note": "请佩戴安全帽；现场只说明情况，所提问题以书面形式向全体答复。",
        },
    )
    told = run[run.tenderers[0]].client.get(f"/api/v1/lots/{run.lot}/site-visits")
    run.require(len(told) == 1, "the visit is not shown to a tenderer")


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
