"""Projects, lots, documents, exhibits and receipts over the interface, by who may see what."""

from __future__ import annotations

from uuid import uuid4

import pytest

from signatures.domain import clock, jcs, log
from signatures.domain import receipts as receipt_files
from signatures.models import LedgerOpening
from tests.factories import floor
from tests.trading.api.calls import Program, problem, unchanged
from tests.trading.pages import read
from trading.models import Document, Download, Exhibit

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(house):
    """A second project of which nothing is published yet."""
    return floor.house()


def document(house, kind="tender-document"):
    return Document.objects.get(lot=house.lot, kind=kind)


def test_time_is_the_official_one(house):
    answer = Program().get("/time")
    assert answer["Cache-Control"] == "no-store"
    now = jcs.parse_timestamp(answer.json()["now"])
    assert abs((clock.now() - now).total_seconds()) < 5
    assert answer.json()["zone"] == "Asia/Shanghai"


def test_projects_show_the_public_what_is_published(house, draft):
    items = Program().get("/projects").json()["items"]
    assert [item["code"] for item in items] == [house.lot.project.code]
    assert items[0]["tenderee"] == house.tenderee.name


def test_projects_show_drafts_to_who_has_a_part_in_them(house, draft):
    def codes(person):
        items = Program(person).get("/projects").json()["items"]
        return {item["code"] for item in items}

    both = {house.lot.project.code, draft.lot.project.code}
    assert codes(draft.buyer) == both
    assert codes(house.supervisor) == codes(house.operator) == both
    assert codes(house.bidder) == codes(house.buyer) == {house.lot.project.code}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=滨河路", 1),
        ("q=滨河路 改造", 1),
        ("q=一标段", 1),
        ("q=东岳市政", 1),
        ("q=GC-2025", 1),
        ("q=滨河路 没有", 0),
        ("q=%25", 0),
        ("category=construction", 1),
        ("category=procurement", 0),
        ("stage=DOCUMENTS", 1),
        ("stage=BIDDING", 0),
        ("stage=suspended", 0),
        ("q=" + "x" * 5000, 0),
    ],
)
def test_projects_are_sieved(house, query, found):
    assert len(Program().get(f"/projects?{query}").json()["items"]) == found


def test_project_and_lot_by_their_names(house):
    project = Program().get(f"/projects/{house.lot.project.code}").json()
    assert [lot["id"] for lot in project["lots"]] == [str(house.lot.pk)]
    lot = Program().get(f"/lots/{house.lot.pk}").json()
    assert (lot["stage"], lot["state"]) == ("DOCUMENTS", "active")
    assert "data" not in lot["procedure"]
    assert lot["dates"]["deadline"] == jcs.timestamp(floor.DATES["deadline"])
    assert [row["kind"] for row in lot["documents"]] == ["notice", "tender-document"]


def test_lot_of_a_draft_is_not_found_by_others(house, draft):
    for person in (None, house.buyer, house.bidder):
        program = Program(person)
        problem(program.get(f"/lots/{draft.lot.pk}"), 404, "no-such-lot")
        problem(program.get(f"/lots/{draft.lot.pk}/exhibits"), 404, "no-such-lot")
        problem(program.get(f"/projects/{draft.lot.project.code}"), 404, "no-such-project")
    assert Program(draft.buyer).get(f"/lots/{draft.lot.pk}").status_code == 200


def test_exhibits_are_shown_by_audience(house):
    def kinds(person):
        rows = Program(person).get(f"/lots/{house.lot.pk}/exhibits").json()
        return sorted(row["kind"] for row in rows)

    assert kinds(None) == ["notice"]
    assert kinds(house.bidder) == ["notice"]
    assert kinds(house.buyer) == kinds(house.supervisor) == ["notice", "tender-document"]


def test_exhibit_that_one_may_not_see_is_not_found(house):
    hidden = Exhibit.objects.get(kind="tender-document")
    for person in (None, house.bidder):
        answer = Program(person).get(f"/exhibits/{hidden.pk}/content")
        problem(answer, 404, "unknown-exhibit")
    answer = Program(house.supervisor).get(f"/exhibits/{hidden.pk}/content")
    assert read(answer) == b"%PDF-1.7 tender document"


def test_notice_is_everybodys(house):
    answer = Program().get(f"/documents/{document(house, 'notice').pk}/content")
    assert read(answer) == b"%PDF-1.7 notice"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def fetch(house, person, organisation=None):
    body = {"organisation": str((organisation or house.tenderer).pk)}
    return Program(person).post(f"/documents/{document(house).pk}/downloads", body)


def test_tender_document_is_read_after_a_recorded_fetch(house):
    path = f"/documents/{document(house).pk}/content"
    program = Program(house.bidder)
    problem(program.get(path), 404, "document-not-fetched")
    before = log.size()
    answer = fetch(house, house.bidder)
    assert answer.status_code == 201
    assert log.size() == before + len(answer.json()["leaves"]) > before
    row = Download.objects.get()
    assert (row.organisation, row.user) == (house.tenderer, house.bidder)
    assert read(program.get(path)) == b"%PDF-1.7 tender document"


@pytest.mark.parametrize("who", ["public", "buyer", "supervisor", "other"])
def test_tender_document_is_not_fetched_by_others(house, who):
    if who == "public":
        path = f"/documents/{document(house).pk}/downloads"
        body = {"organisation": str(house.tenderer.pk)}
        unchanged(lambda: Program().post(path, body), 401, "sign-in-first")
    elif who == "other":
        stranger = floor.person("陌生人", floor.organisation("另一投标人", "tenderer"))
        unchanged(lambda: fetch(house, stranger), 403, "wrong-organisation")
    else:
        person = getattr(house, who)
        unchanged(lambda: fetch(house, person), 403, "wrong-role")
    assert not Download.objects.exists()


def test_document_of_nothing_is_not_found(house):
    for path in (f"/documents/{uuid4()}/content", "/documents/x/content"):
        assert Program().get(path).status_code == 404


# --- receipts -----------------------------------------------------------------------------------


def test_receipt_is_its_holders_alone(house, platform_keys):
    outcome = fetch(house, house.bidder).json()
    opening = LedgerOpening.objects.get(leaf_id=outcome["leaves"][-1])
    path = f"/receipts/{opening.pk}"
    answer = Program(house.bidder).get(path)
    receipt = receipt_files.verify_receipt(answer.content)
    assert receipt.body["entry"]["act"] == "trading.record-download"
    assert receipt.body["index"] == opening.leaf_id
    assert Program(house.bidder).get(path).content == answer.content
    problem(Program(house.buyer).get(path), 404, "no-such-receipt")
    problem(Program().get(path), 401, "sign-in-first")
    problem(Program(house.bidder).get(f"{path}/proof"), 404, "proof-not-ready")


# --- the whole ----------------------------------------------------------------------------------


def test_description_of_the_interface_is_served(house):
    value = Program().get("/openapi.json").json()
    assert value["openapi"].startswith("3.1")
    assert "/api/v1/lots/{pk}" in value["paths"]


def test_address_that_is_not_there_is_a_problem_document(house):
    problem(Program().get("/nothing"), 404, "not-found")


def test_method_that_is_not_there_is_refused(house):
    assert Program().call("PUT", "/time").status_code == 405
