"""Records for tests of paper."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from signatures.paper.document import (
    Block,
    Column,
    Digest,
    Heading,
    Note,
    PageBreak,
    Pair,
    Pairs,
    Paragraph,
    QrCode,
    Record,
    SignatureArea,
    SignatureAreas,
    Table,
    Words,
)
from signatures.paper.engine import render
from signatures.paper.fields import Rendered

CREATED = datetime(2026, 11, 20, 7, 0, 0, tzinfo=UTC)
ID = UUID("6f1c1f0e-8a53-4a55-9d5e-0a5f6b1f7d10")
ROOT = "282b91e04f7700aa93c1d2e3f4051627384950a1b2c3d4e5f60718293a4b5c6d"

COLUMNS = [
    Column(Words("序", "No."), 0.35),
    Column(Words("投标人", "Tenderer"), 2.4),
    Column(Words("投标总价（元）", "Price (CNY)"), 1.3, "end"),
]
ROWS = [
    ["1", "远山路桥工程有限公司", "41,960,800.50"],
    ["2", "江城市𠮷田园林绿化有限公司（联合体牵头人）", "42,186,500.00"],
]


def record(*blocks: Block, **changes: Any) -> Record:
    values: dict[str, Any] = {
        "title": Words("开标记录", "Record of Bid Opening"),
        "number": "JC-2026-GC-0329-01",
        "issuer": Words("江城市公共资源交易中心", "Jiangcheng Public Resource Trading Centre"),
        "ledger": Words("账本第 1,284,903 条之后", "After ledger entry 1,284,903"),
        "blocks": blocks,
    }
    return Record(**{**values, **changes})


def everything(rows: int = 2) -> Record:
    """A record with every kind of block."""
    return record(
        Heading(Words("投标与唱标", "Bids as read out")),
        Paragraph(Words("全部电子投标文件均已当众解密。", "Every bid was decrypted."), lead=True),
        Paragraph("《中华人民共和国招标投标法》第三十六条。"),
        Table(COLUMNS, ROWS * (rows // 2), Words("一览表", "Sheets"), [["", "合计", "84.00"]]),
        Heading(Words("密钥份额", "Key shares"), 2),
        Pairs([Pair("14:31:02", Words("招标人释放", "Released"), "江城市教育局")]),
        Note(Words("不影响开标。", "Without effect."), Words("未覆盖", "Not covered"), bad=True),
        Digest(Words("封存根", "Frozen root"), ROOT, "14:30:04"),
        QrCode("https://example.invalid/v/1", Words("查验", "Verify"), Words("扫码", "Scan")),
        PageBreak(),
        Heading(Words("签署", "Signatures")),
        SignatureAreas(
            [
                SignatureArea("Tenderee", Words("招标人代表", "For the tenderee"), "林晓岚"),
                SignatureArea("Supervisor", Words("监督人员", "Supervisor"), "𠮷川䶮"),
                SignatureArea("Seal", Words("业务专用章", "Seal"), "交易中心", seal=True),
            ]
        ),
        subtitle=Words("第三实验小学，标段一", "Primary School No. 3, lot 1"),
        summary=[Pair(Words("开标时间", "Opened at"), "2026-11-20 14:30:00 +08:00")],
    )


def made(what: Record, **options: Any) -> Rendered:
    return render(what, **{"created": CREATED, "document_id": ID, **options})
