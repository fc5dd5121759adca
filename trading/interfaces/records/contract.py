"""The contract as a printed record with a place for each side's seal (TBL 46)."""

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
from trading.domain import signatories
from trading.domain.candidates import REPORT
from trading.domain.contracts import CONTRACTOR_FIELD, TENDEREE_FIELD, Terms
from trading.interfaces.records import parts, sealing
from trading.models import Award, Lot

TITLE = "施工合同"


def contract_record(lot: Lot, *, award: Award, given: Terms) -> Record:
    """The contract's text: parties, works, price, terms, and what it is made up of."""
    tenderee, contractor = lot.project.tenderee, award.winner
    security = (
        [parts.price(Words("履约保证金（人民币元）", "Performance security (CNY)"), given.security)]
        if given.security is not None
        else []
    )
    return Record(
        title=Words(TITLE, "Works contract"),
        number=parts.number(lot, "HT"),
        issuer=tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            parts.party(Words("发包人", "Employer"), tenderee),
            parts.party(Words("承包人", "Contractor"), contractor),
        ),
        blocks=(
            Paragraph(
                Words(
                    "发包人和承包人按照招标文件和中标人的投标文件订立本合同。",
                    "Employer and contractor make this contract on the terms of the tender"
                    " document and of the winning bid.",
                ),
                lead=True,
            ),
            Heading(Words("一、合同价格", "1. Price")),
            Pairs(
                rows=(
                    parts.price(
                        Words("签约合同价（人民币元）", "Contract price (CNY)"), given.price
                    ),
                    *security,
                )
            ),
            Heading(Words("二、工期、质量与人员", "2. Time, quality and people")),
            Pairs(
                rows=(
                    Pair(Words("工程内容", "Works"), f"{lot.project.title} {lot.title}"),
                    *parts.terms(given.terms),
                )
            ),
            Heading(Words("三、合同文件", "3. What the contract is made up of")),
            Paragraph(
                Words(
                    "本合同、中标通知书、投标文件、招标文件及其澄清修改共同构成合同文件,"
                    "互相解释；不一致时以排列在前者为准。",
                    "This contract, the award notice, the bid, and the tender document with its"
                    " clarifications form the contract, in this order of precedence.",
                )
            ),
            Digest(_basis(award), award.report.digest),
            Heading(Words("四、效力", "4. Effect")),
            Paragraph(
                Words(
                    "本合同自双方以可靠的电子签名签署之日起生效；双方不得再行订立背离合同实质性内容的其他协议"
                    "（TBL 46）。",
                    "The contract takes effect when both sides have signed it by reliable"
                    " electronic signatures. They make no other agreement that departs from its"
                    " substance (TBL 46).",
                )
            ),
            SignatureAreas(
                areas=(
                    SignatureArea(
                        TENDEREE_FIELD, Words("发包人", "Employer"), tenderee.name, seal=True
                    ),
                    SignatureArea(
                        CONTRACTOR_FIELD, Words("承包人", "Contractor"), contractor.name, seal=True
                    ),
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


def _basis(award: Award) -> Words:
    """What the award rests on: the evaluation, or the sale that both sides confirmed."""
    if award.report.kind == REPORT:
        return Words("评标报告摘要（SHA-256）", "Evaluation report (SHA-256)")
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
