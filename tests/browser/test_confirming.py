"""A tenderer reads what a later edition changed, fetches it, and confirms its bid in the page."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.bid_site import bid_site
from tests.browser.visitor import NARROW, WIDE, Visitor

pytestmark = pytest.mark.long

#: A folder in which pictures of the pages are kept, for who looks at them.
PICTURES = os.environ.get("SUNLIT_PICTURES", "")


def seen(visitor: Visitor, name: str) -> None:
    """Nothing is wrong with the page, narrow or wide."""
    assert visitor.looked_at() == []
    if PICTURES:
        for width in (NARROW, WIDE):
            visitor.resize(width)
            path = str(Path(PICTURES) / f"{name}-{width}.png")
            visitor.page.screenshot(path=path, full_page=True)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_bid_is_confirmed_once_its_edition_is_fetched(chromium, language):
    with bid_site(amended=True) as (origin, stage):
        lot = f"/projects/{stage.project}/lots/1/"
        for who in (None, "tenderee", "tenderer-0"):
            session = None if who is None else stage.sessions[who]
            with closing(
                Visitor.open(chromium, origin, session=session, language=language)
            ) as visitor:
                assert visitor.go(lot) == 200
                seen(visitor, f"lot-{who}-{language}")
                visitor.page.locator(f".facts a[href='{lot}editions/']").click()
                expect(visitor.page.locator("article")).to_have_count(2)
                expect(visitor.page.locator("form [name=clause_1]")).to_have_count(
                    1 if who == "tenderee" else 0
                )
                seen(visitor, f"editions-{who}-{language}")
        with closing(
            Visitor.open(
                chromium, origin, session=stage.sessions["tenderer-0"], language=language
            )
        ) as visitor:
            page = visitor.page
            box = page.locator("section[aria-labelledby='to-confirm']")
            assert visitor.go(f"{lot}bid/") == 200
            expect(box.locator("form")).to_have_count(0)
            seen(visitor, f"unfetched-{language}")
            box.locator("a.btn").click()
            with page.expect_response(lambda answer: answer.request.method == "POST"):
                page.locator(".can form button").first.click()
            assert visitor.go(f"{lot}bid/") == 200
            seen(visitor, f"fetched-{language}")
            box.locator("form button").click()
            expect(page.locator(".notice")).to_have_count(1)
            expect(box).to_have_count(0)
            seen(visitor, f"confirmed-{language}")
