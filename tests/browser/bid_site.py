"""A platform that takes bids, served for a real browser, and a tenderer at its page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Route, expect

from tests.browser.bid_stage import AMENDED, FINAL_OFFERS, PASSPHRASE, BidStage
from tests.browser.staged import staged
from tests.browser.visitor import Visitor

KIT_PASSPHRASE = "correct horse"
#: Milliseconds that sealing and uploading something small may take on a busy machine.
PATIENCE = 60_000
expect.set_options(timeout=20_000)


@contextmanager
def bid_site(
    *, final_offers: bool = False, amended: bool = False
) -> Iterator[tuple[str, BidStage]]:
    """Origin and stage, for the length of the block."""
    asked = {FINAL_OFFERS: final_offers, AMENDED: amended}
    wanted = {name: "yes" for name, given in asked.items() if given}
    with staged("tests.browser.bid_stage", **wanted) as site:
        yield site.origin, BidStage(**site.found)


@dataclass
class Line:
    """The line to the platform: cut after so many uploaded parts, or whole (None)."""

    cut_after: int | None = None
    #: From which byte on each request that came through brought something.
    offsets: list[int] = field(default_factory=list)

    def __call__(self, route: Route) -> None:
        if route.request.method == "PATCH":
            if self.cut_after is not None and len(self.offsets) >= self.cut_after:
                route.abort()
                return
            self.offsets.append(int(route.request.headers["upload-offset"]))
        route.continue_()


class Bidder:
    """A tenderer in a browser profile of its own, at the page of its bid.

    ``kept`` says that everything that the browser sends is kept in ``sent``.
    """

    def __init__(
        self,
        browser: Browser,
        origin: str,
        stage: BidStage,
        who: str,
        language: str,
        *,
        kept: bool = True,
    ) -> None:
        self.visitor = Visitor.open(
            browser, origin, session=stage.sessions[who], language=language
        )
        self.stage, self.who = stage, who
        self.address = f"/projects/{stage.project}/lots/1/bid/"
        self.line = Line()
        self.sent: list[bytes] = []
        self.visitor.context.route("**/api/v1/uploads/*", self.line)
        if kept:
            self.visitor.context.on(
                "request", lambda request: self.sent.append(request.post_data_buffer or b"")
            )
        assert self.visitor.go(self.address) == 200
        # Its script has what is kept, and listens.
        self.page.locator("[data-tasks]").wait_for(timeout=PATIENCE)

    @property
    def page(self) -> Any:
        return self.visitor.page

    def choose(self, slot: int, *files: Any) -> None:
        self.page.set_input_files(f"#files_{slot}", list(files))
        expect(self.page.locator(f"[data-slot='{slot}'] [data-files] > li")).to_have_count(
            len(files), timeout=PATIENCE
        )

    def write(self, **fields: str) -> None:
        for name, text in fields.items():
            self.page.fill(f"#id_{name}", text)

    def sign(self, password: str = PASSPHRASE, passphrase: str = KIT_PASSPHRASE) -> None:
        """Fill in the signing form and press its button."""
        self.write_signing(password, passphrase)
        self.page.click("[data-seal-form] button")

    def write_signing(self, password: str, passphrase: str) -> None:
        """Fill in the signing form, and no more."""
        if not self.page.locator("#id_certificate").evaluate("one => one.files.length"):
            self.page.set_input_files("#id_certificate", self.stage.certificates[self.who])
        self.page.fill("#id_password", password)
        self.page.fill("#id_passphrase", passphrase)

    def come_back(self) -> None:
        """Close the page in the middle of whatever it does; then the line is whole, and open it."""
        self.page.goto("about:blank")
        self.line.cut_after = None
        self.page.goto(f"{self.visitor.origin}{self.address}")

    def confirmed(self, version: int, *, patience: float = PATIENCE) -> None:
        """Wait for the confirmation of this version."""
        title = self.page.locator("#confirmed-title")
        expect(title).to_contain_text(f" {version} ", timeout=patience)
        # The page stands again, and its script with it.
        self.page.locator("[data-replace]").wait_for(timeout=patience)

    def mine(self) -> list[dict[str, Any]]:
        """One's own bids as the interface has them."""
        path = f"/api/v1/lots/{self.stage.lot}/bids/mine"
        return list(json.loads(self.visitor.fetch(path)[1])["bids"])

    def close(self) -> None:
        self.visitor.close()
