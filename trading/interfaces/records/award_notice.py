"""The award notice as a printed record (TBL 45)."""

from __future__ import annotations

from datetime import datetime

from signatures.paper.document import Heading, Note, Pairs, Paragraph, Record, Words
from trading.domain import paper_words, procedure
from trading.domain.calendar import Unit
from trading.domain.candidates import Ranked
from trading.interfaces import citations
from trading.interfaces.records import parts, sealing
from trading.models import Lot

#: The procedure's rule of days from the award to the contract.
CONTRACT_TERM = "contract-after-award"


def title(lot: Lot) -> str:
    """What the notice is called in the lot's procedure."""
    return paper_words.word(lot, "award-notice", "zh-hans")


def award_record(lot: Lot, *, chosen: Ranked, reasons: str = "") -> Record:
    """That this candidate wins, at which price and on which terms, and what it must do now."""
    winner, called = chosen.organisation, parts.word(lot, "winner")
    tenderee, committee, lot_ = (
        parts.inside(lot, name) for name in ("tenderee", "committee", "lot")
    )
    why = (
        (Heading(Words("理由", "Reasons")), Paragraph(reasons.strip()))
        if reasons.strip()
        else ()
    )
    return Record(
        title=parts.word(lot, "award-notice"),
        number=parts.number(lot, "Z"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(*parts.subject(lot), *parts.tenderee(lot)),
        blocks=(
            Paragraph(
                Words(
                    f"{winner.name}：经{committee.zh}评审并经{tenderee.zh}确定，贵单位为本{lot_.zh}的"
                    f"{called.zh}。",
                    f"{winner.name}: on the report of the {committee.en} the {tenderee.en} awards"
                    f" this {lot_.en} to you.",
                ),
                lead=True,
            ),
            Heading(parts.word(lot, "award-content")),
            Pairs(
                rows=(
                    parts.party(called, winner),
                    parts.price(parts.award_price(lot), chosen.price),
                    *parts.terms(lot, chosen.terms),
                )
            ),
            *why,
            *_contract(lot),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def _contract(lot: Lot) -> tuple[Note, ...]:
    """Within how many days the contract is signed, by the lot's own procedure."""
    rule = procedure.of(lot).days.get(CONTRACT_TERM)
    if rule is None:
        return ()
    working, law = rule.unit == Unit.WORKING_DAYS, citations.printed(rule.article)
    documents, bid, tenderee = (
        parts.inside(lot, name) for name in ("documents", "bid", "tenderee")
    )
    return (
        Note(
            Words(
                f"请自本通知书发出之日起 {rule.count} 个{'工作日' if working else '日历日'}内，"
                f"按照{documents.zh}和贵单位的{bid.zh}与{tenderee.zh}订立书面合同（{law.zh}）。",
                f"Within {rule.count} {'working ' if working else ''}days of this notice the"
                f" written contract is signed, on the terms of the {documents.en} and of your"
                f" {bid.en} ({law.en}).",
            ),
            title=Words("订立合同", "Contract"),
        ),
    )


def prepare(lot: Lot, *, chosen: Ranked, reasons: str, at: datetime) -> bytes:
    """The notice, sealed by the platform; never inside a transaction."""
    record = award_record(lot, chosen=chosen, reasons=reasons)
    return sealing.sealed(record, subject=lot.pk, at=at, holder=parts.PLATFORM)
