"""The route card from its first stop to its last, in a real browser, in both languages."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.e2e.command import Living
from tests.faults.route_walk import Walk
from tests.faults.test_living import free_port

#: With the centre's keeper, who releases by itself, these two make the quorum of three.
TRUSTEES = ("tenderee", "supervisor")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A living place that nobody has walked through yet, and its port."""
    folder, port = tmp_path_factory.mktemp("route"), free_port()
    with Living(folder, port=port) as living:
        living.until_served()
        living.process.send_signal(signal.SIGINT)
        assert living.ended() == 0, living.printed
    return folder, port


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_route_card_is_walked_to_its_end(
    place: tuple[Path, int], browser: Browser, tmp_path: Path, language: str
) -> None:
    folder, port = place
    shutil.copytree(folder / "data", tmp_path / "data")
    with Living(tmp_path, port=port) as living:
        living.until_served()
        walk = Walk(browser, f"http://127.0.0.1:{port}", language)
        bid, open_, score, inspect = walk.legs()
        assert walk.bid(bid)
        assert walk.open(open_, TRUSTEES) == 4
        walk.score(score)
        assert walk.inspect(inspect).startswith("/packages/")
        assert walk.wrong == []
        living.process.send_signal(signal.SIGINT)
        assert living.ended() == 0, living.printed
