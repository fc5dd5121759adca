"""The floor's pages without JavaScript: what each sees and may do there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from tests.bidding.auction import floors
from tests.bidding.auction.floors import AFTER, FORMAT, FROM, SALT, UNTIL
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, move_clock, text_of

pytestmark = pytest.mark.django_db

ROUND = timedelta(seconds=FORMAT["round_seconds"])
LATER = FROM + timedelta(hours=1)


def address(home, name="floor"):
    return reverse(name, args=[home.lot.project.code, 1])


def page(home, person=None, language="en", name="floor", query=""):
    return as_(person, language).get(address(home, name) + query)


def forms(answer):
    return re.findall(r'data-do="([a-z-]+)"', answer.content.decode())


@pytest.fixture
def home():
    made = floors.house(parameters=floors.reserved("1020000.00"))
    made.open()
    made.ask(0, "1000000.00", FROM + AFTER)
    move_clock(LATER)
    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_floor_the_page_says_when_it_opens(language):
    home = floors.house()
    move_clock(FROM - timedelta(days=1))
    text = text_of(page(home, None, language))
    assert "2026-04-10 09:30" in text


def test_a_lot_without_a_floor_has_no_such_page():
    home = floor.house()
    home.publish_notice()
    move_clock(LATER)
    for name in ("floor", "floor-applications"):
        assert page(home, name=name).status_code == 404


def test_each_sees_what_is_for_them(home):
    public = page(home)
    assert forms(public) == [] and "data-socket" not in public.content.decode()
    for firm, person in home.firms[1:]:
        answer = page(home, person)
        assert forms(answer) == ["ask"]
        assert str(home.number(home.firms.index((firm, person)))) in text_of(answer)
    leader = page(home, home.firms[0][1])
    assert forms(leader) == [] and "Leading" in text_of(leader)
    for person in (None, home.buyer, home.operator, *(one for _firm, one in home.firms)):
        text = text_of(page(home, person))
        others = [firm for firm, own in home.firms if own != person]
        assert not any(firm.name in text.replace(f"{firm.name}代理人", "") for firm in others)
    assert home.firms[0][0].name in text_of(page(home, home.supervisor))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter the price you ask."), ("abc", "Write an amount in CNY"),
        ("-5", "Write an amount in CNY"), ("NaN", "Write an amount in CNY"),
        ("1e9", "Prices go in whole steps"), ("1,000,000", "Ask 1,020,000.00 CNY at least."),
        ("1020001", "Prices go in whole steps"),
    ],
)  # fmt: skip
def test_a_wrong_amount_is_refused_beside_its_field_and_kept(home, typed, said):
    if typed == "1e9":
        typed = "1000000001"
    before = home.standing()
    answer = as_(home.firms[1][1], "en").post(address(home), {"do": "ask", "price": typed})
    assert answer.status_code in (400, 409)
    assert said in text_of(answer)
    assert f'value="{typed}"' in answer.content.decode() or not typed
    assert home.standing() == before


def test_a_posted_ask_is_asked_once(home):
    client = as_(home.firms[1][1], "en")
    body = {"do": "ask", "price": "1,020,000", "once": "k"}
    assert client.post(address(home), body).status_code == 302
    before = home.standing()
    assert client.post(address(home), body).status_code == 302
    assert home.standing() == before
    assert "1,020,000.00" in text_of(page(home))


@pytest.mark.parametrize("who", ["public", "buyer", "supervisor", "operator"])
def test_nobody_else_asks_by_a_form(home, who):
    person = None if who == "public" else getattr(home, who)
    before = home.standing()
    answer = as_(person, "en").post(address(home), {"do": "ask", "price": "1020000"})
    assert answer.status_code in (401, 403)
    assert home.standing() == before


def test_the_seller_opens_the_reserve_on_the_page(home):
    home.end_listing()
    home.close(UNTIL + ROUND)
    move_clock(UNTIL + 2 * ROUND)
    assert forms(page(home, home.supervisor)) == []
    assert forms(page(home, home.buyer)) == ["open-reserve"]
    body = {"do": "open-reserve", "reserve": "1,020,001", "salt": SALT}
    answer = as_(home.buyer, "en").post(address(home), body)
    assert answer.status_code == 409 and 'value="1,020,001"' in answer.content.decode()
    body["reserve"] = "1,020,000"
    assert as_(home.buyer, "en").post(address(home), body).status_code == 302
    text = text_of(page(home))
    assert "The price did not reach the reserve." in text and "Not sold" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_floor_that_stands_still_says_so_and_offers_nothing(home, language):
    from trading.domain.suspensions import Suspend

    home.act(Suspend(lot=home.lot.pk, reason="异议"), by=home.supervisor, at=LATER)
    answer = page(home, home.firms[1][1], language)
    assert forms(answer) == [] and answer.status_code == 200


def test_an_unknown_command_is_refused(home):
    answer = as_(home.firms[1][1], "en").post(address(home), {"do": "close"})
    assert answer.status_code == 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lots_page_leads_to_the_floor(home, language):
    answer = as_(None, language).get(reverse("lot", args=[home.lot.project.code, 1]))
    assert address(home) in answer.content.decode()
    assert address(home, "floor-applications") in answer.content.decode()
