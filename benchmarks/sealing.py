"""Sealing: ``seal.chromium`` is pass 1 of the page's modules in headless Chromium, in MB/s.

In a worker, as in the page: a file is read piece by piece, compared with what was hashed before,
encrypted, and its parts hashed, by a crew that loads while the file is listed. The limit is
WebCrypto alone, in a worker and the same minute: the same chunks encrypted and the same parts
hashed, from memory, with nothing else.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.framework import ROOT, Figure, in_turn

MIB = 1024 * 1024
MEBIBYTES = 128
PAGE = "<!doctype html><title>seal</title><input type=file>"
ASK = """([side, told]) => new Promise((resolve, reject) => {
  const worker = new Worker("/sealing.mjs", { type: "module" });
  worker.addEventListener("error", (event) => reject(event.message));
  worker.addEventListener("message", ({ data }) => {
    worker.terminate();
    resolve(data);
  });
  const [file] = document.querySelector("input").files;
  worker.postMessage({ side, file, told });
})"""
APPS = ("signatures", "trading", "bidding")


class _Files(SimpleHTTPRequestHandler):
    extensions_map = {".js": "text/javascript", ".mjs": "text/javascript", "": "text/html"}

    def log_message(self, *args: object) -> None:
        return None


@contextmanager
def _served() -> Iterator[str]:
    """The apps' static files and this benchmark's worker on a port of their own; its address."""
    with tempfile.TemporaryDirectory(prefix="sunlit-bench-") as name:
        folder = Path(name)
        for app in APPS:
            shutil.copytree(ROOT / app / "static", folder / "static", dirs_exist_ok=True)
        shutil.copy(ROOT / "benchmarks" / "sealing.mjs", folder)
        (folder / "page").write_text(PAGE, encoding="utf-8")
        handler = partial(_Files, directory=name)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


@contextmanager
def chromium_page() -> Iterator[Callable[..., float]]:
    """``ask(side, file, told)`` has the worker do one side with a file, in a page of Chromium's."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with _served() as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{origin}/page")

        def ask(side: str, file: Path, told: Any = None) -> float:
            page.set_input_files("input", file)
            return float(page.evaluate(ASK, [side, told]))

        yield ask
        browser.close()


def seal() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="sunlit-bench-") as name, chromium_page() as ask:

        def file(mebibytes: int) -> Path:
            path = Path(name) / f"{mebibytes}.pdf"
            path.write_bytes(bytes([0x5A]) * mebibytes * MIB)
            return path

        small, large = file(8), file(MEBIBYTES)
        ask("seal", small), ask("bare", small)
        figure, bound = in_turn(partial(ask, "seal", large), partial(ask, "bare", large))
    return [Figure("seal.chromium", figure, "MB/s", bound, ">= 0.6")]


BENCHMARKS: dict[str, Any] = {"seal.chromium": seal}
