"""One person's browser window, watched: what it complains of, what it loads, what axe finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Response

WIDE, NARROW = 1280, 390
AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe" / "axe.min.js"

#: Run before a page's own scripts: what the policy blocks is said aloud.
LISTEN = """
window.blockedByPolicy = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.blockedByPolicy.push(`${event.violatedDirective}: ${event.blockedURI}`);
});
"""
#: Everything that is wider than the window, by its tag and class, or nothing.
WIDER = """
() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > room + 0.5)
    .map((one) => `${one.tagName.toLowerCase()}.${one.className} ends at `
      + Math.round(one.getBoundingClientRect().right)).slice(0, 5)
    .concat([`the page is ${document.documentElement.scrollWidth} wide`]);
}
"""
RUN_AXE = """
async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.target} ${node.html}`))
"""
#: Text under 14 px that is shown; a document's own leaves are as they were laid out.
SMALL = """
() => [...document.querySelectorAll('body *')].filter((one) =>
  [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
  && !one.closest('[data-paper]')
  && one.getClientRects().length && parseFloat(getComputedStyle(one).fontSize) < 14)
  .map((one) => `${one.tagName.toLowerCase()}.${one.className}: ${one.textContent.trim()}`)
  .slice(0, 5)
"""


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


@dataclass
class Visitor:
    """A browser profile with one window."""

    origin: str
    context: BrowserContext
    page: Page
    #: Errors of the console and of scripts, and requests that failed.
    complaints: list[str] = field(default_factory=list)
    #: Every answer since the last :meth:`go`.
    loaded: list[Response] = field(default_factory=list)

    @classmethod
    def open(
        cls, browser: Browser, origin: str, *, session: str | None, language: str,
        width: int = WIDE, **more: Any,
    ) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale="zh-CN" if language == "zh-hans" else "en-GB",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            **more,
        )
        context.set_default_timeout(15_000)
        context.add_init_script(LISTEN)
        cookies = {"django_language": language} | ({"sessionid": session} if session else {})
        context.add_cookies(
            [{"name": name, "value": text, "url": origin} for name, text in cookies.items()]
        )
        visitor = cls(origin, context, context.new_page())
        visitor._listen()
        return visitor

    def _listen(self) -> None:
        def console(message: Any) -> None:
            # The page itself may be meant to be a refusal; that is its status, looked at apart.
            own = message.location.get("url", "") == self.page.url
            if message.type in ("error", "warning") and not (
                own and message.text.startswith("Failed to load resource")
            ):
                self.complaints.append(f"console: {message.text}")

        self.page.on("console", console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", lambda answer: self.loaded.append(answer))
        self.page.on(
            "requestfailed",
            lambda request: self.complaints.append(f"failed: {request.url} {request.failure}"),
        )

    def go(self, address: str) -> int:
        """Go to an address of the site and wait until it stands; the first answer's status."""
        self.complaints.clear()
        self.loaded.clear()
        answer = self.page.goto(f"{self.origin}{address}", wait_until="load")
        assert answer is not None
        first = answer.request
        while first.redirected_from is not None:
            first = first.redirected_from
        response = first.response()
        assert response is not None
        return response.status

    def fetch(self, address: str) -> tuple[int, str]:
        """The first answer's status and text as this person gets it, without showing the page."""
        answer = self.context.request.get(f"{self.origin}{address}", max_redirects=0)
        return answer.status, answer.text()

    def faults(self) -> list[str]:
        """What is wrong with the page as it stands at this width; nothing, one hopes."""
        blocked = [f"policy: {each}" for each in self.page.evaluate("window.blockedByPolicy")]
        wider = [f"sideways: {each}" for each in self.page.evaluate(WIDER)]
        small = [f"under 14 px: {each}" for each in self.page.evaluate(SMALL)]
        return [*self.complaints, *blocked, *wider, *small]

    def barriers(self) -> list[str]:
        """What axe finds on the page as it stands."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(_axe())
        return [f"axe: {each}" for each in self.page.evaluate(RUN_AXE)]

    def looked_at(self) -> list[str]:
        """What is wrong with the page as it stands, narrow and wide."""
        found = []
        for width in (NARROW, WIDE):
            self.resize(width)
            found += [*self.faults(), *self.barriers()]
        return found

    def resize(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})

    def close(self) -> None:
        self.context.close()
