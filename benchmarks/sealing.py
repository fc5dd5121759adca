"""Sealing: ``seal`` is pass 1 of the page's modules in headless Chromium, in MB/s.

A file is read piece by piece, compared with what was hashed before, encrypted, and its parts
hashed; the limit is WebCrypto alone, in the same page and minute: the same chunks encrypted and
the same parts hashed, from memory, with nothing else.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.framework import ROOT, Figure, in_turn

MEBIBYTES = 128
APPS = ("signatures", "trading", "bidding")


class _Files(SimpleHTTPRequestHandler):
    extensions_map = {".js": "text/javascript", ".mjs": "text/javascript", "": "text/html"}

    def log_message(self, *args: object) -> None:
        return None


@contextmanager
def _served() -> Iterator[str]:
    """The apps' static files and this benchmark's module on a port of their own."""
    with tempfile.TemporaryDirectory(prefix="sunlit-bench-") as name:
        folder = Path(name)
        for app in APPS:
            shutil.copytree(ROOT / app / "static", folder / "static", dirs_exist_ok=True)
        shutil.copy(ROOT / "benchmarks" / "sealing.mjs", folder)
        (folder / "page").write_text("<!doctype html><title>seal</title>", encoding="utf-8")
        handler = partial(_Files, directory=name)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


def seal() -> list[Figure]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with _served() as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{origin}/page")

        def measure(mebibytes: int = MEBIBYTES) -> float:
            call = "async (n) => (await import('/sealing.mjs')).sealing('/static', n)"
            return float(page.evaluate(call, mebibytes))

        def limit(mebibytes: int = MEBIBYTES) -> float:
            call = "async (n) => (await import('/sealing.mjs')).bare(n)"
            return float(page.evaluate(call, mebibytes))

        measure(8), limit(8)
        figure, bound = in_turn(measure, limit)
        browser.close()
    return [Figure("seal", figure, "MB/s Chromium", bound, ">= 0.6")]


BENCHMARKS: dict[str, Any] = {"seal": seal}
