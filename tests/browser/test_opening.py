"""An opening played to its end in a real browser: a trustee's share is released after every check,
sheets are read out, the hall is closed, and the record is signed, with wrong passwords first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.opening_stage import PASSPHRASE, PASSWORD, OpeningStage
from tests.browser.staged import staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

#: Milliseconds that checks, a signature or the hall's next state may take on a busy machine.
PATIENCE = 60_000
Site = tuple[str, OpeningStage, Callable[[], None]]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Origin, stage, and the worker's next turn."""
    program = "tests.browser.opening_stage"
    with staged(program, served=lambda found: {"SUNLIT_WITNESSES": found["witness"]}) as site:
        stage = OpeningStage(**site.found)
        yield site.origin, stage, lambda: site.run("-m", program, "work") and None


def enter(chromium: Browser, site: Site, who: str, language: str) -> Visitor:
    origin, stage, _work = site
    visitor = Visitor.open(chromium, origin, session=stage.sessions[who], language=language)
    assert visitor.go(f"/projects/{stage.project}/lots/1/opening/") == 200
    return visitor


def press(page: Any, command: str) -> None:
    """Give one of the host's commands, and wait until the hall has taken it."""
    button = page.locator(f"form[data-do={command}] button")
    expect(button).to_be_enabled(timeout=PATIENCE)
    button.click()


def sign_record(page: Any, file: str, wrong: str) -> None:
    form = page.locator("[data-record-form]")
    form.locator("[name=file]").set_input_files(file)
    form.locator("[name=password]").fill("wrong")
    form.locator("button.btn").click()
    expect(form.locator("[data-mistake=password]")).to_contain_text(wrong)
    form.locator("[name=password]").fill(PASSWORD)
    with page.expect_navigation(timeout=PATIENCE):
        form.locator("button.btn").click()


def test_opening_is_played_to_its_end(site: Site, chromium: Browser) -> None:
    _origin, stage, work = site
    with closing(enter(chromium, site, "tenderee", "en")) as host:
        page = host.page
        expect(page.locator(".chip-live")).to_be_visible(timeout=PATIENCE)
        page.locator("[data-release] details summary").click()
        form = page.locator("[data-release-form]")
        form.locator("button.btn").click()
        expect(form.locator("[data-mistake=keys]")).to_have_text("Choose the file.")
        form.locator("[name=keys]").set_input_files(stage.keys)
        form.locator("[name=passphrase]").fill("not this one")
        form.locator("[name=file]").set_input_files(stage.certificates["tenderee"])
        form.locator("[name=password]").fill(PASSWORD)
        form.locator("button.btn").click()
        expect(form.locator("[data-mistake=passphrase]")).to_contain_text("Nothing was sent")
        assert host.looked_at() == []
        form.locator("[name=passphrase]").fill(PASSPHRASE)
        form.locator("button.btn").click()
        expect(page.locator("[data-headline]")).to_have_text("Released", timeout=PATIENCE)
        expect(page.locator("[data-status]")).to_contain_text("9 shares released")
        expect(page.locator("[data-check] .status-good")).to_have_count(5)
        assert host.looked_at() == []

        press(page, "start")
        work()
        for number in range(1, 4):
            press(page, "read-out")
            expect(page.locator(".pane-sheet h2")).to_contain_text(
                f"No. {number} of 3", timeout=PATIENCE
            )
        press(page, "close")
        expect(page.locator("[data-record]")).to_be_visible(timeout=PATIENCE)
        work()
        host.go(f"/projects/{stage.project}/lots/1/opening/")
        assert host.looked_at() == []
        sign_record(page, stage.seals["tenderee"], "does not open with this password")
        expect(page.locator("[data-record] .status-done")).to_have_count(1)

    with closing(enter(chromium, site, "supervisor", "zh-hans")) as second:
        assert second.looked_at() == []
        sign_record(second.page, stage.seals["supervisor"], "打不开该证书文件")
        work()
        second.go(f"/projects/{stage.project}/lots/1/opening/")
        expect(second.page.locator(".room-word a")).to_contain_text("经签署的开标记录")
