"""The index volume, ``data/index.pdf``: what the package holds, as people read it.

PDF/A-3b with its machine-readable twin attached; sealed by the platform to B-LTA, so that the
catalogue and every digest in it stand under a signature of their own, whatever becomes of the rest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from uuid import uuid5

from archive.domain import package, volume
from archive.domain.examinations import Examination
from archive.domain.tables import examination_items
from archive.domain.volume import Volume
from signatures.domain import jcs, platform, services, signing
from signatures.domain.policy import Policy
from signatures.paper import gate, glyphs, seal
from signatures.paper.document import (
    Attachment,
    Block,
    Column,
    Digest,
    Heading,
    Note,
    Pair,
    Pairs,
    Paragraph,
    QrCode,
    Record,
    SignatureArea,
    SignatureAreas,
    Table,
    Text,
    Words,
)
from signatures.paper.engine import render
from signatures.paper.fields import Rendered
from signatures.sandbox import filetype
from trading.domain import procedure
from trading.interfaces.records import parts

TWIN = "index.json"
SEAL_FIELD = "Seal"
BEIJING = timezone(timedelta(hours=8))
LATER = "later"
"""Of the metadata and of this volume itself: examined when it is packed."""

OUTCOMES = {
    "concluded": Words("已完成", "Concluded"),
    "terminated": Words("终止", "Terminated"),
    "failed": Words("未成交", "Failed"),
}
RESULTS = {
    "pass": Words("通过", "pass"),
    "fail": Words("不通过", "fail"),
    "not-checked": Words("未检测", "not checked"),
    LATER: Words("封装时检测", "while packing"),
}
GROUPS = {
    "A": Words("真实性", "Authenticity"),
    "B": Words("完整性", "Completeness"),
    "C": Words("可用性", "Usability"),
    "D": Words("安全性", "Safety"),
}


def printable(text: str) -> str:
    """Text that somebody chose, so that every character of it shows: what no font of ours has, or
    nobody would see, is written as its code point."""
    shown = []
    for character in filetype.shown(text) if len(text) <= 80 else text:
        try:
            glyphs.check(character)
            shown.append(character)
        except glyphs.MissingGlyph:
            shown.append(f"[U+{ord(character):04X}]")
    return "".join(shown)


def shown(at: datetime) -> str:
    """A moment as people in Beijing read it."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def size(count: int) -> str:
    """A file's size, to three figures."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count = round(count / 1024) if unit == "B" else count // 1024
    raise AssertionError


def record_of(of: Volume, examination: Examination) -> Record:
    """The index volume as a printed record."""
    return Record(
        title=Words("电子档案索引卷", "Index Volume of the Electronic Archive"),
        number=of.root,
        issuer=printable(of.builder),
        subtitle=printable(f"{of.lot.project.title} · {of.lot.title}"),
        ledger=Words(
            f"账本 {platform.log_origin()} 前 {of.slice.size:,} 条",
            f"Ledger {platform.log_origin()}, the first {of.slice.size:,} entries",
        ),
        summary=list(_summary(of)),
        blocks=[
            *_catalogue(of),
            *_missing(of),
            *_examined(examination),
            *_ledger(of),
            *_verification(of),
            Heading(Words("签章", "Seal")),
            SignatureAreas(
                [
                    SignatureArea(
                        name=SEAL_FIELD,
                        title=Words("归档单位电子签章", "Seal of the archiving body"),
                        signer=printable(of.builder),
                        seal=True,
                    )
                ]
            ),
        ],
    )


def _summary(of: Volume) -> Iterator[Pair]:
    lot, project = of.lot, of.lot.project
    rules = procedure.of(lot)
    yield Pair(Words("档号", "Archive code"), of.code, f"v{of.version}")
    yield Pair(Words("项目", "Project"), printable(project.title), project.code)
    yield Pair(parts.word(lot, "lot"), f"{lot.number} · {printable(lot.title)}")
    yield Pair(
        parts.word(lot, "tenderee"), printable(project.tenderee.name), project.tenderee.credit_code
    )
    if project.agency is not None:
        yield Pair(
            parts.word(lot, "agency"), printable(project.agency.name), project.agency.credit_code
        )
    yield Pair(
        Words("交易程序", "Procedure"),
        Words(rules.name_for_people("zh-hans"), rules.name_for_people("en")),
        f"{rules.version}",
    )
    yield Pair(Words("办理结果", "Outcome"), OUTCOMES[of.collection.outcome])
    span = of.collection.span
    if span is not None:
        yield Pair(Words("起止时间", "From and to"), f"{shown(span[0])} — {shown(span[1])}")
    total = sum(one.exhibit.size for one in of.records)
    yield Pair(
        Words("件数", "Records"),
        Words(f"{len(of.records)} 件，{size(total)}", f"{len(of.records)} records, {size(total)}"),
    )
    confirmed = "" if of.term.rule.confirmed else "，待确认"
    yield Pair(
        Words("保管期限", "Retention"),
        of.term.words,
        f"{of.term.rule.source}{confirmed}",
    )


def _catalogue(of: Volume) -> Iterator[Block]:
    yield Heading(Words("案卷目录", "Catalogue"))
    yield Paragraph(
        Words(
            "题名之下为该件的 SHA-256 摘要；原件以其标识为文件名存于 data/originals，"
            "字节与签署、上传时相同，从未改写。",
            "Below each title stands the record's SHA-256. Originals lie in data/originals under "
            "their identifiers, byte for byte as they were signed and uploaded.",
        )
    )
    columns = [
        Column(Words("序", "No."), 0.32),
        Column(Words("题名与摘要", "Title and digest"), 4.0),
        Column(Words("归档时间", "Filed"), 1.4),
        Column(Words("大小", "Size"), 0.72, "end"),
        Column(Words("账本", "Leaf"), 0.5, "end"),
    ]
    numbers = {one.exhibit.pk: one for one in of.records}
    for gathered in of.collection.gathered:
        kind = gathered.record_class
        rows: list[list[Text]] = []
        for exhibit in gathered.exhibits:
            one = numbers[exhibit.pk]
            digest = _halves(exhibit.digest)
            if not one.present:
                digest += "\n原件已不存在 bytes gone"
            elif one.signature is not None:
                digest += f"\n签名 signature\n{_halves(one.signature.sha256)}"
            rows.append(
                [
                    str(one.number),
                    Words(printable(exhibit.name), digest),
                    shown(exhibit.filed_at),
                    size(exhibit.size),
                    "" if exhibit.leaf is None else f"{exhibit.leaf:,}",
                ]
            )
        title = Words(f"{kind.title.zh}（{len(rows)}）", kind.title.en)
        yield Table(columns, rows, title)


def _halves(digest: str) -> str:
    """A digest on two lines of one length, which are compared more easily than one long line."""
    return f"{digest[:32]}\n{digest[32:]}"


def _missing(of: Volume) -> Iterator[Block]:
    if not of.collection.missing:
        return
    yield Heading(Words("缺项与原因", "What is not there, and why"))
    for gap in of.collection.gaps:
        yield Note(gap.reason, gap.record_class.title, bad=True)
    yield Table(
        [Column(Words("类别", "Class"), 1.4), Column(Words("原因", "Reason"), 3)],
        [
            [one.record_class.title, one.reason]
            for one in of.collection.missing
            if not one.gap
        ],
    )


def _examined(examination: Examination) -> Iterator[Block]:
    yield Heading(Words("四性检测", "The four examinations"))
    later = frozenset(examination_items()) - {each.item for each in examination.findings}
    outcomes: dict[str, str] = {**examination.outcomes, **dict.fromkeys(later, LATER)}
    counts = Counter(outcomes.values())
    yield Paragraph(
        Words(
            f"{len(outcomes)} 项：通过 {counts['pass']}，不通过 {counts['fail']}，"
            f"未检测 {counts['not-checked']}，封装时检测 {counts[LATER]}。未检测不计为通过；"
            "全部结果、依据与工具见 metadata/examinations.json。",
            f"{len(outcomes)} items: {counts['pass']} passed, {counts['fail']} failed, "
            f"{counts['not-checked']} not checked, which never counts as passed, and "
            f"{counts[LATER]} examined while packing. All results with their evidence and tools "
            "stand in metadata/examinations.json.",
        )
    )
    rows: list[list[Text]] = []
    for group, title in GROUPS.items():
        codes = [code for code in examination_items() if code[0] == group]
        for result in RESULTS:
            named = [code for code in codes if outcomes[code] == result]
            if named:
                items = "；".join(f"{code} {examination_items()[code][1].zh}" for code in named)
                rows.append([title, RESULTS[result], Words(items)])
    yield Table(
        [
            Column(Words("检测", "Examination"), 0.9),
            Column(Words("结果", "Result"), 0.7),
            Column(Words("项目", "Items"), 4),
        ],
        rows,
    )


def _ledger(of: Volume) -> Iterator[Block]:
    count, closed = len(of.slice.lines), of.slice.closed
    yield Heading(Words("账本摘录", "The ledger's part"))
    yield Pairs(
        [
            Pair(
                Words("条目", "Entries"),
                Words(
                    f"{count} 条，其中 {closed} 条只证明位置而不公开内容",
                    f"{count}, of which {closed} are proven in place and stay closed",
                ),
            ),
            Pair(Words("检查点", "Checkpoint"), f"{platform.log_origin()} · {of.slice.size:,}"),
            Pair(Words("验证公钥", "Verifier key"), platform.log_verifier().vkey),
        ]
    )
    yield Digest(Words("检查点根", "Checkpoint root"), of.slice.root, shown(of.slice.checkpoint.at))


def _verification(of: Volume) -> Iterator[Block]:
    verifier = hashlib.sha256(package.VERIFIER.read_bytes()).hexdigest()
    yield Heading(Words("如何核验", "How to verify"))
    yield Paragraph(
        Words(
            "归档包无需本软件即可核验：在包的根目录运行 "
            "python verify/verify.py --expect <归档包摘要>。"
            "归档包摘要载于登记簿和账本，不在包内；"
            "verify/VERIFY.md 写明以公共工具完成同样核验的命令。",
            "The package is verified without this software: at its root, run python "
            "verify/verify.py --expect <digest>. The digest stands in the register and the "
            "ledger, never inside; verify/VERIFY.md gives the same with public tools.",
        )
    )
    yield Digest(
        Words("verify.py 摘要", "Digest of verify.py"), verifier, Words("SHA-256，使用前请比对")
    )
    yield QrCode(
        of.address,
        Words("登记簿", "The register"),
        Words(of.address, "Shows this package's digest and its entry in the ledger."),
    )


def twin(of: Volume, examination: Examination) -> bytes:
    """The machine-readable twin: the same as canonical JSON."""
    return jcs.dumps(
        {
            "kind": "sunlit.archive-index/1",
            "code": of.code,
            "version": of.version,
            "metadata": volume.volume_metadata(of),
            "records": [volume.record_metadata(one) for one in of.records],
            "missing": [
                {
                    "class": one.record_class.name,
                    "gap": one.gap,
                    "reason": {"zh-hans": one.reason.zh, "en": one.reason.en},
                }
                for one in of.collection.missing
            ],
            "retention": {
                "years": of.term.rule.years,
                "source": of.term.rule.source,
                "confirmed": of.term.rule.confirmed,
            },
            "ledger": {
                "log": platform.log_origin(),
                "size": of.slice.size,
                "root": of.slice.root,
                "entries": len(of.slice.lines),
            },
            "examinations": dict(examination.outcomes),
        }
    )


def rendered(of: Volume, examination: Examination) -> Rendered:
    """The volume as PDF/A-3b, not sealed yet: the same bytes for the same volume."""
    return render(
        record_of(of, examination),
        created=of.built,
        document_id=uuid5(of.identifier, of.root),
        profile="3b",
        attachments=[
            Attachment(
                TWIN,
                twin(of, examination),
                "application/json",
                "Alternative",
                "机读目录 machine-readable index",
                of.built,
            )
        ],
    )


def sealed(of: Volume, examination: Examination, *, policy: Policy) -> bytes:
    """The volume with the platform's seal and the evidence that outlives its certificate.

    One validator of PDF/A has judged it when it was rendered; the other judges it sealed.
    """
    data = signing.seal_pdf(
        rendered(of, examination).with_fields(),
        signer=platform.seal(),
        at=of.built,
        timestamper=services.timestamper(),
        policy=policy,
        field=SEAL_FIELD,
        appearance=seal.stamp_style(seal.seal(printable(of.builder), kind="电子归档专用章")),
    )
    gate.validate(data, "3b", signed=True).require()
    return data
