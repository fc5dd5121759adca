"""Line breaking: what may begin a line, what may end one, and that nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signatures.paper.lines import AUTOSPACE, Line, break_lines


def words(lines: tuple[Line, ...]) -> list[str]:
    return ["".join(piece.run.text for piece in line.pieces) for line in lines]


@pytest.mark.parametrize(
    ("text", "measure", "expected"),
    [
        ("", 9, [""]),
        ("一二三四五六", 3, ["一二三", "四五六"]),
        ("一二三，四五六", 3, ["一二", "三，四", "五六"]),
        ("一二（三）四五", 3, ["一二", "（三）", "四五"]),
        ("一二“三”。四", 4, ["一二", "“三”。", "四"]),
        ("一二三……四五", 4, ["一二", "三……四", "五"]),
        ("a record of bids", 5.5, ["a record of", "bids"]),
        ("投标人Sunlit公司", 3, ["投标人", "Sunlit", "公司"]),
        ("一二\n三", 9, ["一二", "三"]),
        ("一\n\n二", 9, ["一", "", "二"]),
        ("JC-2026-GC-0329", 5, ["JC-2026-G", "C-0329"]),
        ("it’s", 1.2, ["it", "’", "s"]),
        ("9834876d…07ee8f0", 20, ["9834876d…07ee8f0"]),
    ],
)
def test_text_breaks(text: str, measure: float, expected: list[str]) -> None:
    assert words(break_lines(text, measure)) == expected


def test_ideograph_and_figure_are_an_eighth_apart() -> None:
    (apart,) = break_lines("第1家", 9)
    (plain,) = break_lines("第家", 9)
    (figure,) = break_lines("1", 9)
    assert apart.width == pytest.approx(plain.width + figure.width + 2 * AUTOSPACE)
    assert [piece.run.text for piece in apart.pieces] == ["第", "1", "家"]


def test_written_space_is_not_widened() -> None:
    (line,) = break_lines("第 1 家", 9)
    assert [piece.run.text for piece in line.pieces] == ["第 1 家"]


_ALPHABET = st.sampled_from("一二三四，。（）“”、；《》 ab1/-…—%.𠮷")


@given(st.text(_ALPHABET, max_size=60), st.floats(1.5, 20))
def test_nothing_is_lost_and_no_line_is_too_long(text: str, measure: float) -> None:
    lines = break_lines(text, measure)
    assert "".join(words(lines)).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        assert line.width <= measure + 1e-6 or sum(len(p.run.text) for p in line.pieces) == 1


@given(st.text(_ALPHABET, max_size=60))
def test_closing_punctuation_never_begins_a_line_with_room(text: str) -> None:
    # Longer runs of punctuation than the line must be cut somewhere.
    lines = words(break_lines(text, 61))
    assert len(lines) == 1
