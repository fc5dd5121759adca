"""The page of a tender document's editions: everybody reads it, the tenderee publishes the next."""

from __future__ import annotations

import pytest
from django.urls import reverse

from signatures.domain import clock, log
from tests.factories.floor import START
from tests.factories.signing import install
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.models import Document, Exhibit

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealing(settings, tmp_path):
    """The platform can seal, by the clock of the tests."""
    install(settings, tmp_path, days_ago=(clock.look().real - START).days)


WORDS = {"clause_1": "第 12 页 管材", "before_1": "DN500 混凝土管", "after_1": "DN600 混凝土管"}


def address(house) -> str:
    return reverse("editions", args=[house.lot.project.code, 1])


def newest(house) -> Document:
    return Document.objects.filter(lot=house.lot, kind="tender-document").latest("edition")


def filled(house, **more) -> dict[str, str]:
    return {
        **WORDS, "affects": "yes", "before": newest(house).digest, "do": "publish",
        "once": "one", **more,
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_edition_is_shown_to_everybody_without_a_form(house, language):
    for person in (None, house.bidder, house.supervisor):
        answer = as_(person, language).get(address(house))
        assert newest(house).digest in text_of(answer)
        assert 'name="clause_1"' not in answer.content.decode()


def test_look_publishes_nothing_and_shows_what_would_be(house):
    size = log.size()
    answer = as_(house.buyer, "en").post(address(house), filled(house, do="look"))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<del>5</del>" in html
    assert "<ins>6</ins>" in html
    assert WORDS["before_1"] in html
    assert (log.size(), newest(house).edition) == (size, 1)


def test_publishing_twice_with_one_key_publishes_once_and_seals_it(house, sealing):
    client = as_(house.buyer)
    given = filled(house)
    for _ in range(2):
        assert client.post(address(house), given).status_code == 303
    assert newest(house).edition == 2
    exhibit = Exhibit.objects.filter(kind="tender-document").latest("leaf")
    assert exhibit.seal["verdict"] == "valid"
    text = text_of(as_(None, "en").get(address(house)))
    assert WORDS["clause_1"] in text
    assert "affects bids" in text
    found = as_(None).get(f"/api/v1/lots/{house.lot.pk}/editions").json()
    assert [each["edition"] for each in found] == [1, 2]
    assert found[1]["changes"] == [
        {"clause": WORDS["clause_1"], "before": WORDS["before_1"], "after": WORDS["after_1"]}
    ]


@pytest.mark.parametrize(
    "wrong", [{"affects": ""}, {"clause_1": ""}, {"after_1": WORDS["before_1"]}]
)
def test_mistake_keeps_what_was_typed_and_publishes_nothing(house, wrong):
    size = log.size()
    answer = as_(house.buyer).post(address(house), filled(house, **wrong))
    assert answer.status_code in {400, 409}
    assert WORDS["before_1"] in answer.content.decode()
    assert (log.size(), newest(house).edition) == (size, 1)


def test_nobody_else_publishes(house):
    size = log.size()
    for person in (None, house.bidder, house.supervisor, house.operator):
        assert as_(person).post(address(house), filled(house)).status_code == 403
    assert (log.size(), newest(house).edition) == (size, 1)


def test_edition_of_a_stale_page_is_refused(house, sealing):
    client = as_(house.buyer)
    stale = filled(house, once="two")
    client.post(address(house), filled(house))
    size = log.size()
    answer = client.post(address(house), stale)
    assert answer.status_code == 409
    assert (log.size(), newest(house).edition) == (size, 2)


def test_interface_publishes_and_refuses_alike(house, sealing):
    path = f"/api/v1/lots/{house.lot.pk}/editions"
    body = {
        "before": newest(house).digest, "affects": True,
        "changes": [{"clause": "工期", "before": "120 日", "after": "150 日"}],
    }
    size = log.size()
    for person, status in ((None, 401), (house.bidder, 403)):
        answer = as_(person).post(path, body, content_type="application/json")
        assert answer.status_code in {status, 403}
    for wrong in ({"changes": []}, {"before": "0" * 64}, {"changes": [{"clause": "工期"}]}):
        answer = as_(house.buyer).post(
            path, {**body, **wrong}, content_type="application/json",
            headers={"Idempotency-Key": str(wrong)[:40]},
        )
        assert answer.status_code in {400, 409, 422}
    assert log.size() == size
    answer = as_(house.buyer).post(
        path, body, content_type="application/json", headers={"Idempotency-Key": "edition-2"}
    )
    assert answer.status_code == 201, answer.content
    assert newest(house).edition == 2
