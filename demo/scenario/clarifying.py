"""The committee asks one tenderer what its bid means; the answer comes signed, by a code only."""

from __future__ import annotations

from typing import Any

from demo.hall import InRoom
from demo.run import Run

POINT = "施工进度计划"
QUESTION = "总进度计划与分项进度横道图的总工期似有出入，请说明以何者为准。"
ANSWER = "以总进度计划所列工期为准；横道图含试运行与收尾时间，投标工期不变。"
#: Minutes to answer: the law leaves them to the committee.
MINUTES = 120


def play(run: Run, rooms: list[InRoom]) -> None:
    """The chair, first of ``rooms``, asks about one bid; its tenderer answers; all members read."""
    with run.step("The chair asks about one bid; its tenderer answers, signed and without a name"):
        chair = rooms[0]
        code = _asks(run, chair)
        tenderer, question = _told(run)
        _answers(run, tenderer, question)
        for room in rooms:
            event = room.until(lambda event: event.kind == "clarification-answered")
            run.require(event.data["bid"] == code, "the answer came under another code")
            run.require(event.data["answer"] == ANSWER, "the committee reads another answer")
        run.summary["clarifications"] = [{"bid": code, "answered": True}]


def _asks(run: Run, chair: InRoom) -> str:
    """The code of the bid that is asked about."""
    readable = chair.actor.client.get(
        f"/api/v1/lots/{run.lot}/exhibits", kind="technical-document"
    )
    first = min(readable, key=lambda each: each["facts"]["code"])
    chair.do(
        "ask-clarification", document=first["id"], point=POINT, question=QUESTION, minutes=MINUTES
    )
    return str(first["facts"]["code"])


def _told(run: Run) -> tuple[str, dict[str, Any]]:
    """The one tenderer that was asked, and what; the others learn of nothing."""
    found = {}
    for key in run.tenderers:
        asked = run[key].client.get(f"/api/v1/lots/{run.lot}/clarifications")
        if asked:
            found[key] = asked
    run.require(len(found) == 1, f"{len(found)} tenderers were asked")
    ((key, (question,)),) = found.items()
    return key, question


def _answers(run: Run, key: str, question: dict[str, Any]) -> None:
    client = run[key].client
    signed = client.sign(
        "sunlit.clarification/1", **question["asked"], answer=ANSWER, within_bid=True
    )
    client.post(
        f"/api/v1/lots/{run.lot}/clarifications/{question['id']}/answer", signed.as_json()
    )
