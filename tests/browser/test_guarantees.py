"""Guarantees in real browsers: signed on the guarantor's device, claimed, answered, released."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import expect

from bidding.kit.guarantee import Guarantee, GuaranteeFile
from signatures.domain import statements
from tests.browser.guarantee_stage import PASSPHRASE, GuaranteeStage
from tests.browser.staged import Staged, staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

PATIENCE = 30_000


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Staged, GuaranteeStage]]:
    with staged("tests.browser.guarantee_stage") as site:
        yield site, GuaranteeStage(**site.found)


def visit(site: tuple[Staged, GuaranteeStage], chromium, who: str, language: str, more: str = ""):
    served, stage = site
    visitor = Visitor.open(
        chromium, served.origin, session=stage.sessions[who], language=language
    )
    assert visitor.go(f"/projects/{stage.project}/lots/1/guarantees/{more}") == 200
    return visitor


def sign(visitor: Visitor, stage: GuaranteeStage, who: str, password: str) -> None:
    if not visitor.page.locator("[data-sign-file]").evaluate("one => one.files.length"):
        visitor.page.set_input_files("[data-sign-file]", stage.certificates[who])
    visitor.page.fill("[data-sign-password]", password)
    visitor.page.click("[data-sign-go]")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("who", ["tenderee", "guarantor", "tenderer", "supervisor"])
def test_page_as_each_side_sees_it(site, chromium, who, language):
    with closing(visit(site, chromium, who, language)) as visitor:
        assert visitor.looked_at() == []
        count = {"tenderer": 1, "guarantor": 2}.get(who, 3)
        assert visitor.page.locator(".guarantee").count() == count


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_guarantee_is_signed_in_the_page_and_sent_nowhere(site, chromium, language, tmp_path):
    _served, stage = site
    with closing(visit(site, chromium, "guarantor", language, "issue/")) as visitor:
        page = visitor.page
        sent: list[str] = []
        visitor.context.on(
            "request", lambda request: sent.append(f"{request.method} {request.post_data or ''}")
        )
        assert visitor.looked_at() == []
        page.click("[data-issue]")
        expect(page.locator("#g-number-error")).to_be_visible()
        assert visitor.looked_at() == []
        for name, text in {
            "number": "TA-2026-0100", "principal": stage.tenderer["name"],
            "code": stage.tenderer["code"][:-1] + "0", "amount": "100,000",
            "valid_from": "2026-11-01", "valid_until": "2027-03-01", "terms": "见索即付。",
        }.items():
            page.fill(f"[name={name}]", text)
        page.click("[data-issue]")
        expect(page.locator("#g-code-error")).to_be_visible()
        page.fill("[name=code]", stage.tenderer["code"].lower())
        page.set_input_files("[name=file]", stage.certificates["guarantor"])
        page.fill("[name=password]", "another")
        page.click("[data-issue]")
        expect(page.locator("#g-password-error")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("[name=number]")).to_have_value("TA-2026-0100")
        page.fill("[name=password]", PASSPHRASE)
        with page.expect_download(timeout=PATIENCE) as downloading:
            page.click("[data-issue]")
        saved = tmp_path / "guarantee.json"
        downloading.value.save_as(saved)
        expect(page.locator("[data-outcome]")).to_be_visible()
        assert visitor.looked_at() == []
        assert downloading.value.suggested_filename == "guarantee.json"
    assert not [one for one in sent if one.startswith("POST") or stage.tenderer["code"] in one]
    file = GuaranteeFile.parse(saved.read_bytes())
    guarantee = Guarantee.parse(file.statement)
    assert guarantee.principal.code == stage.tenderer["code"]
    assert f"{guarantee.amount:.2f}" == "100000.00" and guarantee.document is None
    assert statements.check_signature(file.statement, file.signature) is not None


def test_claim_is_refused_and_the_guarantee_released(site, chromium):
    _served, stage = site
    with closing(visit(site, chromium, "guarantor", "zh-hans")) as bank:
        page = bank.page
        page.click(".guarantee .actions a.btn")
        expect(page.locator("#word")).to_be_visible()
        assert bank.looked_at() == []
        page.check("[name=paid][value=no]")
        page.click("#word button[value=write]")
        expect(page.locator(".field-bad [name=text]")).to_be_visible()
        page.fill("[name=text]", "索赔理由不属于保函约定的责任范围。")
        page.click("#word button[value=write]")
        sign(bank, stage, "guarantor", "wrong password")
        expect(page.locator("[data-sign-said]")).to_be_visible(timeout=PATIENCE)
        sign(bank, stage, "guarantor", PASSPHRASE)
        expect(page.locator("#word")).to_have_count(0, timeout=PATIENCE)
        assert bank.looked_at() == []
    with closing(visit(site, chromium, "tenderee", "en")) as buyer:
        page = buyer.page
        page.locator(".guarantee", has_text="TA-2026-001").locator("a.btn").first.click()
        expect(page.locator("#word")).to_be_visible()
        page.click("#word button[value=write]")
        expect(page.locator("[data-sign-go]")).to_be_visible()
        assert buyer.looked_at() == []
        sign(buyer, stage, "tenderee", PASSPHRASE)
        released = page.locator(".guarantee", has_text="TA-2026-001").locator(".block-head .status")
        expect(released).to_have_text("released", timeout=PATIENCE)
        assert buyer.looked_at() == []
