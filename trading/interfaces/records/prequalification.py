"""The prequalification documents, as a printed record (TBR 15, 16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from signatures.domain import jcs
from signatures.paper.document import (
    Block,
    Column,
    Heading,
    Note,
    Pair,
    Pairs,
    Paragraph,
    Record,
    Table,
    Words,
)
from trading.domain import planning, procedure
from trading.interfaces.records import parts, sealing
from trading.models import Lot

TITLE = "资格预审文件"
#: The dates that applicants go by, in their order.
DATES = (
    "prequalification-until",
    "application-objections-until",
    "application-clarifications-until",
    "applications-until",
)


def prequalification_record(
    lot: Lot, *, criteria: Sequence[str], words: str, at: datetime
) -> Record:
    """What applicants are examined by, what they hand in, and until when."""
    rules = procedure.of(lot)
    figure = rules.figures.get("qualified")
    blocks: list[Block] = [
        Heading(Words("资格审查标准", "Criteria")),
        Table(
            columns=(
                Column(Words("序号", "No."), weight=1, align="centre"),
                Column(Words("标准", "Criterion"), weight=8),
            ),
            rows=[(str(number), title) for number, title in enumerate(criteria, start=1)],
        ),
    ]
    if words:
        blocks.append(Heading(Words("申请文件的要求", "What to hand in")))
        blocks += [Paragraph(line) for line in words.split("\n") if line.strip()]
    blocks += [
        Heading(Words("时间", "Dates")),
        Pairs(
            rows=[
                Pair(
                    Words(
                        rules.title("dates", name, "zh-hans"), rules.title("dates", name, "en")
                    ),
                    planning.shown(jcs.parse_timestamp(lot.dates[name])),
                )
                for name in DATES
                if name in lot.dates
            ]
        ),
        Note(
            Words(
                "申请文件在申请人自己的设备上加密，申请截止前任何人不能读取。资格审查委员会随机抽取，"
                "按上列标准逐项审查；过半数成员认为不符合其中一项的，不通过资格预审。"
                f"通过资格预审的申请人少于 {figure.least if figure else 3} 个的，重新招标。",
                "Applications are encrypted on the applicant's own device; nobody reads one before"
                " the deadline. The panel is drawn at random and examines by these criteria alone;"
                " where more than half of it hold that one is not met, the applicant does not"
                f" qualify. Where fewer than {figure.least if figure else 3} qualify, the tender is"
                " repeated.",
            ),
            title=Words("审查办法", "How it is examined"),
        ),
        sealing.seal_area(parts.PLATFORM),
    ]
    return Record(
        title=Words(TITLE, "Prequalification documents"),
        number=parts.number(lot, "P1"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            *parts.tenderee(lot),
            Pair(Words("发布时间", "Published"), planning.shown(at)),
        ),
        blocks=tuple(blocks),
    )


def prepare(lot: Lot, *, criteria: Sequence[str], words: str, at: datetime) -> bytes:
    """The documents, sealed by the platform; never inside a transaction."""
    record = prequalification_record(lot, criteria=criteria, words=words, at=at)
    return sealing.sealed(record, subject=lot.pk, at=at, holder=parts.PLATFORM)
