"""An objection filed and answered, a complaint lodged and decided, in real browsers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.grievance_stage import PASSPHRASE, GrievanceStage
from tests.browser.staged import Staged, staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

PATIENCE = 60_000
FACTS = "招标文件第三章要求近三年完成三项同类业绩，与本标段规模不相称，不合理限制潜在投标人。"
REQUESTS = "请求将业绩要求调整为一项，并相应顺延投标截止时间。"
ANSWER = "经核查，业绩要求与标段规模、技术特点相适应，招标文件不作修改。"
NOTICE = "监督部门正在处理投诉，处理期间项目暂停。"
#: A folder for pictures of the pages, where somebody wants to look at them.
PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Staged, GrievanceStage]]:
    with staged("tests.browser.grievance_stage") as site:
        yield site, GrievanceStage(**site.found)


class Part:
    """Somebody at the pages of objections and complaints."""

    def __init__(self, browser: Browser, origin: str, stage: GrievanceStage, who: str, language):
        self.visitor = Visitor.open(
            browser, origin, session=stage.sessions[who], language=language
        )
        self.page, self.stage, self.who = self.visitor.page, stage, who
        self.language = language

    def go(self, page: str) -> None:
        assert self.visitor.go(f"/projects/{self.stage.project}/lots/1/{page}") == 200

    def look(self, name: str) -> None:
        """Nothing is wrong with the page as it stands, narrow and wide."""
        assert self.visitor.looked_at() == []
        if PICTURES:
            for width in (390, 1280):
                self.visitor.resize(width)
                target = Path(PICTURES) / f"{name}-{self.language}-{width}.png"
                self.page.screenshot(path=target, full_page=True)

    def open(self, form: str) -> None:
        self.page.locator(f"details:has({form}) > summary").first.click()

    def sign(self, form: str, look: str = "") -> None:
        """Go on to sign, and sign with the file's certificate, in the page."""
        self.page.locator(f"{form} button[value=write]").click()
        self.page.locator("[data-sign-file]").wait_for(timeout=PATIENCE)
        if look:
            self.look(look)
        self.page.set_input_files("[data-sign-file]", self.stage.certificates[self.who])
        self.page.fill("[data-sign-password]", PASSPHRASE)
        self.page.click("[data-sign-go]")
        self.page.locator(".messages, [data-message], [role=status]").first.wait_for(
            timeout=PATIENCE
        )

    def close(self) -> None:
        self.visitor.close()


def of(do: str) -> str:
    return f"form:has(input[name=do][value={do}])"


def test_objection_and_complaint_in_the_pages(site, chromium):
    served, stage = site

    def part(who: str, language: str):
        return closing(Part(chromium, served.origin, stage, who, language))

    with part("tenderer", "zh-hans") as tenderer, part("tenderee", "en") as tenderee:
        tenderer.go("objections/")
        tenderer.look("objections-empty")
        tenderer.open(of("file"))
        tenderer.page.select_option("[name=about]", "documents")
        tenderer.page.fill("[name=facts]", FACTS)
        tenderer.page.fill("[name=requests]", REQUESTS)
        tenderer.sign(of("file"), look="objections-sign")
        tenderer.look("objections-filed")
        tenderer.go("")
        tenderer.look("lot-halted")
        with part("rival", "zh-hans") as rival:
            rival.go("objections/")
            assert FACTS not in rival.page.content()
            rival.look("objections-rival")
        tenderee.go("objections/")
        tenderee.open(of("answer"))
        tenderee.page.fill(f"{of('answer')} [name=text]", ANSWER)
        tenderee.sign(of("answer"))
        tenderee.look("objections-answered")
        tenderer.go("complaints/")
        tenderer.open(of("file"))
        tenderer.page.select_option("[name=about]", "documents")
        tenderer.page.select_option("[name=objection]", index=1)
        tenderer.page.fill("[name=facts]", FACTS)
        tenderer.page.fill("[name=requests]", REQUESTS)
        tenderer.sign(of("file"), look="complaints-sign")
        with part("supervisor", "en") as supervisor:
            supervisor.go("complaints/")
            for do, outcome in (("take-up", "taken-up"), ("suspend", ""), ("decide", "dismissed")):
                supervisor.open(of(do))
                if outcome:
                    supervisor.page.check(f"{of(do)} input[value={outcome}]")
                if do != "take-up":
                    supervisor.page.fill(f"{of(do)} [name=notice]", NOTICE)
                supervisor.page.fill(f"{of(do)} [name=text]", ANSWER)
                supervisor.look(f"complaints-{do}")
                supervisor.sign(of(do))
            supervisor.look("complaints-decided")
        tenderer.go("complaints/")
        tenderer.look("complaints-over")
