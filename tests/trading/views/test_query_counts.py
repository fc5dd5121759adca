"""Lists cost the same number of queries with one item as with thirty."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from signatures.domain import guard
from tests.factories import floor
from tests.trading.pages import as_, move_clock
from trading.models import Document, Exhibit, Message

pytestmark = pytest.mark.django_db
MANY = 30


def queries(address: str, person=None) -> int:
    client = as_(person)
    client.get(address)  # what is read once a process is read now
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(captured)


def projects(count: int) -> list[floor.House]:
    houses = []
    for _ in range(count):
        house = floor.house()
        house.publish_notice()
        houses.append(house)
    return houses


@pytest.mark.parametrize("address", ["/", "/projects/", "/projects/?q=%E6%BB%A8%E6%B2%B3"])
def test_lists_of_projects_cost_the_same(empty, address):
    projects(1)
    one = queries(address)
    projects(MANY - 1)
    assert queries(address) == one


def test_openings_of_a_day_cost_the_same(empty):
    projects(1)
    move_clock(floor.DATES["deadline"] - timedelta(hours=1))
    one = queries("/")
    projects(MANY - 1)
    assert queries("/") == one


def test_project_costs_the_same_with_many_documents(house):
    address = reverse("project", args=[house.lot.project.code])
    before = queries(address)
    with guard.writes("test arrangement"):
        for number in range(MANY):
            row = Document.objects.filter(lot=house.lot, kind="tender-document").first()
            row.pk, row.kind, row.edition = uuid4(), "clarification", number + 1
            row.digest = floor.sha(f"clarification {number}")
            row.save(force_insert=True)
            twin = Exhibit.objects.filter(lot=house.lot).first()
            twin.pk, twin.digest, twin._state.adding = uuid4(), row.digest, True
            twin.save(force_insert=True)
    assert queries(address) == before


def test_project_costs_the_same_with_many_lots(house):
    address = reverse("project", args=[house.lot.project.code])
    one = queries(address)
    with guard.writes("test arrangement"):
        for number in range(2, MANY + 1):
            lot = house.refresh()
            lot.pk, lot.number = uuid4(), number
            lot.save(force_insert=True)
    assert queries(address) == one


def test_inbox_costs_the_same(house):
    def send(count: int) -> None:
        with guard.writes("test arrangement"):
            for _ in range(count):
                row = Message.objects.filter(user=house.buyer).first()
                row.pk = uuid4()
                row.save(force_insert=True)

    one = queries("/inbox/", house.buyer)
    send(MANY)
    assert queries("/inbox/", house.buyer) == one


def test_ledger_costs_the_same(empty):
    projects(1)
    one = queries("/ledger/")
    projects(MANY - 1)
    assert queries("/ledger/") == one


@pytest.mark.parametrize("address", ["/operator/organisations/", "/operator/people/"])
def test_desks_lists_cost_the_same(house, address):
    before = queries(address, house.operator)
    for number in range(MANY):
        floor.person(f"职员{number}", floor.organisation(f"单位{number}", "tenderer"))
    assert queries(address, house.operator) == before
