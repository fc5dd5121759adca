"""The contract as a printed record, in the words of its procedure, for both sides to sign."""

from __future__ import annotations

from datetime import datetime

from signatures.domain import signing_documents
from signatures.domain.signing_documents import SEAL_FIELD, Plan
from signatures.paper.document import (
    Digest,
    Heading,
    Pair,
    Pairs,
    Paragraph,
    Record,
    SignatureArea,
    SignatureAreas,
    Words,
)
from trading.domain import paper_words, signatories
from trading.domain.candidates import REPORT
from trading.domain.contracts import CONTRACTOR_FIELD, TENDEREE_FIELD, Terms
from trading.interfaces import citations
from trading.interfaces.records import parts, sealing
from trading.models import Award, Lot


def title(lot: Lot) -> str:
    """What the contract is called in the lot's procedure."""
    return paper_words.word(lot, "contract", "zh-hans")


def contract_record(lot: Lot, *, award: Award, given: Terms) -> Record:
    """The contract's text: parties, subject, price, terms, and what it is made up of."""
    tenderee, contractor = lot.project.tenderee, award.winner
    first, second = parts.word(lot, "contract-first"), parts.word(lot, "contract-second")
    law = citations.printed(paper_words.article(lot))
    cited = (f"（{law.zh}）", f" ({law.en})") if law.en else ("", "")
    security = (
        [parts.price(Words("履约保证金（人民币元）", "Performance security (CNY)"), given.security)]
        if given.security is not None
        else []
    )
    return Record(
        title=parts.word(lot, "contract"),
        number=parts.number(lot, "HT"),
        issuer=tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            parts.party(first, tenderee),
            parts.party(second, contractor),
        ),
        blocks=(
            Paragraph(parts.word(lot, "contract-basis"), lead=True),
            Heading(Words("一、合同价格", "1. Price")),
            Pairs(
                rows=(
                    parts.price(
                        parts.word(lot, "contract-price", "{}（人民币元）", "{} (CNY)"), given.price
                    ),
                    *security,
                )
            ),
            Heading(parts.word(lot, "contract-terms", "二、{}", "2. {}")),
            Pairs(
                rows=(
                    Pair(parts.word(lot, "contract-subject"), f"{lot.project.title} {lot.title}"),
                    *parts.terms(lot, given.terms),
                )
            ),
            Heading(Words("三、合同文件", "3. What the contract is made up of")),
            Paragraph(parts.word(lot, "contract-parts")),
            Digest(_basis(lot, award), award.report.digest),
            Heading(Words("四、效力", "4. Effect")),
            Paragraph(parts.word(lot, "contract-effect", "{}" + cited[0], "{}" + cited[1])),
            SignatureAreas(
                areas=(
                    SignatureArea(TENDEREE_FIELD, first, tenderee.name, seal=True),
                    SignatureArea(CONTRACTOR_FIELD, second, contractor.name, seal=True),
                )
            ),
            SignatureAreas(
                areas=(
                    SignatureArea(
                        SEAL_FIELD, Words("平台存证", "Platform"), parts.PLATFORM, seal=True
                    ),
                )
            ),
        ),
    )


def _basis(lot: Lot, award: Award) -> Words:
    """What the award rests on: the evaluation, or the sale that both sides confirmed."""
    if award.report.kind == REPORT:
        return parts.word(lot, "report", "{}摘要（SHA-256）", "{} (SHA-256)")
    return Words("成交确认书摘要（SHA-256）", "Confirmation of the sale (SHA-256)")


def prepare(lot: Lot, *, award: Award, given: Terms, at: datetime) -> Plan:
    """The contract laid out in the store for both sides; never inside a transaction."""
    record = contract_record(lot, award=award, given=given)
    return signing_documents.lay_out(
        sealing.draft(record, subject=lot.pk, at=at),
        (
            signatories.of_organisation(lot.project.tenderee, TENDEREE_FIELD),
            signatories.of_organisation(award.winner, CONTRACTOR_FIELD),
        ),
    )
