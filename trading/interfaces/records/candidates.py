"""The notice of the candidates as a printed record (TBR 54)."""

from __future__ import annotations

from datetime import datetime

from signatures.paper.document import Digest, Heading, Note, Pair, Pairs, Paragraph, Record, Words
from trading.domain import candidates, planning
from trading.interfaces.records import parts, sealing
from trading.models import Lot

TITLE = "中标候选人公示"


def candidates_record(lot: Lot, *, at: datetime) -> Record:
    """Who the candidates are, in what order, until when one may object and how."""
    ranked = candidates.are_ranked(lot)
    rows = candidates.first(lot) if ranked else candidates.neutral(candidates.first(lot))
    ranking = candidates.ranking(lot)
    until = planning.shown_end(candidates.on_show_until(lot, at=at))
    blocks: list[Pairs | Heading] = []
    for one in rows:
        if one.terms:
            blocks += [
                Heading(
                    Words(
                        f"第 {one.rank} 中标候选人：{one.organisation.name}",
                        f"Candidate {one.rank}: {one.organisation.name}",
                    )
                    if ranked
                    else one.organisation.name,
                    level=2,
                ),
                Pairs(rows=parts.terms(one.terms)),
            ]
    return Record(
        title=Words(TITLE, "Candidates for the award"),
        number=parts.number(lot, "H"),
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(
            *parts.subject(lot),
            *parts.tenderee(lot),
            Pair(
                Words("公示期", "On show"),
                f"{planning.shown(at)} – {until}",
                Words(
                    "北京时间；不少于三日（TBR 54）",
                    "Beijing time; at least three days (TBR 54)",
                ),
            ),
        ),
        blocks=(
            Heading(Words("中标候选人", "Candidates")),
            parts.ranking(rows) if ranked else parts.unranked(rows),
            *blocks,
            Note(
                Words(
                    "投标人或者其他利害关系人对评标结果有异议的，应当在公示期间提出。"
                    "招标人自收到异议之日起三日内作出答复；作出答复前暂停招标投标活动。",
                    "Tenderers and others concerned object while the candidates are on show. The"
                    " tenderee answers within three days; until then the procedure pauses.",
                ),
                title=Words("异议", "Objections"),
            ),
            Paragraph(
                Words(
                    "本公示依据评标报告作出，其摘要如下。",
                    "This notice rests on the evaluation report with this digest.",
                )
            ),
            Digest(
                Words("评标报告摘要（SHA-256）", "Evaluation report (SHA-256)"),
                ranking.report.digest,
            ),
            sealing.seal_area(parts.PLATFORM),
        ),
    )


def prepare(lot: Lot, *, at: datetime) -> bytes:
    """The notice, sealed by the platform; never inside a transaction."""
    return sealing.sealed(
        candidates_record(lot, at=at), subject=lot.pk, at=at, holder=parts.PLATFORM
    )
