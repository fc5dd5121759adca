"""What came to nothing is tendered again, once, by its tenderee; both pages say so."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse

from signatures.domain import guard, log
from tests.factories import floor
from tests.trading.api.calls import Program, problem
from tests.trading.pages import as_, text_of
from trading.models import Lot

pytestmark = pytest.mark.django_db


def end(house, state="failed", *, at="BIDDING"):
    with guard.writes("test arrangement"):
        lot = house.refresh()
        lot.state, lot.ended_at_stage, lot.next_due_at = state, at, None
        lot.save()
    return lot


def body(house, **more):
    return {
        "title": "滨河路改造工程(重新招标)", "category": "construction",
        "tenderee": str(house.tenderee.pk),
        "lots": [{"title": "一标段", "predecessor": str(house.lot.pk), **more}],
    }


@pytest.mark.parametrize("state", ["failed", "terminated", "archived"])
def test_lot_without_a_result_is_tendered_again(house, state):
    end(house, state)
    answer = Program(house.buyer).post("/projects", body(house)).json()["result"]
    again = Lot.objects.get(pk=answer["lots"][0])
    assert again.predecessor == house.lot
    line = Program(house.buyer).get(f"/lots/{again.pk}").json()
    assert line["predecessor"] == house.lot.urn
    page = text_of(as_(house.buyer, "en").get(reverse("lot", args=[answer["code"], 1])))
    assert "Tendered before" in page and "another procedure" not in page
    old = as_(house.buyer, "en").get(reverse("lot", args=[house.lot.project.code, 1]))
    assert answer["code"] in text_of(old) and "Tender it again" not in text_of(old)
    # Until it is published nobody else learns that there is one.
    public = as_(None, "en").get(reverse("lot", args=[house.lot.project.code, 1]))
    assert answer["code"] not in text_of(public)


def test_another_procedure_may_be_chosen_and_is_said(house):
    end(house)
    wanted = body(house) | {"category": "procurement", "procedure": "procurement-inquiry"}
    answer = Program(house.buyer).post("/projects", wanted).json()["result"]
    assert Lot.objects.get(pk=answer["lots"][0]).procedure == {"name": "procurement-inquiry"}
    page = text_of(as_(house.buyer, "en").get(reverse("lot", args=[answer["code"], 1])))
    assert "by another procedure" in page


@pytest.mark.parametrize("state", ["active", "suspended"])
def test_running_lot_is_not_tendered_again(house, state):
    if state == "suspended":
        Program(house.buyer).post(f"/lots/{house.lot.pk}/suspension", {"reason": "核查"})
    size, lots = log.size(), Lot.objects.count()
    problem(Program(house.buyer).post("/projects", body(house)), 409, "not-ended")
    assert (log.size(), Lot.objects.count()) == (size, lots)


def test_lot_that_ended_with_a_contract_is_not_tendered_again(house):
    with guard.writes("test arrangement"):
        lot = house.refresh()
        lot.state, lot.stage = "archived", "ARCHIVED"
        lot.save()
    problem(Program(house.buyer).post("/projects", body(house)), 409, "not-ended")


def test_lot_is_tendered_again_once(house):
    end(house)
    assert Program(house.buyer).post("/projects", body(house)).status_code == 201
    lots = Lot.objects.count()
    problem(Program(house.buyer).post("/projects", body(house)), 409, "already-repeated")
    assert Lot.objects.count() == lots


def test_another_tenderees_lot_is_not_taken_up(house):
    end(house)
    other = floor.organisation("城南置业", "tenderee")
    person = floor.person("孙立", other)
    wanted = body(house) | {"tenderee": str(other.pk)}
    problem(Program(person).post("/projects", wanted), 404, "unknown-predecessor")
    unknown = body(house, predecessor=str(uuid4()))
    problem(Program(house.buyer).post("/projects", unknown), 404, "unknown-predecessor")
    problem(Program(house.buyer).post("/projects", body(house, predecessor="x")), 400, "malformed")
    assert not Lot.objects.filter(predecessor__isnull=False).exists()


# --- the page -----------------------------------------------------------------------------------


def test_page_begins_with_what_was_tendered_before(house):
    end(house)
    client = as_(house.buyer, "en")
    old = client.get(reverse("lot", args=[house.lot.project.code, 1])).content.decode()
    address = f"{reverse('plan')}?again={house.lot.pk}"
    assert f'href="{address}"' in old
    html = client.get(address).content.decode()
    assert house.lot.project.title in html and house.lot.title in html
    assert f'name="again" value="{house.lot.pk}"' in html
    sent = {
        "do": "register", "again": str(house.lot.pk), "title": "重新招标",
        "procedure": "construction", "tenderee": str(house.tenderee.pk), "agency": "",
        "lot-TOTAL_FORMS": "2", "lot-INITIAL_FORMS": "0", "once": "a",
        "lot-0-title": "一标段", "lot-0-estimate": "", "lot-1-title": "二标段",
        "lot-1-estimate": "",
    }
    answer = client.post(reverse("plan"), sent)
    assert answer.status_code == 303, text_of(answer)
    made = Lot.objects.filter(project__title="重新招标").order_by("number")
    assert [lot.predecessor for lot in made] == [house.lot, None]
    refused = client.post(reverse("plan"), sent | {"once": "b"})
    assert refused.status_code == 409 and "tendered again already" in text_of(refused)


@pytest.mark.parametrize("who", ["bidder", "supervisor", None])
def test_others_are_not_offered_to_tender_it_again(house, who):
    end(house)
    client = as_(getattr(house, who) if who else None, "en")
    page = client.get(reverse("lot", args=[house.lot.project.code, 1]))
    assert "Tender it again" not in text_of(page)
    assert client.get(f"{reverse('plan')}?again={house.lot.pk}").status_code in {403, 404}


@pytest.mark.parametrize("again", ["", "x", "0" * 36])
def test_nonsense_in_the_address_is_a_new_project(house, again):
    assert as_(house.buyer).get(f"{reverse('plan')}?again={again}").status_code == 200
