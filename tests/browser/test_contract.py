"""A contract signed by both sides in real browsers: drafted, a wrong password first, sealed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.contract_stage import PASSPHRASE, ContractStage
from tests.browser.staged import Staged, staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

#: Milliseconds that a seal and its timestamp may take on a busy machine.
PATIENCE = 60_000
WRONG = "用此密码打不开该文件"
SIGNED = {"zh-hans": "双方已签署", "en": "Signed by both sides"}


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Staged, ContractStage]]:
    with staged("tests.browser.contract_stage") as site:
        yield site, ContractStage(**site.found)


def open_page(browser: Browser, origin: str, stage: ContractStage, side: str, language: str):
    visitor = Visitor.open(browser, origin, session=stage.sessions[side], language=language)
    assert visitor.go(f"/projects/{stage.project}/lots/1/contract/") == 200
    return visitor


def sign(visitor: Visitor, stage: ContractStage, side: str, password: str) -> None:
    page = visitor.page
    if not page.locator("input[name=file]").evaluate("one => one.files.length"):
        page.set_input_files("input[name=file]", stage.certificates[side])
    page.fill("input[name=password]", password)
    page.click("form[data-sign-document] button.btn")


def test_both_sides_sign_in_their_pages(site, chromium):
    served, stage = site
    origin = served.origin
    with closing(open_page(chromium, origin, stage, "tenderee", "en")) as tenderee:
        assert tenderee.looked_at() == []
        # A price that is not the bid's is said at its field, and nothing else is lost.
        tenderee.page.fill("[name=price]", "4700000")
        tenderee.page.fill("[name=security]", "480,000")
        tenderee.page.click("form[data-kept] button.btn")
        expect(tenderee.page.locator("#contract_price_error")).to_contain_text("4,800,000.00")
        expect(tenderee.page.locator("[name=security]")).to_have_value("480,000")
        tenderee.page.fill("[name=price]", "4,800,000.00")
        tenderee.page.click("form[data-kept] button.btn")
        tenderee.page.locator("form[data-sign-document]").wait_for(timeout=PATIENCE)
        assert tenderee.looked_at() == []

        with closing(open_page(chromium, origin, stage, "winner", "zh-hans")) as winner:
            sent: list[str] = []
            winner.context.on("request", lambda request: sent.append(request.url))
            sign(winner, stage, "winner", "another password")
            expect(winner.page.locator("#Contractor-password-mistake")).to_contain_text(
                WRONG, timeout=PATIENCE
            )
            assert not [url for url in sent if "/signing/" in url]
            assert winner.looked_at() == []
            sign(winner, stage, "winner", PASSPHRASE)
            winner.page.locator(".places .card").wait_for(timeout=PATIENCE)
            assert winner.page.locator("form[data-sign-document]").count() == 0
            assert winner.looked_at() == []

            # The other side's page is older than that signature; it signs the newest revision.
            sign(tenderee, stage, "tenderee", PASSPHRASE)
            tenderee.page.locator("[data-finishing]").wait_for(timeout=PATIENCE)
            served.run("manage.py", "run_worker", "--once")
            expect(tenderee.page.locator("h1 + p")).to_contain_text(
                SIGNED["en"], timeout=PATIENCE
            )
            assert tenderee.looked_at() == []
            winner.page.reload()
            expect(winner.page.locator("h1 + p")).to_contain_text(SIGNED["zh-hans"])
