"""Checks on the device before sealing, by the kit: formats, the price before its time, and names in
the blind technical bid."""

from __future__ import annotations

import json
from dataclasses import replace

import pikepdf
import pytest

from bidding.kit.checks import pictures
from bidding.kit.checks.finding import Damaged, Problem, Read
from bidding.kit.checks.identity import own_terms, tells_amount, terms_in
from bidding.kit.checks.judge import File, Sheet, judge
from bidding.kit.checks.looking import blocks, look, read_file
from bidding.kit.checks.words import sentence
from bidding.kit.cli import main
from bidding.kit.sealing import Document
from tests.bidding import checked, papers
from tests.bidding.checked import FILES, NAME, OWN, PERSON, SHEET


def found_in(path, case: checked.Case) -> list[str]:
    path.write_bytes(case.data)
    sheet = Sheet(price=SHEET["price"], capitals=SHEET["capitals"])
    findings = judge([File(case.slot, case.name, read_file(path, case.name))], own=OWN, sheet=sheet)
    assert all(sentence(each.problem) for each in findings)
    return sorted(checked.said(each.problem.code, dict(each.problem.places)) for each in findings)


@pytest.mark.parametrize("name", FILES)
def test_file_is_found_to_be_what_it_is(tmp_path, name):
    assert found_in(tmp_path / "file", FILES[name]) == sorted(FILES[name].found)


def test_cases_that_must_be_found_outnumber_those_that_must_not():
    assert sum(bool(each.found) for each in FILES.values()) > 50


def priced(amount: str) -> bytes:
    return b'{"currency":"CNY","price":"%s"}' % amount.encode()


@pytest.fixture
def bid(tmp_path):
    """A bid of four slots in which nothing is wrong; by slot and name, its files on this device."""
    files = {
        1: {"sheet.json": f'{{"manager":"{PERSON}"}}'.encode()},
        2: {"资格.pdf": papers.pdf(f"项目负责人 {PERSON}")},
        3: {"技术.pdf": papers.pdf("施工方案")},
        4: {
            "price.json": priced("14250600.50"),
            "报价.pdf": papers.pdf("14,250,600.50"),
        },
    }

    def documents(changes=()):
        found = {slot: dict(each) for slot, each in files.items()}
        for slot, name, data in changes:
            if data is None:
                del found[slot][name]
            else:
                found[slot][name] = data
        made = {}
        for slot, each in found.items():
            folder = tmp_path / str(slot)
            folder.mkdir(exist_ok=True)
            made[slot] = []
            for name, data in each.items():
                (folder / name).write_bytes(data)
                made[slot].append(Document(path=folder / name, type="application/octet-stream"))
        return made

    return documents


def test_sound_bid_has_nothing_to_be_looked_at(bid):
    assert look(bid(), own=OWN) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((1, "sheet.json", None), [(1, "sheet.json", "sheet-missing")]),
        ((1, "sheet.json", b"{}"), [(1, "sheet.json", "sheet-form")]),
        ((1, "sheet.json", b'{ "manager":"x"}'), [(1, "sheet.json", "sheet-form")]),
        ((1, "sheet.json", b'{"a":[1]}'), [(1, "sheet.json", "sheet-form")]),
        ((1, "sheet.json", b'{"manager":"Zhao"}'), [(2, "资格.pdf", "manager-absent")]),
        ((4, "price.json", None), [(4, "price.json", "sheet-missing")]),
        ((4, "price.json", priced("0.00")), [(4, "price.json", "sheet-form")]),
        ((4, "price.json", priced("1.5")), [(4, "price.json", "sheet-form")]),
        ((4, "报价.pdf", papers.pdf("14,250,600.05")), [(4, "报价.pdf", "price-absent")]),
        ((4, "报价.pdf", papers.pdf("114,250,600.50")), [(4, "报价.pdf", "price-absent")]),
        ((3, "技术.pdf", papers.pdf(f"负责人 {PERSON}")), [(3, "技术.pdf", "blind-name")]),
        ((3, "技术.pdf", papers.pdf("14250600.50")), [(3, "技术.pdf", "price-early")]),
        ((3, "TECH.pdf", papers.pdf("x")), []),
        ((2, "另一份.pdf", papers.pdf("施工方案")), [(3, "技术.pdf", "twice")]),
    ],
    ids=lambda value: None if isinstance(value, list) else f"{value[1]}-{str(value[2])[:30]}",
)
def test_files_are_held_against_sheet_price_and_one_another(bid, change, expected):
    findings = look(bid([change]), own=OWN)
    assert [(each.file.slot, each.file.name, each.problem.code) for each in findings] == expected


def test_names_that_differ_in_capitals_alone_are_warned_of():
    files = [File(2, name, Read("pdf", readable=True)) for name in ("A.pdf", "a.pdf", "b.pdf")]
    findings = judge(files, own=OWN, sheet=Sheet())
    assert [(each.file.name, each.problem.code) for each in findings] == [
        ("A.pdf", "same-name"), ("a.pdf", "same-name"),
    ]  # fmt: skip
    # The same name in two envelopes is two files.
    apart = [replace(files[0], slot=3), files[1]]
    assert judge(apart, own=[], sheet=Sheet(), blind=None) == []


def test_file_that_went_away_is_refused(tmp_path):
    assert read_file(tmp_path / "gone.pdf", "gone.pdf").problems == (Problem("unreadable"),)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("华东建工集团有限公司", "华东建工"),
        ("上海市华东建工股份有限公司", "华东建工"),
        ("中铁十二局集团有限责任公司", "中铁十二局"),
        ("华东建工（上海）有限公司", "华东建工"),
        ("Sunrise Builders Co., Ltd.", "Sunrise Builders"),
        ("Sunrise Builders Limited", "Sunrise Builders"),
    ],
)
def test_short_names_are_looked_for(name, short):
    assert {name, short, "C0DE"} <= set(own_terms(name, "C0DE", []))


@pytest.mark.parametrize(
    "name", ["北京市政建设有限公司", "中国城市建设有限公司", "AB Ltd", "有限公司"]
)
def test_what_is_left_of_a_name_never_means_everybody(name):
    assert set(own_terms(name, "")) <= {name, name.removesuffix("有限公司")}


def test_people_of_one_letter_are_not_looked_for():
    assert own_terms(NAME, "", ["王", "李四", ""])[-1] == "李四"


def test_own_terms_are_found_however_they_are_written():
    for text in (NAME, "华东　建工 集团 有限公司", "华东建工集团\n有限公司", "x華" + NAME):
        assert NAME in terms_in(text, OWN), text
    for text in ("华东集团", "建工华东", "SunriseBuildersX", "sunrise", "", "王建"):
        assert terms_in(text, OWN) == [], text


@pytest.mark.parametrize(
    "text", ["14250600.5", "¥14,250,600.50", "14，250，600.50", "１４２５０６００．５０"]
)
def test_amount_is_told(text):
    assert tells_amount(text, SHEET["price"], SHEET["capitals"])


@pytest.mark.parametrize(
    "text",
    ["14250600", "14250600.55", "114250600.50", "14250600.501", "4250600.50", "1.14250600.50"],
)
def test_another_amount_is_not_told(text):
    assert not tells_amount(text, SHEET["price"], SHEET["capitals"])


# --- clean copies ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["blind-exif", "blind-jpeg-comment", "blind-png-text", "blind-png-xmp"]
)
def test_picture_without_metadata_tells_nothing_and_is_the_same_picture(tmp_path, name):
    from PIL import Image

    case = FILES[name]
    (tmp_path / "in").write_bytes(case.data)
    assert main(["clean", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 0
    cleaned = replace(case, data=(tmp_path / "out").read_bytes())
    assert found_in(tmp_path / "file", cleaned) == ["blind-unread", "not-pdf"]
    with Image.open(tmp_path / "in") as one, Image.open(tmp_path / "out") as other:
        assert one.tobytes() == other.tobytes()
    assert (tmp_path / "in").read_bytes() == case.data


@pytest.mark.parametrize("name", ["blind-author", "blind-company", "blind-xmp-own"])
def test_pdf_without_metadata_keeps_its_pages(tmp_path, name):
    (tmp_path / "in.pdf").write_bytes(FILES[name].data)
    assert main(["clean", str(tmp_path / "in.pdf"), "--out", str(tmp_path / "out.pdf")]) == 0
    cleaned = replace(FILES[name], data=(tmp_path / "out.pdf").read_bytes())
    assert found_in(tmp_path / "file", cleaned) == []
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert "/Info" not in pdf.trailer and "/Metadata" not in pdf.Root


@pytest.mark.parametrize("name", ["blind-docx", "blind-text", "pdf-cut", "pdf-password", "png-cut"])
def test_what_cannot_be_cleaned_is_refused_and_leaves_nothing(tmp_path, capsys, name):
    (tmp_path / "in").write_bytes(FILES[name].data)
    assert main(["clean", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_clean_copy_never_overwrites(tmp_path):
    for name in ("in", "out"):
        (tmp_path / name).write_bytes(papers.png())
    before = (tmp_path / "out").read_bytes()
    assert main(["clean", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 1
    assert (tmp_path / "out").read_bytes() == before


def test_cut_picture_is_not_cleaned():
    for cut in (papers.png()[:50], papers.jpeg(artist="x")[:30], b"\xff\xd8\xff"):
        with pytest.raises(Damaged):
            pictures.without_metadata(cut)


# --- commands -------------------------------------------------------------------------------------


def options(documents) -> list[str]:
    return [
        part for slot, each in documents.items() for one in each
        for part in ("--file", f"{slot}={one.path}")
    ]  # fmt: skip


def test_check_says_what_is_wrong_and_where(bid, capsys):
    assert main(["check", *options(bid()), "--own", NAME]) == 0
    assert json.loads(capsys.readouterr().out) == {"findings": []}
    wrong = bid([(3, "技术.pdf", papers.pdf("x", f"{NAME} 编制"))])
    assert main(["check", *options(wrong), "--own", NAME]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["findings"] == [
        {"slot": 3, "file": "技术.pdf", "code": "blind-name", "level": "warn", "term": NAME,
         "where": "page", "page": 2},
    ]  # fmt: skip
    assert "on page 2" in printed.err


def test_only_what_blocks_blocks(bid):
    assert not blocks(look(bid([(3, "技术.pdf", papers.pdf(NAME))]), own=OWN))
    assert blocks(look(bid([(3, "技术.pdf", b"%PDF-1.7")]), own=OWN))
