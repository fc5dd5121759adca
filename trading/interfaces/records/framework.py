"""A framework in print: its terms, who is taken in 入围通知书, an order 成交通知书, the summary."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from signatures.domain import jcs
from signatures.paper.document import (
    Column,
    Heading,
    Note,
    Pair,
    Pairs,
    Paragraph,
    Record,
    Table,
    Words,
)
from trading.domain import framework, planning
from trading.domain.framework import Terms
from trading.domain.framework_award import Selection
from trading.domain.framework_orders import Wanted
from trading.interfaces.money import grouped
from trading.interfaces.records import parts, sealing
from trading.models import FrameworkOrder, Lot

TAKEN_TITLE, ORDER_TITLE, SUMMARY_TITLE = "入围通知书", "成交通知书", "成交结果汇总公告"
PRIORITY = {
    framework.PRICE: Words("价格优先法", "Priority of the price"),
    framework.QUALITY: Words("质量优先法", "Priority of quality"),
}
MANNER = {
    framework.DIRECT: Words("直接选定", "Chosen directly"),
    framework.TURNS: Words("顺序轮候", "In turn"),
}
KIND = {
    framework.GOODS: Words("货物", "Goods"),
    framework.SERVICES: Words("服务", "Services"),
}


def order_title(number: int) -> str:
    """One notice an order, told apart by its number."""
    return f"{ORDER_TITLE}（第 {number} 号）"


def terms_pairs(terms: Terms) -> list[Pair]:
    """The published terms of the framework."""
    cap = (
        [Pair(Words("入围供应商数量上限", "Suppliers taken in at most"), str(terms.most))]
        if terms.most is not None
        else []
    )
    return [
        Pair(Words("入围评审方法", "Suppliers are taken in by"), PRIORITY[terms.priority]),
        Pair(Words("淘汰比例（不低于）", "Eliminated at least"), f"{terms.eliminated} %"),
        *cap,
        Pair(Words("采购对象", "What is procured"), KIND[terms.kind]),
        Pair(Words("框架协议有效期（月）", "Months that agreements run"), str(terms.months)),
        Pair(Words("第二阶段成交方式", "Orders are given"), MANNER[terms.orders]),
    ]


def _summary(lot: Lot) -> tuple[Pair, ...]:
    return (
        *parts.subject(lot),
        parts.party(Words("征集人", "Tenderee"), lot.project.tenderee),
    )


def taken_record(lot: Lot, found: Selection) -> Record:
    """Who is taken in, at which price, how many are left out, and what is to be done now."""
    count = len(found.taken)
    return Record(
        title=Words(TAKEN_TITLE, "Notice of the suppliers taken in"),
        number=parts.number(lot, "R"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=_summary(lot),
        blocks=(
            Paragraph(
                Words(
                    f"按评审报告的排序和征集文件公布的规则，下列 {count} 家供应商入围。",
                    f"By the order of the report and the published terms {count} suppliers are"
                    " taken in.",
                ),
                lead=True,
            ),
            Table(
                columns=(
                    Column(Words("名次", "Rank"), weight=1, align="centre"),
                    Column(Words("入围供应商", "Supplier"), weight=5),
                    Column(Words("统一社会信用代码", "Credit code"), weight=3),
                    Column(Words("入围单价（元）", "Unit price (CNY)"), weight=3, align="end"),
                ),
                rows=[
                    (
                        str(one.rank), one.organisation.name, one.organisation.credit_code,
                        grouped(one.price),
                    )
                    for one in found.taken
                ],
            ),
            Pairs(
                rows=[
                    Pair(
                        Words("淘汰的供应商数量", "Suppliers that conform and are left out"),
                        str(len(found.left)),
                    ),
                    Pair(
                        Words("被否决的响应文件", "Responses rejected"),
                        str(len(found.ranking.rejected)),
                    ),
                ]
            ),
            Heading(Words("框架协议条款", "Terms of the framework")),
            Pairs(rows=terms_pairs(framework.require_terms(lot))),
            Note(
                Words(
                    "各入围供应商应在法定期限内分别与征集人签署框架协议；逾期未签署的，"
                    "征集人可以取消其入围资格。",
                    "Each of them signs an agreement of its own with the tenderee within the"
                    " time of the law; whoever has not signed by then may be dropped.",
                ),
                title=Words("签订框架协议", "Agreements"),
            ),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def order_record(lot: Lot, order: Wanted, *, number: int) -> Record:
    """One order: who orders what from whom, at which price, and how the supplier was found."""
    supplier = order.agreement.award.winner
    why = (
        (Heading(Words("选定理由", "Reasons")), Paragraph(order.reasons)) if order.reasons else ()
    )
    return Record(
        title=Words(ORDER_TITLE, "Order"),
        number=parts.number(lot, f"C{number}"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=_summary(lot),
        blocks=(
            Paragraph(
                Words(
                    f"{supplier.name}：按照框架协议，采购人将下列采购合同授予贵单位。",
                    f"{supplier.name}: under the framework agreement this is ordered from you.",
                ),
                lead=True,
            ),
            Pairs(
                rows=[
                    Pair(Words("采购人", "Purchaser"), order.purchaser),
                    parts.party(Words("成交供应商", "Supplier"), supplier),
                    Pair(
                        Words("成交方式", "How the supplier was found"),
                        MANNER[framework.require_terms(lot).orders],
                    ),
                    Pair(Words("采购内容", "What is ordered"), order.subject),
                    Pair(Words("数量", "Quantity"), plain(order.quantity)),
                    parts.price(Words("单价（人民币元）", "Unit price (CNY)"), order.unit_price),
                    parts.price(Words("合同金额（人民币元）", "Amount (CNY)"), order.amount),
                    Pair(
                        Words("协议单价（人民币元）", "Unit price agreed (CNY)"),
                        grouped(order.agreement.price),
                    ),
                ]
            ),
            *why,
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def summary_record(lot: Lot, orders: list[FrameworkOrder]) -> Record:
    """All orders under the framework, and how much was ordered in all."""
    total = sum((one.amount for one in orders), Decimal(0))
    ends = planning.shown_end(jcs.parse_timestamp(lot.dates[framework.ENDS]))
    table = Table(
        columns=(
            Column(Words("序号", "No."), weight=1, align="centre"),
            Column(Words("日期", "Day"), weight=2),
            Column(Words("采购人", "Purchaser"), weight=4),
            Column(Words("成交供应商", "Supplier"), weight=4),
            Column(Words("采购内容", "What is ordered"), weight=4),
            Column(Words("金额（元）", "Amount (CNY)"), weight=3, align="end"),
        ),
        rows=[
            (
                str(one.number), planning.shown(one.ordered_at)[:10], one.purchaser,
                one.agreement.award.winner.name, one.subject, grouped(one.amount),
            )
            for one in orders
        ],
    )
    nothing = Paragraph(Words("有效期内无成交。", "Nothing was ordered."))
    return Record(
        title=Words(SUMMARY_TITLE, "Summary of orders"),
        number=parts.number(lot, "HZ"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(*_summary(lot), Pair(Words("框架协议期满", "Agreements ran out"), ends)),
        blocks=(
            table if orders else nothing,
            Pairs(
                rows=[
                    Pair(Words("成交笔数", "Orders"), str(len(orders))),
                    Pair(Words("成交金额合计（元）", "Amount in all (CNY)"), grouped(total)),
                ]
            ),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def plain(quantity: Decimal) -> str:
    """A quantity without idle zeros."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def sealed(lot: Lot, record: Record, *, at: datetime) -> bytes:
    """Any of these records, sealed by the platform; never inside a transaction."""
    return sealing.sealed(record, subject=lot.pk, at=at, holder=parts.PLATFORM)
