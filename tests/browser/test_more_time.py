"""Two members ask for more time, the tenderee extends it, the room sees it at once."""

from __future__ import annotations

from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.evaluation_site import PATIENCE, Evaluator, evaluation_site
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

REASON = "施工图较多，两日不足以审阅。"
WORDS = {
    "zh-hans": ("招标人应当延长", "请填写 1 至 72 的整数小时"),
    "en": ("The tenderee must extend it", "Give whole hours, from 1 to 72"),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_members_ask_and_the_tenderee_extends(chromium, language):
    must, hours = WORDS[language]
    with (
        evaluation_site(until="chaired") as site,
        closing(Evaluator(chromium, *site, 1, language)) as one,
        closing(Evaluator(chromium, *site, 2, language)) as other,
        closing(
            Visitor.open(chromium, site[0], session=site[1].host, language=language)
        ) as tenderee,
    ):
        for member in (one, other):
            card = member.page.locator("#time")
            card.locator("> summary").click()
            card.locator("form[data-do='ask-more-time'] button").click()
            expect(card.locator("form")).to_have_count(0, timeout=PATIENCE)
        for member in (one, other):
            expect(member.page.locator("#time > summary")).to_contain_text(must, timeout=PATIENCE)
        assert one.visitor.looked_at() == []

        page = tenderee.page
        assert tenderee.go("/desk/") == 200
        page.locator("tbody a[href$='/evaluation/time/']").first.click()
        page.locator("[name=hours]").fill("100")
        page.locator("[name=reason]").fill(REASON)
        page.locator("form[data-kept] button.btn").click()
        expect(page.locator(".errors")).to_contain_text(hours)
        expect(page.locator("[name=reason]")).to_have_value(REASON)
        assert tenderee.looked_at() == []
        page.locator("[name=hours]").fill("24")
        page.locator("form[data-kept] button.btn").click()
        expect(page.locator(".notice")).to_have_count(1)
        expect(page.locator("[name=hours]")).to_have_count(0)
        assert tenderee.looked_at() == []

        for member in (one, other):
            card = member.page.locator("#time")
            expect(card).to_contain_text(REASON, timeout=PATIENCE)
            expect(card.locator("form[data-do='ask-more-time']")).to_have_count(1)
        assert other.visitor.looked_at() == []
