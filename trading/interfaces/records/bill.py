"""The bill of quantities as a printed record, and how the tender document names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from signatures.domain.errors import Malformed
from signatures.paper import glyphs
from signatures.paper.document import (
    Block,
    Column,
    Digest,
    Heading,
    Note,
    Pair,
    Pairs,
    Record,
    Table,
    Words,
)
from trading.domain import bill_acts, bills
from trading.domain.bills import Bill, Fee, Item, Other
from trading.interfaces.records import parts, sealing
from trading.models import Lot

SECTIONS = {
    "items": Words("分部分项工程量清单", "Sub-items"),
    "measures": Words("措施项目清单", "Measures"),
    "other": Words("其他项目清单", "Other items"),
    "fees": Words("规费、税金项目清单", "Fees and taxes"),
}
_NO, _NAME = Column(Words("序号", "No."), 1.2), Words("项目名称", "Name")
_ITEM = (
    _NO,
    Column(Words("项目编码", "Item code"), 3.6),
    Column(_NAME, 4),
    Column(Words("项目特征", "Features"), 6),
    Column(Words("单位", "Unit"), 1.6),
    Column(Words("工程量", "Quantity"), 2.6, "end"),
)
_OTHER = (
    _NO, Column(_NAME, 5), Column(Words("计量单位", "Unit"), 2),
    Column(Words("金额（元）", "Amount (CNY)"), 3, "end"), Column(Words("备注", "Remark"), 5),
)  # fmt: skip
_FEE = (
    _NO, Column(_NAME, 5), Column(Words("计算基础", "Basis"), 5),
    Column(Words("费率（%）", "Rate (%)"), 2, "end"), Column(Words("备注", "Remark"), 4),
)  # fmt: skip


def unprintable(text: str) -> str | None:
    """The code point of the first character that no font of the records has; None where all are."""
    try:
        glyphs.check(text)
    except Malformed as error:
        return str(getattr(error, "code_point", "")) or str(error)
    return None


def named(bill: Mapping[str, Any]) -> tuple[Block, ...]:
    """How the tender document names a bill: its lines by section, and its three digests."""
    if not bill:
        return ()
    rows = [
        Pair(title, str(bill["counts"][name]))
        for name, title in SECTIONS.items() if bill["counts"].get(name)
    ]
    of = {key: bill_acts.file_of(bill, key)["digest"] for _k, key, _e, _m in bill_acts.FILES}
    return (
        Heading(Words("工程量清单", "Bill of quantities")),
        Pairs(rows=rows),
        Digest(
            Words("清单摘要（SHA-256）", "Digest of the bill (SHA-256)"), of[""],
            Words(
                "工程量清单规范化 JSON 的摘要，清单以此为准。",
                "Over the bill's canonical JSON, which holds.",
            ),
        ),
        Digest(Words("清单电子表格", "As a workbook"), of["workbook"]),
        Digest(Words("清单打印件", "As printed"), of["print"]),
    )


def bill_record(lot: Lot, bill: Bill, *, digest: str) -> Record:
    """The whole bill in tables; the same bytes for the same bill and moment."""
    blocks: list[Block] = []
    for name, title in SECTIONS.items():
        if lines := bill.lines(name):
            blocks += [Heading(title), *_tables(lines)]
    return Record(
        title=Words(bill_acts.TITLE, "Bill of quantities"),
        number=parts.number(lot, "BQ"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            *parts.tenderee(lot),
            Pair(Words("计价规范", "Standard"), bills.STANDARD),
            *(
                Pair(title, str(bill.counts[name]))
                for name, title in SECTIONS.items() if bill.counts[name]
            ),
        ),
        blocks=(
            Note(
                Words(
                    "本件由清单数据生成，构成招标文件的组成部分，招标文件载有其摘要并加盖电子签章。",
                    "Made from the bill's data. It is part of the tender document, which names its"
                    " digest and bears the seal.",
                )
            ),
            Digest(Words("清单摘要（SHA-256）", "Digest of the bill (SHA-256)"), digest),
            *blocks,
        ),
    )


def rendered(lot: Lot, bill: Bill, *, digest: str, at: datetime) -> bytes:
    """The printed bill as PDF/A, without a seal of its own; never inside a transaction."""
    return sealing.draft(bill_record(lot, bill, digest=digest), subject=lot.pk, at=at).data


def _tables(lines: Sequence[Item | Other | Fee]) -> list[Table]:
    """A section's tables: one for each heading under which its lines stand."""
    if not isinstance(lines[0], Item):
        columns = _OTHER if isinstance(lines[0], Other) else _FEE
        return [Table(columns=columns, rows=[_row(n, one) for n, one in enumerate(lines, 1)])]
    found: list[Table] = []
    rows: list[tuple[str, ...]] = []
    part = lines[0].part
    for number, one in enumerate(lines, 1):
        if isinstance(one, Item) and one.part != part:
            found.append(Table(columns=_ITEM, rows=rows, caption=part))
            rows, part = [], one.part
        rows.append(_row(number, one))
    return [*found, Table(columns=_ITEM, rows=rows, caption=part)]


def _row(number: int, line: Item | Other | Fee) -> tuple[str, ...]:
    if isinstance(line, Item):
        return (
            str(number), line.code, line.name, line.features, line.unit, shown(line.quantity)
        )
    if isinstance(line, Other):
        return (str(number), line.name, line.unit, shown(line.amount), line.remark)
    return (str(number), line.name, line.basis, line.rate, line.remark)


def shown(text: str) -> str:
    """A figure with its thousands parted; a bill keeps it without."""
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole else ""
