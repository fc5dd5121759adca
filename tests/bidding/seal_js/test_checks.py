"""The page's checks before sealing find what the kit's find. PDFs are read in Chromium alone
(tests/browser/test_bid_checks.py): pdf.js wants a browser."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bidding.kit.checks import identity, kinds, markup, pictures
from tests.bidding import checked, papers
from tests.bidding.checked import FILES, NAME, OWN, PERSON, SHEET
from tests.javascript import Node, Raised, requires_node, static

pytestmark = requires_node
HERE = {name: case for name, case in FILES.items() if not case.is_pdf}
TRICKY = st.text(alphabet="<>/&;#x4e2d:=\"' abrdf:li?!-[]CDATA\n华东", max_size=60)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = static(tmp_path_factory.mktemp("static"))
    node = Node(Path(__file__).with_name("checks_runner.mjs"), root, "--no-warnings")
    yield node
    node.close()


def look(page, *cases: checked.Case) -> list[str]:
    files = [{"name": one.name, "slot": one.slot, "data": one.data.hex()} for one in cases]
    sheet = {key: SHEET[key] for key in ("price", "capitals")}
    given = {"files": files, "own": OWN, "sheet": sheet, "blind": 3}
    return sorted(checked.said(each["code"], each["places"]) for each in page.call("look", given))


@pytest.mark.parametrize("name", HERE)
def test_page_finds_what_the_kit_finds(page, name):
    assert look(page, HERE[name]) == sorted(HERE[name].found)


@pytest.mark.parametrize("name", ["pdf-cut", "pdf-header-alone"])
def test_pdf_that_is_cut_short_is_told_before_pdf_js_is_asked(page, name):
    assert look(page, FILES[name]) == ["damaged"]


def test_kind_is_the_kit_s(page):
    chance = random.Random(4)
    heads = [case.data[:300] for case in FILES.values()]
    heads += [bytes(chance.randrange(256) for _ in range(20)) for _ in range(50)]
    heads += [b"", b"\n" * 1018 + b"%PDF-", b"\n" * 1020 + b"%PDF-1", b"\x1b"]
    heads.append("文".encode("utf-16"))
    for head in heads:
        assert page.call("kind", {"data": head.hex()}) == kinds.kind_of(head), head


@settings(max_examples=300, deadline=None)
@example("<:>2")
@example("<a:>2")
@example('<a 华="2" xml华="3" xml:b="4">')
@given(TRICKY)
def test_markup_is_read_as_the_kit_reads_it(page, xml):
    assert [tuple(each) for each in page.call("fields", {"xml": xml})] == markup.fields_of(xml)
    text, authors = markup.text_of(xml)
    assert page.call("text", {"xml": xml}) == {"text": text, "authors": authors}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="华東东建工Ａa\u0301éB1２ \u3000,.-_·ﬁ\n", max_size=20))
def test_names_are_found_as_the_kit_finds_them(page, text):
    terms = ["华东", "建工", "ab", "1212", "é"]
    assert page.call("squeezed", {"text": text}) == identity.squeezed(text)
    assert page.call("terms", {"text": text, "terms": terms}) == identity.terms_in(text, terms)


@pytest.mark.parametrize("value", ["14250600.50", "14250600.00", "14250600.05"])
@pytest.mark.parametrize(
    "text",
    ["14250600.5", "14,250,600.50", "14250600", "14250600.0", "14250600.05", "114250600.50",
     "1.14250600", "14250600.501", "１４２５０６００．５０", "14，250，600", "14 250 600",
     "x14250600y", ""],
)  # fmt: skip
def test_amounts_are_found_as_the_kit_finds_them(page, value, text):
    given = {"text": text, "value": value, "capitals": "壹元整"}
    assert page.call("amount", given) == identity.tells_amount(text, value, "壹元整")


def test_clean_picture_is_the_kit_s(page):
    for name in ("blind-exif", "blind-jpeg-comment", "blind-png-text", "blind-png-packed"):
        data = FILES[name].data
        cleaned = pictures.without_metadata(data)
        assert bytes.fromhex(page.call("clean", {"data": data.hex()})) == cleaned != data


def test_clean_of_a_cut_picture_is_refused(page):
    for data in (papers.png()[:50], papers.jpeg(artist="x")[:30], b"\xff\xd8\xff"):
        with pytest.raises(Raised):
            page.call("clean", {"data": data.hex()})


def test_files_are_the_same_only_byte_by_byte(page):
    assert page.call("same", {"one": "00ff", "other": "00ff"})
    assert not page.call("same", {"one": "00ff", "other": "00fe"})


def file(slot: int, name: str, text: str, **more) -> dict:
    said = [{"where": "page", "page": 1, "text": text}]
    return {"id": name, "slot": slot, "name": name, "kind": "pdf", "problems": [], "said": said,
            "readable": True, **more}  # fmt: skip


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([file(2, "a.pdf", PERSON), file(4, "p.pdf", "14250600.50")], []),
        ([file(2, "a.pdf", "x"), file(4, "p.pdf", "14250600.50")], ["manager-absent"]),
        ([file(2, "a.pdf", PERSON), file(4, "p.pdf", "14250600.05")], ["price-absent"]),
        ([file(2, "a.pdf", "x", readable=False)], []),
        ([file(2, "a.pdf", PERSON, twin="b.pdf")], ["twice"]),
        ([file(2, "a.pdf", PERSON), file(2, "A.pdf", "x")], ["same-name", "same-name"]),
        ([file(2, "a.pdf", PERSON), file(3, "A.pdf", "x")], []),
        ([file(3, "a.pdf", NAME)], ["blind-name"]),
        ([file(3, "a.pdf", NAME, readable=False)], ["blind-name", "blind-unread"]),
    ],
)
def test_files_are_held_against_sheet_and_one_another(page, files, expected):
    found = page.call("judge", {"files": files, "own": OWN, "sheet": SHEET, "blind": 3})
    assert [each["code"] for each in found] == expected


def test_where_no_slot_is_blind_names_are_no_matter(page):
    found = page.call("judge", {"files": [file(3, "a.pdf", NAME)], "own": OWN, "blind": None})
    assert found == []
