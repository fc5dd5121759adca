"""Later editions of the tender document: who may publish them, when, and what they leave."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signatures.domain import jcs, log
from signatures.domain.errors import Conflict, Denied, Malformed, Refused
from signatures.models import LedgerOpening
from tests.factories import floor
from tests.factories.floor import START, sha
from tests.trading.pages import published
from trading.domain import amendments
from trading.domain import calendar as calendars
from trading.domain.amendments import AmendDocuments, Change
from trading.domain.calendar import local_day
from trading.models import Document, Exhibit, Message

pytestmark = pytest.mark.django_db

SOON = START + timedelta(hours=2)
CHANGE = Change(clause="第 12 页 管材", before="DN500 混凝土管", after="DN600 混凝土管")


@pytest.fixture
def house():
    """Documents are on offer; the tenderer has fetched them."""
    made = published()
    floor.assignment(made.lot, "tenderer", organisation=made.tenderer)
    return made


def document(house) -> Document:
    return Document.objects.filter(lot=house.lot, kind="tender-document").latest("edition")


def amend(house, *, by=None, at=SOON, changes=(CHANGE,), affects=True, **more):
    fields = {
        "lot": house.lot.pk,
        "before": document(house).digest,
        "changes": changes,
        "affects": affects,
        "title": "招标文件（第 2 版）",
        "digest": sha(f"edition {at}"),
        "size": 1000,
        **more,
    }
    return house.act(AmendDocuments(**fields), by=by or house.buyer, at=at)


def state(house):
    house.refresh()
    return (
        log.size(), Document.objects.count(), Exhibit.objects.count(), Message.objects.count(),
        house.lot.dates, house.lot.stage,
    )


def refused(house, kind, code, **options):
    before = state(house)
    with pytest.raises(kind) as caught:
        amend(house, **options)
    assert caught.value.code == code
    assert state(house) == before
    return caught.value


def late(house):
    """A minute after the last moment for what affects bids."""
    until = jcs.parse_timestamp(house.lot.dates["clarifications-until"])
    return until + timedelta(minutes=1)


def test_edition_is_kept_beside_the_earlier_one(house):
    first = document(house)
    amend(house)
    second = document(house)
    assert (first.edition, second.edition) == (1, 2)
    assert Document.objects.get(pk=first.pk).digest == first.digest
    facts = Exhibit.objects.filter(lot=house.lot, kind="tender-document").latest("leaf").facts
    assert facts["amends"] == {"document": first.urn, "digest": first.digest}
    assert facts["changes"] == [CHANGE.plain()]
    assert facts["affects"] is True
    old = amendments.editions(house.lot)[0].facts
    assert (facts["evaluation"], facts["parameters"]) == (old["evaluation"], old["parameters"])


def test_everybody_who_fetched_is_told_with_evidence_of_its_own(house):
    amend(house)
    told = LedgerOpening.objects.filter(
        entry__act="trading.send-message", entry__context__template="documents-amended"
    )
    to = [row.entry["context"]["to"] for row in told]
    assert sorted(to) == sorted([[house.tenderee.urn], [house.tenderer.urn]])
    assert all(list(row.owners) == row.entry["context"]["to"] for row in told)
    texts = str(Message.objects.filter(template="documents-amended").first().texts)
    assert house.tenderer.name not in texts


def test_edition_that_clarifies_only_may_come_late(house):
    dates = dict(house.lot.dates)
    amend(house, affects=False, at=late(house))
    house.refresh()
    assert house.lot.dates == dates
    assert Message.objects.filter(template="documents-clarified").exists()


def test_edition_that_affects_bids_too_late_is_refused_with_the_article(house):
    error = refused(house, Refused, "too-late-to-affect", at=late(house))
    assert "TBR 21" in error.rule


def test_later_deadline_makes_room_for_it_and_all_dates_follow(house):
    at = late(house)
    before = house.lot.dates
    deadline = jcs.parse_timestamp(before["deadline"]) + timedelta(days=7)
    amend(house, at=at, deadline=deadline)
    after = house.lot.dates
    assert after["deadline"] == after["opening"] == jcs.timestamp(deadline)
    until = jcs.parse_timestamp(after["clarifications-until"])
    assert until >= at
    # Until the end of a day that lies fifteen days before that of the deadline.
    assert local_day(deadline) - calendars.last_day_of(until) >= timedelta(days=15)


def test_deadline_that_moves_too_little_is_refused(house):
    house.lot.refresh_from_db()
    until = jcs.parse_timestamp(house.lot.dates["clarifications-until"])
    deadline = jcs.parse_timestamp(house.lot.dates["deadline"]) + timedelta(days=1)
    refused(
        house, Refused, "too-late-to-affect", at=until + timedelta(days=4), deadline=deadline
    )


def test_deadline_never_moves_earlier(house):
    earlier = jcs.parse_timestamp(house.lot.dates["deadline"]) - timedelta(days=1)
    refused(house, Refused, "moved-earlier", deadline=earlier)


def test_deadline_that_a_schedule_keeps_is_moved_by_it_alone(house, monkeypatch):
    monkeypatch.setattr(amendments, "_keepers", [lambda lot: True])
    later = jcs.parse_timestamp(house.lot.dates["deadline"]) + timedelta(days=7)
    refused(house, Refused, "schedule-stands", deadline=later)
    error = refused(house, Refused, "too-late-to-affect", at=late(house))
    assert "schedule" in error.message or "时间表" in error.message or "截止" in error.message


def test_nobody_but_tenderee_and_agency_amends(house):
    for person in (house.bidder, house.supervisor, house.operator):
        refused(house, Denied, "wrong-role", by=person)


def test_nothing_is_amended_after_the_deadline(house):
    after = jcs.parse_timestamp(house.lot.dates["deadline"]) + timedelta(minutes=1)
    refused(house, Refused, "too-late", at=after, affects=False)


def test_nothing_is_amended_before_the_documents_are_out():
    made = published(documents=False)
    with pytest.raises(Refused) as caught:
        made.act(
            AmendDocuments(
                lot=made.lot.pk, before="0" * 64, changes=(CHANGE,), affects=False, title="x",
                digest=sha("x"), size=1,
            ),
            by=made.buyer, at=SOON,
        )
    assert caught.value.code == "wrong-stage"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ((), "bad-changes"),
        ((CHANGE,) * 51, "bad-changes"),
        ((CHANGE, CHANGE), "clause-twice"),
        ((Change(clause="", after="x"),), "bad-clause"),
        ((Change(clause="条" * 101, after="x"),), "bad-clause"),
        ((Change(clause="一"),), "bad-change"),
        ((Change(clause="一", before="x", after="x"),), "bad-change"),
        ((Change(clause="一", after="长" * 2001),), "bad-change"),
        ((Change(clause="一", before="长" * 2001),), "bad-change"),
    ],
)
def test_changes_that_change_nothing_are_malformed(house, changes, code):
    refused(house, Malformed, code, changes=changes)


def test_edition_of_another_one_than_the_last_is_a_conflict(house):
    first = document(house).digest
    amend(house)
    refused(house, Conflict, "changed-meanwhile", before=first, at=SOON + timedelta(hours=1))
    refused(house, Conflict, "changed-meanwhile", before="", at=SOON + timedelta(hours=1))


def test_same_bytes_are_no_edition(house):
    refused(house, Conflict, "same-document", digest=document(house).digest)


@pytest.mark.parametrize("broken", [{"title": ""}, {"size": 0}, {"digest": "zz"}])
def test_file_that_is_none_is_malformed(house, broken):
    before = state(house)
    with pytest.raises(Malformed):
        amend(house, **broken)
    assert state(house) == before
