"""An evaluation that is served for real browsers, and a member at their page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, WebSocketRoute, expect

from tests.browser.evaluation_stage import PASSPHRASE, EvaluationStage
from tests.browser.staged import staged
from tests.browser.visitor import WIDE, Visitor

#: Milliseconds that a save or a signature may take on a busy machine.
PATIENCE = 60_000
CRITERIA = {"plan": 40, "quality": 35, "team": 25}
CODES = ("T01", "T02", "T03", "T04")


@contextmanager
def evaluation_site(size: int = 5, until: str = "") -> Iterator[tuple[str, EvaluationStage]]:
    """Origin and stage, for the length of the block."""
    program = "tests.browser.evaluation_stage"
    wanted = {"SUNLIT_STAGE_SIZE": str(size), "SUNLIT_STAGE_UNTIL": until}
    with staged(program, **wanted) as site:
        yield site.origin, EvaluationStage(**site.found)


@dataclass
class Line:
    """The line between a browser and the room: up, or cut until it is mended."""

    is_cut: bool = False
    held: WebSocketRoute | None = None

    def __call__(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            socket.close()
            return
        self.held = socket
        socket.connect_to_server()

    def cut(self) -> None:
        self.is_cut = True
        if self.held is not None:
            self.held.close()

    def mend(self) -> None:
        self.is_cut = False


class Evaluator:
    """A member in a browser profile of their own, in the evaluation room."""

    def __init__(
        self, browser: Browser, origin: str, stage: EvaluationStage, place: int,
        language: str = "zh-hans", width: int = WIDE,
    ) -> None:
        self.visitor = Visitor.open(
            browser, origin, session=stage.sessions[place], language=language, width=width
        )
        self.stage, self.place, self.line = stage, place, Line()
        self.visitor.context.route_web_socket("**/ws/rooms/**", self.line)
        self.address = f"/projects/{stage.project}/lots/1/evaluation/"
        assert self.visitor.go(self.address) == 200
        self.stands("live")

    @property
    def page(self) -> Any:
        return self.visitor.page

    def stands(self, *states: str) -> None:
        """Wait until the chip says one of these."""
        selector = ", ".join(f".chip-{state}" for state in states)
        self.page.locator(selector).wait_for(timeout=PATIENCE)

    def field(self, code: str, criterion: str) -> Any:
        return self.page.locator(f"input[data-cell='{code}|{criterion}']")

    def type(self, *points: str) -> None:
        """One after the other from where the focus is, each ended by Enter."""
        for text in points:
            self.page.keyboard.type(text)
            self.page.keyboard.press("Enter")

    def saved(self) -> None:
        """Wait until everything that was typed is on the platform."""
        expect(self.page.locator("p[data-kept]")).to_have_attribute(
            "data-state", "server", timeout=PATIENCE
        )

    def sheet(self) -> dict[str, Any]:
        """The own sheet as the interface has it."""
        path = f"/api/v1/lots/{self.stage.lot}/committee/sheet"
        found: dict[str, Any] = json.loads(self.visitor.fetch(path)[1])
        return found

    def freeze(self, password: str = PASSPHRASE) -> None:
        """Sign the own sheet in the page."""
        form = self.page.locator("form[data-sign='freeze-sheet']")
        if not form.is_visible():
            self.page.locator("#freeze > summary").click(timeout=PATIENCE)
        form.locator("input[type=file]").set_input_files(self.stage.certificates[self.place])
        form.locator("input[type=password]").fill(password)
        form.locator("button").click()

    def frozen(self) -> None:
        """Wait until the page shows the own sheet frozen."""
        expect(self.page.locator("input[data-cell]")).to_have_count(0, timeout=PATIENCE)

    def close(self) -> None:
        self.visitor.close()
