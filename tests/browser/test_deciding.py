"""A ballot sealed, signed and opened in a real browser; the pages of decision and performance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.deciding_stage import PASSPHRASE, DecidingStage
from tests.browser.staged import Staged, staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

MEMBER = "韩松"


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Staged, DecidingStage]]:
    with staged("tests.browser.deciding_stage") as site:
        yield site, DecidingStage(**site.found)


def opened(browser: Browser, site, who: str | None, address: str, language: str) -> Visitor:
    served, stage = site
    session = stage.sessions[who] if who else None
    visitor = Visitor.open(browser, served.origin, session=session, language=language)
    assert visitor.go(address) == 200
    return visitor


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("who", [None, "buyer", MEMBER])
def test_decision_as_everybody_sees_it(site, chromium, who, language):
    address = f"/projects/{site[1].project}/lots/1/decision/"
    with closing(opened(chromium, site, who, address, language)) as visitor:
        assert visitor.looked_at() == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_performance_as_a_party_sees_it(site, chromium, language):
    address = f"/projects/{site[1].contracted}/lots/1/performance/"
    with closing(opened(chromium, site, "party", address, language)) as visitor:
        assert visitor.looked_at() == []
        visitor.page.locator("input[name=confirmed][value=yes]").first.check()
        visitor.page.locator("form:has(input[name=confirmed]) button").first.click()
        expect(visitor.page.locator("[data-statement]")).to_be_visible()
        assert visitor.looked_at() == []


def test_ballot_is_sealed_here_and_the_vote_sent_nowhere(site, chromium):
    address = f"/projects/{site[1].project}/lots/1/decision/"
    with closing(opened(chromium, site, MEMBER, address, "en")) as visitor:
        page, sent = visitor.page, []
        page.on("request", lambda request: sent.append(request.post_data or ""))
        choice = page.locator("[data-choice]").first
        chosen = choice.get_attribute("value")
        choice.check()
        code = page.locator("[data-ballot-code] code")
        expect(code).to_contain_text(chosen)
        page.locator("form[data-ballot] button[value=write]").click()
        expect(page.locator("[data-statement]")).to_be_visible()
        said = json.loads(page.locator("[data-statement]").input_value())
        assert set(said) == {"at", "commitment", "lot", "origin", "purpose", "round"}
        page.set_input_files("[data-sign-file]", site[1].certificates[MEMBER])
        page.fill("[data-sign-password]", PASSPHRASE)
        page.click("[data-sign-go]")
        # All five have voted now: the same browser opens what it kept.
        expect(page.locator("[data-ballot-open] [name=code]")).not_to_have_value("")
        assert not any(chosen in each for each in sent)
        assert visitor.looked_at() == []
        page.locator("form[data-ballot-open] button").click()
        expect(page.locator("form[data-ballot-open]")).to_have_count(0)
        assert visitor.looked_at() == []
