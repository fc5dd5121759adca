"""A later edition of the tender document, as a printed record (TBL 23, TBR 21)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from signatures.paper.document import Digest, Heading, Note, Pair, Paragraph, Record, Words
from trading.domain import planning
from trading.domain.amendments import Change
from trading.domain.notices import evaluation_digest
from trading.interfaces.records import parts, sealing
from trading.models import Document, Lot


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
) -> Record:
    """Clause by clause what stands instead of what; all else is as in the edition before."""
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
    blocks: list[Heading | Paragraph] = []
    for change in changes:
        blocks.append(Heading(Words(change.clause, change.clause)))
        blocks.append(Paragraph(f"原文：{change.before}" if change.before else "原文：（无）"))
        blocks.append(Paragraph(f"现为：{change.after}" if change.after else "现为：（删去）"))
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


def prepare(
    lot: Lot,
    *,
    earlier: Document,
    changes: Sequence[Change],
    affects: bool,
    deadline: datetime | None,
    at: datetime,
) -> bytes:
    """The edition, sealed by the platform; never inside a transaction."""
    record = amendment_record(
        lot, earlier=earlier, changes=changes, affects=affects, deadline=deadline, at=at
    )
    return sealing.sealed(record, subject=lot.pk, at=at, holder=parts.PLATFORM)
