"""Seven evaluators score at once in real browsers; two of them lose their line in the middle."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.evaluation_site import (
    CODES,
    CRITERIA,
    PATIENCE,
    Evaluator,
    evaluation_site,
)

SIZE = 7
#: Who loses the line while the second bid is scored, and gets it back before the fourth.
LOST = (2, 5)


def points_of(place: int, code: str, criterion: str) -> str:
    """What the member in this place gives: no two members give the same."""
    hundredths = 1000 + 10 * place + 100 * CODES.index(code) + list(CRITERIA).index(criterion)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def score(member: Evaluator, code: str) -> None:
    """One bid by keyboard, from its first criterion to its last."""
    member.page.locator(f"[data-choose={code}]").click()
    member.field(code, next(iter(CRITERIA))).focus()
    member.type(*(points_of(member.place, code, each) for each in CRITERIA))


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_seven_evaluators_score_at_once_and_two_lose_their_line():
    with ExitStack() as held:
        site = held.enter_context(evaluation_site(SIZE))
        playwright = held.enter_context(sync_playwright())
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        held.callback(chromium.close)
        members = [
            held.enter_context(closing(Evaluator(chromium, *site, place)))
            for place in range(SIZE)
        ]
        for code in CODES:
            if code == "T02":
                for place in LOST:
                    members[place].line.cut()
            if code == "T04":
                for place in LOST:
                    members[place].line.mend()
            for member in members:
                score(member, code)
        for place, member in enumerate(members):
            member.saved()
            assert member.sheet()["sheet"]["scores"] == {
                code: {name: points_of(place, code, name) for name in CRITERIA} for code in CODES
            }
        for member in members:
            member.freeze()
        for member in members:
            member.frozen()
        # Whoever lost the line is told what they missed, and everybody stands in the same present.
        button = members[LOST[0]].page.locator("form[data-do=freeze-scores] button")
        button.click(timeout=PATIENCE)
        for member in members:
            expect(member.page.locator("#technical-title")).to_be_visible(timeout=PATIENCE)
            assert member.visitor.complaints == []
