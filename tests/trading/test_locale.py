"""The Chinese of the pages: whole, well formed, and compiled from what stands in the tree."""

from __future__ import annotations

import gettext
import re
import shutil
import subprocess

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACE = re.compile(r"%\((\w+)\)[sd]|%[sd]")


@pytest.fixture(scope="module")
def catalogue() -> dict:
    with (FOLDER / "django.mo").open("rb") as stream:
        entries = gettext.GNUTranslations(stream)._catalog
    return {key: text for key, text in entries.items() if key}


def test_catalogue_leaves_nothing_in_english(catalogue):
    assert len(catalogue) > 500
    assert [key for key, text in catalogue.items() if not text] == []
    assert "fuzzy" not in (FOLDER / "django.po").read_text(encoding="utf-8")


def test_catalogue_keeps_every_placeholder(catalogue):
    def places(text):
        return sorted(match.group(0) for match in PLACE.finditer(text))

    wrong = []
    for key, text in catalogue.items():
        message = key[0] if isinstance(key, tuple) else key
        if places(message.rpartition("\x04")[2]) != places(text):
            wrong.append(message)
    assert wrong == []


def test_catalogue_keeps_every_tag(catalogue):
    def tags(text):
        return sorted(re.findall(r"<[^>]+>", text))

    wrong = [key for key, text in catalogue.items() if isinstance(key, str)
             and tags(key) != tags(text)]
    assert wrong == []


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="gettext is not on this machine")
def test_compiled_catalogue_is_the_written_one(tmp_path):
    target = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", target, FOLDER / "django.po"], check=True)
    assert target.read_bytes() == (FOLDER / "django.mo").read_bytes()
