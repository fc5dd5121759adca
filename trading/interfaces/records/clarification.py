"""A question about the tender documents with its answer, as a printed record (TBR 21)."""

from __future__ import annotations

from datetime import datetime

from signatures.paper.document import Digest, Heading, Note, Pair, Paragraph, Record, Words
from trading.domain import paper_words, planning
from trading.interfaces.records import parts, sealing
from trading.models import Lot, Question

TITLE = "澄清文件（第 {number} 号提问）"


def title(question: Question) -> str:
    """What the clarification is called."""
    return TITLE.format(number=question.number)


def clarification_record(
    lot: Lot, *, question: Question, answer: str, affects: bool, at: datetime
) -> Record:
    """Question and answer, and whether the answer changes what is to be bid. Nobody is named."""
    documents = parts.inside(lot, "documents")
    sealed = paper_words.has(lot, "bid")
    taking = f"{parts.word(lot, 'bid').zh}编制" if sealed else "报价"
    effect = (
        Words(
            f"本答复影响{taking}，构成{documents.zh}的组成部分。",
            f"This answer changes what is to be bid; it is part of the {documents.en}.",
        )
        if affects
        else Words(
            f"本答复仅作说明，不影响{taking}，构成{documents.zh}的组成部分。",
            "This answer explains and changes nothing of what is to be bid; it is part of the"
            f" {documents.en}.",
        )
    )
    return Record(
        title=Words("澄清文件", "Clarification"),
        number=parts.number(lot, f"C{question.number}"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            *parts.tenderee(lot),
            Pair(Words("所问文件", "Asked about"), question.document.title),
            Pair(Words("提问时间", "Asked"), planning.shown(question.asked_at)),
            Pair(Words("答复时间", "Answered"), planning.shown(at)),
        ),
        blocks=(
            Heading(Words(f"第 {question.number} 号提问", f"Question {question.number}")),
            Paragraph(question.text),
            Heading(Words("答复", "Answer")),
            Paragraph(answer),
            Note(effect, title=Words("效力", "Effect")),
            Digest(
                Words("所问文件摘要（SHA-256）", "Document asked about (SHA-256)"),
                question.document.digest,
            ),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def prepare(
    lot: Lot, *, question: Question, answer: str, affects: bool, at: datetime
) -> bytes:
    """The clarification, sealed by the platform; never inside a transaction."""
    record = clarification_record(lot, question=question, answer=answer, affects=affects, at=at)
    subject = question.pk
    return sealing.sealed(record, subject=subject, at=at, holder=parts.PLATFORM)
