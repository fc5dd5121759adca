"""A bid confirmed under a later edition, over the bid's page and over the interface alike."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from bidding.models import BidConfirmation
from signatures.domain import clock, guard, log
from signatures.domain.act import Actor, dispatch
from tests.bidding.sealing.people import move_clock
from tests.bidding.sealing.world import DEADLINE
from tests.factories.floor import sha
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain.amendments import AmendDocuments, Change
from trading.models import Document, Download, Message

pytestmark = pytest.mark.django_db

#: When bids close once the schedule has moved.
CLOSES = DEADLINE + timedelta(days=7)
CHANGE = Change(clause="管材", before="DN500", after="DN600")


def newest(world) -> Document:
    return Document.objects.filter(lot=world.lot, kind="tender-document").latest("edition")


def amend(world, *, affects=True) -> Document:
    """Edition 2, after whatever was handed in; a later schedule leaves the days of the law."""
    answer = world.publish_schedule(seq=2, deadline=CLOSES)
    assert answer.status_code == 201, answer.content
    move_clock(clock.now() + timedelta(minutes=5))
    act = AmendDocuments(
        lot=world.lot, before=newest(world).digest, changes=(CHANGE,), affects=affects,
        title="招标文件（修改）", digest=sha(f"edition of {world.lot}"), size=9,
    )
    dispatch(act, actor=Actor.person(world.tenderee.user))
    return newest(world)


def fetch(world, person) -> None:
    with guard.writes("test arrangement"):
        Download.objects.create(
            document=newest(world), organisation=person.organisation, user=person.user,
            at=clock.now(),
        )


@pytest.fixture
def handed(world):
    """The first tenderer's complete bid, from before any later edition."""
    submission, _kit = world.submit(world.tenderers[0])
    return submission.bid.bid


def by_page(world, person, bid, **more):
    fields = {
        "bid": str(bid), "version": "1", "digest": newest(world).digest, "once": uuid.uuid4().hex,
        **more,
    }
    address = reverse("bid-confirm", args=[world.house.lot.project.code, 1])
    return as_(None if person is None else person.user, "en").post(address, fields)


def by_interface(world, person, bid, *, as_if=None, **more):
    owner = as_if or person or world.tenderers[0]
    body = {
        "organisation": str(owner.organisation.pk), "version": 1, "digest": newest(world).digest,
        **more,
    }
    path = world.path(f"bids/{bid}/confirmation")
    if person is None:
        return as_(None, "en").post(f"/api/v1/{path}", body, content_type="application/json")
    return person.post(path, body)


WAYS = pytest.mark.parametrize("way", [by_page, by_interface])


def state() -> tuple[int, int, int]:
    return log.size(), BidConfirmation.objects.count(), Message.objects.count()


def refused(statuses, call) -> str:
    """The call is refused with one of these statuses and nothing is written; what it said."""
    before = state()
    answer = call()
    assert answer.status_code in statuses, (answer.status_code, answer.content[:300])
    assert state() == before
    return answer.content.decode()


@WAYS
def test_tenderer_that_fetched_the_edition_confirms_its_bid(world, handed, way):
    person = world.tenderers[0]
    edition = amend(world)
    fetch(world, person)
    size = log.size()
    assert way(world, person, handed).status_code == (303 if way is by_page else 201)
    confirmation = BidConfirmation.objects.get()
    assert (confirmation.version.bid_id, confirmation.document) == (handed, edition)
    assert log.size() == size + 1


@WAYS
def test_unfetched_edition_is_not_confirmed(world, handed, way):
    amend(world)
    said = refused({409, 422}, lambda: way(world, world.tenderers[0], handed))
    assert "Fetch edition 2 first" in said or "edition-not-fetched" in said


@WAYS
def test_nothing_is_confirmed_where_no_edition_asks_for_it(world, handed, way):
    person = world.tenderers[0]
    refused({409, 422}, lambda: way(world, person, handed))
    amend(world, affects=False)
    fetch(world, person)
    refused({409, 422}, lambda: way(world, person, handed))


@WAYS
def test_second_confirmation_is_refused(world, handed, way):
    person = world.tenderers[0]
    amend(world)
    fetch(world, person)
    way(world, person, handed)
    refused({409, 422}, lambda: way(world, person, handed))


@WAYS
def test_bid_of_somebody_else_is_not_found(world, handed, way):
    other = world.tenderers[1]
    amend(world)
    fetch(world, other)
    fetch(world, world.tenderers[0])
    refused({404}, lambda: way(world, other, handed))
    refused({404}, lambda: way(world, other, uuid.uuid4()))


def test_interface_lets_nobody_speak_for_another_tenderer(world, handed):
    owner = world.tenderers[0]
    amend(world)
    fetch(world, owner)
    for person in (world.tenderers[1], world.tenderee, world.trustees["notary"]):
        refused({403}, lambda one=person: by_interface(world, one, handed, as_if=owner))


@WAYS
def test_nobody_confirms_at_the_deadline_or_later(world, handed, way):
    person = world.tenderers[0]
    amend(world)
    fetch(world, person)
    for at in (CLOSES, CLOSES + timedelta(minutes=1)):
        move_clock(at)
        refused({403, 409, 422}, lambda: way(world, person, handed))


@WAYS
def test_public_and_tenderee_confirm_nothing(world, handed, way):
    amend(world)
    for person in (None, world.tenderee):
        refused({401, 403}, lambda one=person: way(world, one, handed))


@WAYS
def test_edition_or_version_that_was_not_the_last_is_a_conflict(world, handed, way):
    person = world.tenderers[0]
    first = newest(world).digest
    amend(world)
    fetch(world, person)
    refused({409}, lambda: way(world, person, handed, digest=first))
    refused({409}, lambda: way(world, person, handed, version=2))


@pytest.mark.parametrize("wrong", [{"bid": "x"}, {"version": ""}, {"version": "one"}])
def test_page_refuses_what_no_page_sent(world, handed, wrong):
    person = world.tenderers[0]
    amend(world)
    fetch(world, person)
    given = {"bid": str(handed), **wrong}
    refused({400}, lambda: by_page(world, person, given.pop("bid"), **given))


def test_page_sent_twice_confirms_once(world, handed):
    person = world.tenderers[0]
    amend(world)
    fetch(world, person)
    for _ in range(2):
        assert by_page(world, person, handed, once="one").status_code == 303
    assert BidConfirmation.objects.count() == 1


def test_get_confirms_nothing(world, handed):
    amend(world)
    fetch(world, world.tenderers[0])
    address = reverse("bid-confirm", args=[world.house.lot.project.code, 1])
    refused({405}, lambda: as_(world.tenderers[0].user).get(address))


@pytest.mark.parametrize("language", LANGUAGES)
def test_project_links_to_the_editions_once_a_document_is_on_offer(world, language):
    code = world.house.lot.project.code
    for person in (None, world.tenderers[0].user, world.tenderee.user, world.house.supervisor):
        answer = as_(person, language).get(reverse("lot", args=[code, 1]))
        assert reverse("editions", args=[code, 1]) in answer.content.decode()
    assert text_of(answer)
