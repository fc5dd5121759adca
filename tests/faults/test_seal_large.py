"""A tenderer seals 300 MB in Chromium and loads the page anew in the middle of the upload.

Nothing is asked again, no part is sent twice, and the bid counts. (Each part that is taken in is
the committed one: uploads have their own tests.)
"""

from __future__ import annotations

import os
import random
import shutil
from contextlib import closing

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.bidding import papers
from tests.browser.bid_site import Bidder, bid_site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
MIB = 1024 * 1024
SIZE = 300 * 10**6
#: Requests that come through before the line is cut: three small envelopes' and some of the large.
CUT = 5
PATIENCE = 900_000


@pytest.fixture
def large(tmp_path):
    """A PDF of 300 MB that nothing compresses."""
    source = random.Random(300)
    blocks = (source.randbytes(min(MIB, SIZE - at)) for at in range(0, SIZE, MIB))
    return papers.large(tmp_path / "technical.pdf", blocks)


@pytest.fixture
def browser():
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield found
        found.close()


def test_300_mb_are_sealed_and_uploaded_through_a_reload(browser, large):
    with (
        bid_site() as site,
        closing(Bidder(browser, *site, "tenderer-0", "en", kept=False)) as bidder,
    ):
        page = bidder.page
        qualification = papers.pdf("项目经理 王建国")
        bidder.choose(
            2, {"name": "q.pdf", "mimeType": "application/pdf", "buffer": qualification}
        )
        bidder.choose(3, str(large))
        bidder.write(duration_days="265", quality="合格", manager="王建国", price="14250600.50")
        bidder.line.cut_after = CUT
        bidder.sign()
        page.locator("[data-upload-actions]").wait_for(timeout=PATIENCE)
        trouble = page.locator("[data-trouble]")
        expect(trouble).to_contain_text("cannot be reached", timeout=PATIENCE)
        [bid] = bidder.mine()
        taken = {each["slot"]: each["received"] for each in bid["versions"][0]["uploads"]}
        assert bid["versions"][0]["state"] == "receiving"
        # How much a request brings depends on the line; each ends with a whole part.
        assert taken[3] > bidder.line.offsets[-1] > 0
        assert taken[3] % MIB == 0

        before = len(bidder.line.offsets)
        bidder.come_back()
        bidder.confirmed(1, patience=PATIENCE)
        after = bidder.line.offsets[before:]
        # From where the platform stood, each part once, then the price.
        assert after[0] == taken[3]
        assert after[-1] == 0
        assert after[:-1] == sorted(set(after[:-1]))
        assert [offset % MIB for offset in after] == [0] * len(after)
        [bid] = bidder.mine()
        [version] = bid["versions"]
        assert version["state"] == "complete"
        [body] = [each for each in version["uploads"] if each["slot"] == 3]
        assert body["received"] == body["size"] > SIZE
