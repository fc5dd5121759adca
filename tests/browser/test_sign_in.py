"""Signing in with a certificate's file, and binding one: key and password stay in the browser."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.bid_site import PATIENCE, bid_site
from tests.browser.bid_stage import PASSPHRASE
from tests.browser.visitor import Visitor

PAGE = "/sign-in/certificate/?next=/desk/"
FIELDS = "[...new FormData(document.querySelector('[data-sign]').closest('form')).keys()].sort()"
WORDS = {"zh-hans": "请检查密码", "en": "Check the password"}


@pytest.fixture(scope="module")
def site():
    with bid_site() as found:
        yield found


@pytest.fixture(params=["zh-hans", "en"])
def visitor(request, site, chromium) -> Iterator[Visitor]:
    found = Visitor.open(chromium, site[0], session=None, language=request.param)
    found.language = request.param
    yield found
    found.context.close()


def choose(visitor: Visitor, site, password: str, name: str = "tenderer-0") -> None:
    visitor.page.set_input_files("#key-file", site[1].certificates[name])
    visitor.page.fill("#key-password", password)
    visitor.page.click("[data-sign-go]")


def signed_in(visitor: Visitor) -> bool:
    return visitor.fetch("/desk/")[0] == 200


def test_wrong_password_is_said_and_the_right_one_lets_in(visitor, site):
    assert visitor.go(PAGE) == 200
    choose(visitor, site, "wrong")
    expect(visitor.page.locator("[data-sign-said]")).to_contain_text(WORDS[visitor.language])
    assert visitor.looked_at() == []
    assert not signed_in(visitor)
    # What the form would send, with file and password chosen: neither is in it.
    fields = ["csrfmiddlewaretoken", "next", "signature", "statement"]
    assert visitor.page.evaluate(FIELDS) == fields
    choose(visitor, site, PASSPHRASE)
    visitor.page.wait_for_url(f"{visitor.origin}/desk/", timeout=PATIENCE)
    assert signed_in(visitor)


def test_question_of_another_address_is_not_answered(visitor, site):
    bodies: list[str] = []

    def lured(route) -> None:
        found = route.fetch().json()
        route.fulfill(json={**found, "origin": "https://elsewhere.example"})

    visitor.context.route("**/api/v1/session/challenge", lured)
    assert visitor.go(PAGE) == 200
    visitor.page.on("request", lambda one: bodies.append(one.post_data or ""))
    choose(visitor, site, PASSPHRASE)
    expect(visitor.page.locator("[data-sign-said]")).not_to_be_empty(timeout=PATIENCE)
    # The question was asked for; nothing that was signed left the page.
    assert [json.loads(body) for body in bodies if body] == [{"purpose": "sunlit.login/1"}]
    assert not signed_in(visitor)


def test_platform_that_is_out_of_reach_is_said_and_tried_again(visitor, site):
    visitor.context.route("**/api/v1/session/challenge", lambda route: route.abort())
    assert visitor.go(PAGE) == 200
    choose(visitor, site, PASSPHRASE)
    expect(visitor.page.locator("[data-sign-said]")).not_to_be_empty(timeout=PATIENCE)
    visitor.context.unroute("**/api/v1/session/challenge")
    visitor.page.click("[data-sign-go]")
    visitor.page.wait_for_url(f"{visitor.origin}/desk/", timeout=PATIENCE)


def test_enter_without_a_file_says_what_is_missing(visitor):
    assert visitor.go(PAGE) == 200
    visitor.page.press("#key-password", "Enter")
    expect(visitor.page.locator("[data-sign-said]")).to_contain_text(WORDS[visitor.language])
    assert visitor.page.url.endswith(PAGE)


BOUND = {"zh-hans": "证书已绑定", "en": "The certificate is bound"}
TAKEN = {"zh-hans": "这张证书已经绑定", "en": "bound already, to you or to somebody else"}


def test_certificate_is_bound_in_the_page_and_then_lets_in(site, chromium, visitor):
    language, spare = visitor.language, f"spare-{visitor.language}"
    session = site[1].sessions["tenderer-1"]
    holder = Visitor.open(chromium, site[0], session=session, language=language)
    refused = expect(visitor.page.locator("[data-error-summary]"))
    # Not before it is bound.
    assert visitor.go(PAGE) == 200
    choose(visitor, site, PASSPHRASE, spare)
    refused.to_be_visible(timeout=PATIENCE)
    assert not signed_in(visitor)
    assert holder.go("/certificates/") == 200
    # Somebody else's stays theirs.
    choose(holder, site, PASSPHRASE, "tenderer-0")
    expect(holder.page.locator("[data-error-summary]")).to_contain_text(
        TAKEN[language], timeout=PATIENCE
    )
    assert holder.looked_at() == []
    choose(holder, site, PASSPHRASE, spare)
    expect(holder.page.locator(".notice")).to_contain_text(BOUND[language], timeout=PATIENCE)
    assert holder.looked_at() == []
    choose(visitor, site, PASSPHRASE, spare)
    visitor.page.wait_for_url(f"{visitor.origin}/desk/", timeout=PATIENCE)
    # Withdrawn, it lets nobody in.
    row = holder.page.locator("tr", has=holder.page.get_by_text(spare, exact=True))
    row.locator("summary").click()
    row.locator("button[name=withdraw]").click()
    expect(row.locator("button[name=withdraw]")).to_have_count(0)
    visitor.context.clear_cookies()
    assert visitor.go(PAGE) == 200
    choose(visitor, site, PASSPHRASE, spare)
    refused.to_be_visible(timeout=PATIENCE)
    assert not signed_in(visitor)
    holder.close()
