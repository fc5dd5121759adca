"""The report of an examination panel, as a printed record (TBR 18, 19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bidding.domain import examination
from bidding.domain.examination import Judged
from signatures.paper.document import (
    Block,
    Column,
    Digest,
    Heading,
    Note,
    Pair,
    Paragraph,
    Record,
    Table,
    Words,
)
from trading.domain import planning
from trading.interfaces.records import parts, sealing
from trading.models import Lot

TITLE = "资格审查报告"


def report_record(lot: Lot, judged: Sequence[Judged], *, members: int, at: datetime) -> Record:
    """Applicant by applicant how many members find each criterion met, and what follows."""
    blocks: list[Block] = []
    for one in judged:
        blocks.append(Heading(one.bid.tenderer.name))
        verdict = (
            Words("通过资格预审", "Qualifies")
            if one.qualified
            else Words("未通过资格预审", "Does not qualify")
        )
        blocks.append(Paragraph(verdict))
        if one.criteria:
            blocks.append(
                Table(
                    columns=(
                        Column(Words("标准", "Criterion"), weight=7),
                        Column(Words("符合", "Met"), weight=2, align="end"),
                    ),
                    rows=[(met.title, f"{met.by} / {met.of}") for met in one.criteria],
                )
            )
        if one.reasons:
            blocks.append(Paragraph("；".join(one.reasons)))
    passed = sum(one.qualified for one in judged)
    return Record(
        title=Words(TITLE, "Report of the examination"),
        number=parts.number(lot, "P2"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            *parts.tenderee(lot),
            Pair(Words("审查委员会人数", "Members of the panel"), str(members)),
            Pair(Words("申请人数量", "Applicants"), str(len(judged))),
            Pair(Words("通过数量", "Qualify"), str(passed)),
            Pair(Words("形成时间", "Made at"), planning.shown(at)),
        ),
        blocks=(
            *blocks,
            Note(
                Words(
                    "每名成员对每份申请文件的审查意见均由本人签名，另存于档案。开标前不得向他人透露"
                    "申请人的名称和数量。",
                    "Each member's finding on each application is signed and kept in the dossier."
                    " Names and number of the applicants are told to nobody before the opening.",
                )
            ),
            Digest(
                Words("审查结果摘要（SHA-256）", "Results (SHA-256)"), examination.digest(judged)
            ),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def prepare(lot: Lot, judged: Sequence[Judged], *, members: int, at: datetime) -> bytes:
    """The report, sealed by the platform; never inside a transaction."""
    record = report_record(lot, judged, members=members, at=at)
    return sealing.sealed(record, subject=lot.pk, at=at, holder=parts.PLATFORM)
