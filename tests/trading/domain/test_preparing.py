"""Drafts of a tenderee: who may keep them, until when, and what is refused with nothing changed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from signatures.domain.errors import Conflict, Denied, Malformed, NotFound, Refused
from tests.factories import floor
from tests.factories.floor import DATES, START, sha
from trading.domain import preparing
from trading.domain.documents import PublishDocuments
from trading.domain.notices import evaluation_digest
from trading.models import Document, Exhibit, Preparation

pytestmark = pytest.mark.django_db

SCHEME = {
    "method": "comprehensive",
    "technical": {"weight": 60, "criteria": [{"id": "c1", "title": "方案", "full": 100}]},
    "price": [{"method": "lowest_price_share", "parameters": {"weight": "0.40", "places": 2}}],
    "state_funds": True,
}


@pytest.fixture
def house():
    return floor.house()


def attach(house, name="a", **more):
    values = {"title": "图纸", "digest": sha(name), "size": 9, "media_type": "application/pdf"}
    return preparing.AttachFile(lot=house.lot.pk, **(values | more))


def commands(house):
    return (
        preparing.AmendLot(lot=house.lot.pk, title="甲", estimate=Decimal("1.00")),
        preparing.PlanDates(lot=house.lot.pk, dates=DATES),
        preparing.DraftNotice(lot=house.lot.pk, title="公告", details={"scope": "道路"}),
        preparing.StateEvaluation(
            lot=house.lot.pk, parameters=SCHEME, before=evaluation_digest(house.lot)
        ),
        attach(house),
    )


def refused(call, code, kind=Refused):
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code


def test_drafts_are_kept_for_the_tenderee(house):
    for command in commands(house):
        house.act(command, by=house.buyer)
    row = Preparation.objects.get(lot=house.lot)
    assert (house.lot.title, house.lot.estimate) == ("甲", Decimal("1.00"))
    assert row.notice == {"title": "公告", "scope": "道路"}
    assert sorted(row.dates) == ["deadline", "documents-until"]
    assert [one["title"] for one in row.files] == ["图纸"]
    assert house.lot.parameters == SCHEME


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_drafts_of_others_are_denied_and_nothing_changes(house, who):
    for command in commands(house):
        refused(lambda c=command: house.act(c, by=getattr(house, who)), "wrong-role", Denied)
    assert not Preparation.objects.exists()
    assert house.lot.title == "一标段"


def test_what_the_notice_binds_cannot_be_changed_after_it(house):
    house.publish_notice()
    for command in commands(house)[:3]:
        refused(lambda c=command: house.act(c, by=house.buyer), "wrong-stage")
    house.act(attach(house), by=house.buyer)


def test_nothing_can_be_changed_after_the_documents(house):
    """What is attached from then on waits for the next edition: see test_edition_parts."""
    house.publish_notice()
    house.publish_documents()
    out = list(Document.objects.values_list("pk", "digest"))
    for command in commands(house):
        if isinstance(command, preparing.AttachFile):
            house.act(command, by=house.buyer)
        else:
            refused(lambda c=command: house.act(c, by=house.buyer), "wrong-stage")
    assert list(Document.objects.values_list("pk", "digest")) == out


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"method": "guess"}, "bad-scoring-input"),
        ({"technical": {"weight": 50, "criteria": SCHEME["technical"]["criteria"]}},
         "parts-do-not-add-up"),
        ({"technical": {"weight": 60, "criteria": [{"id": "c1", "full": 90}]}},
         "criteria-do-not-add-up"),
        ({"price": [{"method": "lowest_price_share", "parameters": {"weight": "40"}}]},
         "bad-parameter"),
        ({"price": []}, "bad-scoring-input"),
    ],
)  # fmt: skip
def test_methods_that_nobody_could_score_by_are_refused(house, change, code):
    command = preparing.StateEvaluation(
        lot=house.lot.pk, parameters=SCHEME | change, before=evaluation_digest(house.lot)
    )
    refused(lambda: house.act(command, by=house.buyer), code, Malformed)
    assert house.lot.parameters == floor.PARAMETERS


def test_method_changed_meanwhile_is_a_conflict(house):
    command = preparing.StateEvaluation(lot=house.lot.pk, parameters=SCHEME, before=sha("old"))
    refused(lambda: house.act(command, by=house.buyer), "changed-meanwhile", Conflict)
    assert house.lot.parameters == floor.PARAMETERS


@pytest.mark.parametrize("what", ["lot", "dates", "notice"])
def test_draft_changed_meanwhile_is_a_conflict_and_stays_as_it_was_kept(house, what):
    make, digest = {
        "lot": (
            lambda n, **more: preparing.AmendLot(
                lot=house.lot.pk, title=f"{n}标段", estimate=None, **more
            ),
            preparing.title_digest,
        ),
        "dates": (
            lambda n, **more: preparing.PlanDates(
                lot=house.lot.pk,
                dates={name: at + timedelta(days=n) for name, at in DATES.items()},
                **more,
            ),
            preparing.dates_digest,
        ),
        "notice": (
            lambda n, **more: preparing.DraftNotice(
                lot=house.lot.pk, title="公告", details={"scope": f"{n} 公里"}, **more
            ),
            preparing.notice_digest,
        ),
    }[what]
    shown = digest(house.refresh())
    house.act(make(1, before=shown), by=house.buyer)
    kept = digest(house.refresh())
    assert kept != shown
    refused(
        lambda: house.act(make(2, before=shown), by=house.buyer), "changed-meanwhile", Conflict
    )
    assert digest(house.refresh()) == kept
    house.act(make(2, before=kept), by=house.buyer)
    assert digest(house.refresh()) not in {shown, kept}


def test_same_file_is_attached_once_and_taken_away_once(house):
    file = house.act(attach(house), by=house.buyer).result["file"]
    refused(lambda: house.act(attach(house), by=house.buyer), "attached-already", Conflict)
    away = preparing.DetachFile(lot=house.lot.pk, file=file)
    house.act(away, by=house.buyer)
    refused(lambda: house.act(away, by=house.buyer), "no-such-file", NotFound)
    assert Preparation.objects.get(lot=house.lot).files == []


def test_attachments_go_out_with_the_document_that_names_them(house):
    house.act(attach(house), by=house.buyer)
    house.publish_notice()
    refused(house.publish_documents, "other-attachments")
    assert Document.objects.filter(kind="tender-document").count() == 0
    files = Preparation.objects.get(lot=house.lot).files
    command = PublishDocuments(
        lot=house.lot.pk, title="招标文件", digest=sha("documents"), size=2000,
        evaluation=evaluation_digest(house.lot), attachments=preparing.files_digest(files),
    )
    house.act(command, by=house.buyer, at=START)
    row = Document.objects.get(kind="attachment")
    assert (row.title, row.digest, row.edition) == ("图纸", sha("a"), 1)
    twin = Exhibit.objects.get(kind="attachment")
    assert "tenderer" in twin.audience and "public" not in twin.audience
