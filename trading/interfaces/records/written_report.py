"""The written report on a tender to the supervisor, and the report on performance, as records."""

from __future__ import annotations

from datetime import datetime

from signatures.domain import jcs
from signatures.paper.document import Column, Heading, Pair, Pairs, Paragraph, Record, Table, Words
from trading.domain import award as awards
from trading.domain import candidates, planning, procedure
from trading.interfaces.kinds import kind_label
from trading.interfaces.records import parts, sealing
from trading.models import Award, Exhibit, Lot

TITLE = "招标投标情况书面报告"
PERFORMANCE_TITLE = "合同履行情况报告"


def _dates(lot: Lot, at: datetime) -> list[tuple[Words, str]]:
    """What has happened by ``at``, in order of time."""
    rules = procedure.of(lot)
    known = sorted((jcs.parse_timestamp(text), name) for name, text in lot.dates.items())
    return [
        (
            Words(rules.title("dates", name, "zh-hans"), rules.title("dates", name, "en")),
            planning.shown_end(when),
        )
        for when, name in known
        if when <= at
    ]


def _dossier(lot: Lot) -> Table:
    rows = Exhibit.objects.filter(lot=lot, leaf__isnull=False).order_by("filed_at", "id")
    return Table(
        columns=(
            Column(Words("材料", "Exhibit"), weight=3),
            Column(Words("名称", "Name"), weight=4),
            Column(Words("归卷时间", "Filed"), weight=3),
            Column(Words("账本序号", "Ledger leaf"), weight=2, align="end"),
        ),
        rows=[
            (kind_label(row.kind), row.name, planning.shown(row.filed_at), str(row.leaf))
            for row in rows
        ],
    )


def _rejected(ranking: candidates.Ranking) -> tuple[Heading | Pairs, ...]:
    if not ranking.rejected:
        return ()
    return (
        Heading(Words("被否决的投标", "Bids rejected"), level=2),
        Pairs(rows=[Pair(one.organisation.name, one.reason) for one in ranking.rejected]),
    )


def report_record(lot: Lot, *, at: datetime) -> Record:
    """How the tender went: scope, times, evaluation, result, and the dossier that shows it."""
    award = awards.award_of(lot)
    ranking = candidates.ranking(lot)
    rules = procedure.of(lot)
    return Record(
        title=Words(TITLE, "Written report on the tender"),
        number=parts.number(lot, "B"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            *parts.tenderee(lot),
            Pair(
                Words("招标方式", "Procedure"),
                Words(rules.name_for_people("zh-hans"), rules.name_for_people("en")),
                f"{rules.name} {rules.version}",
            ),
        ),
        blocks=(
            Paragraph(
                Words(
                    "依照《中华人民共和国招标投标法》第四十七条，现将本标段招标投标情况报告如下。",
                    "Under article 47 of the Tendering and Bidding Law the tenderee reports as"
                    " follows.",
                ),
                lead=True,
            ),
            Heading(Words("时间", "Times")),
            Table(
                columns=(
                    Column(Words("事项", "Step"), weight=3),
                    Column(Words("时间（北京时间）", "Time (Beijing)"), weight=2),
                ),
                rows=_dates(lot, at),
            ),
            Heading(Words("评标结果", "Evaluation")),
            parts.ranking(lot, ranking.ranked)
            if candidates.are_ranked(lot)
            else parts.unranked(candidates.neutral(ranking.ranked)),
            *_rejected(ranking),
            Heading(Words("中标结果", "Award")),
            Pairs(rows=_award_rows(lot, award)),
            Heading(Words("项目卷宗", "Dossier")),
            _dossier(lot),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def _award_rows(lot: Lot, award: Award) -> list[Pair]:
    rows = [
        parts.party(parts.word(lot, "winner"), award.winner),
        parts.price(parts.award_price(lot), award.price),
        *parts.terms(lot, award.terms),
        Pair(Words("确定时间", "Decided"), planning.shown(award.decided_at)),
    ]
    if award.reasons:
        rows.append(Pair(Words("理由", "Reasons"), award.reasons))
    return rows


def performance_record(lot: Lot, *, note: str) -> Record:
    """That the contract is being performed, in the tenderee's words."""
    award = awards.award_of(lot)
    return Record(
        title=Words(PERFORMANCE_TITLE, "Report on performance"),
        number=parts.number(lot, "L"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(*parts.subject(lot), *parts.tenderee(lot)),
        blocks=(
            Heading(Words("合同", "Contract")),
            Pairs(rows=_award_rows(lot, award)),
            Heading(Words("履行情况", "Performance")),
            Paragraph(note),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def prepare_report(lot: Lot, *, at: datetime) -> bytes:
    """The written report, sealed by the platform; never inside a transaction."""
    record = report_record(lot, at=at)
    return sealing.sealed(record, subject=lot.pk, at=at, holder=parts.PLATFORM)


def prepare_performance(lot: Lot, *, note: str, at: datetime) -> bytes:
    """The report on performance, sealed by the platform; never inside a transaction."""
    record = performance_record(lot, note=note)
    return sealing.sealed(record, subject=lot.pk, at=at, holder=parts.PLATFORM)
