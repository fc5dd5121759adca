"""Signing in with a certificate's file in a real Chromium: the key and its password stay there."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.bid_site import PATIENCE, bid_site
from tests.browser.bid_stage import PASSPHRASE
from tests.browser.visitor import Visitor

PAGE = "/sign-in/certificate/?next=/desk/"
FIELDS = "[...new FormData(document.querySelector('[data-enter]').closest('form')).keys()].sort()"
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


def choose(visitor: Visitor, site, password: str) -> None:
    visitor.page.set_input_files("#enter-file", site[1].certificates["tenderer-0"])
    visitor.page.fill("#enter-password", password)
    visitor.page.click("[data-enter-go]")


def signed_in(visitor: Visitor) -> bool:
    return visitor.fetch("/desk/")[0] == 200


def test_wrong_password_is_said_and_the_right_one_lets_in(visitor, site):
    assert visitor.go(PAGE) == 200
    choose(visitor, site, "wrong")
    expect(visitor.page.locator("[data-enter-said]")).to_contain_text(WORDS[visitor.language])
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
    expect(visitor.page.locator("[data-enter-said]")).not_to_be_empty(timeout=PATIENCE)
    # The question was asked for; nothing that was signed left the page.
    assert [json.loads(body) for body in bodies if body] == [{"purpose": "sunlit.login/1"}]
    assert not signed_in(visitor)


def test_platform_that_is_out_of_reach_is_said_and_tried_again(visitor, site):
    visitor.context.route("**/api/v1/session/challenge", lambda route: route.abort())
    assert visitor.go(PAGE) == 200
    choose(visitor, site, PASSPHRASE)
    expect(visitor.page.locator("[data-enter-said]")).not_to_be_empty(timeout=PATIENCE)
    visitor.context.unroute("**/api/v1/session/challenge")
    visitor.page.click("[data-enter-go]")
    visitor.page.wait_for_url(f"{visitor.origin}/desk/", timeout=PATIENCE)


def test_enter_without_a_file_says_what_is_missing(visitor):
    assert visitor.go(PAGE) == 200
    visitor.page.press("#enter-password", "Enter")
    expect(visitor.page.locator("[data-enter-said]")).to_contain_text(WORDS[visitor.language])
    assert visitor.page.url.endswith(PAGE)
