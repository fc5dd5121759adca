"""Nobody adds a page without saying where the crawl visits it."""

from __future__ import annotations

from tests.browser.places import gone, unplaced


def test_every_page_is_placed():
    assert unplaced() == set(), "Say in a module of tests/browser/places where these are visited."


def test_no_page_is_placed_that_is_gone():
    assert gone() == set()
