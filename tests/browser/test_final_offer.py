"""A supplier makes its final offer from its page; who was left out is told so there."""

from __future__ import annotations

from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.bid_site import Bidder, bid_site
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

WORDS = {"zh-hans": "您的最后报价", "en": "Your final offer"}
OUT = {"zh-hans": "只有继续参加谈判（磋商）的供应商", "en": "with whom the group goes on"}


@pytest.fixture(scope="module")
def site():
    with bid_site(final_offers=True) as found:
        yield found


@pytest.mark.parametrize(
    ("who", "language"), [("tenderer-0", "zh-hans"), ("tenderer-1", "en")], ids=["zh", "en"]
)
def test_final_offer_is_sealed_in_the_page(site, chromium, who, language):
    with closing(Bidder(chromium, *site, who, language)) as bidder:
        page = bidder.page
        expect(page.locator(".head")).to_contain_text(WORDS[language])
        expect(page.locator("[data-task]")).to_have_count(4)
        bidder.write(duration_days="60", quality="合格", manager="王建国", price="4,600,000")
        bidder.sign()
        bidder.confirmed(1)
        offers = [each for each in bidder.mine() if each["state"] == "live"]
        assert [upload["slot"] for upload in offers[0]["versions"][0]["uploads"]] == [1, 4]
        assert not [data for data in bidder.sent if "王建国".encode() in data or b"4600000" in data]
        assert bidder.visitor.looked_at() == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_who_was_left_out_is_told_and_given_no_form(site, chromium, language):
    origin, stage = site
    visitor = Visitor.open(
        chromium, origin, session=stage.sessions["tenderer-3"], language=language
    )
    with closing(visitor):
        assert visitor.go(f"/projects/{stage.project}/lots/1/bid/") == 200
        expect(visitor.page.locator("main")).to_contain_text(OUT[language])
        expect(visitor.page.locator("[data-seal-form]")).to_have_count(0)
        assert visitor.looked_at() == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_project_s_page_leads_to_the_final_offer(site, chromium, language):
    origin, stage = site
    visitor = Visitor.open(
        chromium, origin, session=stage.sessions["tenderer-2"], language=language
    )
    with closing(visitor):
        assert visitor.go(f"/projects/{stage.project}/lots/1/") == 200
        steps = visitor.page.locator("a[href$='/bid/#sign']")
        expect(steps).to_have_count(1)
        expect(visitor.page.locator("main")).to_contain_text(WORDS[language])
