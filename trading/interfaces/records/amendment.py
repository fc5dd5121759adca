"""A later edition of the tender document, as a printed record (TBL 23, TBR 21)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from signatures.paper.document import Block, Digest, Heading, Note, Pair, Paragraph, Record, Words
from trading.domain import planning
from trading.domain.amendments import Change
from trading.domain.bill_changes import ADDED, REMOVED, LineChange
from trading.domain.edition_parts import Parts
from trading.domain.notices import evaluation_digest
from trading.interfaces.records import bill as bill_record
from trading.interfaces.records import parts, sealing
from trading.models import Document, Lot

#: Lines of a bill that a record tells one by one; the whole bill is a file beside it.
LINES = 60
#: What the fields of a line are called in print.
FIELDS = {
    "part": "分部", "code": "项目编码", "name": "项目名称", "features": "项目特征",
    "unit": "计量单位", "quantity": "工程量", "amount": "金额", "basis": "计算基础", "rate": "费率",
    "remark": "备注",
}  # fmt: skip


def title(lot: Lot, edition: int) -> str:
    """What a later edition is called."""
    return parts.word(lot, "documents", f"{{}}（第 {edition} 版）").zh


def amendment_record(
    lot: Lot,
    *,
    earlier: Document,
    changes: Sequence[Change],
    affects: bool,
    deadline: datetime | None,
    at: datetime,
    brings: Parts | None = None,
) -> Record:
    """Clause by clause what stands instead of what, then the attachments and the bill that it
    ``brings``; all else is as in the edition before."""
    edition = earlier.edition + 1
    documents, bid = parts.inside(lot, "documents"), parts.word(lot, "bid").zh
    effect = (
        Words(
            f"本次修改影响{bid}编制，构成{documents.zh}的组成部分。已递交的{bid}须按本版确认或者更换。",
            f"This edition affects bids and is part of the {documents.en}. Bids that were handed in"
            " are to be confirmed under it or replaced.",
        )
        if affects
        else Words(
            f"本次澄清不影响{bid}编制，构成{documents.zh}的组成部分。",
            f"This edition clarifies and affects no bid; it is part of the {documents.en}.",
        )
    )
    blocks: list[Block] = []
    for change in changes:
        blocks.append(Heading(change.clause))
        blocks.append(Paragraph(f"原文：{change.before}" if change.before else "原文：（无）"))
        blocks.append(Paragraph(f"现为：{change.after}" if change.after else "现为：（删去）"))
    if brings is not None:
        blocks += [*_files(brings), *_bill(brings)]
    return Record(
        title=parts.word(lot, "documents", f"{{}}（第 {edition} 版）", f"{{}}, edition {edition}"),
        number=parts.number(lot, f"D{edition}"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            *parts.tenderee(lot),
            Pair(Words("发布时间", "Published"), planning.shown(at)),
            Pair(
                Words("投标截止时间", "Deadline for bids"),
                planning.shown(deadline) if deadline is not None else "—",
            ),
        ),
        blocks=(
            *blocks,
            Note(effect, title=Words("效力", "Effect")),
            Digest(
                Words("前一版摘要（SHA-256）", "Edition before (SHA-256)"), earlier.digest
            ),
            Digest(
                Words("评标办法摘要（SHA-256）", "Method of evaluation (SHA-256)"),
                evaluation_digest(lot),
            ),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def _files(brings: Parts) -> list[Block]:
    """The new attachments by their digests, each with the one whose place it takes."""
    if not brings.files:
        return []
    blocks: list[Block] = [Heading(Words("附件", "Attachments"))]
    for file in brings.files:
        instead = file.get("instead_of")
        note = (
            Words(f"替换“{instead['title']}”（{instead['digest']}）。",
                  f"Instead of “{instead['title']}” ({instead['digest']}).")
            if instead else Words("新增附件。", "A new attachment.")
        )  # fmt: skip
        blocks.append(Digest(file["title"], file["digest"], note))
    return blocks


def _bill(brings: Parts) -> list[Block]:
    """The new bill of quantities by its digests, and what it says otherwise, line by line."""
    if not brings.bill:
        return []
    changes = brings.changes()
    blocks: list[Block] = [*bill_record.named(brings.bill)]
    if brings.standing:
        blocks.append(
            Digest(
                Words("被替换清单摘要（SHA-256）", "Bill before (SHA-256)"),
                brings.standing["digest"],
            )
        )
    if changes:
        blocks.append(Heading(Words("清单差异", "What the bill says otherwise")))
    blocks += [Paragraph(_line(one)) for one in changes[:LINES]]
    if len(changes) > LINES:
        blocks.append(
            Paragraph(f"其余 {len(changes) - LINES} 处差异见清单文件，共 {len(changes)} 处。")
        )
    return blocks


def _line(one: LineChange) -> str:
    """One line that differs, as a sentence."""
    section = bill_record.SECTIONS[one.section].zh
    named = " ".join(dict.fromkeys(text for text in (one.key, one.line.name) if text))
    if one.kind == ADDED:
        return f"{section} 新增：{named}"
    if one.kind == REMOVED:
        return f"{section} 删去：{named}"
    said = "；".join(
        f"{FIELDS[name]}由“{before or '（无）'}”改为“{after or '（无）'}”"
        for name, before, after in one.changed()
    )
    return f"{section} 修改：{named}：{said}"


def prepare(
    lot: Lot,
    *,
    earlier: Document,
    changes: Sequence[Change],
    affects: bool,
    deadline: datetime | None,
    at: datetime,
    brings: Parts | None = None,
) -> bytes:
    """The edition, sealed by the platform; never inside a transaction."""
    record = amendment_record(
        lot, earlier=earlier, changes=changes, affects=affects, deadline=deadline, at=at,
        brings=brings,
    )
    return sealing.sealed(record, subject=lot.pk, at=at, holder=parts.PLATFORM)
