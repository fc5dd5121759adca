"""Visits of the site: for all alike, in time, called off once; nobody learns who fetched."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from signatures.domain import log
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerOpening
from tests.factories import floor
from tests.factories.floor import DATES, START
from trading.domain.documents import RecordDownload
from trading.domain.site_visits import AnnounceVisit, CallOffVisit
from trading.domain.suspensions import Suspend
from trading.models import Document, Message, SiteVisit

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
PLACE = "滨河路与中山路交口东北角"


@pytest.fixture
def house():
    made = floor.house()
    made.publish_notice()
    made.publish_documents()
    made.refresh()
    return made


def firm(house, name="华岳市政"):
    """A tenderer that has fetched the documents, and its person."""
    organisation = floor.organisation(name, "tenderer")
    person = floor.person(f"{name}职员", organisation)
    document = Document.objects.get(lot=house.lot, kind="tender-document")
    house.act(RecordDownload(lot=house.lot.pk, document=document.pk, organisation=organisation.pk),
              by=person, at=START)
    return organisation, person


def announce(house, *, at=START + 3 * DAY, by=None, now=START, place=PLACE, note=""):
    act = AnnounceVisit(lot=house.lot.pk, at=at, place=place, note=note)
    return house.act(act, by=by or house.buyer, at=now)


def call_off(house, visit, *, by=None, now=START, reason="连续强降雨，现场不具备踏勘条件。"):
    act = CallOffVisit(lot=house.lot.pk, visit=visit, reason=reason)
    return house.act(act, by=by or house.buyer, at=now)


def state():
    return (
        log.size(),
        list(SiteVisit.objects.order_by("pk").values_list("pk", "at", "called_off_at", "reason")),
        Message.objects.count(),
    )


def refused(kind, call):
    before = state()
    with pytest.raises(kind) as caught:
        call()
    assert state() == before
    return caught.value


# --- announced to all ----------------------------------------------------------------------------


def test_everybody_who_fetched_is_told_each_in_an_entry_of_its_own(house):
    one, two = firm(house)[0], firm(house, "西川建工")[0]
    announce(house)
    told = Message.objects.filter(template="site-visit-announced")
    assert {one.pk, two.pk} <= set(told.values_list("organisation_id", flat=True))
    for opening in LedgerOpening.objects.all():
        assert not (one.urn in opening.owners and two.urn in opening.owners)
        assert not (one.urn in str(opening.entry) and two.urn in str(opening.entry))


def test_words_of_a_visit_stand_in_the_ledger_by_digest_only(house):
    announce(house, note="请佩戴安全帽，联系人：周立。")
    for data in log.entries(0, log.size()):
        assert "滨河路与中山路".encode() not in data and "周立".encode() not in data


def test_announced_a_day_ahead_and_before_the_deadline(house):
    announce(house, at=START + DAY)
    announce(house, at=DATES["deadline"] - timedelta(seconds=1))
    assert SiteVisit.objects.count() == 2


@pytest.mark.parametrize(
    "at",
    [START - DAY, START, START + DAY - timedelta(seconds=1), DATES["deadline"],
     DATES["deadline"] + DAY],
)
def test_too_soon_or_too_late_a_time_is_refused_with_its_article(house, at):
    error = refused(Refused, lambda: announce(house, at=at))
    assert (error.code, error.rule) == ("bad-time", "TBL 21, TBR 28")


@pytest.mark.parametrize("place", ["", "  \n ", "路" * 201])
def test_place_is_said_in_1_to_200_characters(house, place):
    assert refused(Malformed, lambda: announce(house, place=place)).code == "bad-length"


def test_note_of_1001_characters_is_refused(house):
    assert refused(Malformed, lambda: announce(house, note="注" * 1001)).code == "bad-length"


@pytest.mark.parametrize("who", ["tenderer", "supervisor", "operator"])
def test_only_who_tenders_announces(house, who):
    person = {
        "tenderer": lambda: firm(house)[1],
        "supervisor": lambda: house.supervisor,
        "operator": lambda: house.operator,
    }[who]()
    assert refused(Denied, lambda: announce(house, by=person)).code == "wrong-role"


def test_before_the_documents_are_on_offer_nobody_is_led_anywhere():
    house = floor.house()
    house.publish_notice()
    house.refresh()
    assert refused(Refused, lambda: announce(house)).code == "wrong-stage"


def test_after_the_deadline_it_is_too_late(house):
    late = DATES["deadline"]
    error = refused(Refused, lambda: announce(house, at=late + 3 * DAY, now=late))
    assert error.code == "too-late"


def test_while_the_lot_stands_still_nothing_is_announced(house):
    house.act(Suspend(lot=house.lot.pk, reason="核查"), by=house.supervisor, at=START)
    assert refused(Refused, lambda: announce(house)).code == "not-running"


# --- called off ----------------------------------------------------------------------------------


@pytest.fixture
def visit(house):
    announce(house)
    return SiteVisit.objects.get()


def test_called_off_once_with_its_reason_and_everybody_is_told(house, visit):
    organisation = firm(house)[0]
    call_off(house, visit.pk)
    visit.refresh_from_db()
    assert (visit.called_off_at, visit.reason[:5]) == (START, "连续强降雨")
    told = Message.objects.filter(template="site-visit-called-off")
    assert organisation.pk in set(told.values_list("organisation_id", flat=True))
    error = refused(Refused, lambda: call_off(house, visit.pk))
    assert error.code == "called-off-already"


def test_visit_whose_time_has_come_is_not_called_off(house, visit):
    assert refused(Refused, lambda: call_off(house, visit.pk, now=visit.at)).code == "too-late"


@pytest.mark.parametrize("reason", ["", " ", "因" * 1001])
def test_reason_is_given(house, visit, reason):
    error = refused(Malformed, lambda: call_off(house, visit.pk, reason=reason))
    assert error.code == "bad-length"


def test_visit_of_another_lot_or_none_is_not_found(house, visit):
    assert refused(NotFound, lambda: call_off(house, uuid4())).code == "unknown-visit"


def test_tenderer_calls_nothing_off(house, visit):
    person = firm(house)[1]
    assert refused(Denied, lambda: call_off(house, visit.pk, by=person)).code == "wrong-role"
