"""The tender notice and the tender document as printed records (TBR 15, TBL 16 and 19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from signatures.domain import platform
from signatures.domain.keys import Signer
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
    Table,
    Words,
)
from trading.domain import notices, paper_words, planning, preparing, procedure
from trading.domain.planning import DryRun
from trading.domain.procedure import Procedure
from trading.interfaces import citations
from trading.interfaces.money import capitals, grouped
from trading.interfaces.records import bill as bill_record
from trading.interfaces.records import method, parts, sealing
from trading.models import Lot, Organisation

CHINESE, ENGLISH = "zh-hans", "en"
CONTACT = Words("联系方式", "Contact")


def _words(rules: Procedure, section: str, name: str) -> Words:
    return Words(rules.title(section, name, CHINESE), rules.title(section, name, ENGLISH))


def _subject(lot: Lot) -> list[Pair]:
    rows = [*parts.subject(lot)]
    if lot.estimate is not None:
        rows.append(
            Pair(
                parts.word(lot, "estimate", "{}（人民币元）", "{} (CNY)"),
                grouped(lot.estimate),
                capitals(lot.estimate),
            )
        )
    return rows


def _timetable(rules: Procedure, run: DryRun) -> Table:
    rows = [
        (
            _words(rules, "dates", one.name),
            planning.shown_end(one.at),
            citations.printed(one.rule.article) if one.rule is not None else "",
        )
        for one in run.dates
        if not one.expected or one.name == "documents-from"
    ]
    return Table(
        columns=(
            Column(Words("事项", "Step"), weight=3),
            Column(Words("时间(北京时间)", "Time (Beijing)"), weight=2),
            Column(Words("依据", "Rule"), weight=2),
        ),
        rows=rows,
    )


def _law(rules: Procedure) -> str:
    return "; ".join(f"{name} {titles[CHINESE]}" for name, titles in sorted(rules.sources.items()))


def _in_words(lot: Lot, details: Mapping[str, str]) -> tuple[Block, ...]:
    """What the tenderee says in its own words, each part under its heading."""
    blocks: list[Block] = []
    for name in notices.DETAILS:
        text = details.get(name, "").strip()
        if text:
            lines = [line for line in text.splitlines() if line.strip()]
            heading = parts.term(lot, name) if name != "contact" else CONTACT
            blocks += [Heading(heading), *(Paragraph(line) for line in lines)]
    return tuple(blocks)


def notice_record(
    lot: Lot,
    *,
    dates: Mapping[str, datetime],
    at: datetime,
    details: Mapping[str, str] | None = None,
    sealer: Organisation | None = None,
) -> Record:
    """What the notice says: who tenders what, every date with its article, how to bid.

    ``dates`` are the chosen ones, as the act that publishes the notice will be given them;
    ``details`` what it says in words. ``sealer`` is who seals it, else the tenderee is named.
    """
    rules = procedure.of(lot)
    tenderer = parts.word(lot, "tenderer")
    run = notices.dry_run(lot, start=at, dates=dict(dates))
    return Record(
        title=parts.word(lot, "notice"),
        number=f"{lot.project.code}-{lot.number}",
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(*_subject(lot), *parts.tenderee(lot)),
        blocks=(
            Paragraph(
                Words(
                    f"本项目采用{rules.name_for_people(CHINESE)}，现邀请有意向的{tenderer.zh}参加。",
                    f"{tenderer.en}s are invited to take part in this procedure: "
                    f"{rules.name_for_people(ENGLISH)}.",
                ),
                lead=True,
            ),
            *_in_words(lot, details or {}),
            Heading(Words("时间安排", "Timetable")),
            _timetable(rules, run),
            Heading(parts.word(lot, "documents", "{}与参与方式", "{}, and how to take part")),
            Pairs(
                rows=(
                    Pair(Words("交易平台", "Platform"), platform.origin()),
                    Pair(
                        Words("程序文件", "Procedure"),
                        f"{rules.name} {rules.version}",
                        rules.digest,
                    ),
                    Pair(Words("依据", "Law"), _law(rules)),
                )
            ),
            *_sealed(lot),
            sealing.seal_area((sealer or lot.project.tenderee).name),
        ),
    )


def tender_document_record(
    lot: Lot,
    *,
    at: datetime,
    files: Sequence[Mapping[str, Any]] = (),
    bill: Mapping[str, Any] | None = None,
    sealer: Organisation | None = None,
) -> Record:
    """What the tender document says, with the method of evaluation that binds the committee.

    ``files`` are its attachments (``title``, ``size``, ``digest``), ``bill`` its bill of quantities
    as the preparation keeps it: by their digests the seal covers them too.
    """
    rules = procedure.of(lot)
    rows = [
        (
            _words(rules, "figures", figure.name),
            f"≥ {figure.least}" if figure.least is not None else f"≤ {figure.most}",
            {"percent": "%", "thirds": "1/3", "minutes": "min", "hours": "h"}.get(figure.unit, ""),
            citations.printed(figure.article),
        )
        for figure in rules.figures.values()
    ]
    return Record(
        title=parts.word(lot, "documents"),
        number=f"{lot.project.code}-{lot.number}-1",
        issuer=lot.project.tenderee.name,
        subtitle=f"{lot.project.title} {lot.title}",
        summary=(*_subject(lot), *parts.tenderee(lot)),
        blocks=(
            *method.blocks(lot),
            Heading(Words("限额", "Limits")),
            Table(
                columns=(
                    Column(Words("事项", "Item"), weight=4),
                    Column(Words("限额", "Limit"), weight=1, align="end"),
                    Column(Words("单位", "Unit"), weight=1),
                    Column(Words("依据", "Rule"), weight=2),
                ),
                rows=rows,
            ),
            *bill_record.named(bill or {}),
            *_attachments(files),
            Heading(Words("程序", "Procedure")),
            Pairs(
                rows=(
                    Pair(
                        Words("程序文件", "Procedure"),
                        f"{rules.name} {rules.version}",
                        rules.digest,
                    ),
                    Pair(Words("编制时间", "Made at"), planning.shown(at)),
                )
            ),
            sealing.seal_area((sealer or lot.project.tenderee).name),
        ),
    )


def _sealed(lot: Lot) -> tuple[Note, ...]:
    """That bids are sealed, where there are any."""
    if not paper_words.has(lot, "bid"):
        return ()
    bid, tenderer = parts.word(lot, "bid"), parts.word(lot, "tenderer")
    return (
        Note(
            Words(
                f"{bid.zh}在{tenderer.zh}自己的设备上加密，截止前任何人不能读取。",
                f"{bid.en}s are encrypted on the {tenderer.en.lower()}'s own device; nobody reads"
                " one before the deadline.",
            )
        ),
    )


def _attachments(files: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    if not files:
        return ()
    listed = [
        Digest(Words(f"附件 {number}", f"Attachment {number}"), file["digest"], file["title"])
        for number, file in enumerate(files, 1)
    ]
    return (Heading(Words("附件", "Attachments")), *listed)


def prepare_notice(
    lot: Lot, *, dates: Mapping[str, datetime], at: datetime, signer: Signer | None = None
) -> bytes:
    """The sealed notice, ready for the store; never inside a transaction.

    Sealed by ``signer``, else by the platform. Publication puts the bytes into the store and
    dispatches ``trading.publish-notice`` with their digest and the same ``dates``.
    """
    return sealing.sealed(
        notice_record(lot, dates=dates, at=at),
        subject=lot.pk,
        at=at,
        holder=lot.project.tenderee.name if signer is not None else "阳光交易平台",
        signer=signer,
    )


def prepare_tender_document(lot: Lot, *, at: datetime, signer: Signer | None = None) -> bytes:
    """The sealed tender document, ready for the store; never inside a transaction.

    It names the attachments and the bill of quantities that stand prepared.
    """
    drafts = preparing.of(lot)
    return sealing.sealed(
        tender_document_record(lot, at=at, files=drafts.files, bill=drafts.bill),
        subject=lot.pk,
        at=at,
        holder=lot.project.tenderee.name if signer is not None else "阳光交易平台",
        signer=signer,
    )
