"""No character is lost: found in a font, or refused by name."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signatures.domain.errors import Malformed
from signatures.paper import fonts
from signatures.paper.glyphs import MissingGlyph, check, runs, width

ROOT = Path(__file__).resolve().parents[3]


def faces(text: str, *, bold: bool = False) -> list[tuple[str, str]]:
    return [(run.face.name, run.text) for run in runs(text, bold=bold)]


def test_common_text_is_one_run() -> None:
    assert faces("远山路桥 Ltd. 41,960.50（元）") == [
        ("SunlitSans", "远山路桥 Ltd. 41,960.50（元）")
    ]


@pytest.mark.parametrize(
    ("character", "font"),
    [
        ("䶮", "SunlitSans"),  # U+4DAE, Extension A
        ("𬭎", "SunlitSans"),  # U+2CB4E, in the table of general standard characters
        ("𠮷", "SunlitRareB"),  # U+20BB7
        ("𪚥", "SunlitRareB"),  # U+2A6A5, Extension B
        ("𫝆", "SunlitRareB"),  # U+2B746, Extension D
        ("𬖚", "SunlitRareB"),  # U+2C59A, Extension E
        ("𭀀", "SunlitRareB"),  # U+2D000, Extension F
        ("\ufa1c", "SunlitRareA"),  # a compatibility ideograph
    ],
)
def test_rare_ideograph_is_found_in_the_fallback(character: str, font: str) -> None:
    assert faces(f"王{character}华") == (
        [("SunlitSans", f"王{character}华")]
        if font == "SunlitSans"
        else [("SunlitSans", "王"), (font, character), ("SunlitSans", "华")]
    )


def test_bold_falls_back_to_a_thickened_regular() -> None:
    found = runs("江䶮𠮷", bold=True)
    assert [(run.face.name, run.stroke > 0) for run in found] == [
        ("SunlitSansBold", False),
        ("SunlitSans", True),
        ("SunlitRareB", True),
    ]


def test_all_of_gb2312_is_printable_in_both_weights() -> None:
    characters = [
        bytes([first, second]).decode("gb2312")
        for first in range(0xB0, 0xF8)
        for second in range(0xA1, 0xFF)
        if (first, second) not in {(0xD7, last) for last in range(0xFA, 0xFF)}
    ]
    assert len(characters) == 6763
    assert [run.face.name for run in runs("".join(characters))] == ["SunlitSans"]
    assert [run.face.name for run in runs("".join(characters), bold=True)] == ["SunlitSansBold"]


def test_all_of_extension_b_to_f_is_printable_but_for_a_few() -> None:
    blocks = ((0x20000, 0x2A6D7), (0x2A700, 0x2B735), (0x2B740, 0x2B81E), (0x2B820, 0x2CEA2))
    missing = []
    for first, last in blocks:
        for code in range(first, last):
            try:
                check(chr(code))
            except MissingGlyph:
                missing.append(code)
    assert len(missing) <= 10


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\t",
        "\x1b",
        "\u00ad",
        "\u0301",
        "\u200b",
        "\u200d",
        "\u202e",
        "\u2066",
        "\u2800",
        "\u3164",
        "\ufe0f",
        "\ufeff",
        "\ud55c",
        "\ue000",
        "\uffff",
        "\u0627",
        "\U0001f600",
        "\U000e0100",
        "\U00031350",
    ],
)
def test_character_that_cannot_be_drawn_is_named(character: str) -> None:
    with pytest.raises(MissingGlyph) as caught:
        check(f"张{character}", where="Supervisor")
    error = caught.value
    assert isinstance(error, Malformed)
    assert (error.code, error.where, error.position) == ("missing-glyph", "Supervisor", 1)
    assert error.character == character
    assert error.code_point == f"U+{ord(character):04X}"
    assert error.code_point in error.message
    assert "Supervisor" in error.message


def test_line_feed_is_allowed_in_text_but_not_in_a_line() -> None:
    check("甲\n乙")
    with pytest.raises(MissingGlyph):
        runs("甲\n乙")


@given(st.text(max_size=30))
def test_text_is_drawn_whole_or_refused(text: str) -> None:
    try:
        found = runs(text)
    except MissingGlyph as error:
        assert text[error.position] == error.character
        return
    assert "".join(run.text for run in found) == text
    assert all(run.face.has(ord(c)) for run in found for c in run.text)


def test_width_adds_up_over_fonts() -> None:
    assert width("江𠮷", 10) == 20.0
    assert width("", 10) == 0.0


def test_fonts_match_their_manifest() -> None:
    path = ROOT / "scripts" / "vendor_fonts.py"
    spec = importlib.util.spec_from_file_location("vendor_fonts", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    assert module.check() == []


def test_manifest_lists_every_font_with_its_licence() -> None:
    entries = json.loads((fonts.FOLDER / "manifest.json").read_text())["fonts"]
    assert {entry["file"] for entry in entries} == set(fonts.FILES.values())
    for entry in entries:
        assert set(entry) >= {"name", "version", "licence", "sha256", "package"}
        assert "/" not in entry["package"].removeprefix("@expo-google-fonts/")
    assert sum(entry["bytes"] for entry in entries) < 28_000_000
