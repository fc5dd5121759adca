"""The desk is the trading centre's: every address, every role, and the public."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.urls import reverse

from signatures.domain import log
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.models import CalendarDay, Membership, Organisation
from trading.views.operator import addresses

pytestmark = pytest.mark.django_db

OUTSIDERS = ("public", "buyer", "bidder", "supervisor", "unverified", "former", "closed")


def arguments(name, house):
    return {
        "operator-organisation": [house.tenderer.pk],
        "operator-person": [house.bidder.pk],
    }.get(name, [])


def outsider(who, house):
    """A person who may not: of another role, of a centre that nobody verified, or no longer."""
    if who == "public":
        return None
    if who == "unverified":
        return floor.person("新来", floor.organisation("某中心", "centre", verified=False))
    if who == "former":
        person = floor.person("离任", floor.organisation("旧中心", "centre"))
        Membership.objects.filter(user=person).update(until=floor.START)
        return person
    if who == "closed":
        person = floor.person("停用", floor.organisation("又一中心", "centre"))
        person.is_active = False
        person.save()
        return person
    return getattr(house, who)


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("name", [pattern.name for pattern in addresses.urlpatterns])
def test_desk_denies_everybody_else_and_changes_nothing(house, arrange, who, name):
    url = reverse(name, args=arguments(name, house))
    client = as_(outsider(who, house), "en")
    before = (log.size(), Membership.objects.count(), CalendarDay.objects.count())
    for answer in (
        client.get(url),
        client.post(url, {"do": "verify", "day": date(2026, 5, 8), "task": uuid4()}),
    ):
        assert answer.status_code in {403, 405}
        assert (answer.status_code == 405) <= (answer.request["REQUEST_METHOD"] == "POST")
        assert house.tenderer.credit_code not in answer.content.decode()
    assert (log.size(), Membership.objects.count(), CalendarDay.objects.count()) == before


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [pattern.name for pattern in addresses.urlpatterns])
def test_desk_shows_every_page_to_the_operator(house, name, language):
    before = log.size()
    answer = as_(house.operator, language).get(reverse(name, args=arguments(name, house)))
    assert answer.status_code == 200
    assert answer["Cache-Control"].startswith("max-age=0")
    assert text_of(answer).count("%(") == 0
    assert log.size() == before


def test_masthead_leads_the_operator_alone_to_the_desk(house):
    for who in ("buyer", "bidder", "supervisor", "operator"):
        html = as_(getattr(house, who)).get("/").content.decode()
        assert ('href="/operator/"' in html) is (who == "operator")
    assert 'href="/operator/"' not in as_(None).get("/").content.decode()


@pytest.mark.parametrize("name", ["operator-organisation", "operator-person"])
def test_desk_unknown_row_is_not_found(house, name):
    answer = as_(house.operator).get(reverse(name, args=[uuid4()]))
    assert answer.status_code == 404


def test_operator_decides_not_on_the_own_organisation(house, arrange):
    own = Organisation.objects.create(
        name="自家公司", credit_code="91370100MA0000999X", kinds=["tenderer"],
        registered_at=floor.LONG_AGO,
    )
    Membership.objects.create(
        user=house.operator, organisation=own, role="manager", since=floor.LONG_AGO
    )
    url, client = reverse("operator-organisation", args=[own.pk]), as_(house.operator, "en")
    assert "somebody else decides" in text_of(client.get(url))
    assert client.post(url, {"do": "verify"}).status_code == 403
    own.refresh_from_db()
    assert own.verified_at is None
