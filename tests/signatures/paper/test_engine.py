"""Printed records: valid PDF/A, complete, the same every time."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from signatures.domain.outside import InsideTransaction
from signatures.paper import gate, pages
from signatures.paper.document import (
    Attachment,
    Column,
    Digest,
    Heading,
    Pair,
    Pairs,
    Paragraph,
    Record,
    SignatureArea,
    SignatureAreas,
    Table,
    Words,
)
from signatures.paper.glyphs import MissingGlyph
from tests.signatures.paper.records import COLUMNS, CREATED, ID, ROOT, everything, made, record

TWIN = Attachment("开标记录.json", '{"价":"元"}'.encode(), "application/json", "Alternative")


def test_every_block_is_valid_by_both_validators() -> None:
    verdict = gate.validate(made(everything()).data, "2b")
    assert verdict.findings == ()
    assert verdict.compliant
    assert verdict.validators == ("page-validation", "pikepdf.pdfa")
    assert verdict.pages == 3


def test_record_with_twin_is_valid_3b_and_carries_it() -> None:
    data = made(everything(), profile="3b", attachments=[TWIN]).data
    assert gate.validate(data, "3b").findings == ()
    with pikepdf.open(BytesIO(data)) as pdf:
        assert list(pdf.attachments) == ["开标记录.json"]
        assert pdf.attachments["开标记录.json"].get_file().read_bytes() == TWIN.data
        assert [str(one.AFRelationship) for one in pdf.Root.AF] == ["/Alternative"]


@pytest.mark.parametrize("profile", ["2b", "3b"])
def test_record_without_blocks_is_valid(profile: gate.Profile) -> None:
    assert gate.validate(made(record(), profile=profile).data, profile).compliant


def test_attachment_in_2b_is_refused() -> None:
    with pytest.raises(ValueError, match="3b"):
        made(record(), attachments=[TWIN])


def test_two_attachments_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        made(record(), profile="3b", attachments=[TWIN, TWIN])


def test_same_input_gives_same_bytes() -> None:
    options = {"profile": "3b", "attachments": [TWIN]}
    assert made(everything(), **options).data == made(everything(), **options).data


def test_same_input_gives_same_bytes_in_another_process() -> None:
    program = (
        "import hashlib; from tests.signatures.paper.records import everything, made;"
        "print(hashlib.sha256(made(everything()).data).hexdigest())"
    )
    root = Path(__file__).resolve().parents[3]
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "TZ": zone, "SOURCE_DATE_EPOCH": epoch},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone, epoch in (("1", "Asia/Shanghai", "0"), ("2", "America/New_York", "999"))
    }
    assert len(digests) == 1


def test_another_date_or_identifier_gives_other_bytes() -> None:
    first = made(record()).data
    assert made(record(), created=CREATED.replace(hour=8)).data != first
    assert made(record(), document_id=ID.__class__(int=1)).data != first


def test_only_the_given_date_and_identifier_are_inside() -> None:
    with pikepdf.open(BytesIO(made(record()).data)) as pdf:
        info = {key: str(pdf.docinfo[key]) for key in pdf.docinfo.keys()}
        xmp = pdf.Root.Metadata.read_bytes().decode()
        assert str(pdf.Root.Lang) == "zh-Hans"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True
    assert info == {
        "/Title": "开标记录 Record of Bid Opening",
        "/Author": "江城市公共资源交易中心 Jiangcheng Public Resource Trading Centre",
        "/Subject": "JC-2026-GC-0329-01",
        "/Creator": "Sunlit Trading",
        "/Producer": "Sunlit Trading",
        "/CreationDate": "D:20261120070000+00'00",
        "/ModDate": "D:20261120070000+00'00",
    }
    assert set(re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^<\"]*", xmp)) == {
        "2026-11-20T07:00:00+00:00"
    }
    assert f"urn:uuid:{ID}" in xmp


def test_naive_date_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        made(record(), created=datetime(2026, 11, 20))


def test_text_is_copied_as_written() -> None:
    text = pages.text(made(everything()).data)
    for words in (
        "开标记录",
        "Record of Bid Opening",
        "江城市𠮷田园林绿化有限公司",
        "𠮷川䶮",
        "41,960,800.50",
        "第 1 页，共 3 页",
        "Page 2 of 3",
        "账本第 1,284,903 条之后",
        ROOT,
    ):
        assert words in text


def test_foot_of_every_page_names_record_and_ledger() -> None:
    data = made(everything(rows=200)).data
    texts = list(pages.texts(data))
    assert len(texts) > 5
    for number, text in enumerate(texts, 1):
        assert "JC-2026-GC-0329-01" in text
        assert "After ledger entry 1,284,903" in text
        assert f"Page {number} of {len(texts)}" in text


def test_table_header_is_repeated_on_every_page_of_the_table() -> None:
    what = record(Table(COLUMNS, [[str(i), f"单位{i}", "1.00"] for i in range(120)]))
    texts = list(pages.texts(made(what).data))
    assert [text.count("Tenderer") for text in texts] == [1] * len(texts)
    assert len(texts) >= 3
    found = re.findall(r"单位(\d+)", "".join(texts))
    assert found == [str(i) for i in range(120)]


def test_total_is_not_alone_on_a_page() -> None:
    for count in range(14, 30):
        rows = [[str(i), f"单位{i}", "1.00"] for i in range(count)]
        what = record(Table(COLUMNS, rows, foot=[["", "总计", "9.00"]]))
        last = list(pages.texts(made(what).data))[-1]
        assert f"单位{count - 1}" in last


def test_heading_is_not_parted_from_what_follows() -> None:
    for filler in range(18, 34):
        what = record(
            *[Pairs([Pair(str(i), "值")]) for i in range(filler)],
            Heading("乙节"),
            Paragraph("随后的一段。"),
        )
        for text in pages.texts(made(what).data):
            assert ("乙节" in text) == ("随后的一段" in text)


def test_cell_longer_than_a_page_loses_nothing() -> None:
    long = "".join(f"第{i}项条件。" for i in range(900))
    what = record(Table([Column("甲"), Column("乙", 3)], [["x", long]]), Pairs([Pair("丙", long)]))
    rendered = made(what)
    assert rendered.pages > 2
    frame = re.compile(r"开标|Record of|JC-2026|账本|After ledger|页，共|Page \d|甲|乙")
    lines = pages.text(rendered.data).replace("\f", "\n").split("\n")
    body = "".join(line for line in lines if not frame.search(line))
    for i in range(900):
        assert body.count(f"第{i}项条件。") == 2


def test_word_longer_than_the_column_is_cut() -> None:
    word = "x" * 400
    text = pages.text(made(record(Paragraph(word))).data)
    assert text.count("x") == 400


def test_fields_lie_where_their_areas_are() -> None:
    rendered = made(everything())
    assert [(one.name, one.page, one.seal) for one in rendered.fields] == [
        ("Tenderee", 2, False),
        ("Supervisor", 2, False),
        ("Seal", 2, True),
    ]
    boxes = [one.box for one in rendered.fields]
    for left, bottom, right, top in boxes:
        assert 62 <= left < right <= 595.28 - 62 + 0.02
        assert 74 <= bottom < top <= 842 - 82
    seal = boxes[2]
    assert round(seal[2] - seal[0], 1) == round(seal[3] - seal[1], 1) == 113.4
    assert boxes[0][2] < boxes[1][0]


def test_two_areas_of_one_name_are_refused() -> None:
    areas = SignatureAreas([SignatureArea("A", "甲"), SignatureArea("A", "乙")])
    with pytest.raises(ValueError, match="same name"):
        made(record(areas))


def test_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="Row 1 has 1 cells"):
        Table(COLUMNS, [["1"]])


@pytest.mark.parametrize("value", ["", "ABCD", "12 34", "0x12"])
def test_digest_that_is_not_plain_hexadecimal_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        Digest("SHA-256", value)


@pytest.mark.parametrize(
    ("what", "where"),
    [
        (record(title=Words("开标\U0001f600")), "Title"),
        (record(number="JC\u202e1"), "Record number"),
        (record(issuer="中心\ud55c"), "Issuer"),
        (record(ledger="\u200b"), "Ledger position"),
        (record(subtitle="a\u0301"), "Subtitle"),
        (record(summary=[Pair("投标人", "甲\ufffe")]), "Summary, 投标人"),
        (record(Paragraph("\x07")), "Block 1"),
        (record(Heading("一节"), Pairs([Pair("签字人", "李\U000e0100")])), "一节, 签字人"),
        (
            record(Heading("一节"), Table([Column("姓名")], [["好"], ["坏\U000323b0"]])),
            "一节, row 2, 姓名",
        ),
        (record(SignatureAreas([SignatureArea("A", "甲", "\ue000")])), "Block 1"),
    ],
)
def test_character_without_glyph_is_refused_with_its_place(what: Record, where: str) -> None:
    with pytest.raises(MissingGlyph) as caught:
        made(what)
    assert caught.value.where == where
    assert caught.value.code_point in caught.value.message


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_nothing_is_rendered() -> None:
    from django.db import transaction

    with transaction.atomic(), pytest.raises(InsideTransaction):
        made(record())


def test_long_record_stays_within_memory() -> None:
    program = (
        "import resource; from tests.signatures.paper.records import everything, made;"
        "made(everything());"
        "resource.setrlimit(resource.RLIMIT_AS, (900 << 20,) * 2);"
        "print(made(everything(rows=4000)).pages)"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, check=True, text=True
    )
    assert int(done.stdout) > 150
