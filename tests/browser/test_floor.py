"""A floor in a real browser: an application is signed, prices are asked in two tabs, wrong amounts
stay beside their field, a lost line loses nothing, the clock ends it, the result is replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.floor_stage import PASSWORD, FloorStage
from tests.browser.staged import staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

#: Milliseconds that a signature or the room's next state may take on a busy machine.
PATIENCE = 60_000
Site = tuple[str, FloorStage, Callable[[str], None]]
#: From the stage's moment to half an hour after the end of the listing.
LISTED = 14 * 86_400 + 4 * 3_600


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Origin, stage, and what moves the clock."""
    program = "tests.browser.floor_stage"
    with staged(program) as site:
        stage = FloorStage(**site.found)
        yield site.origin, stage, lambda seconds: site.run("-m", program, "tick", seconds) and None


def enter(chromium: Browser, site: Site, who: str, path: str, language: str = "en") -> Visitor:
    origin, stage, _tick = site
    visitor = Visitor.open(
        chromium, origin, session=stage.sessions.get(who), language=language
    )
    assert visitor.go(path) == 200
    return visitor


def floor(stage: FloorStage, lot: str = "") -> str:
    return f"/projects/{lot or stage.live}/lots/1/floor/"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("who", ["", "leader", "second", "supervisor", "tenderee"])
def test_floor_stands_for_everybody(site: Site, chromium: Browser, who, language) -> None:
    _origin, stage, _tick = site
    with closing(enter(chromium, site, who, floor(stage), language)) as visitor:
        if who:
            expect(visitor.page.locator(".chip-live")).to_be_visible(timeout=PATIENCE)
        assert visitor.looked_at() == []
        text = visitor.page.locator("main").inner_text()
        assert ("华岳地产" in text) is (who == "supervisor")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("who", ["applicant", "seller", "operator"])
def test_applications_stand_for_everybody(site: Site, chromium: Browser, who, language) -> None:
    _origin, stage, _tick = site
    path = f"{floor(stage, stage.entry)}applications/"
    with closing(enter(chromium, site, who, path, language)) as visitor:
        assert visitor.looked_at() == []
        text = visitor.page.locator("main").inner_text()
        assert ("华岳地产集团" in text) is (who != "applicant")


def test_application_is_signed_paid_and_confirmed(site: Site, chromium: Browser) -> None:
    _origin, stage, _tick = site
    path = f"{floor(stage, stage.entry)}applications/"
    with closing(enter(chromium, site, "applicant", path)) as visitor:
        page = visitor.page
        page.get_by_role("button", name="Go on to sign").click()
        expect(page.locator("#statement")).to_contain_text("sunlit.application/1")
        assert visitor.looked_at() == []
        page.locator("input[type=file][accept*='.p12']").first.set_input_files(
            stage.certificates["applicant"]
        )
        page.locator("input[type=password]").first.fill(PASSWORD)
        with page.expect_navigation(timeout=PATIENCE):
            page.get_by_role("button", name="Sign here and apply").click()
        expect(page.locator("main")).to_contain_text("Waits for the deposit")
        assert visitor.looked_at() == []
    with closing(enter(chromium, site, "operator", path)) as visitor:
        page = visitor.page
        own = page.locator("li", has=page.get_by_text("东湖新城开发有限公司"))
        own.locator("summary").click()
        own.get_by_label("Amount in CNY").fill("36,000,000")
        own.get_by_label("Paid at, by the bank").fill("2026-04-08T11:00:00")
        own.get_by_label("The bank's reference").fill("ICBC-1")
        own.get_by_role("button", name="Record the deposit").click()
        own = page.locator("li", has=page.get_by_text("东湖新城开发有限公司"))
        expect(own).to_contain_text("record it when it has come in full")
        expect(own.get_by_label("Amount in CNY")).to_have_value("36,000,000")
        own.get_by_label("Amount in CNY").fill("36,400,000")
        own.get_by_role("button", name="Record the deposit").click()
        expect(own).to_contain_text("To be decided")
    with closing(enter(chromium, site, "seller", path)) as visitor:
        page = visitor.page
        page.get_by_role("button", name="Confirm the qualification").click()
        expect(page.locator("main")).to_contain_text("Bidder's number")
        assert visitor.looked_at() == []


def test_floor_is_played_to_its_end(site: Site, chromium: Browser) -> None:
    _origin, stage, tick = site
    with (
        closing(enter(chromium, site, "bidder", floor(stage))) as first,
        closing(enter(chromium, site, "leader", floor(stage))) as second,
        closing(enter(chromium, site, "tenderee", floor(stage))) as seller,
    ):
        page, other = first.page, second.page
        again = first.context.new_page()
        again.goto(page.url)
        for each in (page, other, again):
            expect(each.locator(".chip-live")).to_be_visible(timeout=PATIENCE)
        expect(other.locator("#ask-form")).to_have_count(0)
        for typed, said in (
            ("abc", "Write an amount in CNY"),
            ("-192000000", "Write an amount in CNY"),
            ("190,000,000", "Ask 192,000,000.00 CNY at least."),
            ("193000000", "Prices go in whole steps of 2,000,000.00 CNY"),
        ):
            page.locator("#ask-price").fill(typed)
            page.get_by_role("button", name="Ask this price").click()
            expect(page.locator("#ask-form [data-mistake]")).to_contain_text(said)
            assert page.locator("#ask-price").input_value().replace(",", "") == typed.replace(
                ",", ""
            )
        assert first.looked_at() == []
        page.get_by_role("button", name="192,000,000.00").click()
        expect(page.locator("#ask-price")).to_have_value("192,000,000.00")
        page.get_by_role("button", name="Ask this price").click()
        for each in (page, again, other):
            expect(each.locator(".floor-price")).to_contain_text("192,000,000.00")
        expect(page.locator(".floor-pair")).to_contain_text("Leading")
        expect(again.locator(".floor-pair")).to_contain_text("Leading")
        # What another tab has typed stays when the price moves on beside it.
        again.close()
        first.context.set_offline(True)
        other.locator("#ask-price").fill("194000000")
        other.get_by_role("button", name="Ask this price").click()
        expect(other.locator(".floor-price")).to_contain_text("194,000,000.00")
        first.context.set_offline(False)
        expect(page.locator(".floor-price")).to_contain_text("194,000,000.00", timeout=PATIENCE)
        expect(page.locator(".chip-live, .chip-replayed")).to_be_visible(timeout=PATIENCE)

        tick(str(LISTED))
        expect(page.locator(".room-steps .is-now")).to_contain_text(
            "Limited rounds, no. 1", timeout=PATIENCE
        )
        expect(page.locator("[data-until]")).to_contain_text("0", timeout=PATIENCE)
        expect(page.locator("[data-left]")).to_be_visible(timeout=PATIENCE)
        assert first.looked_at() == []
        page.locator("#ask-price").fill("200,000,000")
        page.get_by_role("button", name="Ask this price").click()
        expect(page.locator(".room-steps .is-now")).to_contain_text("no. 2", timeout=PATIENCE)
        tick("301")
        expect(seller.page.get_by_label("The reserve in CNY")).to_be_visible(timeout=PATIENCE)
        seller.page.get_by_label("The reserve in CNY").fill("190,000,001")
        seller.page.get_by_label("Its salt").fill("5a" * 32)
        seller.page.get_by_role("button", name="Open the reserve").click()
        expect(seller.page.locator("form[data-do=open-reserve] [data-mistake]")).to_contain_text(
            "not those that were committed to"
        )
        assert seller.looked_at() == []
        seller.page.get_by_label("The reserve in CNY").fill("190,000,000")
        seller.page.get_by_label("Its salt").fill("5a" * 32)
        seller.page.get_by_role("button", name="Open the reserve").click()
        expect(page.locator("main")).to_contain_text("Sold at", timeout=PATIENCE)
        expect(page.locator("#ask-form")).to_have_count(0)
        expect(page.locator("[data-record]")).to_be_visible(timeout=PATIENCE)
        assert first.looked_at() == []
        assert seller.looked_at() == []
    with closing(enter(chromium, site, "", floor(stage))) as visitor:
        text = visitor.page.locator("#floor-log-lines").inner_text()
        assert text.count("Bidder") == 6 and "The reserve is open" in text
        assert visitor.looked_at() == []
