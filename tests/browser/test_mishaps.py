"""What happens to everybody: a session ends in the middle of a form, a button is pressed twice, two
tabs stand open, the way back is taken, a page is loaded anew. Nothing that was typed is lost, and
nothing is done twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.bidding import papers
from tests.browser.bid_site import KIT_PASSPHRASE, PATIENCE, Bidder, bid_site
from tests.browser.bid_stage import PASSPHRASE
from tests.browser.stage import PASSWORD, Stage
from tests.browser.staged import staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

#: Milliseconds for which a slow line holds what is sent.
SLOW = 1_500
Site = tuple[str, Stage]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with staged("tests.browser.stage") as site:
        yield site.origin, Stage(**site.found)


@contextmanager
def visiting(chromium: Browser, site: Site, role: str | None) -> Iterator[Visitor]:
    origin, stage = site
    session = stage.sessions[role] if role else None
    with closing(Visitor.open(chromium, origin, session=session, language="en")) as visitor:
        yield visitor


def session_ends(visitor: Visitor) -> None:
    visitor.context.clear_cookies(name="sessionid")


def signs_in_again(visitor: Visitor, site: Site, role: str) -> None:
    """As somebody does who follows the page's own link; by session, for not everybody has a
    password on this stage."""
    expect(visitor.page.locator("main")).to_contain_text("your session has ended")
    link = visitor.page.locator("main a", has_text="Sign in").first
    [target] = re.findall(r"next=(.*)", str(link.get_attribute("href")))
    visitor.context.add_cookies(
        [{"name": "sessionid", "value": site[1].sessions[role], "url": visitor.origin}]
    )
    visitor.page.goto(f"{visitor.origin}{target.replace('%2F', '/')}")


def slowly(page: Page) -> None:
    """The line holds every form for a while."""

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            page.wait_for_timeout(SLOW)
        route.continue_()

    page.route("**/*", hold)


def questions_of(visitor: Visitor) -> int:
    return visitor.page.locator(".asked > li").count()


# --- a question ---------------------------------------------------------------------------------


def test_question_survives_the_session_s_end_and_is_asked_once_on_a_slow_line(chromium, site):
    with visiting(chromium, site, "tenderer") as visitor:
        page = visitor.page
        address = f"/projects/{site[1].project}/lots/1/questions/"
        assert visitor.go(address) == 200
        before = questions_of(visitor)
        page.fill("#ask_text", "管材接口采用何种形式？")
        page.reload()
        expect(page.locator("#ask_text")).to_have_value("管材接口采用何种形式？")

        session_ends(visitor)
        page.click("form:has(#ask_text) .btn")
        expect(page.locator("main")).to_contain_text("your session has ended")
        # By password, as the page proposes.
        page.click("main a:has-text('Sign in')")
        page.fill("#id_username", site[1].username)
        page.fill("#id_password", PASSWORD)
        page.dblclick("main form .btn")
        page.wait_for_url(f"{visitor.origin}{address}")
        expect(page.locator("#ask_text")).to_have_value("管材接口采用何种形式？")
        assert questions_of(visitor) == before

        slowly(page)
        page.dblclick("form:has(#ask_text) .btn")
        expect(page.locator(".notice")).to_contain_text("Your question was asked")
        assert questions_of(visitor) == before + 1
        # It was taken: neither a reload nor the way back offers it again.
        page.reload()
        expect(page.locator("#ask_text")).to_have_value("")
        page.go_back()
        page.goto(f"{visitor.origin}{address}")
        expect(page.locator("#ask_text")).to_have_value("")
        assert questions_of(visitor) == before + 1


# --- a new project ------------------------------------------------------------------------------


def projects_of(visitor: Visitor, title: str) -> int:
    status, text = visitor.fetch(f"/projects/?q={title}")
    assert status == 200
    return len(set(re.findall(r'href="(/projects/[^/"]+/)"', text)))


def test_plan_of_several_lots_survives_the_session_s_end_and_is_registered_once(chromium, site):
    with visiting(chromium, site, "tenderee") as visitor:
        page = visitor.page
        assert visitor.go("/plan/") == 200
        page.fill("#id_title", "双击改造工程")
        for number, title in enumerate(("一标段", "二标段", "三标段")):
            if number:
                page.click("button[name=do][value=add]")
            page.fill(f"#id_lot-{number}-title", title)
        page.fill("#id_lot-2-estimate", "1,000,000.00")

        session_ends(visitor)
        page.click("button.btn[value=register]")
        signs_in_again(visitor, site, "tenderee")
        expect(page.locator("#id_lot-2-estimate")).to_have_value("1,000,000.00")
        expect(page.locator("#id_title")).to_have_value("双击改造工程")
        for number, title in enumerate(("一标段", "二标段", "三标段")):
            expect(page.locator(f"#id_lot-{number}-title")).to_have_value(title)

        page.dblclick("button.btn[value=register]")
        page.wait_for_url(re.compile(r"/prepare/$"))
        expect(page.locator(".notice")).to_contain_text("is registered")
        assert projects_of(visitor, "双击改造工程") == 1
        page.go_back()
        expect(page.locator("#id_title")).to_have_value("")
        assert visitor.go("/plan/") == 200
        expect(page.locator("#id_title")).to_have_value("")


# --- a draft that two tabs work on --------------------------------------------------------------

WORDS = {"scope": "道路 2.4 公里", "place": "东岳市", "requirements": "一级资质", "contact": "周明"}


def test_stale_tab_says_what_was_kept_meanwhile_and_keeps_what_was_typed(chromium, site):
    with visiting(chromium, site, "tenderee") as visitor:
        address = f"/projects/{site[1].draft}/lots/1/prepare/notice/"
        assert visitor.go(address) == 200
        first, second = visitor.page, visitor.context.new_page()
        second.goto(f"{visitor.origin}{address}")
        for tab, contact in ((first, "周明 8801"), (second, "吴倩 8802")):
            for name, text in (WORDS | {"contact": contact}).items():
                tab.fill(f"#id_{name}", text)
        first.click("main form .btn")
        expect(first.locator(".notice")).to_contain_text("kept as a draft")

        second.click("main form .btn")
        expect(second.locator("[data-error-summary]")).to_contain_text("changed meanwhile")
        expect(second.locator("#id_contact_error")).to_contain_text("周明 8801")
        expect(second.locator("#id_scope_error")).to_have_count(0)
        expect(second.locator("#id_contact")).to_have_value("吴倩 8802")
        # Having been told, the next attempt is meant.
        second.click("main form .btn")
        expect(second.locator(".notice")).to_contain_text("kept as a draft")
        first.goto(f"{visitor.origin}{address}")
        expect(first.locator("#id_contact")).to_have_value("吴倩 8802")


# --- a finding ----------------------------------------------------------------------------------


def test_finding_survives_the_session_s_end(chromium, site):
    with visiting(chromium, site, "inspector") as visitor:
        page = visitor.page
        assert visitor.go(f"/inspections/{site[1].inspection}/") == 200
        page.locator("a[href*='/items/']").first.click()
        page.fill("#id_text", "第三章第二节与公告不一致。")
        page.locator("input[name=outcome]").nth(1).check()
        chosen = page.locator("input[name=outcome]:checked").get_attribute("value")
        session_ends(visitor)
        page.click("button[name=step][value=write]")
        signs_in_again(visitor, site, "inspector")
        expect(page.locator("#id_text")).to_have_value("第三章第二节与公告不一致。")
        expect(page.locator("input[name=outcome]:checked")).to_have_attribute("value", chosen)
        # And once more while it waits for its signature.
        page.click("button[name=step][value=write]")
        page.fill("#id_text", "第三章第二节与公告第四条不一致。")
        session_ends(visitor)
        page.click("button[name=step][value=write]")
        signs_in_again(visitor, site, "inspector")
        expect(page.locator("#id_text")).to_have_value("第三章第二节与公告第四条不一致。")


def test_finding_in_two_tabs_on_a_slow_line_is_put_together_once(chromium, site):
    with visiting(chromium, site, "inspector") as visitor:
        page = visitor.page
        assert visitor.go(f"/inspections/{site[1].inspection}/") == 200
        address = page.locator("a[href*='/items/']").nth(1).get_attribute("href")
        other = visitor.context.new_page()
        words = "公告缺少获取文件的办法。", "公告第四条与招标文件不一致。"
        for tab, text in zip((page, other), words, strict=True):
            tab.goto(f"{visitor.origin}{address}")
            tab.fill("#id_text", text)
            tab.locator("input[name=outcome]").nth(1).check()
            tab.locator("main input[type=checkbox]").first.check()
        sent = []
        page.on("request", lambda request: sent.append(request.method))
        slowly(page)
        page.dblclick("button[name=step][value=write]")
        expect(page.locator("[data-statement]")).to_have_value(re.compile(words[0]))
        assert sent.count("POST") == 1
        # The other tab has its own words still, and a reload takes none of them away.
        other.reload()
        expect(other.locator("#id_text")).to_have_value(words[1])
        other.click("button[name=step][value=write]")
        expect(other.locator("[data-statement]")).to_have_value(re.compile(words[1]))


# --- a form gone stale --------------------------------------------------------------------------


def test_form_gone_stale_leads_back_to_what_was_typed(chromium, site):
    with visiting(chromium, site, "tenderee") as visitor:
        page = visitor.page
        assert visitor.go(f"/projects/{site[1].draft}/lots/1/prepare/notice/") == 200
        page.fill("#id_contact", "郑和 8803")
        visitor.context.clear_cookies(name="csrftoken")
        page.click("main form .btn")
        expect(page.locator("h1")).to_contain_text("gone stale")
        page.click("text=Open the form anew")
        expect(page.locator("#id_contact")).to_have_value("郑和 8803")


# --- roles --------------------------------------------------------------------------------------


def test_role_is_given_once_and_a_stale_tab_keeps_the_reason(chromium, site):
    with visiting(chromium, site, "operator") as visitor:
        page = visitor.page
        address = f"/operator/organisations/{site[1].organisation}/"
        assert visitor.go(address) == 200
        members = page.locator("section[aria-labelledby=members] tbody tr")
        before = members.count()
        other = visitor.context.new_page()
        other.goto(f"{visitor.origin}{address}")
        username = _somebody_else(visitor)
        for tab in (page, other):
            tab.fill("#id_grant-username", username)
            tab.fill("#id_grant-reason", "授权书 2026-17 号")
        session_ends(visitor)
        page.click("form[data-kept^=grant] .btn")
        signs_in_again(visitor, site, "operator")
        expect(page.locator("#id_grant-reason")).to_have_value("授权书 2026-17 号")
        expect(page.locator("#id_grant-username")).to_have_value(username)

        slowly(page)
        page.dblclick("form[data-kept^=grant] .btn")
        expect(page.locator(".notice")).to_contain_text("has the role from now on")
        expect(members).to_have_count(before + 1)
        expect(page.locator("#id_grant-reason")).to_have_value("")

        other.click("form[data-kept^=grant] .btn")
        expect(other.locator("[data-error-summary]")).to_be_visible()
        expect(other.locator("#id_grant-reason")).to_have_value("授权书 2026-17 号")
        expect(other.locator("section[aria-labelledby=members] tbody tr")).to_have_count(before + 1)


def _somebody_else(visitor: Visitor) -> str:
    """A person who does not act for the organisation."""
    status, text = visitor.fetch("/operator/people/")
    assert status == 200
    names = re.findall(r'<td class="digest" data-name="[^"]*">([^<]+)</td>', text)
    taken = set(visitor.page.locator("section[aria-labelledby=members] .digest").all_inner_texts())
    return next(name for name in names if name not in taken)


# --- signing in ---------------------------------------------------------------------------------


def test_stale_sign_in_page_leads_on_whoever_has_signed_in_meanwhile(chromium, site):
    with visiting(chromium, site, None) as visitor:
        address = "/sign-in/?next=/inbox/"
        assert visitor.go(address) == 200
        first, second = visitor.page, visitor.context.new_page()
        second.goto(f"{visitor.origin}{address}")
        for tab in (first, second):
            tab.fill("#id_username", site[1].username)
            tab.fill("#id_password", PASSWORD)
            tab.dblclick("main form .btn")
            tab.wait_for_url(f"{visitor.origin}/inbox/")
        # The way back leads to no second signing in that would fail.
        first.go_back()
        first.fill("#id_username", site[1].username)
        first.fill("#id_password", PASSWORD)
        first.click("main form .btn")
        first.wait_for_url(f"{visitor.origin}/inbox/")


def test_what_one_person_typed_is_not_shown_to_the_next_in_the_same_tab(chromium, site):
    with visiting(chromium, site, "tenderee") as visitor:
        page: Any = visitor.page
        address = f"/projects/{site[1].draft}/lots/1/prepare/notice/"
        assert visitor.go(address) == 200
        page.fill("#id_requirements", "尚未公开的要求")
        session_ends(visitor)
        visitor.context.add_cookies(
            [{"name": "sessionid", "value": site[1].sessions["operator"], "url": visitor.origin}]
        )
        page.goto(f"{visitor.origin}{address}")
        assert "尚未公开的要求" not in page.content()
        person = page.locator("body").get_attribute("data-person")
        kept = page.evaluate("Object.keys(sessionStorage).filter((key) => key.includes('kept'))")
        assert kept and not any(person in key for key in kept)


# --- a bid --------------------------------------------------------------------------------------


def test_bid_goes_on_where_its_session_ended_and_a_double_click_makes_one_version(
    chromium, tmp_path
):
    mib = 1024 * 1024
    offer = papers.large(tmp_path / "offer.pdf", [bytes(9 * mib)])
    qualification = papers.pdf("项目经理 王建国")
    with (
        bid_site() as site,
        closing(Bidder(chromium, *site, "tenderer-0", "en", kept=False)) as bidder,
    ):
        page, context = bidder.page, bidder.visitor.context
        bidder.choose(2, {"name": "q.pdf", "mimeType": "application/pdf", "buffer": qualification})
        bidder.choose(3, offer)
        bidder.write(duration_days="265", quality="合格", manager="王建国", price="14250600.50")
        bidder.write_signing(PASSPHRASE, KIT_PASSPHRASE)
        taken = bidder.line.offsets

        def ends_after_three(request: Any) -> None:
            if request.method == "PATCH" and len(taken) == 3:
                context.clear_cookies(name="sessionid")

        page.on("requestfinished", ends_after_three)
        page.dblclick("[data-seal-form] button")
        trouble = page.locator("[data-trouble]")
        expect(trouble).to_contain_text("Sign in again in another tab", timeout=PATIENCE)
        page.remove_listener("requestfinished", ends_after_three)

        # In another tab, as it says.
        context.add_cookies(
            [{
                "name": "sessionid",
                "value": site[1].sessions["tenderer-0"],
                "url": bidder.visitor.origin,
            }]
        )
        page.click("[data-pause]")
        bidder.confirmed(1)
        [bid] = bidder.mine()
        assert [each["state"] for each in bid["versions"]] == ["complete"]
        # The way back, and a page loaded anew, show what was handed in and offer no second sealing.
        page.goto(f"{bidder.visitor.origin}/projects/{site[1].project}/")
        page.go_back()
        page.locator("[data-replace]").wait_for()
        expect(page.locator("[data-seal-form]")).to_be_hidden()
        page.reload()
        page.locator("[data-replace]").wait_for()
        expect(page.locator("[data-seal-form]")).to_be_hidden()
        assert len(bidder.mine()[0]["versions"]) == 1
