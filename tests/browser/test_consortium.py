"""A consortium's agreement in real browsers: written by the lead, signed by all, sent nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bidding.kit.consortium import Consortium, ConsortiumFile
from signatures.domain import statements
from tests.browser.consortium_stage import PASSWORD, ConsortiumStage
from tests.browser.staged import Staged, staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long

PATIENCE = 30_000
LEAD = "[data-writing]"
MEMBER = "[data-adding]"
SHARES = ("60", "30", "10")
WORKS = ("主体结构", "机电安装", "道路与绿化")

Site = tuple[Staged, ConsortiumStage]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with staged("tests.browser.consortium_stage") as site:
        yield site, ConsortiumStage(**site.found)


def visit(site: Site, chromium, number: int, language: str) -> Visitor:
    served, stage = site
    visitor = Visitor.open(
        chromium, served.origin, session=stage.members[number]["session"], language=language
    )
    assert visitor.go(f"/projects/{stage.project}/lots/1/consortium/") == 200
    return visitor


def write(page: Page, stage: ConsortiumStage) -> None:
    """Everything that the lead types, of three members."""
    page.click("[data-more]")
    for row, member in enumerate(stage.members, 1):
        if row > 1:
            page.fill(f"[name=name_{row}]", member["name"])
            page.fill(f"[name=code_{row}]", member["code"].lower())
        page.fill(f"[name=share_{row}]", SHARES[row - 1])
        page.fill(f"[name=work_{row}]", WORKS[row - 1])


def choose(page: Page, form: str, file: str, password: str = PASSWORD) -> None:
    page.set_input_files(f"{form} [name=file]", file)
    page.fill(f"{form} [name=password]", password)


def saved(page: Page, form: str, place: Path) -> ConsortiumFile:
    """Press the form's button, and what it saves under ``place``."""
    with page.expect_download(timeout=PATIENCE) as downloading:
        page.click(f"{form} [data-sign]")
    assert downloading.value.suggested_filename == "consortium.json"
    downloading.value.save_as(place)
    return ConsortiumFile.parse(place.read_bytes())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_three_members_sign_one_agreement_on_their_devices(site, chromium, language, tmp_path):
    _served, stage = site
    sent: list[str] = []
    file = tmp_path / "consortium.json"
    for number, member in enumerate(stage.members):
        with closing(visit(site, chromium, number, language)) as visitor:
            page = visitor.page
            visitor.context.on(
                "request", lambda one: sent.append(f"{one.method} {one.url} {one.post_data or ''}")
            )
            if number == 0:
                assert visitor.looked_at() == []
                write(page, stage)
                expect(page.locator("[data-sum]")).to_have_text("100")
                form = LEAD
            else:
                form = MEMBER
                page.set_input_files("[name=agreement]", str(file))
                rows = page.locator("[data-agreement] tbody tr")
                expect(rows).to_have_count(3)
                expect(rows.nth(2)).to_contain_text(WORKS[2])
                expect(page.locator("[data-agreement] [data-signed]:visible")).to_have_count(number)
            choose(page, form, member["file"])
            assert len(saved(page, form, file).signatures) == number + 1
            expect(page.locator(f"{form} [data-outcome]")).to_have_class("done")
            # Nobody who comes to this device later signs with it.
            expect(page.locator(f"{form} [name=password]")).to_have_value("")
            assert visitor.looked_at() == []
    read = ConsortiumFile.parse(file.read_bytes())
    agreement = Consortium.parse(read.statement)
    assert agreement.lot == stage.lot
    assert [one.party.code for one in agreement.members] == [one["code"] for one in stage.members]
    assert [(str(one.share), one.work) for one in agreement.members] == list(
        zip(SHARES, WORKS, strict=True)
    )
    signed = [statements.check_signature(read.statement, each) for each in read.signatures]
    assert [one.subject.native["organization_name"] for one in signed] == [
        one["name"] for one in stage.members
    ]
    assert not [one for one in sent if not one.startswith("GET")]
    assert not [one for one in sent for member in stage.members if member["code"] in one]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_leads_mistakes_are_named_and_what_was_typed_stays(site, chromium, language):
    _served, stage = site
    with closing(visit(site, chromium, 0, language)) as visitor:
        page = visitor.page
        page.click(f"{LEAD} [data-sign]")
        expect(page.locator("#w-share-1-error")).to_be_visible()
        assert visitor.looked_at() == []
        write(page, stage)
        page.fill("[name=code_2]", stage.members[1]["code"][:-1] + "0")
        page.click(f"{LEAD} [data-sign]")
        expect(page.locator("#w-code-2-error")).to_be_visible()
        page.fill("[name=code_2]", stage.members[0]["code"])
        page.click(f"{LEAD} [data-sign]")
        expect(page.locator("#w-code-2-error")).to_be_visible()
        page.fill("[name=code_2]", stage.members[1]["code"])
        page.fill("[name=share_3]", "9")
        page.click(f"{LEAD} [data-sign]")
        expect(page.locator("#w-share-1-error")).to_be_visible()
        page.fill("[name=share_3]", "10")
        page.click(f"{LEAD} [data-sign]")
        expect(page.locator("#w-file-error")).to_be_visible()
        choose(page, LEAD, stage.members[0]["file"], "another")
        page.click(f"{LEAD} [data-sign]")
        expect(page.locator("#w-password-error")).to_be_visible(timeout=PATIENCE)
        assert visitor.looked_at() == []
        page.reload()
        expect(page.locator("[name=work_3]")).to_have_value(WORKS[2])
        expect(page.locator("[name=work_3]")).to_be_visible()
        expect(page.locator("[data-sum]")).to_have_text("100")
        expect(page.locator(f"{LEAD} [name=password]")).to_have_value("")
        page.locator("[data-without]:visible").click()
        expect(page.locator("[data-sum]")).to_have_text("90")
        expect(page.locator("[name=work_3]")).to_be_hidden()
        page.reload()
        expect(page.locator("[data-sum]")).to_have_text("90")
        expect(page.locator("[name=work_3]")).to_be_hidden()


def test_certificate_of_another_organisation_does_not_write_the_agreement(site, chromium):
    _served, stage = site
    with closing(visit(site, chromium, 0, "en")) as visitor:
        page = visitor.page
        write(page, stage)
        for file in (stage.stranger, stage.members[1]["file"]):
            choose(page, LEAD, file)
            page.click(f"{LEAD} [data-sign]")
            expect(page.locator("#w-file-error")).to_be_visible(timeout=PATIENCE)
            expect(page.locator(f"{LEAD} [data-outcome]")).to_be_hidden()


def test_members_mistakes_are_named_at_the_file(site, chromium, tmp_path):
    _served, stage = site
    file = tmp_path / "consortium.json"
    with closing(visit(site, chromium, 0, "en")) as visitor:
        write(visitor.page, stage)
        choose(visitor.page, LEAD, stage.members[0]["file"])
        saved(visitor.page, LEAD, file)
    good = file.read_bytes()
    elsewhere = tmp_path / "other.json"
    with closing(visit(site, chromium, 1, "en")) as visitor:
        page = visitor.page
        page.click(f"{MEMBER} [data-sign]")
        expect(page.locator("#a-agreement-error")).to_be_visible()
        for data in (b"", b"{}", b"%PDF-1.7", good[:-1], good.replace(b"A", b"B", 1)):
            elsewhere.write_bytes(data)
            page.set_input_files("[name=agreement]", str(elsewhere))
            expect(page.locator("#a-agreement-error")).to_be_visible(timeout=PATIENCE)
            expect(page.locator("[data-agreement]")).to_be_hidden()
        page.set_input_files("[name=agreement]", str(file))
        expect(page.locator("[data-agreement]")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("#a-agreement-error")).to_be_hidden()
        for certificate in (stage.stranger, stage.members[0]["file"]):
            choose(page, MEMBER, certificate)
            page.click(f"{MEMBER} [data-sign]")
            expect(page.locator("#a-file-error")).to_be_visible(timeout=PATIENCE)
        assert visitor.looked_at() == []


def test_no_tenderer_finds_no_form(site, chromium):
    served, stage = site
    with closing(Visitor.open(chromium, served.origin, session=None, language="en")) as visitor:
        address = f"/projects/{stage.project}/lots/1/consortium/"
        assert visitor.go(address) in (302, 403)
        assert visitor.page.locator("form[data-writing]").count() == 0
