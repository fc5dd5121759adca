"""The evaluation report on paper (TBR 53): committee, course, scores, ranking, dissent, places.

Where the procedure does not rank its candidates, merits and risks of each stand in place of ranking
and scores: whoever decides among them reads neither a total nor an order.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid5

from bidding.domain import (
    appraisals,
    evaluation,
    report,
    room_state,
    score_sheets,
)
from bidding.domain.scoring import Scheme
from bidding.interfaces.records import report_clarifications
from bidding.models import Evaluation
from signatures import store
from signatures.domain import jcs, signing_documents
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
from trading.domain import candidates, planning
from trading.interfaces.money import capitals, grouped
from trading.interfaces.records import method, parts
from trading.models import Lot

CODE = Column(Words("编号", "Code"), weight=1)


def _name(lot: Lot) -> Column:
    return Column(parts.word(lot, "tenderer"), weight=4)


def plan(row: Evaluation, *, at: datetime) -> Plan:
    """The report with a place for every member and the platform's seal, in the store."""
    rendered = render(
        record(row), created=at, document_id=uuid5(row.pk, report.PURPOSE)
    )
    return signing_documents.lay_out(rendered, report.places(row))


def record(row: Evaluation) -> Record:
    """What the report says; reads the technical result from the store."""
    lot = row.committee.lot
    state = room_state.state(evaluation.last_room(lot))
    technical = jcs.loads(store.read(row.technical))
    scheme = evaluation.scheme_of(lot)
    ranked = candidates.are_ranked(lot)
    return Record(
        title=parts.word(lot, "report"),
        number=f"{lot.project.code}-{lot.number}-P",
        issuer=parts.word(lot, "committee"),
        subtitle=f"{lot.project.title} {lot.title}",
        summary=_summary(lot, row),
        blocks=(
            *_conforming(row, state),
            *_rejected(lot, row),
            *(_technical(scheme, technical, row) if ranked else ()),
            *(_prices(row) if ranked and row.ranking else ()),
            Heading(Words("评标办法", "Method of evaluation")),
            *method.blocks(lot)[1:],
            *_committee(row, state),
            *report_clarifications.blocks(row),
            *_dissents(row, state),
            *_course(row, technical, state),
            Heading(parts.word(lot, "committee", "{}签字", "Signatures: {}")),
            SignatureAreas(areas=_areas(row)),
        ),
    )


def _summary(lot: Lot, row: Evaluation) -> list[Pair]:
    return [
        Pair(Words("项目编号", "Project code"), lot.project.code),
        Pair(parts.word(lot, "lot"), f"{lot.number} · {lot.title}"),
        Pair(
            parts.word(lot, "tenderee"),
            lot.project.tenderee.name,
            lot.project.tenderee.credit_code,
        ),
        _first(row),
    ]


def _first(row: Evaluation) -> Pair:
    if not row.ranking:
        said = Words("否决全部投标", "All bids rejected")
        return Pair(Words("评审结论", "Outcome"), said)
    if not candidates.are_ranked(row.committee.lot):
        named = "；".join(bid.tenderer.name for bid in appraisals.named(row).values())
        return Pair(
            Words("定标候选人(不排序)", "Candidates, not ranked"),
            named,
            Words("按统一社会信用代码排列", "in the order of their credit codes"),
        )
    first = row.ranking[0]
    return Pair(
        parts.word(row.committee.lot, "candidate", "第一{}", "{} 1"),
        _names(row)[first["code"]],
        Words(
            f"报价 {grouped(Decimal(first['price']))} 元，综合得分 {first['score']}",
            f"CNY {grouped(Decimal(first['price']))}, score {first['score']}",
        ),
    )


def _names(row: Evaluation) -> dict[str, str]:
    return {code: bid.tenderer.name for code, bid in evaluation.coded(row.committee).items()}


def _conforming(row: Evaluation, state: dict[str, Any]) -> list[Block]:
    """The bids that conform: ranked, or the candidates among them with what speaks for each."""
    if not row.ranking:
        return []
    return _ranking(row) if candidates.are_ranked(row.committee.lot) else _named(row, state)


def _named(row: Evaluation, state: dict[str, Any]) -> list[Block]:
    named = appraisals.named(row)
    prices = {one["code"]: grouped(Decimal(one["price"])) for one in row.ranking}
    blocks: list[Block] = [
        Heading(Words("定标候选人", "Candidates")),
        Note(
            Words(
                "按统一社会信用代码排列，排列顺序与评审结果无关；本报告不载明得分与名次。",
                "In the order of credit codes, which says nothing of the evaluation; this report"
                " states no scores and no ranks.",
            )
        ),
    ]
    for code, bid in named.items():
        said = state["appraisals"].get(code, {})
        blocks += [
            Heading(bid.tenderer.name, level=2),
            Pairs(
                rows=[
                    Pair(Words("统一社会信用代码", "Credit code"), bid.tenderer.credit_code),
                    Pair(Words("报价(元)", "Price (CNY)"), prices[code]),
                    Pair(Words("优点", "Merits"), said.get("merits", "—")),
                    Pair(
                        Words("风险与注意事项", "Risks and what to watch"),
                        said.get("risks", "—"),
                    ),
                ]
            ),
        ]
    others = sorted(
        (
            bid.tenderer
            for code, bid in evaluation.coded(row.committee).items()
            if code in prices and code not in named
        ),
        key=lambda one: one.credit_code,
    )
    if others:
        rows: list[tuple[Text, ...]] = [(one.name, one.credit_code) for one in others]
        blocks += [
            Heading(Words("其他合格投标人", "Other conforming tenderers")),
            Table(
                columns=(
                    _name(row.committee.lot),
                    Column(Words("统一社会信用代码", "Credit code"), weight=3),
                ),
                rows=rows,
            ),
        ]
    return blocks


def _ranking(row: Evaluation) -> list[Block]:
    names = _names(row)
    rows: list[tuple[Text, ...]] = [
        (
            str(one["rank"]),
            names[one["code"]],
            grouped(Decimal(one["price"])),
            one["technical"],
            one["price_score"],
            one["score"],
        )
        for one in row.ranking
    ]
    end = Column(Words("总分", "Score"), weight=1, align="end")
    return [
        Heading(Words("排序", "Ranking")),
        Table(
            columns=(
                Column(Words("名次", "Rank"), weight=1),
                _name(row.committee.lot),
                Column(Words("报价(元)", "Price (CNY)"), weight=2, align="end"),
                Column(Words("技术", "Technical"), weight=1, align="end"),
                Column(Words("报价分", "Price pts"), weight=1, align="end"),
                end,
            ),
            rows=rows,
        ),
    ]


def _rejected(lot: Lot, row: Evaluation) -> list[Block]:
    names = _names(row)
    rows: list[tuple[Text, ...]] = [
        (names[each["code"]], each["reason"]) for each in row.rejected
    ]
    if not rows:
        text = Words("无否决投标。", "No bid was rejected.")
        return [Heading(Words("否决投标", "Bids rejected")), Paragraph(text)]
    return [
        Heading(Words("否决投标", "Bids rejected")),
        Table(columns=(_name(lot), Column(Words("理由", "Reason"), weight=6)), rows=rows),
    ]


def _technical(scheme: Scheme, technical: dict[str, Any], row: Evaluation) -> list[Block]:
    if not scheme.criteria:
        return []
    names = _names(row)
    sheets = technical["sheets"]
    labels = sorted(sheets)
    rows: list[tuple[Text, ...]] = [
        (
            code,
            names[code],
            *(_total(sheets[label]["scores"].get(code, {})) for label in labels),
            technical["technical"][code],
        )
        for code in sorted(technical["codes"])
    ]
    blocks: list[Block] = [
        Heading(Words("技术评分", "Technical scores")),
        Table(
            columns=(
                CODE,
                _name(row.committee.lot),
                *(Column(label, weight=1, align="end") for label in labels),
                Column(Words("得分", "Points"), weight=1, align="end"),
            ),
            rows=rows,
        ),
    ]
    for code in sorted(technical["codes"]):
        blocks.append(Heading(f"{code} · {names[code]}", level=2))
        blocks.append(_cells(scheme, sheets, labels, code))
    return blocks


def _total(cells: dict[str, str]) -> str:
    return f"{sum((Decimal(value) for value in cells.values()), Decimal(0)):.2f}"


def _cells(scheme: Scheme, sheets: dict[str, Any], labels: list[str], code: str) -> Table:
    rows: list[tuple[Text, ...]] = [
        (
            Words(each.title, each.title_en),
            f"{each.full.normalize():f}",
            *(sheets[label]["scores"][code][each.id] for label in labels),
        )
        for each in scheme.criteria
    ]
    return Table(
        columns=(
            Column(Words("评分项", "Criterion"), weight=4),
            Column(Words("满分", "Full"), weight=1, align="end"),
            *(Column(label, weight=1, align="end") for label in labels),
        ),
        rows=rows,
    )


def _prices(row: Evaluation) -> list[Block]:
    names = _names(row)
    rows = [
        Pair(
            names[one["code"]],
            Words(f"{grouped(Decimal(one['price']))} 元", f"CNY {grouped(Decimal(one['price']))}"),
            capitals(Decimal(one["price"])),
        )
        for one in sorted(row.ranking, key=lambda each: each["code"])
    ]
    return [Heading(Words("报价", "Prices")), Pairs(rows=rows)]


def _committee(row: Evaluation, state: dict[str, Any]) -> list[Block]:
    rows: list[tuple[Text, ...]] = []
    for number, seat in enumerate(report.members(row), start=1):
        expert = getattr(seat.user, "expert", None)
        duty = (
            Words("主任", "Chair")
            if state["chair"] == seat.user.urn
            else Words("成员", "Member")
        )
        rows.append(
            (str(number), seat.user.full_name, expert.employer if expert else "—", duty)
        )
    committee = row.committee
    return [
        Heading(parts.word(committee.lot, "committee")),
        Table(
            columns=(
                Column(Words("序号", "No."), weight=1),
                Column(Words("姓名", "Name"), weight=2),
                Column(Words("工作单位", "Employer"), weight=4),
                Column(Words("职务", "Duty"), weight=2),
            ),
            rows=rows,
        ),
        Note(
            Words(
                f"{committee.size} 名成员均为随机抽取的专家，均已签名声明无利害关系。",
                f"All {committee.size} members are experts drawn at random; each has signed that no"
                " interest ties them to a party.",
            )
        ),
    ]


def _dissents(row: Evaluation, state: dict[str, Any]) -> list[Block]:
    names = {seat.user.urn: seat.user.full_name for seat in report.members(row)}
    said = [each for each in state["dissents"] if each["member"] in names]
    heading = Heading(Words("不同意见", "Dissent"))
    if not said:
        return [heading, Paragraph(Words("无。", "None."))]
    return [heading, Pairs(rows=[Pair(names[each["member"]], each["text"]) for each in said])]


def _extensions(state: dict[str, Any]) -> list[Pair]:
    """How often and why the tenderee extended the time (TBR 48)."""
    return [
        Pair(
            Words("延长评审时间", "Time extended"),
            planning.shown(jcs.parse_timestamp(each["at"])),
            Words(
                f"{each['hours']} 小时：{each['reason']}",
                f"by {each['hours']} hours: {each['reason']}",
            ),
        )
        for each in state["extensions"]
    ]


def _course(
    row: Evaluation, technical: dict[str, Any], state: dict[str, Any]
) -> list[Block]:
    committee = row.committee
    times = (
        (Words("抽取程序开始", "Draw opened"), committee.opened_at),
        (Words("委员会组成", "Committee complete"), committee.complete_at),
        (Words("技术评分冻结", "Scores frozen"), row.frozen_at),
        (Words("排序计算", "Ranking computed"), row.computed_at),
        (Words("评议结束", "Conferring ended"), row.report_at),
    )
    frozen = len(score_sheets.sheets(committee))
    return [
        Heading(Words("过程", "Course")),
        Pairs(
            rows=[
                *(Pair(title, planning.shown(at)) for title, at in times if at is not None),
                *_extensions(state),
            ]
        ),
        Digest(
            Words("技术评分结果摘要", "Digest of the technical result"),
            row.technical,
            Words(
                f"{frozen} 份签名评分表；报价开启前已记入账本。",
                f"{frozen} signed sheets; in the ledger before any price was opened.",
            ),
        ),
        Digest(
            Words("暗标编号种子", "Seed of the bids' codes"),
            technical["seed"],
            Words("任何人可据以复算编号。", "Anyone can compute the codes again from it."),
        ),
    ]


def _areas(row: Evaluation) -> list[SignatureArea]:
    places = [
        SignatureArea(
            name=report.field_of(number),
            title=Words(f"成员 {number}", f"Member {number}"),
            signer=seat.user.full_name,
        )
        for number, seat in enumerate(report.members(row), start=1)
    ]
    seal = SignatureArea(
        name=signing_documents.SEAL_FIELD,
        title=Words("平台电子签章", "The platform's seal"),
        signer="阳光交易平台",
        seal=True,
    )
    return [*places, seal]
