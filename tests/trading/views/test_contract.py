"""The contract at the screen: drafted beside the bid, signed by both sides, read by who may."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import reverse

from signatures import tasks
from signatures.domain import clock, log
from signatures.domain.device_session import sign_session
from signatures.models import SigningDocument
from tests.factories import evaluated as cases
from tests.factories import standing as standings
from tests.factories.evaluated import TERMS
from tests.factories.signing import Api, install, put_clock
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.models import Contract, Exhibit

pytestmark = pytest.mark.django_db

BACK = 60
OUTSIDERS = ("public", "winner", "second", "supervisor", "operator")
DRAFT = {
    "do": "offer",
    "price": "4,800,000.00",
    "security": "480000",
    **{f"term_{name}": text for name, text in TERMS.items()},
}


@pytest.fixture(scope="module")
def standing(django_db_setup, django_db_blocker, tmp_path_factory):
    """The platform, and a lot that is awarded; both sides have certificates."""
    with standings.standing(django_db_blocker):
        platform = install(settings, tmp_path_factory.mktemp("platform"), days_ago=BACK)
        yield platform, _awarded(platform)


@pytest.fixture
def platform(standing):
    with standings.put_back():
        yield standing[0]


@pytest.fixture
def case(standing, platform):
    return standing[1]


def _awarded(platform):
    made = cases.evaluated(clock.now() - timedelta(hours=1))
    platform.equip(made.house.buyer, made.house.tenderee)
    platform.equip(made.people[0], made.winner, region="west", key_type="rsa")
    buyer = Api(made.house.buyer)
    buyer.post(f"/api/v1/lots/{made.lot.pk}/candidates")
    put_clock(timedelta(days=12 - BACK))
    buyer.post(f"/api/v1/lots/{made.lot.pk}/award", {"organisation": str(made.winner.pk)})
    return made


def who(case, name):
    return {
        "public": None,
        "buyer": case.house.buyer,
        "winner": case.people[0],
        "second": case.people[1],
        "supervisor": case.house.supervisor,
        "operator": case.house.operator,
    }[name]


def address(case):
    return reverse("contract", args=[case.lot.project.code, case.lot.number])


def see(case, name="public", language="en"):
    return as_(who(case, name), language).get(address(case))


def send(case, name="buyer", language="en", **fields):
    fields.setdefault("once", uuid4().hex)
    return as_(who(case, name), language).post(address(case), fields)


def unchanged(case, status, name="buyer", **fields):
    before = log.size()
    answer = send(case, name, **fields)
    assert answer.status_code == status
    assert (log.size(), Contract.objects.count()) == (before, 0)
    return answer.content.decode()


def sign(case, platform, name, field):
    document = SigningDocument.objects.get(purpose="contract")
    person = who(case, name)
    sign_session(Api(person), str(document.pk), field, platform.signer(person))


# --- the draft -----------------------------------------------------------------------------------


def test_before_the_award_there_is_nothing_to_draft(platform):
    made = cases.evaluated(clock.now() - timedelta(hours=1))
    for name in ("public", "buyer"):
        answer = see(made, name)
        assert "The lot is not awarded yet." in text_of(answer)
        assert 'name="do"' not in answer.content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_draft_stands_beside_the_winning_bid(case, language):
    page = see(case, "buyer", language).content.decode()
    assert 'name="price" value="4800000.00"' in page
    assert page.count('class="beside-bid"') == len(TERMS) + 2
    for text in TERMS.values():
        assert page.count(text) >= 2


@pytest.mark.parametrize("name", OUTSIDERS)
def test_draft_by_others_is_denied_and_leaves_nothing(case, name):
    assert "beside" not in see(case, name).content.decode().split("<main")[1]
    unchanged(case, 403, name, **DRAFT)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("price", "4700000", "The winning bid says “4,800,000.00”"),
        ("price", "much", "“much” is not an amount"),
        ("price", "", "Enter the price."),
        ("price", "NaN", "is not an amount"),
        ("term_duration_days", "365", "The winning bid says “180”"),
        ("term_quality", "", "Enter it as the bid has it."),
        ("security", "480000.01", "at most 480,000.00 may be asked."),
        ("security", "-1", "is not an amount"),
    ],
)
def test_draft_with_a_mistake_says_so_at_its_field_and_keeps_the_rest(case, field, text, said):
    page = unchanged(case, 400, **{**DRAFT, field: text})
    place = re.search(rf'id="contract_{field}_error">(.*?)</p>', page, re.S)
    assert place and said in place.group(1)
    assert page.count('class="mistake"') == 1
    kept = {**DRAFT, field: text}
    assert f'value="{kept["price"]}"' in page or not kept["price"]
    assert f'value="{kept["term_manager"]}"' in page


def test_draft_twice_is_one_contract_and_a_stale_page_says_so(case):
    once = uuid4().hex
    assert [send(case, once=once, **DRAFT).status_code for _attempt in range(2)] == [302, 302]
    assert Contract.objects.count() == 1
    before = log.size()
    stale = send(case, **DRAFT)
    assert stale.status_code == 409
    assert "The contract was offered already" in text_of(stale)
    assert log.size() == before


# --- signing and after ---------------------------------------------------------------------------


def test_signing_is_for_the_two_sides_and_reading_for_who_watches(case):
    send(case, **DRAFT)
    document = SigningDocument.objects.get(purpose="contract")
    for name, field in (("buyer", "Tenderee"), ("winner", "Contractor")):
        page = see(case, name).content.decode()
        assert re.findall(r'data-field="(\w+)"', page) == [field]
        assert f"/api/v1/signing/{document.pk}/content" in page
    watching = see(case, "supervisor").content.decode()
    assert "data-sign-document" not in watching and "Not signed yet" in watching
    assert f"/api/v1/signing/{document.pk}" not in watching
    for name in ("public", "second", "operator"):
        page = see(case, name).content.decode()
        assert str(document.pk) not in page and "Not signed yet" not in page
        assert "The contract is out for signature." in page


def test_from_both_signatures_to_performance(case, platform):
    send(case, **DRAFT)
    sign(case, platform, "winner", "Contractor")
    text = text_of(see(case, "winner"))
    assert "The contract waits for the other side." in text and "Valid" in text
    assert "data-sign-document" not in see(case, "winner").content.decode()
    unready = send(case, do="conclude")
    assert unready.status_code == 409
    sign(case, platform, "buyer", "Tenderee")
    assert "data-finishing" in see(case, "buyer").content.decode()
    document = SigningDocument.objects.get(purpose="contract")
    assert tasks.finish_document.func(document=str(document.pk)) == "concluded"
    for name in ("public", "second", "buyer", "supervisor"):
        text = text_of(see(case, name))
        assert "Published of the contract" in text and "CNY 4,800,000.00" in text
    exhibit = Exhibit.objects.get(kind="contract")
    assert str(exhibit.pk) not in see(case, "public").content.decode()
    assert str(exhibit.pk) in see(case, "winner").content.decode()
    for name in OUTSIDERS:
        assert send(case, name, do="report").status_code == 403
        assert send(case, name, do="perform", note="开工").status_code == 403
    assert send(case, do="perform", note="").status_code == 400
    assert send(case, do="perform", note="开工令已签发").status_code == 409
    assert send(case, do="report").status_code == 302
    assert Exhibit.objects.filter(kind="written-report").count() == 1
    assert send(case, do="perform", note="开工令已签发").status_code == 302
    assert case.lot.stage == "PERFORMANCE"


def test_unknown_step_is_refused(case):
    unchanged(case, 400, do="nothing")
    unchanged(case, 403, "public", do="nothing")
