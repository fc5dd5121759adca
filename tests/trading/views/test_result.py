"""The result's page: who sees what of candidates and award, who publishes and awards, and when."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import reverse

from signatures.domain import clock, log
from tests.factories import evaluated as cases
from tests.factories import standing as standings
from tests.factories.signing import install, put_clock
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.models import Award, Exhibit, Message

pytestmark = pytest.mark.django_db

BACK = 60
OUTSIDERS = ("public", "winner", "rejected", "supervisor", "operator")


@pytest.fixture(scope="module")
def standing(django_db_setup, django_db_blocker, tmp_path_factory):
    """A platform that can seal, and a lot whose report is signed."""
    with standings.standing(django_db_blocker):
        install(settings, tmp_path_factory.mktemp("platform"), days_ago=BACK)
        yield cases.evaluated(clock.now() - timedelta(hours=1))


@pytest.fixture
def case(standing):
    with standings.put_back():
        yield standing


def later(days: int) -> None:
    put_clock(timedelta(days=days - BACK))


def who(case, name):
    return {
        "public": None,
        "buyer": case.house.buyer,
        "winner": case.people[0],
        "second": case.people[1],
        "rejected": case.people[-1],
        "supervisor": case.house.supervisor,
        "operator": case.house.operator,
    }[name]


def address(case):
    return reverse("result", args=[case.lot.project.code, case.lot.number])


def see(case, name="public", language="en"):
    return as_(who(case, name), language).get(address(case))


def send(case, name="buyer", language="en", **fields):
    fields.setdefault("once", uuid4().hex)
    return as_(who(case, name), language).post(address(case), fields)


def publish(case):
    assert send(case, do="publish").status_code == 302


def award(case, **fields):
    return send(case, do="award", winner=str(case.winner.pk), reasons="", **fields)


# --- candidates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OUTSIDERS)
def test_before_publication_nothing_of_the_report_is_shown(case, name):
    answer = see(case, name)
    assert answer.status_code == 200
    text = text_of(answer)
    assert "No candidates have been published." in text
    assert "4,800,000.00" not in text
    assert "投标函未按要求签署" not in text
    assert 'name="do"' not in answer.content.decode()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Publish the candidates"), ("zh-hans", "公示中标候选人")],
)
def test_tenderee_sees_what_will_be_published(case, language, sentence):
    text = text_of(see(case, "buyer", language))
    assert sentence in text
    assert all(one.name in text for one in case.tenderers[:3])


@pytest.mark.parametrize("name", OUTSIDERS)
def test_publishing_by_others_is_denied_and_leaves_nothing(case, name):
    before = log.size()
    assert send(case, name, do="publish").status_code == 403
    assert not Exhibit.objects.filter(kind="candidates").exists()
    assert log.size() == before


def test_published_candidates_are_everybody_s_to_read(case):
    once = uuid4().hex
    for _attempt in range(2):
        assert send(case, do="publish", once=once).status_code == 302
    assert Exhibit.objects.filter(kind="candidates").count() == 1
    text = text_of(see(case))
    for one in case.tenderers[:3]:
        assert one.name in text
    assert case.tenderers[-1].name not in text
    assert "On show" in text and "96.50" in text and "CNY 4,800,000.00" in text


def test_publishing_on_a_stale_page_says_that_it_was_done(case):
    publish(case)
    before = log.size()
    answer = send(case, do="publish")
    assert answer.status_code == 409
    assert "This was done already" in text_of(answer)
    assert log.size() == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_own_result_is_for_the_own_people_alone(case, language):
    publish(case)
    own = {"en": "Your own result", "zh-hans": "本单位的结果"}[language]
    rejected = text_of(see(case, "rejected", language))
    assert own in rejected and "投标函未按要求签署" in rejected
    second = text_of(see(case, "second", language))
    assert own in second and "投标函未按要求签署" not in second
    for name in ("public", "buyer", "supervisor"):
        text = text_of(see(case, name, language))
        assert own not in text and "投标函未按要求签署" not in text


# --- award ---------------------------------------------------------------------------------------


def test_award_before_the_publicity_is_over_is_refused(case):
    publish(case)
    assert "Award the lot" not in text_of(see(case, "buyer"))
    before = log.size()
    assert award(case).status_code == 409
    assert not Award.objects.exists()
    assert log.size() == before


@pytest.mark.parametrize("name", OUTSIDERS)
def test_award_by_others_is_denied_and_leaves_nothing(case, name):
    publish(case)
    later(12)
    before = log.size()
    answer = send(case, name, do="award", winner=str(case.winner.pk))
    assert answer.status_code == 403
    assert not Award.objects.exists()
    assert log.size() == before


@pytest.mark.parametrize("winner", ["", "nobody", "00000000-0000-0000-0000-000000000000"])
def test_award_without_a_candidate_is_said_at_the_field_and_reasons_stay(case, winner):
    publish(case)
    later(12)
    answer = send(case, do="award", winner=winner, reasons="综合评价最优")
    assert answer.status_code == 400
    html = answer.content.decode()
    assert 'id="id_winner_error"' in html and "综合评价最优" in html
    assert not Award.objects.exists()


def test_award_of_another_than_the_first_is_not_offered_where_the_law_decides(case):
    publish(case)
    later(12)
    page = see(case, "buyer").content.decode()
    assert str(case.winner.pk) in page and str(case.tenderers[1].pk) not in page
    answer = send(case, do="award", winner=str(case.tenderers[1].pk))
    assert answer.status_code == 400
    assert not Award.objects.exists()


def test_award_with_too_long_reasons_is_said_at_the_field(case):
    publish(case)
    later(12)
    answer = send(case, do="award", winner=str(case.winner.pk), reasons="长" * 2001)
    assert answer.status_code == 400
    assert 'id="id_reasons_error"' in answer.content.decode()


def test_award_is_told_to_everybody_and_done_once(case):
    publish(case)
    later(12)
    once = uuid4().hex
    assert [award(case, once=once).status_code for _attempt in range(2)] == [302, 302]
    assert Award.objects.get().winner_id == case.winner.pk
    assert Message.objects.filter(template="award-won").count() == 1
    assert {"award-lost", "award-rejected"} <= set(
        Message.objects.values_list("template", flat=True)
    )
    for name in ("public", "second", "buyer"):
        text = text_of(see(case, name))
        assert f"Awarded {case.winner.name}" in text
    assert "Awarded to you" in text_of(see(case, "winner"))
    assert "Not awarded" in text_of(see(case, "second"))
    again = award(case)
    assert again.status_code == 409
    assert Award.objects.count() == 1


def test_unknown_step_and_unknown_lot(case):
    assert send(case, do="nothing").status_code == 400
    code = case.lot.project.code
    assert as_(None).get(reverse("result", args=[code, 9])).status_code == 404
    assert as_(None).get(reverse("result", args=["GC-1999-0001", 1])).status_code == 404
