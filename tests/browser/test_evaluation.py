"""An evaluator scores by keyboard, loses the line and goes on, freezes their sheet."""

from __future__ import annotations

from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.evaluation_site import PATIENCE, Evaluator, evaluation_site
from tests.browser.evaluation_stage import PASSPHRASE
from tests.browser.visitor import NARROW, WIDE, Visitor

pytestmark = pytest.mark.long

WORDS = {
    "zh-hans": ("请填 0 至 40", "仅存于本设备", "这个密码打不开", "4 份评分表未冻结"),
    "en": ("From 0 to 40", "kept on this device only", "with this password", "sheets are not"),
}


@pytest.fixture(scope="module")
def site():
    with evaluation_site() as found:
        yield found


@pytest.mark.parametrize(("place", "language"), [(0, "zh-hans"), (1, "en")], ids=["zh", "en"])
def test_evaluator_scores_by_keyboard_loses_the_line_and_freezes(site, chromium, place, language):
    bounds, device, wrong, others = WORDS[language]
    with closing(Evaluator(chromium, *site, place, language)) as member:
        page, keys = member.page, member.page.keyboard
        assert member.visitor.looked_at() == []
        expect(page.locator("#document-T01 .paper-sheet img")).to_be_visible(timeout=PATIENCE)

        # By keyboard alone: figures, arrows, Enter; what is out of bounds is said at its field.
        page.locator("[data-next-cell] button").click()
        expect(member.field("T01", "plan")).to_be_focused()
        member.type("41")
        said = page.locator("[data-said='T01|plan']")
        expect(said).to_contain_text(bounds)
        expect(member.field("T01", "quality")).to_be_focused()
        keys.press("Shift+Enter")
        member.type("31.5", "30")
        keys.type("20")
        keys.press("ArrowUp")
        keys.press("Shift+ArrowDown")
        keys.press("]")
        expect(page.locator("#document-T01 [data-place]")).to_contain_text("2")
        keys.press("Enter")
        expect(member.field("T02", "plan")).to_be_focused()
        member.saved()
        expect(said).to_be_hidden()
        assert member.sheet()["sheet"]["scores"] == {
            "T01": {"plan": "31.50", "quality": "30.00", "team": "20.40"}
        }

        # The line is lost: points stay on the device, commands wait, a reload keeps them.
        member.line.cut()
        member.stands("stale")
        member.type("8", "7", "6")
        expect(page.locator("[data-kept]")).to_contain_text(device)
        page.reload()
        member.visitor.complaints.clear()  # what was under way then was broken off
        expect(member.field("T02", "plan")).to_have_value("8", timeout=PATIENCE)
        assert "T02" not in member.sheet()["sheet"]["scores"]
        member.line.mend()
        member.stands("live", "replayed")
        member.saved()
        assert member.sheet()["sheet"]["scores"]["T02"] == {
            "plan": "8.00", "quality": "7.00", "team": "6.00"
        }

        # The rest, then the own sheet is frozen: a wrong password first.
        page.locator("[data-next-cell] button").click()
        expect(member.field("T03", "plan")).to_be_focused()
        member.type(*["10", "9", "8"] * 2)
        member.freeze("wrong")
        expect(page.locator("form[data-sign] [data-mistake]")).to_contain_text(wrong)
        assert member.visitor.looked_at() == []
        assert member.sheet()["frozen_at"] is None
        member.freeze()
        member.frozen()
        assert member.sheet()["frozen_at"] is not None
        if place == 0:
            expect(page.locator("[data-part=act]")).to_contain_text(others)
        assert member.visitor.looked_at() == []


def test_supervisor_watches_the_room_without_points(site, chromium):
    origin, stage = site
    with closing(
        Visitor.open(chromium, origin, session=stage.supervisor, language="en")
    ) as visitor:
        assert visitor.go(f"/projects/{stage.project}/lots/1/evaluation/") == 200
        visitor.page.locator(".chip-live").wait_for(timeout=PATIENCE)
        assert visitor.page.locator("input[data-cell]").count() == 0
        for width in (NARROW, WIDE):
            visitor.resize(width)
            assert [*visitor.faults(), *visitor.barriers()] == []


def test_member_reads_the_ranking_and_signs_the_report_in_the_page(chromium):
    with evaluation_site(until="report") as site, closing(Evaluator(chromium, *site, 1)) as member:
        page = member.page
        expect(page.locator("#ranking-title")).to_be_visible()
        assert member.visitor.looked_at() == []
        page.locator("#sign-report > summary").click()
        form = page.locator("form[data-sign-document]")
        form.locator("input[type=file]").set_input_files(site[1].certificates[1])
        form.locator("input[type=password]").fill("wrong")
        form.locator("button").click()
        expect(form.locator("[data-mistake]")).to_contain_text("这个密码打不开")
        form.locator("input[type=password]").fill(PASSPHRASE)
        form.locator("button").click()
        expect(page.locator("[data-report-open] .status-good")).to_have_count(1, timeout=PATIENCE)
        expect(page.locator("#sign-report")).to_have_count(0)
        assert member.visitor.looked_at() == []
