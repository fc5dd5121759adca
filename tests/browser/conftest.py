"""Real browsers on a real platform: two web servers on data of their own, one Chromium.

All of it lives as long as this folder's tests: Playwright's loop must not run under others.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.bidding.server import ROOT, Server, free_port, start
from tests.browser.stage import Stage
from tests.browser.visitor import Visitor
from tests.factories import migrated

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass(frozen=True)
class Site:
    """A platform that is served: where, and what is to be seen there."""

    origin: str
    stage: Stage


@dataclass(frozen=True)
class Sites:
    """The same platform before its first project and with some of every kind."""

    empty: Site
    filled: Site


@pytest.fixture(scope="package")
def sites() -> Iterator[Sites]:
    with ExitStack() as held:
        place = held.enter_context(
            tempfile.TemporaryDirectory(prefix="sunlit-browser-", ignore_cleanup_errors=True)
        )
        data = Path(place) / "data"
        # What is signed on the stage names the address at which it is served.
        ports = free_port(), free_port()
        origins = [f"http://127.0.0.1:{port}" for port in ports]
        stage = _lay_out(data, origins[1])
        for folder, port in zip((data.with_name("data-empty"), data), ports, strict=True):
            held.callback(_stop, _serve(folder, port))
        yield Sites(Site(origins[0], Stage()), Site(origins[1], stage))


def _environment(data: Path, **more: str) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SUNLIT_")}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "trading.settings",
        "SUNLIT_MODE": "test",
        "SUNLIT_DATA": str(data),
        "PYTHONPATH": str(ROOT),
        **more,
    }


def _lay_out(data: Path, origin: str) -> Stage:
    migrated.copy_to(data / migrated.NAME)
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.stage"],
        cwd=ROOT,
        env=_environment(data, SUNLIT_ORIGIN=origin),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Stage(**json.loads(done.stdout.splitlines()[-1]))


def _serve(data: Path, port: int) -> Server:
    origin = f"http://127.0.0.1:{port}"
    return start(
        "trading.asgi:application",
        port=port,
        env=_environment(data, SUNLIT_ORIGIN=origin, SUNLIT_LOG_LEVEL="ERROR"),
    )


def _stop(server: Server) -> None:
    server.process.terminate()
    try:
        server.process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            # Chromium refuses its sandbox to root, whom continuous integration runs as.
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def visit(chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """``visit(site, role, language)``: the browser profile of that person, kept for all tests."""
    with ExitStack() as held:

        @cache
        def profile(origin: str, session: str | None, language: str) -> Visitor:
            visitor = Visitor.open(chromium, origin, session=session, language=language)
            held.callback(visitor.close)
            return visitor

        yield lambda site, role="public", language="zh-hans": profile(
            site.origin, site.stage.sessions.get(role), language
        )
