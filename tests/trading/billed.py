"""Bills of quantities and workbooks for tests, written cell by cell as other programs do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from openpyxl import Workbook

from signatures import store
from tests.factories import floor
from trading.domain import preparing
from trading.domain.bill_acts import File, ImportBill
from trading.domain.bills import Bill, Fee, Item, Other
from trading.domain.documents import PublishDocuments
from trading.domain.notices import evaluation_digest
from trading.domain.projects import NewLot, RegisterProject
from trading.models import Lot

HEAD = ("序号", "项目编码", "项目名称", "项目特征", "计量单位", "工程量")
LINES: tuple[tuple[Any, ...], ...] = (
    (None, None, "土石方工程"),
    (1, "010101001001", "平整场地", "1.土壤类别:三类土\n2.弃土运距:1km", "m2", 1250.5),
    (2, "010101003001", "挖沟槽土方", "1.挖土深度:2m 以内", "m3", 860),
    (None, None, "砌筑工程"),
    (3, "010401003001", "实心砖墙", "1.砖品种:MU10 页岩砖", "m3", "1,012.345"),
    (None, "合计"),
)
BILL = Bill(
    items=(
        Item(code="010101001001", name="平整场地", features="1.土壤类别:三类土\n2.弃土运距:1km",
             unit="m2", quantity="1250.5", part="土石方工程"),
        Item(code="010101003001", name="挖沟槽土方", features="1.挖土深度:2m 以内", unit="m3",
             quantity="860", part="土石方工程"),
        Item(code="010401003001", name="实心砖墙", features="1.砖品种:MU10 页岩砖", unit="m3",
             quantity="1012.345", part="砌筑工程"),
    ),
    measures=(Item(code="011707001001", name="安全文明施工", unit="项", quantity="1"),),
    other=(Other(name="暂列金额", unit="项", amount="500000", remark="=SUM(A1:A9)"),),
    fees=(Fee(name="增值税", basis="税前工程造价", rate="9"),),
)  # fmt: skip


def workbook(
    *lines: tuple[Any, ...],
    title: str = "分部分项工程量清单",
    head: tuple[Any, ...] = HEAD,
    change: Callable[[Any], None] | None = None,
) -> bytes:
    """A workbook of one sheet: headings, then lines. ``change`` gets the book before it is saved.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in (head, *lines):
        sheet.append(row)
    if change is not None:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(data: bytes, edit: Callable[[dict[str, bytes]], None]) -> bytes:
    """The same package with its parts changed by hand, as nobody's program would."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    edit(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return out.getvalue()


def elsewhere(house: Any, category: str, procedure: str) -> Any:
    """The same tenderee's lot in a category where no works are procured."""
    command = RegisterProject(
        title="其他", category=category, procedure=procedure, tenderee=house.tenderee.pk,
        lots=(NewLot(title="一"),),
    )
    house.act(command, by=house.buyer)
    house.lot = Lot.objects.select_related("project").get(project__title="其他")
    return house.lot


def importing(lot: Any, bill: Bill = BILL, *, before: str = "") -> ImportBill:
    """The act that keeps this bill; its canonical JSON is in the store, the rest stands for it."""
    kept = store.put(bill.canonical())
    other = store.put(b"PK workbook"), store.put(b"%PDF-1.7 bill")
    return ImportBill(
        lot=lot.pk,
        before=before,
        bill=File(digest=kept.sha256, size=kept.size),
        workbook=File(digest=other[0].sha256, size=other[0].size),
        printed=File(digest=other[1].sha256, size=other[1].size),
        counts=bill.counts,
    )


def offer(house: Any, bill: Bill = BILL) -> str:
    """Publish notice and tender document of this house with a bill; the bill's digest."""
    house.publish_notice()
    house.act(importing(house.lot, bill), by=house.buyer)
    digest = str(preparing.of(house.lot).bill["digest"])
    house.act(
        PublishDocuments(
            lot=house.lot.pk, title="招标文件", digest=floor.sha("documents"), size=2000,
            evaluation=evaluation_digest(house.lot), bill=digest,
        ),
        by=house.buyer,
    )
    return digest
