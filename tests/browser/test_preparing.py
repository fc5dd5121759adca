"""A tenderee brings a new tender from plan to published documents by clicking: a wrong password
first, a broken rule of days, and every page looked at wide and narrow, in both languages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.prepare_stage import PASSPHRASE, PrepareStage
from tests.browser.staged import staged
from tests.browser.visitor import NARROW, WIDE, Visitor

pytestmark = pytest.mark.long

#: Milliseconds that rendering and sealing may take on a busy machine.
PATIENCE = 60_000
WORDS = {
    "zh-hans": {"wrong": "这个密码打不开证书文件", "broken": "过早"},
    "en": {"wrong": "does not open with this password", "broken": "too early"},
}
NOTICE = {
    "scope": "道路 2.4 公里", "place": "东岳市", "requirements": "一级资质", "contact": "周明",
}  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, PrepareStage]]:
    with staged("tests.browser.prepare_stage") as site:
        yield site.origin, PrepareStage(**site.found)


class Tenderee:
    """The tenderee's window; ``look`` collects what is wrong with the page as it stands."""

    def __init__(self, visitor: Visitor, look: Callable[[Visitor, str], None]) -> None:
        self.visitor, self.page, self._look = visitor, visitor.page, look

    def look(self, name: str) -> None:
        self._look(self.visitor, name)

    def press(self, do: str) -> None:
        """A button of the form by its value; what stands above it for Enter is not meant."""
        self.page.locator(f"button[name=do][value={do}]:not([aria-hidden])").first.click()

    def open(self, name: str) -> None:
        """A task of the list by the end of its address."""
        self.page.locator(f".todo a[href$='{name}/']").click()

    def seal(self, stage: PrepareStage, words: dict[str, str], name: str) -> None:
        self.look(name)
        self.page.set_input_files("#key-file", stage.certificate)
        self.page.fill("#key-password", "wrong")
        self.page.click("[data-dialog] .btn")
        expect(self.page.locator("[data-said]")).to_contain_text(words["wrong"])
        self.page.fill("#key-password", PASSPHRASE)
        self.page.click("[data-dialog] .btn")
        self.page.wait_for_url(re.compile(r"/lots/1/$"), timeout=PATIENCE)
        expect(self.page.locator(".notice").first).to_be_visible()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_tender_is_brought_from_plan_to_documents_by_clicking(chromium, site, language):
    origin, stage = site
    words = WORDS[language]
    faults: list[str] = []

    def look(visitor: Visitor, name: str) -> None:
        for width in (NARROW, WIDE):
            visitor.resize(width)
            faults.extend(f"{name} at {width}: {each}" for each in visitor.faults())
            faults.extend(f"{name} at {width}: {each}" for each in visitor.barriers())
            if pictures := os.environ.get("SUNLIT_PICTURES"):
                target = f"{pictures}/{name}-{language}-{width}.png"
                visitor.page.screenshot(path=target, full_page=True)

    visitor = Visitor.open(chromium, origin, session=stage.session, language=language)
    one = Tenderee(visitor, look)
    page = one.page
    try:
        assert visitor.go("/desk/") == 200
        one.look("desk")
        page.click(".actions .btn")
        one.press("register")
        one.look("plan-refused")
        page.fill("#id_title", f"滨河路改造工程 {language}")
        page.fill("#id_lot-0-title", "一标段")
        one.press("add")
        page.fill("#id_lot-1-title", "二标段")
        one.press("remove-1")
        expect(page.locator("#id_lot-0-title")).to_have_value("一标段")
        page.press("#id_lot-0-title", "Enter")  # registers; it neither adds nor takes away
        page.wait_for_url(re.compile(r"/prepare/$"))
        one.look("overview")

        one.open("prepare/lot")
        page.fill("#id_estimate", "12,000,000.00")
        page.click("form .actions .btn")
        one.open("evaluation")
        for line, (title, full) in enumerate((("方案", "50"), ("质量", "30"), ("人员", "10"))):
            page.fill(f"#id_criterion-{line}-title", title)
            page.fill(f"#id_criterion-{line}-full", full)
        expect(page.locator(".sum").first).to_contain_text("90")
        one.press("keep")
        one.look("evaluation-refused")
        page.fill("#id_criterion-2-full", "20")
        one.press("keep")
        one.open("dates")
        one.look("dates")
        good = page.input_value("#id_deadline")
        page.fill("#id_deadline", page.input_value("#id_documents-until")[:-5] + "23:00")
        one.press("keep")
        expect(page.locator("#id_deadline_error")).to_contain_text(words["broken"])
        one.look("dates-refused")
        page.fill("#id_deadline", good)
        one.press("keep")
        one.open("prepare/notice")
        for name, text in NOTICE.items():
            page.fill(f"#id_{name}", text)
        one.look("notice")
        page.click("form .actions .btn")
        one.open("publish/notice")
        one.seal(stage, words, "publish-notice")
        one.look("project")

        page.locator(".can a[href$='/prepare/']").first.click()
        one.open("files")
        file = {"name": "清单.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 list"}
        page.fill("#id_title", "工程量清单")
        page.set_input_files("#id_file", file)
        one.press("attach")
        expect(page.locator("tbody tr")).to_have_count(1)
        one.look("files")
        page.click(".actions a[href$='/prepare/']")
        one.open("publish/documents")
        one.seal(stage, words, "publish-documents")
        expect(page.locator(".notice").first).to_be_visible()
        visitor.complaints.clear()
        page.goto(f"{page.url}roles/")
        page.select_option("#id_role", "trustee")
        page.click("form.prose .btn")
        one.look("roles-refused")
        page.goto(page.url.replace("roles/", "prepare/"))
        one.look("overview-done")
        expect(page.locator(".todo .status-done")).to_have_count(9)
        assert faults == []
    finally:
        visitor.close()
