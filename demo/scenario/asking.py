"""Tenderers ask about the tender documents without a name; the tenderee answers to all."""

from __future__ import annotations

from dataclasses import dataclass

from demo.run import Run


@dataclass(frozen=True)
class Exchange:
    """A question by the tenderer at ``place`` among the tender's; open where nobody answers."""

    place: int
    question: str
    answer: str = ""
    affects: bool = False


PIPES = Exchange(
    place=0,
    question="招标文件第三章所列管道基础做法与图纸说明不一致，投标报价应以何者为准？",
    answer="以图纸说明为准：管道基础采用 180 度混凝土基础，工程量清单不变。",
)
NIGHT = Exchange(
    place=1,
    question="施工组织设计是否需要单独编制夜间施工与交通疏导方案？对暗标的页数有无限制？",
    answer="需要，并计入技术标“质量与安全措施”评审；技术标总页数不超过 150 页。",
    affects=True,
)
OPEN = Exchange(
    place=0,
    question="拟派项目经理在建项目已完工但未竣工验收的，是否视为有在建工程？",
)


def play(run: Run, *exchanges: Exchange) -> None:
    """Ask each question and answer those that have an answer."""
    answered = sum(bool(one.answer) for one in exchanges)
    with run.step(f"Asked without a name: {len(exchanges)}; answered to everybody: {answered}"):
        for one in exchanges:
            _exchange(run, one)


def _exchange(run: Run, one: Exchange) -> None:
    name = run.tenderers[one.place]
    asker = run[name]
    asked = asker.client.post(
        f"/api/v1/lots/{run.lot}/questions",
        {
            "document": run.facts["document"],
            "organisation": asker.organisation,
            "text": one.question,
        },
    )["result"]
    if not one.answer:
        return
    tenderee = run["tenderee"].client
    tenderee.post(
        f"/api/v1/lots/{run.lot}/questions/{asked['question']}/answer",
        {"text": one.answer, "affects": one.affects},
    )
    another = next(each for each in run.tenderers if each != name)
    rows = run[another].client.get(f"/api/v1/lots/{run.lot}/questions")
    told = next(row for row in rows if row["id"] == asked["question"])
    run.require(told["answer"] == one.answer, "the answer did not reach the other tenderers")
    run.require(not told["own"], "a tenderer was taken for the one who asked")
