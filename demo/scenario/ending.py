"""Ends without a contract: too few bids, all of them rejected, a tender that is terminated."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from demo.run import Run
from demo.scenario import evaluation
from demo.scenario.signing import sign_by
from signatures.domain.errors import Refused


def fail(run: Run) -> None:
    """The deadline passes with fewer bids than the procedure asks for: nothing is opened."""
    with run.step("Too few bids: nothing is opened, the tender fails"):
        run.move_to(run.date("deadline") + timedelta(seconds=1))
        run.wait(lambda: run.lot_state()["state"] == "failed", "the tender to fail")
        over(run)


def terminate(run: Run) -> None:
    """The tenderee terminates the tender; nothing more is taken in."""
    with run.step("The tenderee terminates the tender"):
        run["tenderee"].client.post(
            f"/api/v1/lots/{run.lot}/termination", {"reason": "项目资金计划调整，不再实施。"}
        )
        run.require(run.lot_state()["state"] == "terminated", "the tender goes on")
        over(run)


def reject_all(run: Run) -> None:
    """The committee rejects every bid; its report ends the tender, and no price is ever opened."""
    members = evaluation.seat(run)
    with contextlib.ExitStack() as doors:
        rooms = evaluation.convene(run, members, doors)
        with run.step("More than half of the committee move to reject each bid"):
            codes = sorted(evaluation.documents(run, members[0]))
            for room in rooms[: len(rooms) // 2 + 1]:
                for code in codes:
                    room.do("reject", bid=code, reason="未实质性响应招标文件的工期要求")
        with run.step("They score all the same, and freeze; the ranking is empty"):
            evaluation.score(run, rooms)
            rooms[0].do("freeze-scores")
            rooms[0].do("compute-scores")
            ranked = rooms[0].until(lambda event: event.kind == "ranking").data["ranking"]
            run.require(ranked == [], f"{len(ranked)} rejected bids are ranked")
        with run.step("Every member signs the report; the tender fails with it"):
            rooms[0].do("write-report")
            run.summary["evaluation_report"] = sign_by(run, "evaluation-report", members)
            run.wait(lambda: run.lot_state()["state"] == "failed", "the tender to fail")
        over(run)


def over(run: Run) -> None:
    """What has ended takes no step of a running tender any more."""
    try:
        run["tenderee"].client.post(
            f"/api/v1/lots/{run.lot}/suspension", {"reason": "再核查一次。"}
        )
    except Refused as refusal:
        run.summary["over"] = {"code": refusal.code, "rule": refusal.rule}
    else:
        run.require(False, "a tender that has ended was suspended")
