"""Finding words in a document as readers type them: cases, widths and line ends make no odds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.javascript import Node, requires_node, static

pytestmark = requires_node


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = static(tmp_path_factory.mktemp("static"))
    node = Node(Path(__file__).with_name("runner.mjs"), root, "--no-warnings")
    yield node
    node.close()


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("招标公告，招标文件", "招标", [[0, "招标"], [5, "招标"]]),
        ("Tender and TENDER", "tender", [[0, "Tender"], [11, "TENDER"]]),
        ("报价 １２３ 元", "123", [[3, "１２３"]]),
        ("报价 123 元", "１２３", [[3, "123"]]),
        ("aaaa", "aa", [[0, "aa"], [2, "aa"]]),
        ("第㈠条", "(一)", [[1, "㈠"]]),
        ("𠮷林𠮷", "𠮷", [[0, "𠮷"], [3, "𠮷"]]),
        ("efﬁcient", "fic", [[2, "ﬁc"]]),
        ("公告", "  公告 ", [[0, "公告"]]),
        ("公告", "", []),
        ("公告", "   ", []),
        ("公告", "公告。", []),
        ("", "公告", []),
        ("a.c abc", "a.c", [[0, "a.c"]]),
    ],
)
def test_words_are_found_where_they_stand(page, text, words, found):
    assert page.call("found", [text, words]) == found


def test_pieces_of_chinese_go_on_and_others_keep_a_blank(page):
    pieces = [
        {"str": "招标", "hasEOL": True},
        {"str": "公告 of the", "hasEOL": True},
        {"str": "centre", "hasEOL": False},
    ]
    assert page.call("joined", pieces) == {
        "text": "招标公告 of the centre",
        "starts": [0, 2, 12],
    }


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ([0, 2], [[0, 0, 2]]),
        ([1, 4], [[0, 1, 2], [1, 0, 2]]),
        ([0, 8], [[0, 0, 2], [1, 0, 3], [2, 0, 2]]),
        ([5, 6], []),
        ([6, 8], [[2, 0, 2]]),
    ],
)
def test_a_place_is_parted_among_the_pieces_it_covers(page, place, found):
    assert page.call("parts", [[0, 2, 6], [2, 3, 2], place]) == found


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_what_stands_there_is_found(page, before, after):
    text = f"{before}中标通知书{after}"
    places = page.call("found", [text, "中标通知书"])
    assert "中标通知书" in [words for _start, words in places]
