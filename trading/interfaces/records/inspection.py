"""The notice of an inspection and its published result as printed records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from signatures.paper.document import (
    Column,
    Digest,
    Heading,
    Note,
    Pair,
    Pairs,
    Paragraph,
    Record,
    Table,
    Words,
)
from trading.domain import checklists, planning
from trading.domain.checklists import Item
from trading.domain.inspections_base import latest
from trading.enums import Decision, Outcome
from trading.interfaces import citations
from trading.interfaces.records import parts, sealing
from trading.models import Inspection

HOLDER = "阳光交易平台"
_OUTCOMES = {
    Outcome.CONFORMS: Words("符合", "conforms"),
    Outcome.DEVIATES: Words("不符合", "deviates"),
    Outcome.NOT_APPLICABLE: Words("不适用", "does not apply"),
}
_DECISIONS = {
    Decision.NONE: Words("不作处理", "Nothing further"),
    Decision.CORRECT: Words("责令整改", "To be corrected"),
    Decision.REFER: Words("移送主管部门", "Referred to the competent authority"),
}


def _words(value: checklists.Words) -> Words:
    return Words(value.texts["zh-hans"], value.texts["en"])


def _subject(inspection: Inspection) -> list[Pair]:
    lot, project = inspection.lot, inspection.lot.project
    rows = [
        Pair(Words("项目编号", "Project code"), project.code),
        Pair(Words("项目名称", "Project"), project.title),
        Pair(parts.word(lot, "lot"), f"{inspection.lot.number} · {inspection.lot.title}"),
        Pair(parts.word(lot, "tenderee"), project.tenderee.name),
    ]
    if project.agency is not None:
        rows.append(Pair(parts.word(lot, "agency"), project.agency.name))
    rows.append(Pair(Words("检查机关", "Supervisor"), inspection.plan.organisation.name))
    return rows


def _basis(inspection: Inspection) -> Pairs:
    draw = inspection.plan.draw
    rows = [Pair(Words("检查计划", "Plan"), inspection.plan.title)]
    if draw is not None:
        rows.append(
            Pair(
                Words("抽取记录", "Draw"),
                draw.urn,
                Words(
                    f"第 {draw.number} 次；公布的记录可供任何人重新计算。",
                    f"Number {draw.number}; anybody can run it again from what was published.",
                ),
            )
        )
    return Pairs(rows=rows)


def _number(inspection: Inspection) -> str:
    return f"{inspection.lot.project.code}-{inspection.lot.number}-{str(inspection.pk)[:8]}"


def notice_record(inspection: Inspection, *, at: datetime) -> Record:
    """What is inspected, by which draw, and against which items."""
    items = checklists.items_of(inspection.plan.objects_inspected)
    return Record(
        title=Words("检查通知书", "Notice of inspection"),
        number=_number(inspection),
        issuer=inspection.plan.organisation.name,
        subtitle=f"{inspection.lot.project.title} {inspection.lot.title}",
        summary=_subject(inspection),
        blocks=(
            Paragraph(
                Words(
                    "本标段在“双随机、一公开”抽查中被随机抽取，现对下列事项进行检查。",
                    "This lot was drawn at random for inspection; the following is checked.",
                ),
                lead=True,
            ),
            _basis(inspection),
            Heading(Words("检查事项", "What is checked")),
            Table(
                columns=(
                    Column(Words("事项", "Item"), weight=5),
                    Column(Words("依据", "Rule"), weight=1),
                ),
                rows=[(_words(item.text), citations.printed(item.article)) for item in items],
            ),
            Pairs(rows=(Pair(Words("通知时间", "Given at"), planning.shown(at)),)),
            sealing.seal_area(HOLDER),
        ),
    )


def result_record(inspection: Inspection, *, at: datetime) -> Record:
    """What was found, what was decided and what became of it. Inspectors are not named."""
    found = latest(inspection)
    items = [
        item
        for item in checklists.items_of(inspection.plan.objects_inspected)
        if item.name in found
    ]
    return Record(
        title=Words("检查结果公示", "Result of an inspection"),
        number=_number(inspection),
        issuer=inspection.plan.organisation.name,
        subtitle=f"{inspection.lot.project.title} {inspection.lot.title}",
        summary=_subject(inspection),
        blocks=(
            _basis(inspection),
            Heading(Words("检查情况", "Findings")),
            _findings(inspection, items),
            Heading(Words("处理决定", "Decision")),
            Pairs(rows=list(_decision(inspection))),
            *_unconfirmed(items),
            Digest(
                Words("检查清单摘要(SHA-256)", "Digest of the checklists (SHA-256)"),
                inspection.plan.checklists,
            ),
            Pairs(rows=(Pair(Words("公示时间", "Published at"), planning.shown(at)),)),
            sealing.seal_area(HOLDER),
        ),
    )


def _findings(inspection: Inspection, items: Iterable[Item]) -> Table:
    found = latest(inspection)
    return Table(
        columns=(
            Column(Words("事项", "Item"), weight=5),
            Column(Words("依据", "Rule"), weight=1.4),
            Column(Words("结果", "Finding"), weight=1.4),
            Column(Words("说明", "Note"), weight=3),
        ),
        rows=[
            (
                _words(item.text),
                citations.printed(item.article),
                _OUTCOMES[Outcome(found[item.name].outcome)],
                found[item.name].text,
            )
            for item in items
        ],
    )


def _decision(inspection: Inspection) -> Iterable[Pair]:
    yield Pair(Words("决定", "Decision"), _DECISIONS[Decision(inspection.decision)])
    yield Pair(Words("理由", "Reasons"), inspection.reasons)
    if inspection.answer:
        yield Pair(Words("被检查单位答复", "The subject's answer"), inspection.answer["text"])
    if inspection.correction:
        yield Pair(Words("整改情况", "Correction"), inspection.correction["text"])
    if inspection.verified_at is not None:
        yield Pair(
            Words("整改核实", "Correction verified"), planning.shown(inspection.verified_at)
        )


def _unconfirmed(items: Iterable[Item]) -> Iterable[Note]:
    names = [item.article for item in items if not item.confirmed]
    if names:
        listed = ", ".join(dict.fromkeys(names))
        yield Note(
            Words(
                f"下列依据的适用有待确认：{citations.printed(listed).zh}。",
                f"How these rules apply is still to be confirmed: {listed}.",
            )
        )


def prepare_notice(inspection: Inspection, *, at: datetime) -> bytes:
    """The sealed notice, ready for the store; never inside a transaction."""
    return sealing.sealed(
        notice_record(inspection, at=at), subject=inspection.pk, at=at, holder=HOLDER
    )


def prepare_result(inspection: Inspection, *, at: datetime) -> bytes:
    """The sealed result, ready for the store; never inside a transaction."""
    return sealing.sealed(
        result_record(inspection, at=at), subject=inspection.pk, at=at, holder=HOLDER
    )
