"""Take the guides' pictures from a demonstration: ``python scripts/guide_pictures.py DATA``.

DATA is the data folder of ``make demo``, which must be running: its people sign in, in both
languages, and each page of the list below is photographed into ``docs/guides/pictures/<language>``
as a small WebP file. Nothing is changed on the platform but that messages may count as read.

``--only NAME`` takes the pictures whose names begin so. ``--whole FOLDER`` takes each page in its
whole length instead, as PNG into FOLDER, for ``scripts/contact_sheet.py``.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "guides" / "pictures"
LANGUAGES = {"en": "en", "zh": "zh-hans"}
VIEW = {"width": 1180, "height": 820}
WIDTH = 900
#: No picture is heavier, in bytes; better quality gives way.
MOST = 60_000
QUALITIES = (74, 60, 46, 34)


@dataclass(frozen=True)
class Picture:
    """A page as one person sees it (by user name; empty: the public).

    ``path`` may name lots by what the place calls them; ``wait`` must have appeared, ``click`` is
    pressed until ``then`` appears, ``top`` is scrolled to.
    """

    name: str
    who: str
    path: str
    wait: str = "main"
    click: str = ""
    then: str = ""
    top: str = ""


PICTURES = (
    Picture("public-front", "", "/"),
    Picture("public-project", "", "/projects/{whole}/"),
    Picture("public-document", "", "{document}", wait=".textLayer span"),
    Picture("public-verify", "", "/verify/"),
    Picture("public-draw", "", "{draw}", click="[data-redraw-start]", then=".rerun-verdict",
            top="#again"),
    Picture("public-ledger", "", "/ledger/"),
    Picture("public-package", "", "{package}"),
    Picture("tenderer-project", "tenderer-3", "/projects/{bidding}/"),
    Picture("tenderer-bid", "tenderer-3", "/projects/{bidding}/lots/1/bid/"),
    Picture("tenderer-questions", "tenderer-3", "/projects/{offered}/lots/1/questions/"),
    Picture("tenderer-hall", "tenderer-3", "/projects/{opened}/lots/1/opening/"),
    Picture("tenderer-result", "tenderer-3", "/projects/{whole}/lots/1/result/"),
    Picture("tenderee-desk", "tenderee", "/desk/"),
    Picture("tenderee-prepare", "tenderee", "/projects/{bidding}/lots/1/prepare/"),
    Picture("tenderee-sealing", "tenderee", "/projects/{bidding}/lots/1/sealing/"),
    Picture("tenderee-contract", "tenderee", "/projects/{whole}/lots/1/contract/"),
    Picture("guarantor-issue", "guarantor", "/projects/{bidding}/lots/1/guarantees/issue/",
            wait="form[data-guarantee]"),
    Picture("guarantor-guarantees", "guarantor", "/projects/{whole}/lots/1/guarantees/"),
    Picture("evaluator-desk", "{evaluator}", "/desk/"),
    Picture("evaluator-room", "{evaluator}", "/projects/{opened}/lots/1/evaluation/"),
    Picture("supervisor-desk", "supervisor", "/desk/"),
    Picture("supervisor-inspections", "supervisor", "/inspections/"),
    Picture("supervisor-inspection", "supervisor", "{inspection}"),
    Picture("operator-desk", "operator", "/operator/"),
    Picture("operator-calendar", "operator", "/operator/calendar/"),
    Picture("operator-health", "operator", "/operator/health/"),
    Picture("archivist-desk", "archivist", "/desk/"),
    Picture("archivist-keeping", "archivist", "/projects/{failed}/lots/1/archive/"),
    Picture("archivist-package", "archivist", "{package}", top="#examined"),
)  # fmt: skip
#: What the place calls its tenders -> a part of each one's title.
LOTS = {
    "whole": "滨河路",
    "failed": "运动场",
    "suspended": "东湖公园",
    "publicised": "第三水厂",
    "opened": "锦江大桥",
    "bidding": "人民路",
    "offered": "第二中学",
}


class Place:
    """A running demonstration: its address, who signs in how, and where things are."""

    def __init__(self, data: Path, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        known = json.loads((data / "demonstration.json").read_text(encoding="utf-8"))
        self.people = {each["username"]: each for each in known["people"]}
        self.names: dict[str, str] = {}
        stops = {each["name"]: each for each in known["route"]}
        self.names["evaluator"] = stops["score"]["username"]
        projects = self._json("/api/v1/projects")["items"]
        for name, words in LOTS.items():
            self.names[name] = next(each["code"] for each in projects if words in each["title"])

    def _json(self, path: str) -> Any:
        with urlopen(f"{self.origin}{path}", timeout=30) as answer:  # noqa: S310 - our own machine
            return json.load(answer)

    def look_around(self, page: Page) -> None:
        """Find a document, a draw, an inspection and a package by the links that lead there."""
        for name, path, link in (
            ("document", f"/projects/{self.names['whole']}/", "a[href^='/documents/']"),
            ("draw", "/draws/", ".found h2 a"),
            ("inspection", "/inspections/", "main a[href^='/inspections/']"),
            ("package", "/packages/", ".found h2 a"),
        ):
            page.goto(f"{self.origin}{path}")
            self.names[name] = page.locator(link).first.get_attribute("href") or path


class Camera:
    """A browser that takes pictures as each person in each language."""

    def __init__(self, browser: Browser, place: Place) -> None:
        self.browser, self.place = browser, place
        self._windows: dict[tuple[str, str], BrowserContext] = {}

    def window(self, who: str, language: str) -> BrowserContext:
        """The profile of this person in this language, signed in."""
        key = (who, language)
        if key not in self._windows:
            context = self.browser.new_context(
                viewport=VIEW, reduced_motion="reduce",  # type: ignore[arg-type]
                locale="en-GB" if language == "en" else "zh-CN", timezone_id="Asia/Shanghai",
            )  # fmt: skip
            context.set_default_timeout(60_000)
            context.add_cookies(
                [
                    {
                        "name": "django_language",
                        "value": LANGUAGES[language],
                        "url": self.place.origin,
                    }
                ]
            )
            if who:
                self._sign_in(context, self.place.people[who])
            self._windows[key] = context
        return self._windows[key]

    def _sign_in(self, context: BrowserContext, person: Mapping[str, str]) -> None:
        page = context.new_page()
        page.goto(f"{self.place.origin}/sign-in/")
        page.fill("[name=username]", person["username"])
        page.fill("[name=password]", person["password"])
        page.press("[name=password]", "Enter")
        page.wait_for_selector(".mast-who", state="attached")
        page.close()

    def take(self, picture: Picture, language: str, *, whole: bool = False) -> bytes:
        """The window's picture, or the ``whole`` page's; raises :class:`LookupError` where there is
        no such page."""
        names = self.place.names
        page = self.window(picture.who.format(**names), language).new_page()
        try:
            answer = page.goto(f"{self.place.origin}{picture.path.format(**names)}")
            if answer is None or not answer.ok:
                raise LookupError(f"HTTP {answer.status if answer else '?'}")
            page.wait_for_selector(picture.wait)
            if picture.click:
                page.click(picture.click)
                page.wait_for_selector(picture.then)
            if picture.top:
                page.locator(picture.top).evaluate("one => one.scrollIntoView()")
            page.wait_for_load_state("networkidle")
            return page.screenshot(full_page=whole)
        except Error as error:
            raise LookupError(error.message.splitlines()[0]) from error
        finally:
            page.close()


def small(data: bytes) -> bytes:
    """The picture as WebP, scaled, in the best quality that keeps below :data:`MOST`."""
    with Image.open(io.BytesIO(data)) as found:
        height = round(found.height * WIDTH / found.width)
        picture = found.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
    for quality in QUALITIES:
        kept = io.BytesIO()
        picture.save(kept, "WEBP", quality=quality, method=6)
        if kept.tell() < MOST:
            break
    return kept.getvalue()


def pictures(camera: Camera, only: str, whole: Path | None) -> Iterator[tuple[Path, bytes | str]]:
    """Where each picture belongs, and its bytes, or why there is none."""
    for picture in PICTURES:
        if not picture.name.startswith(only):
            continue
        for language in LANGUAGES:
            path = FOLDER / language / f"{picture.name}.webp"
            if whole is not None:
                path = whole / f"{picture.name}-{language}.png"
            try:
                data = camera.take(picture, language, whole=whole is not None)
                yield path, data if whole is not None else small(data)
            except LookupError as error:
                yield path, str(error)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--only", default="")
    parser.add_argument("--whole", type=Path)
    options = parser.parse_args()
    place = Place(options.data, options.port)
    missing = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        camera = Camera(browser, place)
        place.look_around(camera.window("", "en").new_page())
        for path, found in pictures(camera, options.only, options.whole):
            if isinstance(found, str):
                missing += 1
                sys.stderr.write(f"{path.parent.name}/{path.stem}: {found}\n")
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(found)
            sys.stdout.write(f"{path.parent.name}/{path.name}: {len(found):,} bytes\n")
        browser.close()
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
