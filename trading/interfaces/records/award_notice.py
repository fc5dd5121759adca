"""The award notice as a printed record (TBL 45)."""

from __future__ import annotations

from datetime import datetime

from signatures.paper.document import Heading, Note, Pairs, Paragraph, Record, Words
from trading.domain import procedure
from trading.domain.calendar import Unit
from trading.domain.candidates import Ranked
from trading.interfaces.records import parts, sealing
from trading.models import Lot

TITLE = "中标通知书"
#: The procedure's rule of days from the award to the contract.
CONTRACT_TERM = "contract-after-award"


def award_record(lot: Lot, *, chosen: Ranked, reasons: str = "") -> Record:
    """That this candidate wins, at which price and on which terms, and what it must do now."""
    winner = chosen.organisation
    why = (
        (Heading(Words("定标理由", "Reasons")), Paragraph(reasons.strip()))
        if reasons.strip()
        else ()
    )
    return Record(
        title=Words(TITLE, "Award notice"),
        number=parts.number(lot, "Z"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(*parts.subject(lot), *parts.tenderee(lot)),
        blocks=(
            Paragraph(
                Words(
                    f"{winner.name}：经评标委员会评审并经招标人确定，贵单位为本标段中标人。",
                    f"{winner.name}: on the committee's report the tenderee awards this lot to"
                    " you.",
                ),
                lead=True,
            ),
            Heading(Words("中标内容", "What is awarded")),
            Pairs(
                rows=(
                    parts.party(Words("中标人", "Winner"), winner),
                    parts.price(Words("中标价（人民币元）", "Price (CNY)"), chosen.price),
                    *parts.terms(chosen.terms),
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
    working = rule.unit == Unit.WORKING_DAYS
    return (
        Note(
            Words(
                f"请自本通知书发出之日起 {rule.count} 个{'工作日' if working else '日历日'}内，"
                f"按照招标文件和贵单位的投标文件与招标人订立书面合同（{rule.article}）。",
                f"Within {rule.count} {'working ' if working else ''}days of this notice the"
                " written contract is signed, on the terms of the tender document and of your"
                f" bid ({rule.article}).",
            ),
            title=Words("订立合同", "Contract"),
        ),
    )


def prepare(lot: Lot, *, chosen: Ranked, reasons: str, at: datetime) -> bytes:
    """The notice, sealed by the platform; never inside a transaction."""
    record = award_record(lot, chosen=chosen, reasons=reasons)
    return sealing.sealed(record, subject=lot.pk, at=at, holder=parts.PLATFORM)
