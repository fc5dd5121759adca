"""The notice of the candidates as a printed record (TBR 54)."""

from __future__ import annotations

from datetime import datetime

from signatures.paper.document import Digest, Heading, Note, Pair, Pairs, Paragraph, Record, Words
from trading.domain import candidates, paper_words, planning, procedure
from trading.domain.procedure import DayRule
from trading.interfaces import citations
from trading.interfaces.records import parts, sealing
from trading.models import Lot

#: The procedure's rule of days for how long candidates are on show.
SHOW_RULE = "candidates-on-show"


def title(lot: Lot) -> str:
    """What the notice is called in the lot's procedure."""
    return paper_words.word(lot, "candidates", "zh-hans")


def candidates_record(lot: Lot, *, at: datetime) -> Record:
    """Who the candidates are, in what order, until when one may object and how."""
    ranked = candidates.are_ranked(lot)
    rows = candidates.first(lot) if ranked else candidates.neutral(candidates.first(lot))
    ranking = candidates.ranking(lot)
    called, rule = parts.word(lot, "candidate"), procedure.of(lot).days.get(SHOW_RULE)
    report, tenderer = parts.inside(lot, "report"), parts.word(lot, "tenderer")
    until = planning.shown_end(candidates.on_show_until(lot, at=at))
    blocks: list[Pairs | Heading] = []
    for one in rows:
        if one.terms:
            blocks += [
                Heading(
                    Words(
                        f"第 {one.rank} {called.zh}：{one.organisation.name}",
                        f"{called.en} {one.rank}: {one.organisation.name}",
                    )
                    if ranked
                    else one.organisation.name,
                    level=2,
                ),
                Pairs(rows=parts.terms(lot, one.terms)),
            ]
    return Record(
        title=parts.word(lot, "candidates"),
        number=parts.number(lot, "H"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            *parts.tenderee(lot),
            Pair(
                Words("公示期", "On show"),
                f"{planning.shown(at)} – {until}",
                _at_least(rule),
            ),
        ),
        blocks=(
            Heading(parts.word(lot, "candidate", en="{}s")),
            parts.ranking(lot, rows) if ranked else parts.unranked(rows),
            *blocks,
            Note(
                Words(
                    f"{tenderer.zh}或者其他利害关系人对评审结果有异议的，应当在公示期间提出。"
                    f"{_answer(lot).zh}",
                    f"{tenderer.en}s and others concerned object while the"
                    f" candidates are on show. {_answer(lot).en}",
                ),
                title=Words("异议", "Objections"),
            ),
            Paragraph(
                Words(
                    f"本公示依据{report.zh}作出，其摘要如下。",
                    f"This notice rests on the {report.en} with this digest.",
                )
            ),
            Digest(
                parts.word(lot, "report", "{}摘要（SHA-256）", "{} (SHA-256)"),
                ranking.report.digest,
            ),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def _at_least(rule: DayRule | None) -> Words:
    """For how long they are on show at least, by the lot's own procedure."""
    if rule is None:
        return Words("北京时间", "Beijing time")
    days = {"days": ("日", "days"), "working-days": ("个工作日", "working days")}[str(rule.unit)]
    law = citations.printed(rule.article)
    return Words(
        f"北京时间；不少于 {rule.count} {days[0]}（{law.zh}）",
        f"Beijing time; at least {rule.count} {days[1]} ({law.en})",
    )


def _answer(lot: Lot) -> Words:
    """By when the tenderee answers and what that stops, where the procedure says so."""
    tenderee, rule = parts.inside(lot, "tenderee"), procedure.of(lot).days.get("objection-answer")
    if rule is None:
        return Words("", "")
    days = {"days": ("日", "days"), "working-days": ("个工作日", "working days")}[str(rule.unit)]
    return Words(
        f"{tenderee.zh}自收到异议之日起 {rule.count} {days[0]}内作出答复；"
        "作出答复前暂停本次交易活动。",
        f"The {tenderee.en} answers within {rule.count} {days[1]}; until then the procedure"
        " pauses.",
    )


def prepare(lot: Lot, *, at: datetime) -> bytes:
    """The notice, sealed by the platform; never inside a transaction."""
    return sealing.sealed(
        candidates_record(lot, at=at), subject=lot.pk, at=at, holder=parts.PLATFORM
    )
