"""The archive: how fast the records of a project become sealed PDF/A.

- ``archive.pages``, ``archive.documents``: pages and documents a second, set by the paper engine,
  converted to PDF/A and sealed to B-LTA, against ReportLab laying the same table out in the same
  font, pikepdf saving PDF/A and pyHanko sealing to B-LTA with nothing else around them.

Three runs of 14 records of 48 pages are a project of 2,000 pages. Authorities answer in process
for both, so that neither waits for a network.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from benchmarks.framework import Figure, in_turn

RECORDS = 14
PAGES = 48
AT = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
ROWS = [
    [str(number), f"远山路桥工程有限公司第{number}项", "2026-03-10 09:30", f"{number * 37:,}.50"]
    for number in range(1, 24 * PAGES)
]


class Authorities:
    """The lab, a seal from it, and how both sides reach it."""

    def __init__(self, folder: Path) -> None:
        from signatures.domain.keys import Signer
        from signatures.domain.policy import Policy
        from signatures.lab import clients
        from signatures.lab.lab import Lab

        lab = Lab.create(folder / "lab", now=AT - timedelta(days=1))
        region = lab.region("east")
        issued = region.issue("Centre", organisation="Centre", credit_code="91370100MA0000018T")
        self.signer = Signer.from_key(issued.key, issued.certificate, issued.chain)
        self.roots = (region.root,)
        self.fetcher: Callable[[], Any] = lambda: clients.fetcher_backend(lab, lambda: AT)
        self.stamper = clients.timestamper(region, lambda: AT)
        self.policy = Policy(
            signers=self.roots, timestamp_authorities=self.roots, fetcher=self.fetcher()
        )


def ours(authorities: Authorities, number: int) -> int:
    """One record through the paper engine and the signing service; returns its pages."""
    from signatures.domain import signing
    from signatures.paper.document import Column, Record, Table, Words
    from signatures.paper.engine import render

    record = Record(
        title=Words("开标一览表", "Bids as read out"),
        number=f"BENCH-{number}",
        blocks=[
            Table(
                [
                    Column(Words("序", "No."), 0.4),
                    Column(Words("投标人", "Tenderer"), 3),
                    Column(Words("时间", "Time"), 1.4),
                    Column(Words("金额", "Amount"), 1.2, "end"),
                ],
                ROWS,
            )
        ],
    )
    made = render(record, created=AT, document_id=uuid5(NAMESPACE_URL, str(number)))
    signing.seal_pdf(
        made.data,
        signer=authorities.signer,
        at=AT,
        timestamper=authorities.stamper,
        policy=authorities.policy,
    )
    return made.pages


def bare(authorities: Authorities) -> int:
    """The same table by the three libraries alone; returns its pages."""
    data = _drawn()
    _sealed(authorities, _converted(data))
    return data.count(b"/Type /Page\n")


def _drawn() -> bytes:
    """The same table by ReportLab's own layout: header on every page, names broken into lines."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate

    from signatures.paper.fonts import REGULAR, face

    face(REGULAR)
    style = ParagraphStyle("cell", fontName=REGULAR, fontSize=9, leading=14, wordWrap="CJK")
    head = ["序", "投标人", "时间", "金额"]
    rows = [[row[0], Paragraph(row[1], style), *row[2:]] for row in ROWS]
    table = LongTable(
        [head, *rows],
        colWidths=[31, 236, 110, 94],
        repeatRows=1,
        style=[
            ("FONT", (0, 0), (-1, -1), REGULAR, 9, 14),
            ("ALIGN", (3, 0), (3, -1), "RIGHT"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, "#d5dbe1"),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 7.5),
        ],
    )
    out = io.BytesIO()
    SimpleDocTemplate(
        out, pagesize=A4, initialFontName=REGULAR, invariant=1, pageCompression=1
    ).build([table])
    return out.getvalue()


def _converted(data: bytes) -> bytes:
    import pikepdf
    from pikepdf import pdfa

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for page in pdf.pages:
            if "/Trans" in page.obj:
                del page.obj["/Trans"]
        pdfa.prepare(pdf, "2b")
        pdfa.save(pdf, out, "2b", repair=False)
    return out.getvalue()


def _sealed(authorities: Authorities, data: bytes) -> None:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, sign_pdf
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(
        trust_roots=authorities.roots,
        allow_fetching=True,
        fetcher_backend=authorities.fetcher(),
        moment=AT,
        revocation_mode="hard-fail",
    )
    sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data)),
        PdfSignatureMetadata(
            field_name="Seal",
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=True,
            use_pades_lta=True,
            validation_context=context,
        ),
        signer=authorities.signer.backend,
        timestamper=authorities.stamper,
    )


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="sunlit-bench-") as folder:
        authorities = Authorities(Path(folder))
        pages, same = ours(authorities, 0), bare(authorities)

        def timed(work: Callable[[int], object]) -> float:
            start = time.perf_counter()
            for number in range(1, RECORDS + 1):
                work(number)
            return RECORDS / (time.perf_counter() - start)

        figure, limit = in_turn(
            lambda: timed(lambda number: ours(authorities, number)),
            lambda: timed(lambda _number: bare(authorities)),
        )
    return [
        Figure("archive.pages", figure * pages, "pages/s", limit * same, ">= 0.7"),
        Figure("archive.documents", figure, "documents/s", limit, ">= 0.7"),
    ]


BENCHMARKS = {"archive": run}
