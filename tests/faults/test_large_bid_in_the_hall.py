"""A bid of 300 MB goes up from one browser, over a line that is cut and through a page that is
loaded anew, and is opened in the hall by another browser.

Nothing but the tender's usual pages: sealed and handed in by the tenderer of the route card, opened
by the host and two trustees, every byte of the file where the committee finds it.
"""

from __future__ import annotations

import hashlib
import random
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect, sync_playwright

from tests.bidding import papers
from tests.browser.conftest import CHROMIUM
from tests.e2e.command import Living
from tests.faults.figures import figure, note
from tests.faults.route_walk import PATIENCE, Walk
from tests.faults.test_living import free_port
from tests.faults.test_route_card import TRUSTEES

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
MIB = 1024 * 1024
SIZE = figure("LARGE_MB", 300) * 10**6
#: Requests of the upload that come through before the line is cut, and before the page is left.
CUT, LEFT = 5, 8
#: Seconds until the worker has put the opened file where it belongs.
OPENED = 120.0


@dataclass
class Failing:
    """A line that is down after some requests, until somebody mends it."""

    down: bool = False
    downs: list[int] = field(default_factory=lambda: [CUT, LEFT])
    offsets: list[int] = field(default_factory=list)
    refused: int = 0

    def __call__(self, route: Route) -> None:
        if self.downs and len(self.offsets) >= self.downs[0]:
            self.downs.pop(0)
            self.down = True
        if self.down:
            self.refused += 1
            route.abort("internetdisconnected")
            return
        if route.request.method == "PATCH":
            self.offsets.append(int(route.request.headers["upload-offset"]))
        route.continue_()

    def take(self, page: Page) -> None:
        page.context.route("**/api/v1/**", self)

    def trouble(self, page: Page) -> None:
        told = page.locator("[data-trouble]")
        expect(told).to_be_visible(timeout=PATIENCE)
        assert self.down and self.refused and len(self.offsets) == CUT
        # The line is back, and the tenderer goes on where the page stands.
        self.down = False
        page.locator("[data-pause]").click()
        until = time.monotonic() + PATIENCE / 1000
        while not self.down and time.monotonic() < until:
            page.wait_for_timeout(50)
        assert len(self.offsets) == LEFT
        # The page is left in the middle, and opened again.
        address = page.url
        page.goto("about:blank")
        self.down = False
        page.goto(address)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A PDF of that size that nothing compresses."""
    source = random.Random(300)
    blocks = (source.randbytes(min(MIB, SIZE - at)) for at in range(0, SIZE, MIB))
    return papers.large(tmp_path / "technical.pdf", blocks)


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


def test_300_mb_come_through_and_are_opened_by_another_browser(tmp_path: Path, large: Path) -> None:
    folder, port, line = tmp_path / "place", free_port(), Failing()
    folder.mkdir()
    with Living(folder, port=port) as living, sync_playwright() as playwright:
        living.until_served()
        origin = f"http://127.0.0.1:{port}"
        tenderer = launched(playwright)
        walk = Walk(tenderer, origin, "en")
        bid, opening = walk.legs()[:2]
        began = time.monotonic()
        assert "Version 1 of your bid counts" in walk.bid(bid, large=large, line=line)
        handed_in = time.monotonic() - began
        tenderer.close()
        assert len(line.offsets) > LEFT and line.downs == []
        assert [each for each in line.offsets if each % MIB] == []

        host = launched(playwright)
        hall = Walk(host, origin, "zh-hans")
        assert hall.open(opening, TRUSTEES) == 4
        kept = _opened(folder / "data", large)
        assert kept.stat().st_size == large.stat().st_size
        # The browser itself says in its console that the line was cut.
        told = [each for each in walk.wrong + hall.wrong if "INTERNET_DISCONNECTED" not in each]
        assert told == []
        host.close()
        living.process.send_signal(signal.SIGINT)
        assert living.ended() == 0, living.printed
    note(f"{SIZE // 10**6} MB sealed and handed in, line cut, page loaded anew: {handed_in:.0f} s")


def _opened(data: Path, original: Path) -> Path:
    """The file as the platform keeps what it opened."""
    with original.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    until = time.monotonic() + OPENED
    while time.monotonic() < until:
        for found in data.rglob(f"*{digest[4:]}"):
            with found.open("rb") as stream:
                assert hashlib.file_digest(stream, "sha256").hexdigest() == digest
            return found
        time.sleep(1)
    raise AssertionError("The opened file is nowhere in the store.")
