"""A chair asks, a tenderer answers: each at their page, told at once what the other did."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.evaluation_site import PATIENCE, Evaluator, evaluation_site
from tests.browser.evaluation_stage import PASSPHRASE
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

QUESTION, ANSWER = "总工期两处不一致，以哪一处为准？", "以第12页的三百日为准。"
WORDS = {
    "zh-hans": ("等待答复", "已答复", "文件打不开", "证书可信", "请写明页码或条款", "请写明答复"),
    "en": (
        "Answer awaited", "Answered", "could not be opened", "certificate recognised",
        "Name the page or the clause", "Write your answer",
    ),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_chair_asks_and_tenderer_answers_signed(chromium, language):
    awaited, answered, wrong, recognised, no_point, no_answer = WORDS[language]
    with (
        evaluation_site(until="chaired") as site,
        closing(Evaluator(chromium, *site, 0, language)) as chair,
        closing(Evaluator(chromium, *site, 1, language)) as member,
        closing(
            Visitor.open(chromium, site[0], session=site[1].bidder, language=language)
        ) as tenderer,
    ):
        stage = site[1]
        page = chair.page

        # The chair asks; what is missing is said beside its field, what was typed stays.
        page.locator("#ask-clarification > summary").click()
        form = page.locator("form[data-do='ask-clarification']")
        document = form.locator("select[name=document]")
        document.select_option(label=f"{stage.code}-1.pdf")
        form.locator("[name=question]").fill(QUESTION)
        assert chair.visitor.looked_at() == []
        form.locator("button").click()
        expect(page.locator(".errors")).to_contain_text(no_point)
        chair.stands("live")
        form = page.locator("form[data-do='ask-clarification']")
        expect(form.locator("[name=question]")).to_have_value(QUESTION)
        form.locator("[name=point]").fill("第12页")
        form.locator("button").click()
        for one in (chair, member):
            card = one.page.locator("#clarifications")
            expect(card.locator("> summary")).to_contain_text(awaited, timeout=PATIENCE)
            card.locator("> summary").click()
            expect(card).to_contain_text(QUESTION)
        assert member.visitor.looked_at() == []

        # The tenderer finds it from its desk, reads it without code or name, and answers.
        desk = tenderer.page
        assert tenderer.go("/desk/") == 200
        desk.locator("tbody a[href$='/clarifications/']").first.click()
        expect(desk.locator(".asked")).to_contain_text(QUESTION)
        # The page holds moments, too: "T02:00" is one, and no bid's code.
        assert not re.search(rf"{stage.code}(?!:)", desk.content())
        assert tenderer.looked_at() == []
        answer = desk.locator("textarea[name=text]")
        answer.fill(ANSWER)
        desk.locator("[name=within_bid]").check()
        desk.reload()
        expect(answer).to_have_value(ANSWER)
        expect(desk.locator("[name=within_bid]")).to_be_checked()
        answer.fill("")
        desk.locator("button[value=write]").click()
        expect(desk.locator(".errors")).to_contain_text(no_answer)
        answer.fill(ANSWER)
        desk.locator("button[value=write]").click()
        said = re.compile(re.escape(f'"answer":"{ANSWER}"'))
        expect(desk.locator("[data-statement]")).to_have_value(said)
        desk.locator("[data-sign-file]").set_input_files(stage.bidder_certificate)
        desk.locator("[data-sign-password]").fill("wrong")
        desk.locator("[data-sign-go]").click()
        expect(desk.locator("[data-sign-said]")).to_contain_text(wrong)
        assert tenderer.looked_at() == []
        desk.locator("[data-sign-password]").fill(PASSPHRASE)
        desk.locator("[data-sign-go]").click()
        expect(desk.locator(".answered")).to_contain_text(ANSWER, timeout=PATIENCE)
        expect(desk.locator(".answered a[href*='/receipts/']")).to_have_count(1)
        expect(desk.locator(".asked .status").first).to_contain_text(answered)
        desk.locator(".answered .signature > summary").click()
        assert tenderer.looked_at() == []

        # The room reads it under the code, by nobody's name; a lost line loses nothing.
        member.line.cut()
        member.stands("stale")
        member.line.mend()
        for one in (chair, member):
            card = one.page.locator("#clarifications")
            expect(card).to_contain_text(ANSWER, timeout=PATIENCE)
            expect(card).to_contain_text(recognised)
            assert "东岳路桥" not in one.page.content()
        assert chair.visitor.looked_at() == []

