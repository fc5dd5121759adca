"""The bill of quantities: a workbook with mistakes is refused whole, the mended one goes out."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from demo.run import Run
from signatures.domain.errors import SunlitError

HEAD = ("序号", "项目编码", "项目名称", "项目特征", "计量单位", "工程量")
ITEMS: tuple[tuple[Any, ...], ...] = (
    (None, None, "土石方工程"),
    (1, "040101001001", "挖一般土方", "1.土壤类别:三类土\n2.挖土深度:4m 以内", "m3", 18650.4),
    (2, "040101002001", "挖沟槽土方", "1.土壤类别:三类土\n2.挖土深度:2m 以内", "m3", 4275),
    (3, "040103001001", "回填方", "1.密实度要求:≥94%\n2.填方材料:素土", "m3", 9120.75),
    (None, None, "道路工程"),
    (4, "040201021001", "土工合成材料", "1.材料品种:双向土工格栅", "m2", 32600),
    (5, "040202011001", "碎石", "1.石料规格:20~40mm\n2.厚度:200mm", "m2", 32600),
    (6, "040203006001", "沥青混凝土", "1.沥青混凝土种类:AC-13C\n2.厚度:40mm", "m2", 31880.5),
    (7, "040204004001", "安砌侧(平、缘)石", "1.材料:花岗岩\n2.尺寸:1000×150×350", "m", 4820),
    (None, None, "管网工程"),
    (8, "040501001001", "混凝土管", "1.规格:DN500 Ⅱ级\n2.接口方式:承插橡胶圈", "m", 2386.2),
    (9, "040504001001", "砌筑井", "1.规格:Φ1000\n2.井盖:球墨铸铁", "座", 96),
)
#: The same without the zero with which the code begins, and without a unit.
MISTAKEN = (*ITEMS[:-1], (9, 40504001001, "砌筑井", "1.规格:Φ1000", None, 96))
MEASURES = ((1, "041109001001", "安全文明施工", "含临时设施", "项", 1),)
OTHER = ((1, "暂列金额", "项", 1200000, "按暂定金额计入总价"),)
FEES = ((1, "增值税", "税前工程造价", 9, None),)


def workbook(items: tuple[tuple[Any, ...], ...]) -> bytes:
    """The bill as a spreadsheet program saves it."""
    book = Workbook()
    book.remove(book.active)
    for title, head, lines in (
        ("分部分项工程量清单", HEAD, items),
        ("措施项目清单", HEAD, MEASURES),
        ("其他项目清单", ("序号", "项目名称", "计量单位", "金额(元)", "备注"), OTHER),
        ("规费税金项目清单", ("序号", "项目名称", "计算基础", "费率(%)", "备注"), FEES),
    ):
        sheet = book.create_sheet(title)
        for row in (("滨河路改造工程",), head, *lines):
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def play(run: Run) -> None:
    """Imported before the tender document is made, which then names it."""
    with run.step("A bill with two mistakes is refused whole, each named with its cell"):
        try:
            _import(run, MISTAKEN)
        except SunlitError as error:
            run.require(error.code == "bad-bill", f"refused as {error.code}: {error}")
            run.require("14 B" in str(error) and "14 E" in str(error), f"no cell is named: {error}")
        else:
            run.require(False, "a bill with mistakes was imported")
    with run.step("The mended bill of quantities is imported"):
        answer = _import(run, ITEMS)
        run.require(answer["counts"]["items"] == 9, f"it counts {answer['counts']}")
        run.facts["bill"] = answer["bill"]


def read(run: Run, key: str) -> None:
    """A tenderer that fetched the documents has the bill, as data and as a workbook."""
    client = run[key].client
    found = client.get(f"/api/v1/lots/{run.lot}/bill")
    run.require(found["digest"] == run.facts["bill"], "another bill is read")
    run.require(found["bill"]["items"][0]["quantity"] == "18650.4", "a quantity has changed")
    for ending, file in found["files"].items():
        data = client.send("GET", f"/api/v1/exhibits/{file['exhibit']}/content").content
        run.require(
            hashlib.sha256(data).hexdigest() == file["digest"], f"another {ending} is fetched"
        )
        (run.folder(run[key]) / f"工程量清单.{ending}").write_bytes(data)
    run.summary["bill"] = {
        "digest": found["digest"],
        "files": {ending: file["digest"] for ending, file in found["files"].items()},
    }


def hidden(run: Run, key: str) -> None:
    """Who has not fetched the documents does not read it."""
    try:
        run[key].client.get(f"/api/v1/lots/{run.lot}/bill")
    except SunlitError as error:
        run.require(error.code == "no-bill", f"refused as {error.code}: {error}")
    else:
        run.require(False, "the bill was read without a fetch")


def in_the_package(run: Run) -> None:
    """The package holds the bill as data, workbook and print, byte for byte."""
    with run.step("The archived package holds the bill as data, as a workbook and as printed"):
        package = Path(run.summary["package"])
        known = run.summary["bill"]["files"]
        there: dict[str, Path] = {}
        for path in package.rglob("*"):
            if path.is_file() and path.suffix.lstrip(".") in known:
                there[hashlib.sha256(path.read_bytes()).hexdigest()] = path
        for ending, digest in known.items():
            run.require(digest in there, f"the package has no {ending} of the bill")
        said = json.loads(there[known["json"]].read_text(encoding="utf-8"))
        codes = [line["code"] for line in said["items"]]
        expected = [line[1] for line in ITEMS if line[1]]
        run.require(codes == expected, f"the archived bill holds {codes}")


def _import(run: Run, items: tuple[tuple[Any, ...], ...]) -> dict[str, Any]:
    content = base64.b64encode(workbook(items)).decode()
    answer = run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/bill", {"name": "工程量清单.xlsx", "content": content}
    )
    result: dict[str, Any] = answer["result"]
    return result
