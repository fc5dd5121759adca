"""The confirmation of a sale on the floor (成交确认书), for both sides to sign."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from bidding.domain import auction, auction_confirming, auction_entry, rooms
from bidding.domain.auction_confirming import BUYER_FIELD, TENDEREE_FIELD
from bidding.models import Room
from signatures.domain import signing_documents
from signatures.domain.signing_documents import SEAL_FIELD, Plan
from signatures.paper.document import (
    Column,
    Digest,
    Heading,
    Pair,
    Pairs,
    Paragraph,
    Record,
    SignatureArea,
    SignatureAreas,
    Table,
    Words,
)
from trading.domain import planning, procedure
from trading.interfaces import citations
from trading.interfaces.money import grouped
from trading.interfaces.records import parts, sealing
from trading.models import Lot

#: Asks that the paper prints; the record of the floor in the dossier has all.
PRINTED = 40


def plan(room: Room, *, at: datetime) -> Plan:
    """The confirmation laid out in the store for both sides; never inside a transaction."""
    lot = room.lot
    buyer = auction_confirming.winner(room)
    return signing_documents.lay_out(
        sealing.draft(record(room), subject=lot.pk, at=at),
        auction_confirming.signatories_of(lot, buyer),
    )


def record(room: Room) -> Record:
    """What is sold, to whom, at what price, how it came to that price, and what follows."""
    lot, state = room.lot, auction.whole(room)
    buyer = auction_confirming.winner(room)
    tenderee = lot.project.tenderee
    seller, bought = parts.word(lot, "tenderee"), parts.word(lot, "winner")
    price = Decimal(state["result"]["price"])
    reserve = state["reserve"]
    opened = (
        [parts.price(Words("开启的底价（人民币元）", "Reserve, opened (CNY)"),
                     Decimal(reserve["reserve"]))]
        if reserve
        else []
    )
    form = auction_entry.format_of(lot)
    return Record(
        title=Words(auction_confirming.TITLE, "Confirmation of the sale"),
        number=parts.number(lot, "CJ"),
        issuer=tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            parts.party(seller, tenderee),
            parts.party(bought, buyer.organisation),
            Pair(Words("竞买号", "Bidder's number"), str(buyer.number)),
        ),
        blocks=(
            Paragraph(
                Words(
                    f"双方确认：本标的按公布的竞价规则公开竞价，由上列{bought.zh}以下列价格竞得。"
                    "本确认书对双方具有法律效力。",
                    "Both sides confirm that this lot was asked for in public by the published"
                    " format and went to this buyer at this price. The confirmation binds both.",
                ),
                lead=True,
            ),
            Pairs(
                rows=(
                    parts.price(Words("成交价（人民币元）", "Price (CNY)"), price),
                    parts.price(Words("起始价（人民币元）", "Starting price (CNY)"), form.start),
                    *opened,
                )
            ),
            *_asks(room),
            *_follows(lot),
            Digest(
                Words("竞价记录链值（SHA-256）", "Chain of the floor's record (SHA-256)"),
                bytes(room.chain).hex(),
            ),
            SignatureAreas(
                areas=(
                    SignatureArea(TENDEREE_FIELD, seller, tenderee.name, seal=True),
                    SignatureArea(BUYER_FIELD, bought, buyer.organisation.name, seal=True),
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


def _asks(room: Room) -> tuple[Heading, Table]:
    rows = [
        (
            str(event.data["ask"]), planning.shown(event.at), str(event.data["number"]),
            grouped(Decimal(event.data["price"])),
        )
        for event in rooms.events(room.pk)
        if event.kind == "ask"
    ]
    return (
        Heading(Words("报价记录", "What was asked")),
        Table(
            columns=(
                Column(Words("序号", "No."), weight=1, align="centre"),
                Column(Words("时间（北京时间）", "Time (Beijing)"), weight=3),
                Column(Words("竞买号", "Bidder"), weight=2, align="centre"),
                Column(Words("报价（元）", "Price (CNY)"), weight=3, align="end"),
            ),
            rows=rows[-PRINTED:],
        ),
    )


def _follows(lot: Lot) -> tuple[Paragraph, ...]:
    rule = procedure.of(lot).days.get("contract-after-award")
    if rule is None:
        return ()
    days = {"days": ("日", "days"), "working-days": ("个工作日", "working days")}[str(rule.unit)]
    law = citations.printed(rule.article)
    return (
        Paragraph(
            Words(
                f"自本确认书签订之日起 {rule.count} {days[0]}内签订合同（{law.zh}）。",
                f"The contract is signed within {rule.count} {days[1]} ({law.en}).",
            )
        ),
    )
