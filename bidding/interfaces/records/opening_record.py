"""The record of an opening on paper (TBL 36): bids and sheets, shares, objections, times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid5

from bidding.domain import hall, opening_records, rooms, sealed_rounds
from bidding.domain.opening_records import Place
from bidding.domain.room_kinds import Event
from bidding.enums import BidState
from bidding.interfaces import consortium_words, guarantee_words
from bidding.models import Room
from signatures.domain import jcs, platform, signing_documents
from signatures.domain.signing_documents import Plan
from signatures.paper.document import (
    Block,
    Column,
    Digest,
    Heading,
    Note,
    Pair,
    Pairs,
    Paragraph,
    Record,
    SignatureArea,
    SignatureAreas,
    Table,
    Text,
    Words,
)
from signatures.paper.engine import render
from trading.domain import planning
from trading.enums import LotRole
from trading.interfaces.records import parts
from trading.models import Lot, Organisation

#: What opening sheets usually say, in the order in which it is read out.
SHEET = ("price", "currency", "duration_days", "quality", "manager", "bond")
CURRENCY = Words("币种", "Currency")
#: Whom the procedure has a word of its own for.
SIDES = frozenset({LotRole.TENDEREE.value, LotRole.AGENCY.value, LotRole.TENDERER.value})
ROLES = {
    LotRole.TRUSTEE.value: Words("密钥保管方", "trustee"),
    LotRole.SUPERVISOR.value: Words("监督部门", "supervisor"),
    LotRole.NOTARY.value: Words("公证 / 第二平台", "notary"),
}
SLOTS = {
    "1": Words("开标一览表", "Opening sheet"),
    "2": Words("资格文件", "Qualification"),
    "3": Words("技术文件", "Technical"),
    "4": Words("报价文件", "Price"),
}
STATES = {
    BidState.REVOKED.value: Words("视为撤销(投标人原因)", "Revoked, by the tenderer's own fault"),
    BidState.UNOPENED.value: Words("视为撤回(非投标人原因)", "Counts as withdrawn: others' fault"),
}
PROBLEMS: dict[str, Text] = {
    "missing": Words("缺失", "missing"),
    "too-large": Words("过大", "too large"),
    "not-in-its-form": Words("格式不符", "not of its form"),
}
NAMES = Column(Words("单位", "Organisation"), weight=4)


def plan(room: Room, *, at: datetime) -> Plan:
    """The record of a closed hall with a place for everybody who signs it, in the store."""
    places = opening_records.places(room)
    rendered = render(
        record(room, places), created=at, document_id=uuid5(room.pk, opening_records.PURPOSE)
    )
    return signing_documents.lay_out(rendered, [each.signatory for each in places])


def record(room: Room, places: Iterable[Place]) -> Record:
    """What the record of this closed hall says."""
    lot, state = room.lot, hall.whole(room)
    events = list(rooms.events(room.pk))
    return Record(
        title=Words(opening_records.TITLE, "Record of the opening of bids"),
        number=f"{lot.project.code}-{lot.number}-K",
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=_summary(lot, state),
        blocks=(
            *_attendance(lot, events),
            *_bids(lot, state, events),
            *_lost(state),
            *_shares(state),
            *_objections(state),
            *_times(lot, room, events),
            Heading(Words("签署", "Signatures")),
            SignatureAreas(areas=(*_areas(places), _seal())),
        ),
    )


def _summary(lot: Lot, state: dict[str, Any]) -> list[Pair]:
    return [
        Pair(Words("项目编号", "Project code"), lot.project.code),
        Pair(parts.word(lot, "lot"), f"{lot.number} · {lot.title}"),
        Pair(
            parts.word(lot, "tenderee"),
            lot.project.tenderee.name,
            lot.project.tenderee.credit_code,
        ),
        Pair(parts.word(lot, "tenderer", "{}数量", "{}s"), str(len(state["tenderers"]))),
        Pair(Words("交易平台", "Platform"), platform.origin()),
    ]


def _attendance(lot: Lot, events: list[Event]) -> list[Block]:
    rows: list[tuple[Text, ...]] = [
        (event.data["name"], _roles(lot, event.data["roles"]), planning.shown(event.at))
        for event in events
        if event.kind == "attended"
    ]
    if not rows:
        return [
            Heading(Words("签到", "Attendance")),
            Paragraph(Words("无单位签到。", "Nobody signed in.")),
        ]
    return [
        Heading(Words("签到", "Attendance")),
        Table(
            columns=(
                NAMES,
                Column(Words("身份", "Capacity"), weight=3),
                Column(Words("签到时间(北京)", "Signed in (Beijing)"), weight=2),
            ),
            rows=rows,
        ),
    ]


def role_word(lot: Lot, role: str) -> Words:
    """What the lot's procedure calls somebody who has this role, inside a sentence."""
    return parts.inside(lot, role) if role in SIDES else ROLES[role]


def _roles(lot: Lot, roles: list[str]) -> Words:
    known = [role_word(lot, role) for role in roles if role in ROLES or role in SIDES]
    return Words("、".join(each.zh for each in known), ", ".join(each.en for each in known))


def _bids(lot: Lot, state: dict[str, Any], events: list[Event]) -> list[Block]:
    blocks: list[Block] = [Heading(Words("唱标", "Sheets read out"))]
    confirmed = {each["bid"] for each in state["confirmed"]}
    read = [event for event in events if event.kind == "read"]
    for event in read:
        sheet = state["sheets"][event.data["bid"]]
        blocks += [
            Heading(f"{event.data['number']}. {_name(state, event.data['bid'])}", level=2),
            Pairs(
                rows=[
                    *_sheet_rows(lot, sheet),
                    *_consortium(state, event.data["bid"]),
                    *_guarantee(state, event.data["bid"]),
                    Pair(Words("唱标时间", "Read out at"), planning.shown(event.at)),
                    Pair(
                        parts.word(lot, "tenderer", "{}确认", "Confirmed by the {}"),
                        Words("已签名确认", "Yes, signed")
                        if event.data["bid"] in confirmed
                        else Words("未确认", "No"),
                    ),
                ]
            ),
        ]
        if sheet["digest"]:
            title = Words("开标一览表摘要", "Digest of the sheet")
            blocks.append(Digest(title, sheet["digest"]))
    if not read:
        blocks.append(Paragraph(Words("无投标可唱。", "There was no bid to read out.")))
    return blocks


def _consortium(state: dict[str, Any], bid: str) -> list[Pair]:
    """Who bids together, and what the opening found of their agreement."""
    told = consortium_words.of(state, bid)
    if told is None:
        return []
    return [Pair(Words("联合体", "Consortium"), consortium_words.printed(told))]


def _guarantee(state: dict[str, Any], bid: str) -> list[Pair]:
    """What the opening found of the guarantee that lay in this bid, where one did."""
    told = state.get("guarantees", {}).get(bid)
    if told is None:
        return []
    return [Pair(Words("投标保函", "Guarantee"), guarantee_words.printed(told))]


def _sheet_rows(lot: Lot, sheet: dict[str, Any]) -> list[Pair]:
    """What the sheet says, or that there was none of its form."""
    if sheet["problem"]:
        words = PROBLEMS.get(sheet["problem"], sheet["problem"])
        return [Pair(Words("开标一览表", "Opening sheet"), words)]
    return [_sheet_row(lot, key, value) for key, value in sorted(sheet["sheet"].items())]


def sheet_word(lot: Lot, name: str) -> Words | None:
    """What the lot's procedure calls something that a sheet says; None where it has no word."""
    if name == "currency":
        return CURRENCY
    if name == "price":
        return parts.word(lot, "bid-price", "{}（元）", "{} (CNY)")
    return parts.word(lot, name) if name in SHEET else None


def _sheet_row(lot: Lot, key: str, value: Any) -> Pair:
    text = value if isinstance(value, str) else jcs.dumps(value).decode()
    return Pair(sheet_word(lot, key) or key, text)


def _name(state: dict[str, Any], bid: str) -> str:
    return next((each["name"] for each in state["tenderers"] if each["bid"] == bid), bid)


def _lost(state: dict[str, Any]) -> list[Block]:
    rows: list[tuple[Text, ...]] = [
        (_name(state, bid), STATES.get(data["state"], data["state"]), data.get("reason", ""))
        for bid, data in sorted(state["lost"].items())
    ]
    if not rows:
        return []
    return [
        Heading(Words("未开启的投标", "Bids that were not opened")),
        Table(
            columns=(
                NAMES,
                Column(Words("处理", "Outcome"), weight=3),
                Column(Words("原因", "Reason"), weight=3),
            ),
            rows=rows,
        ),
        Note(Words("过错依记录认定(电子招标投标办法第三十一条)。", "Fault is attributed from the"
                   " record (Measures for Electronic Tendering and Bidding, article 31).")),
    ]


def _shares(state: dict[str, Any]) -> list[Block]:
    holders = {
        holder
        for slots in state["shares"].values()
        for names in slots.values()
        for holder in names
    }
    names = _names(holders)
    rows: list[tuple[Text, ...]] = [
        (
            _name(state, bid),
            SLOTS.get(slot, slot),
            "、".join(names.get(holder, holder) for holder in sorted(released)),
        )
        for bid, slots in sorted(
            state["shares"].items(), key=lambda item: (_name(state, item[0]), item[0])
        )
        for slot, released in sorted(slots.items())
    ]
    if not rows:
        return []
    return [
        Heading(Words("解密密钥份额", "Shares released")),
        Table(
            columns=(
                NAMES,
                Column(Words("文件", "Envelope"), weight=2),
                Column(Words("释放方", "Released by"), weight=5),
            ),
            rows=rows,
        ),
    ]


def _names(urns: Iterable[str]) -> dict[str, str]:
    identifiers = [urn.partition(":")[2] for urn in urns if urn.startswith("org:")]
    return {row.urn: row.name for row in Organisation.objects.filter(pk__in=identifiers)}


def _objections(state: dict[str, Any]) -> list[Block]:
    blocks: list[Block] = [Heading(Words("异议与答复", "Objections and answers"))]
    for each in state["objections"]:
        blocks.append(Heading(f"{each['number']}. {each['name']}", level=2))
        blocks.append(
            Pairs(
                rows=(
                    Pair(Words("异议", "Objection"), each["text"]),
                    Pair(Words("答复", "Answer"), each["answer"] or "—"),
                )
            )
        )
    if not state["objections"]:
        blocks.append(Paragraph(Words("无人提出异议。", "Nobody objected.")))
    return blocks


def _times(lot: Lot, room: Room, events: list[Event]) -> list[Block]:
    first = {event.kind: event.at for event in reversed(events)}
    titles = (
        ("opened", Words("开标大厅开放", "Hall opened")),
        ("frozen", Words("投标截止冻结", "Bids frozen")),
        ("list", Words("公布投标人名单", "List of tenderers published")),
        ("closed", Words("开标结束", "Opening closed")),
    )
    rows = [Pair(title, planning.shown(first[kind])) for kind, title in titles if kind in first]
    blocks: list[Block] = [Heading(Words("过程", "Course")), Pairs(rows=rows)]
    freeze = sealed_rounds.freeze(lot, round_=sealed_rounds.main(lot))
    if freeze is not None:
        blocks.append(Digest(Words("冻结集合根", "Root of the frozen set"), freeze.root))
    blocks.append(
        Digest(
            Words("现场记录链首", "Head of the hall's chain"),
            bytes(room.chain).hex(),
            Words(
                f"共 {room.seq} 条事件，链首已记入账本。",
                f"{room.seq} events; the head stands in the ledger.",
            ),
        )
    )
    return blocks


def _areas(places: Iterable[Place]) -> list[SignatureArea]:
    return [
        SignatureArea(
            name=each.signatory.field,
            title=Words(*each.title),
            signer=each.signatory.holder,
            seal=True,
        )
        for each in places
    ]


def _seal() -> SignatureArea:
    return SignatureArea(
        name=signing_documents.SEAL_FIELD,
        title=Words("平台电子签章", "The platform's seal"),
        signer="阳光交易平台",
        seal=True,
    )
