"""The list of projects and a project's page, by role, empty and filled."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from signatures.domain import clock, guard, log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, published, read, text_of
from trading.domain import registry
from trading.domain.projects import NewLot, RegisterProject
from trading.interfaces import timeline
from trading.models import Document, Download, Exhibit, Lot, Project

pytestmark = pytest.mark.django_db


def page(house, person=None, language="en"):
    return as_(person, language).get(reverse("project", args=[house.lot.project.code]))


# --- the list -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "No project has been published yet."), ("zh-hans", "还没有发布任何项目。")],
)
def test_list_without_projects_says_so(empty, language, sentence):
    assert sentence in text_of(as_(None, language).get("/projects/"))


@pytest.mark.parametrize("who", [None, "buyer", "bidder", "supervisor", "operator"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_list_shows_everybody_what_is_published(house, who, language):
    person = getattr(house, who) if who else None
    text = text_of(as_(person, language).get("/projects/"))
    assert house.lot.project.title in text
    assert house.tenderee.name in text
    assert "2026-03-31 09:30" in text


@pytest.mark.parametrize(
    ("who", "sees"),
    [(None, False), ("bidder", False), ("buyer", True), ("supervisor", True), ("operator", True)],
)
def test_list_shows_a_draft_only_to_who_has_a_part_in_it(empty, who, sees):
    house = floor.house()
    text = text_of(as_(getattr(house, who) if who else None).get("/projects/"))
    assert (house.lot.project.title in text) is sees


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=滨河路", True),
        ("q=不存在", False),
        ("category=construction", True),
        ("stage=DOCUMENTS", True),
        ("stage=BIDDING", False),
        ("stage=terminated", False),
        ("q=滨河路&category=construction&stage=DOCUMENTS", True),
    ],
)
def test_list_is_sieved_and_keeps_what_was_asked(house, query, found):
    answer = as_(None, "en").get(f"/projects/?{query}")
    assert (house.lot.project.title in text_of(answer)) is found
    assert ("No project fits." in text_of(answer)) is not found
    html = answer.content.decode()
    for name, value in (pair.split("=") for pair in query.split("&")):
        if name == "q":
            assert f'value="{value}"' in html
        else:
            assert f'<option value="{value}" selected>' in html


def test_list_with_a_query_that_is_too_long_names_the_field_and_keeps_it(house):
    html = as_(None, "en").get(f"/projects/?q={'长' * 101}").content.decode()
    assert '<a href="#id_q">Search for at most 100 characters.</a>' in html
    assert "长" * 101 in html


@pytest.mark.parametrize("query", ["category=%27", "stage=x", "q=%00", "q=%25_", "after="])
def test_list_stands_bad_input(house, query):
    assert as_(None).get(f"/projects/?{query}").status_code == 200


def test_list_after_a_damaged_cursor_says_so(house):
    answer = as_(None, "en").get("/projects/?after=zzz")
    assert answer.status_code == 400
    assert "This page address is damaged." in text_of(answer)


def many(count: int) -> None:
    """``count`` more published projects, each a row apart."""
    source = Project.objects.get()
    lot = Lot.objects.get()
    with guard.writes("test arrangement"):
        for number in range(count):
            project = Project.objects.create(
                code=f"GC-2025-1{number:03d}", title=f"项目 {number}", category="construction",
                tenderee=source.tenderee, created_at=source.created_at,
                published_at=source.published_at, searchable=f"项目 {number}",
            )
            Lot.objects.create(
                project=project, number=1, title="一标段", procedure=lot.procedure,
                stage=lot.stage, stage_since=lot.stage_since, published_at=lot.published_at,
                dates=lot.dates,
            )


def test_list_goes_through_all_pages_once(house):
    many(64)
    client, address, seen = as_(None), "/projects/", []
    while address:
        html = client.get(address).content.decode()
        seen += re.findall(r'<h2><a href="/projects/([^"/]+)/"', html)
        more = re.search(r'href="(\?[^"]*)" rel="next"', html)
        address = f"/projects/{more.group(1)}" if more else None
    assert len(seen) == len(set(seen)) == 65


def test_list_asks_the_database_as_often_for_30_as_for_1(house):
    counts = []
    for more in (0, 29):
        many(more)
        client = as_(house.bidder)
        with CaptureQueriesContext(connection) as queries:
            client.get("/projects/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- one project --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [None, "buyer", "bidder", "supervisor", "operator"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_project_tells_everybody_its_story(house, who, language):
    answer = page(house, getattr(house, who) if who else None, language)
    text = text_of(answer)
    assert answer.status_code == 200
    assert house.lot.project.title in text
    for sentence in {
        "en": ("Documents on offer Now", "Seal valid", "Deadline for bids", "CNY 5,000,000.00",
               "TBL 24"),
        "zh-hans": ("发售招标文件 正在进行", "签章有效", "投标截止", "5,000,000.00 元",
                    "招标投标法 24"),
    }[language]:
        assert sentence in text
    assert "伍佰万元整" in text


def test_project_shows_deadlines_at_a_days_end_as_24_00(house):
    text = text_of(page(house))
    assert "24:00 Beijing time" in text
    assert " 00:00 Beijing time" not in text


def test_project_with_one_lot_hides_the_lot(house):
    assert 'class="lots"' not in page(house).content.decode()


def test_project_with_lots_shows_them_and_each_has_its_page(house):
    outcome = dispatch(
        RegisterProject(
            title="两个标段", category="construction", tenderee=house.tenderee.pk,
            lots=(NewLot(title="土建"), NewLot(title="安装")),
        ),
        actor=Actor.person(house.buyer),
        clock=FixedClock(floor.LONG_AGO),
    )
    code = outcome.result["code"]
    client = as_(house.buyer, "en")
    for number, title in ((1, "土建"), (2, "安装")):
        html = client.get(reverse("lot", args=[code, number])).content.decode()
        assert 'class="lots"' in html
        current = re.search(r'aria-current="page">Lot (\d) <span[^>]*>([^<]+)<', html)
        assert current.groups() == (str(number), title)
    assert client.get(reverse("lot", args=[code, 3])).status_code == 404
    assert as_(None).get(reverse("project", args=[code])).status_code == 404


def test_project_that_is_suspended_says_what_stands_still(house):
    with guard.writes("test arrangement"):
        Lot.objects.update(state="suspended", suspended_at=clock.now())
    text = text_of(page(house))
    assert "The procedure stands still; no date runs until it is resumed." in text
    assert "No date lies ahead." in text


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("terminated", "The tender was ended without an award."),
        ("failed", "The tender has failed and may be tendered again."),
        ("archived", "The procedure is over and its record is archived."),
    ],
)
def test_project_that_is_over_says_so(house, state, sentence):
    with guard.writes("test arrangement"):
        Lot.objects.update(state=state)
    assert sentence in text_of(page(house))


@pytest.mark.parametrize("code", ["GC-2025-9999", "x", "%00", "<b>", "长" * 300])
def test_project_that_is_not_there_is_not_found(house, code):
    assert as_(None).get(f"/projects/{code}/").status_code == 404


def test_project_escapes_what_people_wrote(house):
    with guard.writes("test arrangement"):
        Project.objects.update(title="<script>alert(1)</script>")
        Lot.objects.update(title='"><img src=x>')
    for address in ("/", "/projects/", f"/projects/{house.lot.project.code}/"):
        html = as_(None).get(address).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_project_asks_the_database_as_often_for_30_exhibits_as_for_2(house):
    counts = []
    for more in (0, 28):
        with guard.writes("test arrangement"):
            for number in range(more):
                Exhibit(
                    lot=house.lot, kind="notice", stage="NOTICE", name=f"n{number}",
                    digest=floor.sha(f"n{number}"), size=1, media_type="text/plain",
                    audience=["public"], filed_at=floor.START, leaf=1,
                ).save()
        client = as_(house.bidder)
        with CaptureQueriesContext(connection) as queries:
            page_html = client.get(f"/projects/{house.lot.project.code}/").content
        counts.append(len(queries))
    assert b"n27" in page_html
    assert counts[0] == counts[1]


# --- documents ----------------------------------------------------------------------------------


def tender_document(house):
    return Document.objects.get(lot=house.lot, kind="tender-document")


def fetch_form(answer):
    """The address and the fields of the form that fetches the tender document, or none."""
    html = answer.content.decode()
    form = re.search(r'<form method="post" action="(/documents/[^"]+)">(.*?)</form>', html, re.S)
    if form is None:
        return None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.group(2)))
    return form.group(1), fields


def test_project_offers_the_tender_document_to_tenderers_alone(house):
    for person in (None, house.buyer, house.supervisor, house.operator):
        assert fetch_form(page(house, person)) is None
    address, fields = fetch_form(page(house, house.bidder))
    assert fields["organisation"] == str(house.tenderer.pk)
    assert address == reverse("document", args=[tender_document(house).pk])


def test_tender_document_fetched_on_the_page_is_recorded_once_a_form(house):
    address, fields = fetch_form(page(house, house.bidder))
    client = as_(house.bidder)
    before = log.size()
    answer = client.post(address, fields)
    assert read(answer) == b"%PDF-1.7 tender document"
    after = log.size()
    assert after > before
    assert Download.objects.get().organisation == house.tenderer
    read(client.post(address, fields))
    assert (log.size(), Download.objects.count()) == (after, 1)
    again = client.get(address)
    assert read(again) == b"%PDF-1.7 tender document"


@pytest.mark.parametrize("who", [None, "buyer", "supervisor"])
def test_tender_document_is_not_fetched_by_others(house, who):
    address = reverse("document", args=[tender_document(house).pk])
    client = as_(getattr(house, who) if who else None, "en")
    before = log.size()
    answer = client.post(address, {"organisation": str(house.tenderer.pk)})
    assert answer.status_code == 403
    assert (log.size(), Download.objects.count()) == (before, 0)
    assert "Nothing was changed" in text_of(answer)


@pytest.mark.parametrize("organisation", ["", "x", "0" * 32])
def test_tender_document_for_no_organisation_is_refused(house, organisation):
    address = reverse("document", args=[tender_document(house).pk])
    before = log.size()
    answer = as_(house.bidder).post(address, {"organisation": organisation})
    assert answer.status_code in (400, 403)
    assert (log.size(), Download.objects.count()) == (before, 0)


def test_tender_document_before_the_fetch_explains_itself(house):
    answer = as_(house.bidder, "en").get(reverse("document", args=[tender_document(house).pk]))
    assert answer.status_code == 404
    assert "the fetch is recorded" in text_of(answer)


def test_notice_is_read_by_everybody(house):
    notice = Document.objects.get(lot=house.lot, kind="notice")
    answer = as_(None).get(reverse("document", args=[notice.pk]))
    assert read(answer) == b"%PDF-1.7 notice"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("who", "status"), [(None, 404), ("bidder", 404), ("buyer", 200), ("supervisor", 200)]
)
def test_exhibit_is_read_by_its_audience(house, who, status):
    exhibit = Exhibit.objects.get(kind="tender-document")
    person = getattr(house, who) if who else None
    answer = as_(person).get(reverse("exhibit", args=[exhibit.pk]))
    read(answer)
    assert answer.status_code == status


def test_second_house_keeps_to_itself(house):
    other = published(documents=False)
    assert other.lot.project.code != house.lot.project.code
    assert fetch_form(page(other, house.bidder)) is None


# --- ways ---------------------------------------------------------------------------------------


def test_a_command_with_a_page_of_its_own_is_linked_to_it(house, monkeypatch):
    monkeypatch.setattr(registry, "_ways", {})
    offered = [
        each.command
        for each in timeline.build(house.lot, viewer=house.buyer, at=clock.now()).possible
    ]
    assert offered
    registry.register_way(offered[0], lambda lot: f"/somewhere/{lot.number}/")
    shown = page(house, house.buyer).content.decode()
    assert f'<a href="/somewhere/{house.lot.number}/">' in shown
