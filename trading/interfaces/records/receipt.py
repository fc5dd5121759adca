"""A receipt to be printed. What counts is the signed receipt inside the file; paper shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid5

from signatures.domain import checkpoints, issuing, jcs
from signatures.domain.availability import NoteOutage
from signatures.models import Checkpoint, LedgerOpening
from signatures.paper.document import (
    Attachment,
    Block,
    Digest,
    Heading,
    Note,
    Pair,
    Pairs,
    Record,
    Words,
)
from signatures.paper.engine import render
from trading.domain import planning
from trading.interfaces.records.parts import PLATFORM


def printed(row: LedgerOpening) -> bytes:
    """The receipt as PDF/A-3b with ``receipt.json`` inside and, once a checkpoint covers its entry,
    ``proof.json``; made anew each time that somebody asks for it."""
    covering = checkpoints.covering(row.leaf_id)
    at = jcs.parse_timestamp(row.entry["context"]["at"])
    attachments = [
        Attachment(
            name="receipt.json",
            data=issuing.issue(row).data,
            mime="application/json",
            relationship="Source",
            description="The receipt, signed by the platform",
            modified=at,
        )
    ]
    if covering is not None:
        attachments.append(
            Attachment(
                name="proof.json",
                data=jcs.dumps(issuing.proof(row)),
                mime="application/json",
                relationship="Supplement",
                description="The proof that its entry stands in the ledger",
                modified=covering.at,
            )
        )
    proven = "" if covering is None else str(covering.size)
    return render(
        record(row, covering),
        created=at if covering is None else covering.at,
        document_id=uuid5(row.pk, f"receipt {proven}"),
        profile="3b",
        attachments=attachments,
    ).data


@dataclass(frozen=True)
class Face:
    """What a paper is called, what its first part is, and which moments stand in it."""

    title: Words
    heading: Words
    moments: Mapping[str, Words] = field(default_factory=dict)


_RECEIPT = Face(Words("回执", "Receipt"), Words("平台收到的内容", "What the platform took in"))
#: Receipts that have another name: what the platform certifies about itself.
_FACES = {
    NoteOutage.name: Face(
        Words("平台中断证明", "Certificate of an outage"),
        Words("平台自行记录的中断", "The outage, as the platform noted it"),
        {
            "since": Words("最后一次正常运行", "Last sign of life"),
            "until": Words("恢复后首次正常运行", "First sign of life after it"),
        },
    ),
}


def record(row: LedgerOpening, covering: Checkpoint | None) -> Record:
    """What stands on the paper."""
    entry = row.entry
    face = _FACES.get(entry["act"], _RECEIPT)
    rows = [
        *(
            Pair(words, planning.shown(jcs.parse_timestamp(entry["context"][name])))
            for name, words in face.moments.items()
        ),
        Pair(Words("行为", "Act"), entry["act"]),
        Pair(
            Words("收到时间", "Taken in"),
            planning.shown(jcs.parse_timestamp(entry["context"]["at"])),
        ),
        Pair(Words("行为人", "By"), entry["actor"]),
        Pair(Words("对象", "About"), entry["subject"]),
        Pair(Words("账本", "Ledger"), Words(f"第 {row.leaf_id} 条", f"entry {row.leaf_id}")),
    ]
    digests: list[Block] = [
        Digest(Words(f"摘要 {name}", f"Digest {name}"), digest)
        for name, digest in sorted(entry["digests"].items())
    ]
    return Record(
        title=face.title,
        number=str(row.pk),
        issuer=PLATFORM,
        blocks=(
            Heading(face.heading),
            Pairs(rows=tuple(rows)),
            *digests,
            Heading(Words("证明", "Proof")),
            *_proof(covering),
            Note(
                Words(
                    "本文件仅供打印和保存；经平台签名的回执是附件 receipt.json，任何人都可以"
                    "不依赖平台自行核对。",
                    "This paper is for keeping. The receipt that the platform signed is inside this"
                    " file as receipt.json; anybody can check it without the platform.",
                )
            ),
        ),
    )


def _proof(covering: Checkpoint | None) -> tuple[Block, ...]:
    if covering is None:
        return (
            Note(
                Words(
                    "证明将在一分钟内生成，届时请重新下载。",
                    "The proof follows within a minute; fetch this file again then.",
                )
            ),
        )
    size = f"{covering.size:,}"
    return (
        Pairs(
            rows=(
                Pair(
                    Words("检查点", "Checkpoint"),
                    planning.shown(covering.at),
                    Words(f"共 {size} 条", f"{size} entries"),
                ),
            )
        ),
        Digest(Words("根", "Root"), bytes(covering.root).hex()),
        Note(
            Words(
                "附件 proof.json 证明本条目在该检查点的账本之内。",
                "proof.json inside this file proves that the entry stands in the ledger of that"
                " checkpoint.",
            )
        ),
    )
