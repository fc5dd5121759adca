"""The framework agreement 框架协议 of tenderee and one supplier, with a place for each seal."""

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
from trading.domain import framework, signatories
from trading.domain.contracts import CONTRACTOR_FIELD, TENDEREE_FIELD
from trading.domain.contracts import Terms as ContractTerms
from trading.interfaces.records import framework as framework_record
from trading.interfaces.records import parts, sealing
from trading.models import Award, Lot


def title(award: Award) -> str:
    """One agreement a supplier, told apart by its name."""
    return f"框架协议（{award.winner.name}）"


def agreement_record(lot: Lot, *, award: Award, given: ContractTerms) -> Record:
    """The agreement's text: parties, unit price, terms, how long it runs and how orders come."""
    tenderee, supplier = lot.project.tenderee, award.winner
    return Record(
        title=Words("框架协议", "Framework agreement"),
        number=parts.number(lot, f"KJ{award.rank}"),
        issuer=tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            parts.party(Words("征集人", "Tenderee"), tenderee),
            parts.party(Words("入围供应商", "Supplier"), supplier),
        ),
        blocks=(
            Paragraph(
                Words(
                    "征集人和入围供应商按照征集文件和供应商的响应文件订立本框架协议。",
                    "Tenderee and supplier make this framework agreement on the terms of the"
                    " documents and of the supplier's response.",
                ),
                lead=True,
            ),
            Heading(Words("一、协议价格", "1. Price")),
            Pairs(
                rows=(
                    parts.price(
                        Words("协议单价（人民币元）", "Unit price agreed (CNY)"), given.price
                    ),
                )
            ),
            Paragraph(
                Words(
                    "第二阶段授予的每一份采购合同，其单价不得高于协议单价。",
                    "No order has a unit price above the one agreed.",
                )
            ),
            Heading(Words("二、其他约定", "2. Other terms")),
            Pairs(
                rows=(
                    Pair(Words("采购标的", "Subject"), f"{lot.project.title} {lot.title}"),
                    *parts.terms(lot, given.terms),
                )
            ),
            Heading(Words("三、框架协议条款", "3. Terms of the framework")),
            Pairs(rows=framework_record.terms_pairs(framework.require_terms(lot))),
            Paragraph(
                Words(
                    "有效期自本项目首份框架协议签署之日起计算，全部框架协议同日期满。"
                    "有效期内，采购人按公布的成交方式授予采购合同。",
                    "The agreements run from the day on which the first of them is signed, and end"
                    " together. Until then orders are given in the published manner.",
                )
            ),
            Heading(Words("四、协议文件", "4. What the agreement is made up of")),
            Paragraph(
                Words(
                    "本协议、入围通知书、响应文件、征集文件及其澄清修改共同构成协议文件,"
                    "互相解释；不一致时以排列在前者为准。",
                    "This agreement, the notice, the response, and the documents with their"
                    " clarifications form the agreement, in this order of precedence.",
                )
            ),
            Digest(
                Words("评审报告摘要（SHA-256）", "Report of the review (SHA-256)"),
                award.report.digest,
            ),
            SignatureAreas(
                areas=(
                    SignatureArea(
                        TENDEREE_FIELD, Words("征集人", "Tenderee"), tenderee.name, seal=True
                    ),
                    SignatureArea(
                        CONTRACTOR_FIELD, Words("入围供应商", "Supplier"), supplier.name, seal=True
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


def prepare(lot: Lot, *, award: Award, given: ContractTerms, at: datetime) -> Plan:
    """The agreement laid out in the store for both sides; never inside a transaction."""
    record = agreement_record(lot, award=award, given=given)
    return signing_documents.lay_out(
        sealing.draft(record, subject=lot.pk, at=at),
        (
            signatories.of_organisation(lot.project.tenderee, TENDEREE_FIELD),
            signatories.of_organisation(award.winner, CONTRACTOR_FIELD),
        ),
    )
