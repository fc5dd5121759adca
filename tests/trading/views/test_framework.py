"""A framework's page: who states, takes in, orders and closes there, and what everybody sees."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import reverse

from signatures.domain import clock, log
from tests.factories import standing as standings
from tests.factories.signing import install
from tests.trading import framework as worlds
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.models import Award, Exhibit, FrameworkOrder, Message

pytestmark = pytest.mark.django_db

OTHERS = ("public", "supplier", "supervisor", "operator")


@pytest.fixture(scope="module")
def standing(django_db_setup, django_db_blocker, tmp_path_factory):
    """A platform that can seal, and a framework whose report is signed."""
    with standings.standing(django_db_blocker):
        install(settings, tmp_path_factory.mktemp("platform"), days_ago=200)
        yield worlds.framework(at=clock.now() - timedelta(days=20))


@pytest.fixture
def world(standing):
    with standings.put_back():
        yield standing


def who(world, name):
    return {
        "public": None,
        "buyer": world.case.house.buyer,
        "supplier": world.case.people[0],
        "left": world.case.people[3],
        "supervisor": world.case.house.supervisor,
        "operator": world.case.house.operator,
    }[name]


def address(world, page="framework"):
    return reverse(page, args=[world.lot.project.code, world.lot.number])


def see(world, name="public", language="en", page="framework", query=""):
    return as_(who(world, name), language).get(address(world, page) + query)


def send(world, name="buyer", **fields):
    fields.setdefault("once", uuid4().hex)
    return as_(who(world, name), "en").post(address(world), fields)


def begun(world):
    """Orders may be given now."""
    world.begun(clock.now() - timedelta(days=15))


def order(world, rank=1, **changes):
    return send(world, **{
        "do": "order", "agreement": str(world.agreement(rank).pk), "purchaser": "东岳市财政局",
        "subject": "便携式计算机", "quantity": "2", "unit_price": "4,800,000.00", **changes,
    })


def test_suppliers_are_taken_in_on_the_page_once_and_everybody_sees_them(world):
    shown = text_of(see(world, "buyer"))
    assert "Take the suppliers in" in shown and world.case.tenderers[3].name in shown
    once = uuid4().hex
    answers = [send(world, do="take-in", once=once) for _attempt in range(2)]
    assert [one.status_code for one in answers] == [302, 302]
    assert [one.winner for one in world.awards] == world.case.tenderers[:3]
    assert Message.objects.filter(template="framework-taken-in").count() == 3
    notice = Exhibit.objects.get(lot=world.lot, kind="award")
    assert (notice.seal["verdict"], notice.audience) == ("valid", ["public"])
    for language in LANGUAGES:
        public = see(world, language=language)
        assert all(one.name in public.content.decode() for one in world.case.tenderers[:3])
        assert world.case.tenderers[3].name not in public.content.decode()
    assert "Awarded to you" in text_of(see(world, "supplier", page="result"))
    assert "Not awarded" in text_of(see(world, "left", page="result"))
    assert send(world, do="take-in").status_code == 409
    assert Award.objects.count() == 3


@pytest.mark.parametrize("name", OTHERS)
def test_others_take_nobody_in_and_see_nothing_of_the_report(world, name):
    assert world.case.tenderers[3].name not in text_of(see(world, name))
    before = log.size()
    assert send(world, name, do="take-in").status_code == 403
    assert (Award.objects.count(), log.size()) == (0, before)


def test_each_supplier_finds_its_own_agreement_and_the_tenderee_every_one(world):
    world.take_in(at=clock.now() - timedelta(days=10))
    first, second, third = world.awards
    own = as_(world.case.people[1], "en").get(address(world, "contract")).content.decode()
    assert f'aria-current="true" lang="zh-Hans">{second.winner.name}' in own
    page = see(world, "buyer", page="contract", query=f"?award={third.pk}").content.decode()
    assert f'aria-current="true" lang="zh-Hans">{third.winner.name}' in page
    assert "Performance security" not in page
    for wrong in ("x", str(uuid4())):
        assert see(world, "buyer", page="contract", query=f"?award={wrong}").status_code == 404
    offered = as_(who(world, "buyer"), "en").post(
        f"{address(world, 'contract')}?award={second.pk}",
        {
            "do": "offer", "once": uuid4().hex, "price": str(second.price),
            **{f"term_{name}": text for name, text in second.terms.items()},
        },
    )
    assert (offered.status_code, offered["Location"][-len(str(second.pk)):]) == (
        302, str(second.pk)
    )
    assert second.contract.document.title == f"框架协议（{second.winner.name}）"
    assert not hasattr(first, "contract")


def test_an_order_is_given_once_and_is_public(world):
    begun(world)
    assert "Give an order" in text_of(see(world, "buyer"))
    once = uuid4().hex
    assert [order(world, once=once).status_code for _attempt in range(2)] == [302, 302]
    row = FrameworkOrder.objects.get()
    assert (row.number, str(row.amount)) == (1, "9600000.00")
    text = text_of(see(world))
    assert "Order no. 1" in text and "东岳市财政局" in text and "its turn" in text
    assert "Give an order" not in text
    # The same supplier again, of a page that is stale by now.
    stale = order(world)
    assert (stale.status_code, FrameworkOrder.objects.count()) == (409, 1)
    assert "it is the turn of" in text_of(stale)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purchaser": ""}, "purchaser"), ({"subject": "x" * 501}, "subject"),
        ({"quantity": "zwei"}, "quantity"), ({"unit_price": "4800000.01"}, "unit_price"),
        ({"agreement": "x"}, "agreement"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_the_rest_stays(world, changes, field):
    begun(world)
    answer = order(world, **changes)
    assert answer.status_code in (400, 409)
    html = answer.content.decode()
    assert f'id="order_{field}_error"' in html and "便携式计算机" in html or field == "subject"
    assert not FrameworkOrder.objects.exists()


@pytest.mark.parametrize("name", OTHERS)
def test_others_order_nothing(world, name):
    begun(world)
    assert "Give an order" not in text_of(see(world, name))
    assert send(world, name, do="order").status_code == 403
    assert not FrameworkOrder.objects.exists()


def test_unknown_step_and_the_data(world):
    assert send(world, do="nothing").status_code == 400
    data = as_(None).get(f"/api/v1/lots/{world.lot.pk}/framework").json()
    assert (data["terms"]["orders"], data["suppliers"], data["turn"]) == ("turns", [], None)
