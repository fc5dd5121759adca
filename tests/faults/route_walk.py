"""A visitor walks the demonstration's route card in a real browser: bid, open, score, inspect.

Everything they need they take from the pages: addresses, user names, passwords, certificates.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Browser, Locator, Page, expect

from tests.bidding import papers
from tests.browser.visitor import Visitor

#: Milliseconds for what runs by itself: proofs, freezes, keepers, signatures with evidence.
PATIENCE = 180_000
WRONG = "not this one"
#: What a tenderer chooses, by its field: files that are what they say, and name whom they should.
DOCUMENTS = {
    "#files_2": papers.pdf("项目经理 王建国"),
    "#files_3": papers.pdf("施工组织设计", *(f"第 {page} 页" for page in range(40))),
}


@dataclass(frozen=True)
class Leg:
    """One stop of the card: where it leads, and who is offered for it."""

    address: str
    username: str
    password: str


class Line(Protocol):
    """A line to the platform with troubles of its own."""

    def take(self, page: Page) -> None:
        """From now on the page goes by this line."""

    def trouble(self, page: Page) -> None:
        """What happens while the bid goes up, and what its tenderer does about it."""


@dataclass
class Walk:
    """One walk in one language. ``wrong`` collects all that a page should not have done."""

    browser: Browser
    origin: str
    language: str
    wrong: list[str] = field(default_factory=list)

    # --- who, where ------------------------------------------------------------------------------

    @contextmanager
    def somebody(self, leg: Leg | None = None) -> Iterator[Page]:
        """A browser profile of its own, signed in as this stop says."""
        visitor = Visitor.open(self.browser, self.origin, session=None, language=self.language)
        visitor.context.set_default_timeout(60_000)
        try:
            if leg is not None:
                visitor.go(f"/sign-in/?next={leg.address}")
                visitor.page.fill("#id_username", leg.username)
                visitor.page.fill("#id_password", leg.password)
                visitor.page.click("section[aria-labelledby=with-password] button.btn")
                visitor.page.wait_for_url(f"**{leg.address}")
            yield visitor.page
            self._look(visitor, leg.address if leg else "a page of the public")
        finally:
            visitor.close()

    def _look(self, visitor: Visitor, where: str) -> None:
        # What was on its way when the visitor went on is nobody's fault.
        self.wrong += [
            f"{where}: {each}" for each in visitor.looked_at() if "ERR_ABORTED" not in each
        ]

    def legs(self) -> list[Leg]:
        """The card's stops as they are offered now."""
        with self.somebody() as page:
            page.goto(f"{self.origin}/demonstration/")
            items = page.locator("section[aria-labelledby=route-title] ol > li")
            return [_leg(items.nth(place)) for place in range(items.count())]

    def person(self, address: str, username: str) -> Leg:
        """Somebody from the role cards, to go to that address."""
        with self.somebody() as page:
            page.goto(f"{self.origin}/demonstration/")
            told = page.locator(f"dl#{username} dd")
            return Leg(address, username, told.nth(1).text_content() or "")

    # --- the four stops --------------------------------------------------------------------------

    def bid(self, leg: Leg, *, large: Path | None = None, line: Line | None = None) -> str:
        """Seal a bid and hand it in, over a line that may have its troubles; the digest on its
        receipt. ``large`` is offered in place of the usual technical document."""
        with self.somebody(leg) as page:
            for chooser, data in DOCUMENTS.items():
                name = f"{chooser[-1]}-投标文件.pdf"
                file = {"name": name, "mimeType": "application/pdf", "buffer": data}
                given: Any = [file] if large is None or chooser != "#files_3" else str(large)
                page.set_input_files(chooser, given)
            for name, text in {
                "duration_days": "265", "quality": "合格", "manager": "王建国",
                "price": "14,250,600.5",
            }.items():
                page.fill(f"#id_{name}", text)
            expect(page.locator("[data-capitals]")).to_have_text("壹仟肆佰贰拾伍万零陆佰元伍角整")
            page.fill("#id_passphrase", "correct horse")
            page.click("[data-seal-form] a[data-own-certificate]")
            _has_file(page.locator("#id_certificate"))
            page.fill("#id_password", WRONG)
            page.click("[data-seal-form] button.btn")
            expect(page.locator("#id_password_error")).to_be_visible()
            page.click("[data-seal-form] a[data-own-certificate]")
            expect(page.locator("#id_password")).not_to_have_value(WRONG)
            if line is not None:
                line.take(page)
            page.click("[data-seal-form] button.btn")
            if line is not None:
                line.trouble(page)
            page.locator("#confirmed").wait_for(timeout=PATIENCE)
            return page.locator("#confirmed").inner_text()

    def open(self, leg: Leg, trustees: tuple[str, ...]) -> int:
        """Move the clock, host the opening, release as these trustees; how many were read out."""
        hall = f"{leg.address.rstrip('/')}/lots/1/opening/"
        self._wait_for_the_hall(hall)
        with self.somebody(Leg(hall, leg.username, leg.password)) as page:
            self._give(page, "start")
        for name in trustees:
            with self.somebody(self.person(hall, name)) as page:
                self._release(page)
        read = self._read_out(Leg(hall, leg.username, leg.password))
        for who in (leg.username, *trustees[1:]):
            with self.somebody(self.person(hall, who)) as page:
                self._sign_record(page)
        return read

    def _read_out(self, host: Leg) -> int:
        """One sheet after the other, then the close."""
        read = 0
        with self.somebody(host) as page:
            done = page.locator("form[data-do=close]")
            more = page.locator("form[data-do=read-out]")
            done.or_(more).first.wait_for(timeout=PATIENCE)
            while more.count():
                bid = more.locator("input[name=bid]").input_value()
                more.locator("button.btn").click()
                page.locator(f"form[data-do=read-out] input[value='{bid}']").wait_for(
                    state="detached", timeout=PATIENCE
                )
                read += 1
                done.or_(more).first.wait_for(timeout=PATIENCE)
            self._give(page, "close")
        return read

    def _sign_record(self, page: Page) -> None:
        """The record is laid out within seconds of the close; sign it, a wrong password first."""
        form = page.locator("[data-record-form]")
        for _ in range(60):
            if form.count():
                break
            page.wait_for_timeout(1000)
            page.reload()
        form.locator("a[data-own-certificate]").click()
        _has_file(form.locator("[name=file]"))
        form.locator("[name=password]").fill(WRONG)
        form.locator("button.btn").click()
        expect(form.locator("[data-mistake=password]")).to_be_visible()
        form.locator("a[data-own-certificate]").click()
        expect(form.locator("[name=password]")).not_to_have_value(WRONG)
        with page.expect_navigation(timeout=PATIENCE):
            form.locator("button.btn").click()

    def _wait_for_the_hall(self, hall: str) -> None:
        """Press the demonstration's button until the bids are frozen; the clock does the rest."""
        with self.somebody() as page:
            for _ in range(8):
                page.goto(f"{self.origin}/demonstration/")
                with page.expect_navigation():
                    page.click("section[aria-labelledby=clock-title] form button")
                # What is due now is done within seconds.
                for _ in range(5):
                    page.goto(f"{self.origin}{hall}")
                    if page.locator("[data-hall]").count():
                        return
                    page.wait_for_timeout(1000)
        raise AssertionError("The hall never opened.")

    def _give(self, page: Page, command: str) -> None:
        """Press a command's button and wait until its form is gone."""
        form = page.locator(f"form[data-do='{command}']")
        form.locator("button.btn").click(timeout=PATIENCE)
        form.wait_for(state="detached", timeout=PATIENCE)

    def _release(self, page: Page) -> None:
        desk = page.locator("[data-release]").first
        form = desk.locator("[data-release-form]")
        desk.locator("summary").first.wait_for(timeout=PATIENCE)
        if not form.is_visible():
            desk.locator("summary").first.click()
        form.locator("a[data-own-keys]").click()
        _has_file(form.locator("input[name=keys]"))
        form.locator("a[data-own-certificate]").click()
        _has_file(form.locator("input[name=file]"))
        form.locator("button.btn").click()
        headline = desk.locator("[data-headline]")
        done = headline.get_attribute("data-done")
        expect(headline).to_have_text(done or "?", timeout=PATIENCE)

    def score(self, leg: Leg) -> None:
        """Score what is left by keyboard, lose the page once, freeze with one's own signature."""
        with self.somebody(leg) as page:
            page.locator(".chip-live").wait_for(timeout=PATIENCE)
            page.locator("[data-next-cell] button").click()
            for place in range(200):
                if not page.evaluate("document.activeElement.matches('input[data-cell]')"):
                    break
                page.keyboard.type("8.5")
                page.keyboard.press("Enter")
                if place == 3:
                    self._saved(page)
                    page.reload()
                    page.locator(".chip-live").wait_for(timeout=PATIENCE)
                    page.locator("[data-next-cell] button").click()
            self._saved(page)
            page.locator("#freeze > summary").click(timeout=PATIENCE)
            form = page.locator("form[data-sign='freeze-sheet']")
            form.locator("a[data-own-certificate]").click()
            _has_file(form.locator("input[type=file]"))
            form.locator("input[type=password]").fill(WRONG)
            form.locator("button.btn").click()
            expect(form.locator("[data-mistake]")).to_be_visible()
            form.locator("a[data-own-certificate]").click()
            expect(form.locator("input[type=password]")).not_to_have_value(WRONG)
            form.locator("button.btn").click()
            form.wait_for(state="detached", timeout=PATIENCE)

    def _saved(self, page: Page) -> None:
        expect(page.locator("[data-kept]")).to_have_attribute(
            "data-state", "server", timeout=PATIENCE
        )

    def inspect(self, leg: Leg) -> str:
        """Find the tender's package and run a draw again, all five steps; the package's address."""
        with self.somebody(leg) as page:
            packages = page.locator("a[href*='/packages/']")
            expect(packages.first).to_be_visible()
            package = packages.first.get_attribute("href") or ""
            page.goto(f"{self.origin}/draws/")
            page.locator("main a[href^='/draws/']").first.click()
            page.click("[data-redraw-start]")
            agrees = page.locator("[data-redraw-steps]").get_attribute("data-good") or "?"
            badges = page.locator("[data-redraw-steps] [data-badge]")
            for place in range(badges.count()):
                expect(badges.nth(place)).to_have_text(agrees, timeout=PATIENCE)
            return package


def _leg(item: Locator) -> Leg:
    link = item.locator("p a").first
    words = item.locator(".digest")
    return Leg(
        address=link.get_attribute("href") or "",
        username=words.nth(0).inner_text(),
        password=words.nth(1).inner_text(),
    )


def _has_file(place: Locator) -> None:
    expect(place).not_to_have_js_property("value", "")
