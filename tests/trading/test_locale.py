"""The Chinese of the pages: whole, well formed, and compiled from what stands in the tree."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
import subprocess
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.utils.translation.template import templatize

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


#: Calls whose first text is a message; those with a context or a plural have more.
SIMPLE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL, CONTEXT = {"ngettext", "ngettext_lazy"}, {"pgettext", "pgettext_lazy"}
APPS = ("signatures", "trading", "bidding", "archive", "demo")


def of_python(source: str) -> set[str]:
    """The messages that a Python text asks for, as the catalogue's keys."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
        name = node.func.id
        if texts and isinstance(texts[0], str) and name in SIMPLE | PLURAL:
            found.add(texts[0])
        elif len(texts) > 1 and name in CONTEXT:
            found.add(f"{texts[0]}\x04{texts[1]}")
    return found


def of_template(source: str) -> set[str]:
    """The messages of a template, by way of what it is turned into for extraction."""
    python = templatize(source)
    calls = re.findall(
        r"\b(_|gettext|ngettext|pgettext|npgettext)\(\s*((?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
        r"(?:,\s*u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))*)", python.replace(" u'", " '")
        .replace("(u'", "('").replace('(u"', '("').replace(' u"', ' "'),
    )
    found = set()
    for name, arguments in calls:
        texts = ast.literal_eval(f"({arguments},)")
        found.add(f"{texts[0]}\x04{texts[1]}" if name.startswith(("p", "np")) else texts[0])
    return found


def test_texts_are_found_where_they_stand():
    python = 'a = _("One")\nb = ngettext("Two", "Twos", n)\nc = pgettext("room", "Three")\n'
    assert of_python(python) == {"One", "Two", "room\x04Three"}
    template = (
        "{% load i18n %}{% translate 'It’s' %}{% translate \"Say \\\"x\\\"\" %}"
        "{% blocktranslate count n=n %}{{ n }} bid{% plural %}{{ n }} bids{% endblocktranslate %}"
        "{% translate 'May' context 'month' %}"
    )
    assert {"It’s", "%(n)s bid", "month\x04May"} <= of_template(template)


def test_every_text_of_the_pages_has_its_chinese(catalogue):
    known = {key[0] if isinstance(key, tuple) else key for key in catalogue}
    wanted: dict[str, str] = {}
    for app in APPS:
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            if "django.utils.translation" in source:
                wanted |= dict.fromkeys(of_python(source), str(path))
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        wanted |= dict.fromkeys(of_template(path.read_text(encoding="utf-8")), str(path))
    assert len(wanted) > 2000
    by_django = gettext.translation("django", Path(django.__file__).parent / "conf/locale",
                                    ["zh_Hans"])._catalog
    missing = {
        text: path for text, path in wanted.items() if text not in known and text not in by_django
    }
    assert missing == {}
