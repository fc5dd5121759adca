"""A tenderer hands a bid in from its page: wrong password first, a reload in the middle, then a
replacement and a withdrawal; nothing of the content leaves the device."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bidding.kit.recovery import RecoveryKit
from tests.bidding import papers
from tests.browser.bid_site import KIT_PASSPHRASE, PATIENCE, Bidder, bid_site
from tests.browser.bid_stage import PASSPHRASE

MIB = 1024 * 1024
#: What stands in the documents and in the fields, and must never be sent.
SECRETS = [b"CANARY-OF-THE-OFFER", "王建国".encode(), b"14250600"]
#: More than the 8 MiB that the first request carries.
OFFER = (b"CANARY-OF-THE-OFFER", bytes(9 * MIB))
QUALIFICATION = {
    "name": "资格文件.pdf",
    "mimeType": "application/pdf",
    "buffer": papers.pdf("项目经理 王建国"),
}
WORDS = {
    "zh-hans": ("此密码打不开证书文件", "壹仟肆佰贰拾伍万零陆佰元伍角整", "已递交"),
    "en": ("does not open with this password", "壹仟肆佰贰拾伍万零陆佰元伍角整", "Handed in"),
}


@pytest.fixture(scope="module")
def site():
    with bid_site() as found:
        yield found


@pytest.fixture
def offer(tmp_path):
    return papers.large(tmp_path / "技术文件.pdf", OFFER)


def fill_in(bidder: Bidder, offer: Path) -> None:
    bidder.choose(2, QUALIFICATION)
    bidder.choose(3, offer)
    bidder.write(duration_days="265", quality="合格", manager="王建国", price="14,250,600.5")


@pytest.mark.parametrize(
    ("who", "language"), [("tenderer-0", "zh-hans"), ("tenderer-1", "en")], ids=["zh", "en"]
)
def test_bid_survives_a_wrong_password_and_a_reload_in_the_middle(
    site, chromium, tmp_path, offer, who, language
):
    wrong, capitals, done = WORDS[language]
    with closing(Bidder(chromium, *site, who, language)) as bidder:
        page = bidder.page
        fill_in(bidder, offer)
        expect(page.locator("[data-capitals]")).to_have_text(capitals)
        bidder.sign("wrong")
        expect(page.locator("#id_password_error")).to_contain_text(wrong)
        assert bidder.mine() == []
        assert bidder.visitor.looked_at() == []

        # The line is cut in the middle of the upload, and the page is loaded anew.
        bidder.line.cut_after = 3
        bidder.sign()
        uploading = page.locator("[data-envelope='3'] [data-phase=upload] b")
        expect(uploading).not_to_be_empty(timeout=PATIENCE)
        expect(uploading).not_to_have_text("0 %", timeout=PATIENCE)
        [bid] = bidder.mine()
        [version] = bid["versions"]
        taken = {each["slot"]: each["received"] for each in version["uploads"]}
        assert version["state"] == "receiving"
        assert taken[3] == 8 * MIB
        before = len(bidder.line.offsets)
        bidder.come_back()
        bidder.confirmed(1)
        expect(page.locator("#confirmed")).to_contain_text(done)
        # Only what was missing was sent: the rest of the offer and the price.
        assert bidder.line.offsets[before:] == [8 * MIB, 0]
        [bid] = bidder.mine()
        [version] = bid["versions"]
        assert (version["state"], len(version["receipts"])) == ("complete", 2)

        with page.expect_download() as saving:
            page.click("[data-kit-save]")
        file = tmp_path / "kit.json"
        saving.value.save_as(file)
        kit = RecoveryKit.load(file, KIT_PASSPHRASE)
        assert (str(kit.bid), kit.version, sorted(kit.shares)) == (bid["bid"], 1, [1, 2, 3, 4])
        # A statement names digests and sizes; whoever reads the requests learns no more.
        registrations = [json.loads(each) for each in bidder.sent if each.startswith(b'{"statem')]
        assert {frozenset(each) for each in registrations} == {
            frozenset({"statement", "signature", "organisation", "envelopes"})
        }
        body = b"".join(bidder.sent)
        assert [secret for secret in SECRETS if secret in body] == []
        # Too short to be looked for in what is encrypted.
        written = b"".join(each for each in bidder.sent if each[:1] in (b"{", b"["))
        assert f'"{PASSPHRASE}"'.encode() not in written

        receipt = page.locator(".bid-slip a").filter(has_not_text="JSON").last
        bidder.visitor.complaints.clear()
        assert bidder.visitor.looked_at() == []
        page.goto(f"{bidder.visitor.origin}{receipt.get_attribute('href')}")
        expect(page.locator("main")).to_contain_text(version["statement"][:8])


def test_bid_is_replaced_and_withdrawn_from_the_page(site, chromium, offer):
    """What was prepared is still there for the next version; withdrawing ends all versions."""
    with closing(Bidder(chromium, *site, "tenderer-2", "en")) as bidder:
        page = bidder.page
        fill_in(bidder, offer)
        bidder.sign()
        bidder.confirmed(1)
        page.click("[data-replace]")
        bidder.write(price="14,000,000")
        bidder.sign()
        bidder.confirmed(2)
        [bid] = bidder.mine()
        assert [each["state"] for each in bid["versions"]] == ["replaced", "complete"]

        page.click("[data-withdraw] summary")
        page.set_input_files("#withdraw_certificate", site[1].certificates["tenderer-2"])
        page.fill("#withdraw_password", "wrong")
        page.click("[data-withdraw-form] button")
        expect(page.locator("#withdraw_password_error")).to_contain_text("does not open")
        assert bidder.mine()[0]["state"] == "live"
        page.fill("#withdraw_password", PASSPHRASE)
        page.click("[data-withdraw-form] button")
        expect(page.locator(".lead")).to_contain_text("Your bid was withdrawn", timeout=PATIENCE)
        assert bidder.mine()[0]["state"] == "withdrawn"
        # Another bid may begin, with what was prepared.
        expect(page.locator("#id_price")).to_have_value("14,000,000.00")


def test_version_is_given_up_and_paused_from_the_page(site, chromium, offer):
    with closing(Bidder(chromium, *site, "tenderer-3", "en")) as bidder:
        page = bidder.page
        fill_in(bidder, offer)
        bidder.line.cut_after = 3
        bidder.sign()
        page.locator("[data-upload-actions]").wait_for(timeout=PATIENCE)
        page.click("[data-pause]")
        expect(page.locator("[data-pause]")).to_have_text("Go on")
        page.reload()
        # It stays paused until somebody goes on.
        expect(page.locator("[data-pause]")).to_have_text("Go on")
        expect(page.locator("[data-draft]")).to_have_attribute("disabled", "")
        page.click("[data-give-up]")
        assert bidder.mine()[0]["versions"][0]["state"] == "receiving"
        page.click("[data-give-up]")
        expect(page.locator("[data-draft]")).not_to_have_attribute("disabled", "")
        assert bidder.mine()[0]["versions"][0]["state"] == "abandoned"


def test_second_tab_is_sent_to_the_first_and_takes_over(site, chromium):
    with closing(Bidder(chromium, *site, "tenderer-3", "en")) as bidder:
        first = bidder.page
        second = bidder.visitor.context.new_page()
        second.goto(f"{bidder.visitor.origin}{bidder.address}")
        expect(second.locator("[data-elsewhere]")).to_be_visible()
        expect(second.locator("[data-seal-form]")).to_be_hidden()
        first.close()
        expect(second.locator("[data-seal-form]")).to_be_visible()


def test_mistakes_stand_next_to_their_fields_and_in_a_summary(site, chromium):
    with closing(Bidder(chromium, *site, "tenderer-3", "en")) as bidder:
        page = bidder.page
        bidder.choose(2, QUALIFICATION)
        page.set_input_files(
            "#files_3", [{"name": "empty.pdf", "mimeType": "application/pdf", "buffer": b""}]
        )
        expect(page.locator("#files_3_error")).to_contain_text("empty.pdf is empty")
        bidder.write(duration_days="0", price="12.345")
        page.click("[data-seal-form] button")
        summary = page.locator("[data-summary]")
        expect(summary).to_be_focused()
        expect(summary.locator("li")).to_have_text(
            [
                "Choose at least one document for “Technical”.",
                "“Duration (calendar days)” is a whole number from 1 to 9,999.",
                "Fill in “Quality”.",
                "Fill in “Project manager”.",
                "A price has at most two places after the point.",
                "Choose your certificate file.",
                "Enter the password of your certificate file.",
                "The passphrase of your recovery kit needs at least 8 characters.",
            ]
        )
        page.click("[data-summary] li:nth-child(5) a")
        expect(page.locator("#id_price")).to_be_focused()
        expect(page.locator("#id_price_error")).to_contain_text("at most two places")
        assert bidder.visitor.looked_at() == []
        page.reload()
        expect(page.locator("#id_price")).to_have_value("12.345")
        expect(page.locator("[data-slot='2'] [data-files] > li")).to_have_count(1)
