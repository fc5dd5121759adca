"""Texts of XML parts and XMP packets, without a parser that would fetch or expand anything.

The twin of ``bidding/static/bidding/js/check/markup.js``.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"<(!--.*?--|!\[CDATA\[.*?\]\]|[?!][^>]*|/?[^<>]+)>|([^<]+)", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ENTITY = re.compile(
    r"&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));", re.IGNORECASE | re.ASCII
)
_OWN = re.compile(r"(xmlns|xml|rdf|xsi)\b")
_NAME = re.compile(r"/?([^\s/]+)")
#: Elements that group others and name nothing themselves.
_GROUPS = frozenset(["li", "Seq", "Alt", "Bag", "Description", "lpwstr", "vector", "variant"])
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
#: What other formats call the same thing.
_SAME = {
    "creator": "Author",
    "author": "Author",
    "Artist": "Author",
    "XPAuthor": "Author",
    "initial-creator": "Author",
    "Creator": "Application",
    "CreatorTool": "Application",
    "lastModifiedBy": "LastModifiedBy",
    "rights": "Copyright",
    "OwnerName": "Owner",
    "CameraOwnerName": "Owner",
}
#: Elements that end a line of text.
_LINES = frozenset(["p", "row", "si", "TextObject", "h", "br", "tab", "c"])


def field_name(name: str) -> str:
    """The one name of a property that formats call differently."""
    return _SAME.get(name, name)


def _local(name: str) -> str:
    return name.partition(":")[2] or name


def unescape(text: str) -> str:
    """A text with XML's own five entities and character references resolved; no others."""

    def resolved(found: re.Match[str]) -> str:
        hexadecimal, decimal, named = found.groups()
        if named:
            return _NAMED[named.lower()]
        code = int(hexadecimal, 16) if hexadecimal else int(decimal)
        valid = 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000
        return chr(code) if valid else found[0]

    return _ENTITY.sub(resolved, text)


def fields_of(xml: str) -> list[tuple[str, str]]:
    """Every text with the name of what it stands in, groups left out."""
    found: list[tuple[str, str]] = []
    within: list[str] = []
    for tag, text in _TOKEN.findall(xml):
        if not tag:
            name = next((each for each in reversed(within) if each not in _GROUPS), "")
            if text.strip() and name:
                found.append((field_name(name), unescape(text).strip()))
        elif tag.startswith("/"):
            if within:
                within.pop()
        elif tag[0] not in "?!":
            for name, double, single in _ATTRIBUTE.findall(tag):
                value = unescape(double or single).strip()
                if value and not _OWN.match(name):
                    found.append((field_name(_local(name)), value))
            if not tag.endswith("/"):
                opened = _NAME.match(tag)
                within.append(_local(opened[1]) if opened else "")
    return found


def text_of(xml: str) -> tuple[str, list[str]]:
    """A part's text as one reads it, a line a paragraph, and the authors of its changes."""
    text: list[str] = []
    authors: dict[str, None] = {}
    for tag, plain in _TOKEN.findall(xml):
        if not tag:
            text.append(unescape(plain))
        elif tag[0] not in "?!":
            named = _NAME.match(tag)
            if named and _local(named[1]) in _LINES:
                text.append("\n")
            for name, double, single in _ATTRIBUTE.findall(tag):
                if _local(name) == "author" and unescape(double or single).strip():
                    authors[unescape(double or single).strip()] = None
    return "".join(text), list(authors)
