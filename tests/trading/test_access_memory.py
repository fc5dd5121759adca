"""What a page remembers of its reader: within one request, of the tables' rows, and no longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from signatures.domain import guard
from tests.factories import floor
from tests.factories.floor import START
from trading import access
from trading.models import Assignment, Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return floor.house()


def ended(model, at, **of) -> None:
    with guard.writes("test arrangement"):
        assert model.objects.filter(**of).update(until=at) == 1


def test_rows_are_read_once_within_one_request(house):
    with access.remembering(), CaptureQueriesContext(connection) as queries:
        for _again in range(3):
            assert access.acts_for(house.buyer, house.tenderee.pk)
            assert "tenderee" in access.roles_of(house.buyer, house.lot)
    assert len(queries) == 2


def test_outside_of_a_request_every_question_reads_anew(house):
    assert access.acts_for(house.buyer, house.tenderee.pk)
    ended(Membership, START + timedelta(days=1), user=house.buyer)
    assert not access.acts_for(house.buyer, house.tenderee.pk)


def test_nothing_is_left_after_the_request(house):
    with access.remembering():
        assert "tenderee" in access.roles_of(house.buyer, house.lot)
    ended(Assignment, START + timedelta(days=1), lot=house.lot, role="tenderee")
    assert "tenderee" not in access.roles_of(house.buyer, house.lot)


@pytest.mark.parametrize(("moved", "holds"), [(-1, True), (0, False), (1, False)])
def test_remembered_rows_are_judged_by_the_time_asked_about(house, moved, holds):
    until = START + timedelta(days=1)
    ended(Membership, until, user=house.buyer)
    with access.remembering():
        assert not access.acts_for(house.buyer, house.tenderee.pk)
        at = until + timedelta(seconds=moved)
        assert access.acts_for(house.buyer, house.tenderee.pk, at) is holds


def test_one_person_is_not_taken_for_another(house):
    with access.remembering():
        assert access.acts_for(house.buyer, house.tenderee.pk)
        assert not access.acts_for(house.bidder, house.tenderee.pk)
        assert "tenderee" not in access.roles_of(house.bidder, house.lot)


def test_request_that_writes_remembers_nothing(house, monkeypatch):
    seen = []
    organisations_of = access.organisations_of

    def watched(*asked):
        seen.append(access._remembered.get())
        return organisations_of(*asked)

    monkeypatch.setattr(access, "organisations_of", watched)
    client = Client()
    client.force_login(house.buyer)
    client.post("/plan/", {"title": ""})
    assert seen and not any(each is not None for each in seen)
    seen.clear()
    client.get("/desk/")
    assert seen and all(each is not None for each in seen)
