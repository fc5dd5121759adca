"""The page on which a committee is drawn, in a real browser: looked at, mistaken, and done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.browser.committee_stage import CommitteeStage
from tests.browser.staged import Staged, staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Staged, CommitteeStage]]:
    with staged("tests.browser.committee_stage") as site:
        yield site, CommitteeStage(**site.found)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("page", ["evaluation", "committee"])
def test_form_and_pool_as_the_tenderee_sees_them(site, chromium, page, language):
    served, stage = site
    visitor = Visitor.open(chromium, served.origin, session=stage.host, language=language)
    with closing(visitor):
        assert visitor.go(f"/projects/{stage.project}/lots/1/{page}/") == 200
        assert visitor.looked_at() == []


def test_mistake_stands_at_its_field_and_then_the_draw_is_opened(site, chromium):
    served, stage = site
    visitor = Visitor.open(chromium, served.origin, session=stage.host, language="en")
    with closing(visitor):
        assert visitor.go(f"/projects/{stage.project}/lots/1/committee/") == 200
        form = visitor.page.locator("form.draw-form")
        form.locator("[name=seats-expert]").fill("6")
        for box in form.locator("[name=parties]").all():
            box.check()
        form.locator("button.btn").click()
        visitor.page.wait_for_selector("[aria-invalid=true]")
        assert visitor.page.locator("[name=seats-expert]").input_value() == "6"
        assert visitor.looked_at() == []
        visitor.page.locator("[name=seats-expert]").fill("5")
        form.locator("button.btn").click()
        visitor.page.wait_for_url("**/evaluation/")
        assert visitor.looked_at() == []
