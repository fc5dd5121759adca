"""The guides: both languages, every picture there, small, and none left over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "guides"
GUIDES = sorted(FOLDER.glob("[a-z]*.md"))
ROLES = {
    "tenderer", "tenderee", "guarantor", "evaluator", "supervisor", "operator", "archivist",
    "public",
}  # fmt: skip
MOST = 60_000


def pictures(guide: Path) -> list[str]:
    return re.findall(r"!\[[^\]]+\]\((pictures/[^)]+)\)", guide.read_text(encoding="utf-8"))


def test_every_role_has_a_guide():
    assert {guide.stem for guide in GUIDES} == ROLES


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_guide_shows_the_same_in_both_languages(guide: Path):
    shown = pictures(guide)
    english = [name.removeprefix("pictures/en/") for name in shown if "/en/" in name]
    chinese = [name.removeprefix("pictures/zh/") for name in shown if "/zh/" in name]
    assert english == chinese != []
    assert len(shown) == len(english) + len(chinese)


def test_pictures_are_there_and_small_and_none_is_left_over():
    named = {FOLDER / name for guide in GUIDES for name in pictures(guide)}
    assert named == set((FOLDER / "pictures").rglob("*.webp"))
    assert {path.name for path in named if path.stat().st_size >= MOST} == set()
