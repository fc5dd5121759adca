"""The decision among the candidates as a printed record: method, course, whom it gave and why."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from signatures.paper.document import (
    Block,
    Column,
    Digest,
    Heading,
    Pair,
    Pairs,
    Paragraph,
    Record,
    Table,
    Words,
)
from trading.domain import deciding, planning
from trading.interfaces.money import grouped
from trading.interfaces.records import parts, sealing
from trading.models import AwardDecision, Lot, Organisation

TITLE = "定标决定"
METHODS = {
    deciding.VOTES: Words("定标委员会无记名票决", "Secret ballots of the award panel"),
    deciding.PRICE: Words("价格竞争（最低报价）", "The lowest price"),
    deciding.DRAW: Words("加权抽取", "Weighted draw"),
}


def method_pairs(method: dict[str, object]) -> list[Pair]:
    """The method, and the weights where it is a draw."""
    found = [Pair(Words("定标方法", "The award is decided by"), METHODS[str(method["by"])])]
    weights = method.get("weights")
    if isinstance(weights, list):
        found.append(
            Pair(
                Words("权重（报价由低到高）", "Weights, from the lowest price"),
                " : ".join(map(str, weights)),
            )
        )
    return found


def decision_record(lot: Lot, row: AwardDecision, *, reasons: str, statement: str) -> Record:
    """By which method and how the tenderee decided, and the digest of what it signed."""
    chosen = deciding.chosen_of(row)
    names = {
        one.urn: one
        for one in Organisation.objects.filter(
            pk__in=[urn.removeprefix("org:") for urn in row.candidates]
        )
    }
    return Record(
        title=Words(TITLE, "Decision on the award"),
        number=parts.number(lot, "D"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(*parts.subject(lot), *parts.tenderee(lot)),
        blocks=(
            Paragraph(
                Words(
                    f"招标人按招标文件公布的定标方法，确定 {chosen.name} 为本标段中标人。",
                    f"By the method published with the tender documents the tenderee decides for"
                    f" {chosen.name}.",
                ),
                lead=True,
            ),
            Heading(Words("定标方法与过程", "Method and course")),
            Pairs(
                rows=[
                    *method_pairs(row.method),
                    Pair(Words("启动时间", "Opened"), planning.shown(row.opened_at)),
                    Pair(
                        Words("定标候选人", "Candidates"),
                        "；".join(names[urn].name for urn in row.candidates),
                        Words("按统一社会信用代码排列", "in the order of their credit codes"),
                    ),
                ]
            ),
            *_course(row, names),
            Heading(Words("定标理由", "Reasons")),
            Paragraph(reasons.strip()),
            Digest(
                Words("招标人签名声明摘要（SHA-256）", "The tenderee's signed statement (SHA-256)"),
                statement,
            ),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def _course(row: AwardDecision, names: dict[str, Organisation]) -> list[Block]:
    grounds = row.grounds
    found: list[Block] = []
    for one in grounds.get("rounds", []):
        found.append(
            Table(
                columns=(
                    Column(Words("候选人", "Candidate"), weight=5),
                    Column(Words("票数", "Votes"), weight=1, align="end"),
                ),
                rows=[(names[urn].name, str(votes)) for urn, votes in one["tally"].items()],
                caption=Words(f"第 {one['number']} 轮", f"Round {one['number']}"),
            )
        )
    if "price" in grounds:
        found.append(
            Pairs(
                rows=[
                    Pair(
                        Words("最低报价（人民币元）", "Lowest price (CNY)"),
                        grouped(Decimal(grounds["price"])),
                    )
                ]
            )
        )
    if "draw" in grounds:
        found.append(
            Pairs(
                rows=[
                    Pair(Words("抽取", "Draw"), str(grounds["draw"])),
                    *(
                        Pair(names[urn].name, str(weight))
                        for urn, weight in sorted(grounds["weights"].items())
                    ),
                ]
            )
        )
    return found


def prepare(
    lot: Lot, row: AwardDecision, *, reasons: str, statement: str, at: datetime
) -> bytes:
    """The decision, sealed by the platform; never inside a transaction."""
    record = decision_record(lot, row, reasons=reasons, statement=statement)
    return sealing.sealed(record, subject=lot.pk, at=at, holder=parts.PLATFORM)
