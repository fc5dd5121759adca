"""A tenderer's files are looked at in its own browser before they are sealed: what the committee
could not open is refused, a blind bid that names somebody is warned of, a click leaves it so."""

from __future__ import annotations

import base64
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.bidding import checked, papers
from tests.bidding.checked import FILES, OWN, SHEET
from tests.browser.bid_site import PATIENCE, Bidder, bid_site

LOOK = """async ({ files, own, sheet }) => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const { readFile } = await import('/static/bidding/js/check/read.js');
  const { judge } = await import('/static/bidding/js/check/judge.js');
  const found = {};
  for (const { id, slot, name, data } of files) {
    const read = await readFile(new Blob([bytes(data)]), name, { deep: true });
    found[id] = judge([{ ...read, id, slot, name }], { blind: 3, own, sheet });
  }
  return found;
}"""
PDF = "application/pdf"
WORDS = {
    "zh-hans": {
        "author": "请查看： 文件属性“作者”写有“张三”。暗标不得透露身份",
        "name": "在第 2 页",
        "damaged": "必须改正： 文件损坏或者不完整",
        "open": "请查看在 技术文件.pdf 中发现的问题",
        "blocked": "技术文件.pdf 不能按现状加密",
        "left": "您已查看，并选择保持原样。",
    },
    "en": {
        "author": "Please look: Its property “author” tells “张三”. A blind bid names nobody",
        "name": "on page 2",
        "damaged": "Must be mended: It is damaged or cut short",
        "open": "Look at what was found in 技术文件.pdf",
        "blocked": "技术文件.pdf cannot be sealed as it is",
        "left": "You looked at this and left it as it is.",
    },
}


@pytest.fixture(scope="module")
def site():
    with bid_site() as found:
        yield found


def given(name: str, data: bytes, kind: str = PDF) -> dict:
    return {"name": name, "mimeType": kind, "buffer": data}


def pictured(bidder: Bidder, name: str) -> None:
    """The page at both widths, without complaints."""
    for width in (1280, 390):
        bidder.page.set_viewport_size({"width": width, "height": 900})
        bidder.page.locator("#documents").scroll_into_view_if_needed()
        assert bidder.visitor.looked_at() == [], (name, width)
    bidder.page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize(
    ("who", "language"), [("tenderer-0", "zh-hans"), ("tenderer-1", "en")], ids=["zh", "en"]
)
def test_blind_bid_that_names_its_author_waits_for_a_word(site, chromium, who, language):
    words = WORDS[language]
    with closing(Bidder(chromium, *site, who, language)) as bidder:
        page = bidder.page
        own = page.evaluate("JSON.parse(document.querySelector('[data-bid]').dataset.bid).own")
        qualification = papers.pdf(f"{own[0]}\n项目经理 王建国", info={"Author": own[0]})
        bidder.choose(2, given("资格文件.pdf", qualification))
        bidder.write(duration_days="265", quality="合格", manager="王建国", price="14,250,600.5")
        found = page.locator("[data-slot='3'] .bid-found li")
        damaged = FILES["pdf-cut"].data
        bidder.choose(3, given("技术文件.pdf", damaged))
        expect(found).to_have_count(1, timeout=PATIENCE)
        expect(found).to_contain_text(words["damaged"])
        # What cannot be opened is no matter of taste.
        expect(page.locator("[data-slot='3'] .bid-found button")).to_have_count(0)
        bidder.sign()
        summary = page.locator("[data-summary] li")
        expect(summary).to_have_count(1)
        expect(summary).to_contain_text(words["blocked"])
        assert bidder.mine() == []

        # The same name takes its place: a sound file that says who wrote it, and for whom.
        offer = papers.pdf("施工方案", f"编制单位 {own[0]}", info={"Author": "张三"})
        bidder.choose(3, given("技术文件.pdf", offer))
        expect(found).to_have_count(2, timeout=PATIENCE)
        expect(found.first).to_contain_text(words["author"])
        expect(found.last).to_contain_text(own[0])
        expect(found.last).to_contain_text(words["name"])
        # The qualification may name whom it likes.
        expect(page.locator("[data-slot='2'] .bid-found")).to_have_count(0)
        pictured(bidder, language)
        bidder.sign()
        expect(summary).to_contain_text(words["open"])
        assert bidder.mine() == []
        page.click("[data-summary] a")
        expect(page.locator("[data-slot='3'] .bid-found button")).to_be_focused()

        page.keyboard.press("Enter")
        expect(page.locator("[data-slot='3'] .bid-found")).to_contain_text(words["left"])
        # Nothing that was entered is lost, and the word holds after a reload.
        expect(page.locator("#id_password")).not_to_have_value("")
        page.reload()
        expect(page.locator("[data-slot='3'] .bid-found")).to_contain_text(
            words["left"], timeout=PATIENCE
        )
        expect(page.locator("#id_price")).to_have_value("14,250,600.50")
        bidder.sign()
        bidder.confirmed(1)
        # What was found never left the device.
        body = b"".join(bidder.sent)
        assert [secret for secret in ("张三", "编制单位") if secret.encode() in body] == []


def test_word_for_one_warning_is_none_for_another(site, chromium):
    """The project manager typed later stands in the technical bid: that is a new warning."""
    with closing(Bidder(chromium, *site, "tenderer-2", "en")) as bidder:
        page = bidder.page
        found = page.locator("[data-slot='3'] .bid-found li")
        bidder.choose(3, given("t.pdf", papers.pdf("王建国", info={"Author": "张三"})))
        expect(found).to_have_count(1, timeout=PATIENCE)
        page.click("[data-slot='3'] .bid-found button")
        expect(page.locator("[data-slot='3'] .bid-found")).to_contain_text("left it as it is")
        bidder.write(manager="王建国")
        page.locator("#id_manager").blur()
        expect(found).to_have_count(2)
        expect(page.locator("[data-slot='3'] .bid-found button")).to_have_count(1)


def test_picture_loses_its_metadata_by_a_click(site, chromium):
    with closing(Bidder(chromium, *site, "tenderer-3", "en")) as bidder:
        page = bidder.page
        found = page.locator("[data-slot='3'] .bid-found li")
        case = FILES["blind-exif"]
        bidder.choose(3, given("site.jpg", case.data, "image/jpeg"))
        expect(found).to_have_count(4, timeout=PATIENCE)
        page.click("[data-slot='3'] .bid-found button:has-text('Take the metadata out')")
        expect(found).to_have_count(2, timeout=PATIENCE)
        left = [found.nth(each).get_attribute("data-finding") for each in range(2)]
        assert left == ["not-pdf", "blind-unread"]
        expect(page.locator("[data-slot='3'] [data-files] > li")).to_have_count(1)


def test_chromium_finds_what_the_kit_finds(site, chromium):
    """Every case of the kit's, PDFs above all: pdf.js reads them here, pikepdf and PDFium there."""
    files = [
        {"id": name, "slot": case.slot, "name": case.name,
         "data": base64.b64encode(case.data).decode()}
        for name, case in FILES.items()
    ]  # fmt: skip
    sheet = {key: SHEET[key] for key in ("price", "capitals")}
    with closing(Bidder(chromium, *site, "tenderer-3", "en")) as bidder:
        found = bidder.page.evaluate(LOOK, {"files": files, "own": OWN, "sheet": sheet})
    told = {
        name: sorted(checked.said(each["code"], each["places"]) for each in found[name])
        for name in FILES
    }
    assert told == {name: sorted(case.found) for name, case in FILES.items()}


# --- the rehearsal on the device ------------------------------------------------------------------


def rehearsed(page) -> dict[str, str]:
    """Rehearse; what came of each step."""
    page.click("[data-rehearsal] button")
    steps = page.locator("[data-rehearsed] li")
    expect(page.locator("[data-rehearsal] button")).to_be_enabled(timeout=PATIENCE)
    expect(steps).to_have_count(5, timeout=PATIENCE)
    return {
        steps.nth(each).get_attribute("data-step"): steps.nth(each).get_attribute("data-state")
        for each in range(5)
    }


@pytest.mark.parametrize(
    ("who", "language", "sealed"),
    [("tenderer-2", "zh-hans", "4 个演练信封"), ("tenderer-3", "en", "4 dummy envelopes signed")],
    ids=["zh", "en"],
)
def test_rehearsal_says_what_would_have_failed_and_hands_nothing_in(
    site, chromium, who, language, sealed
):
    with closing(Bidder(chromium, *site, who, language)) as bidder:
        page = bidder.page
        before = bidder.mine()
        # The stage's time is not the device's.
        assert rehearsed(page) == {
            "connection": "good", "clock": "unsure", "room": "good",
            "certificate": "off", "sealing": "off",
        }  # fmt: skip
        bidder.write_signing("wrong", "correct horse")
        page.click("[data-rehearsal] button")
        wrong = page.locator("[data-rehearsed] [data-step=certificate]")
        expect(wrong).to_have_attribute("data-state", "bad", timeout=PATIENCE)
        expect(page.locator("[data-rehearsed] [data-step=sealing]")).to_have_count(0)
        bidder.write_signing("pw", "correct horse")
        found = rehearsed(page)
        assert (found["certificate"], found["sealing"]) == ("good", "good")
        expect(page.locator("[data-rehearsed] [data-step=sealing]")).to_contain_text(sealed)
        pictured(bidder, f"rehearsal {language}")
        # What was entered stands, and the platform has learnt of no bid.
        expect(page.locator("#id_password")).to_have_value("pw")
        assert bidder.mine() == before

        # The line is cut, then the certificate is another's.
        bidder.visitor.context.route("**/bids/mine", lambda route: route.abort())
        another = site[1].certificates["tenderer-0"]
        page.set_input_files("#id_certificate", another)
        page.click("[data-rehearsal] button")
        for step in ("connection", "certificate"):
            line = page.locator(f"[data-rehearsed] [data-step={step}]")
            expect(line).to_have_attribute("data-state", "bad", timeout=PATIENCE)
        expect(page.locator("[data-rehearsed] [data-step=clock]")).to_have_count(0)
