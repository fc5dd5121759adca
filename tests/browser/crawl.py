"""The crawl of all pages: what one visit looks for, and the tests that a language's module takes.

A language has a module of its own, so that two workers share the work; nothing that one has seen
spares the other anything.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.places import address, visits
from tests.browser.places.place import ROLES, Place
from tests.browser.stage import Stage
from tests.browser.visitor import NARROW, WIDE, Visitor

VISITS = list(visits())
EMPTY = [(name, place) for name, place in VISITS if place.empty]

#: What has been looked at: many roles read the same page, only their name at its head differs.
_seen: set[bytes] = set()

#: A folder that gets a picture of each page looked at, for ``scripts/contact_sheet.py``.
PICTURES = os.environ.get("SUNLIT_PICTURES", "")


def look(visitor: Visitor, name: str, place: Place, role: str, stage: Stage) -> None:
    """The page is what was expected for this role, and nothing is wrong with it at either width."""
    there = address(name, place, stage)
    expected = place.status(role)
    status, html = visitor.fetch(there)
    assert status == expected
    key = _key(html.replace(there, ""), whole=name == "front")
    if key in _seen:
        return
    visitor.resize(WIDE)
    assert visitor.go(there) == expected
    if place.ready:
        visitor.page.wait_for_selector(place.ready)
    faults = []
    for width in (WIDE, NARROW):
        visitor.resize(width)
        faults += visitor.faults() + visitor.barriers()
        if PICTURES:
            _keep(visitor, f"{name}-{place.label or 'as'}-{role}", width)
    assert faults == []
    _seen.add(key)


def _keep(visitor: Visitor, name: str, width: int) -> None:
    """One picture of the whole page, named so that a page's pictures lie side by side."""
    language = visitor.page.evaluate("document.documentElement.lang")
    visitor.page.screenshot(path=f"{PICTURES}/{width}-{language}-{name}.png", full_page=True)


def _key(html: str, *, whole: bool) -> bytes:
    """What of a page makes it worth a look: not its forms' tokens, nor the seconds of its clock,
    nor which person it keeps things for (that it is somebody counts), nor its own address, by which
    alone two refusals differ.

    What stands at its head (who has signed in, how many messages wait) is looked at once a role,
    on the front page.
    """
    if not whole:
        html = re.sub(r'<div class="mast">.*?</header>', "", html, flags=re.S)
    html = re.sub(r'value="[0-9A-Za-z-]{32,}"', "", html)
    html = re.sub(r'data-person="[0-9a-f-]{36}"', "data-person", html)
    html = re.sub(r"\d\d:\d\d:\d\d(\.\d+)?", "", html)
    return hashlib.sha256(html.encode()).digest()


def _names(visited: list[tuple[str, Place]]) -> list[str]:
    return [f"{name}-{place.label}" if place.label else name for name, place in visited]


def crawl(language: str) -> tuple[Callable[..., None], Callable[..., None]]:
    """The tests of one language: every page by role, and on a platform without projects."""

    @pytest.mark.parametrize(("name", "place"), VISITS, ids=_names(VISITS))
    @pytest.mark.parametrize("role", ROLES)
    def filled(sites: Any, visit: Any, name: str, place: Place, role: str) -> None:
        look(visit(sites.filled, role, language), name, place, role, sites.filled.stage)

    @pytest.mark.parametrize(("name", "place"), EMPTY, ids=_names(EMPTY))
    def empty(sites: Any, visit: Any, name: str, place: Place) -> None:
        look(visit(sites.empty, "public", language), name, place, "public", sites.empty.stage)

    return filled, empty
