"""Registrations, roles and people at the desk: decided by acts, bad input kept and explained."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from signatures.domain import guard, log
from signatures.models import LedgerOpening, UserCertificate
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.models import Membership, Message, Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(house):
    """An organisation that waits, with one person."""
    organisation = floor.organisation("远山路桥工程有限公司", "tenderer", verified=False)
    floor.person("陆远山", organisation)
    return organisation


def page(organisation):
    return reverse("operator-organisation", args=[organisation.pk])


def person_page(person):
    return reverse("operator-person", args=[person.pk])


@pytest.mark.parametrize("language", LANGUAGES)
def test_waiting_registration_stands_on_the_first_page(house, newcomer, language):
    answer = as_(house.operator, language).get("/operator/")
    assert answer.context["waiting"] == 1
    assert page(newcomer) in answer.content.decode()
    assert newcomer.credit_code in text_of(answer)


def test_verification_is_an_act_and_tells_its_people(house, newcomer):
    client, before = as_(house.operator, "en"), log.size()
    answer = client.post(page(newcomer), {"do": "verify"})
    newcomer.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (303, page(newcomer))
    assert newcomer.verified_at is not None
    assert log.size() == before + 1
    assert Message.objects.get(template="organisation-verified").user.full_name == "陆远山"
    assert f"{newcomer.name} is verified and may act." in text_of(client.get(page(newcomer)))
    again = client.post(page(newcomer), {"do": "verify"})
    assert again.status_code == 409
    assert "is verified already" in text_of(again)


def test_double_click_verifies_once_and_both_answers_say_so(house, newcomer):
    client, before = as_(house.operator, "en"), log.size()
    once = {"do": "verify", "once": "a"}
    assert [client.post(page(newcomer), once).status_code for _ in range(2)] == [303, 303]
    assert log.size() == before + 1


def test_role_is_given_once_by_one_form(house, newcomer):
    client, before = as_(house.operator, "en"), Membership.objects.count()
    asked = {
        "do": "grant", "once": "a", "grant-username": house.bidder.username,
        "grant-role": "clerk", "grant-reason": "授权书",
    }
    assert [client.post(page(newcomer), asked).status_code for _ in range(2)] == [303, 303]
    assert Membership.objects.count() == before + 1
    answer = client.post(page(newcomer), asked | {"once": "b"})
    assert answer.status_code == 409
    assert "授权书" in answer.content.decode()
    assert Membership.objects.count() == before + 1


def test_refusal_needs_a_reason_and_keeps_what_was_typed(house, newcomer):
    client, before = as_(house.operator, "en"), log.size()
    for reason, kept in (("", ""), ("   ", ""), ("字" * 501, "字" * 501)):
        answer = client.post(page(newcomer), {"do": "refuse", "refuse-reason": reason})
        html = answer.content.decode()
        assert answer.status_code == 400
        assert 'href="#id_refuse-reason"' in html
        assert kept in html
    newcomer.refresh_from_db()
    assert (newcomer.refused_at, log.size()) == (None, before)


def test_refusal_is_told_with_its_reason_and_may_be_followed_by_verification(house, newcomer):
    client = as_(house.operator, "en")
    answer = client.post(page(newcomer), {"do": "refuse", "refuse-reason": "名称不符"})
    newcomer.refresh_from_db()
    assert answer.status_code == 303
    assert newcomer.refused_at is not None
    assert "名称不符" in Message.objects.get(template="organisation-refused").texts["en"]["body"]
    assert "名称不符" in text_of(client.get(page(newcomer)))
    assert client.get("/operator/").context["waiting"] == 0
    assert client.post(page(newcomer), {"do": "verify"}).status_code == 303
    newcomer.refresh_from_db()
    assert newcomer.verified_at is not None
    assert newcomer.refused_at is None


def test_role_is_given_with_a_reason_that_the_ledger_keeps(house):
    form = {
        "do": "grant", "grant-username": house.buyer.username, "grant-role": "manager",
        "grant-reason": "法定代表人授权",
    }
    client = as_(house.operator, "en")
    assert client.post(page(house.tenderer), form).status_code == 303
    row = Membership.objects.get(user=house.buyer, organisation=house.tenderer)
    assert (row.role, row.until) == ("manager", None)
    leaf = LedgerOpening.objects.filter(subject=house.tenderer.urn).latest("leaf_id")
    assert leaf.entry["context"]["reason"] == "法定代表人授权"
    again = client.post(page(house.tenderer), form)
    assert again.status_code == 409
    assert "The person has this role already." in text_of(again)
    assert "法定代表人授权</textarea>" in again.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""), ("username", "nobody-here"), ("username", "x" * 200),
        ("role", "king"), ("role", ""), ("reason", ""), ("reason", "x" * 501),
    ],
)
def test_role_with_a_mistake_names_its_field_and_changes_nothing(house, field, value):
    form = {
        "do": "grant", "grant-username": house.buyer.username, "grant-role": "clerk",
        "grant-reason": "为何", f"grant-{field}": value,
    }
    before = (Membership.objects.count(), log.size())
    answer = as_(house.operator, "en").post(page(house.tenderer), form)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert f'href="#id_grant-{field}"' in html
    assert "为何" in html or field == "reason"
    assert (Membership.objects.count(), log.size()) == before


def test_role_ends_with_a_reason_that_the_ledger_keeps(house):
    row = Membership.objects.get(user=house.bidder, organisation=house.tenderer)
    client = as_(house.operator, "en")
    bare = client.post(page(house.tenderer), {"do": "end", "membership": row.pk, "end-reason": ""})
    assert bare.status_code == 400
    assert f'id="end-{row.pk}-error"' in bare.content.decode()
    row.refresh_from_db()
    assert row.until is None
    answer = client.post(
        page(house.tenderer), {"do": "end", "membership": row.pk, "end-reason": "离职"}
    )
    row.refresh_from_db()
    assert answer.status_code == 303
    assert row.until is not None
    assert "离职" in text_of(client.get(page(house.tenderer)))
    gone = client.post(
        page(house.tenderer), {"do": "end", "membership": row.pk, "end-reason": "离职"}
    )
    assert gone.status_code == 404


def test_role_of_another_organisation_does_not_end_here(house):
    row = Membership.objects.get(user=house.buyer, organisation=house.tenderee)
    answer = as_(house.operator).post(
        page(house.tenderer), {"do": "end", "membership": row.pk, "end-reason": "x"}
    )
    row.refresh_from_db()
    assert (answer.status_code, row.until) == (404, None)


@pytest.mark.parametrize("deed", ["", "delete", "verify-all"])
def test_unknown_deed_is_not_understood(house, deed):
    before = log.size()
    assert as_(house.operator).post(page(house.tenderer), {"do": deed}).status_code == 400
    assert log.size() == before


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "泰和"}, ["泰和建设集团有限公司"]),
        ({"q": "nothing"}, []),
        ({"state": "waiting"}, ["远山路桥工程有限公司"]),
        ({"state": "refused"}, []),
        ({"q": "远山", "state": "verified"}, []),
        ({"q": "%"}, []),
    ],
)
def test_organisations_are_found_by_name_code_and_state(house, newcomer, query, found):
    answer = as_(house.operator).get("/operator/organisations/", query)
    assert [row["organisation"].name for row in answer.context["rows"]] == found
    code = as_(house.operator).get(
        "/operator/organisations/", {"q": newcomer.credit_code.lower()}
    )
    assert [row["organisation"].pk for row in code.context["rows"]] == [newcomer.pk]


def test_too_long_a_search_is_explained_and_kept(house):
    answer = as_(house.operator, "en").get("/operator/people/", {"q": "x" * 101})
    assert "Search for at most 100 characters." in text_of(answer)
    assert "x" * 101 in answer.content.decode()


def test_people_are_found_by_name_user_name_and_organisation(house):
    client = as_(house.operator)
    for query in ("李强", house.bidder.username, "泰和建设"):
        rows = client.get("/operator/people/", {"q": query}).context["rows"]
        assert [person.pk for person, _roles in rows] == [house.bidder.pk]


def test_certificate_is_withdrawn_by_an_act_once(house):
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=house.bidder, fingerprint="ab" * 32, der=b"x", bound_at=floor.LONG_AGO
        )
    client, before = as_(house.operator, "en"), log.size()
    url, form = person_page(house.bidder), {"certificate": "ab" * 32}
    assert client.post(url, form).status_code == 303
    assert UserCertificate.objects.get().withdrawn_at is not None
    assert client.post(url, form).status_code == 404
    assert log.size() == before + 1
    assert "Certificate withdrawn" in text_of(client.get(url))


def test_history_shows_what_the_desk_did_and_no_other_act(house):
    subject = house.tenderer.urn
    with guard.writes("test arrangement"):
        leaf = LedgerOpening.objects.order_by("leaf_id").first()
        leaf.subject = subject
        leaf.entry = {**leaf.entry, "act": "bidding.submit", "context": {"at": "x"}}
        leaf.save()
    answer = as_(house.operator).get(page(house.tenderer))
    assert answer.context["history"] == []


def fill(count):
    """More organisations, each with a person; more people of one organisation."""
    employer = floor.organisation("总公司", "tenderer")
    for number in range(count):
        organisation = floor.organisation(f"公司{number}", "tenderer", verified=False)
        floor.person("某某", organisation, employer)


@pytest.mark.parametrize("path", ["/operator/", "/operator/organisations/", "/operator/people/"])
def test_lists_take_the_same_queries_for_few_and_for_thirty(house, path):
    client, counts = as_(house.operator), []
    for more in (1, 30):
        fill(more)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_organisation_page_takes_the_same_queries_for_one_and_for_thirty_people(house):
    client, counts = as_(house.operator), []
    organisation = floor.organisation("大公司", "tenderer")
    for more in (1, 29):
        for _number in range(more):
            floor.person("员工", organisation)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(page(organisation))
        counts.append(len(queries))
    assert len(answer.context["members"]) == 30
    assert counts[0] == counts[1]


def test_organisations_page_by_cursor(house):
    fill(35)
    client, seen, url = as_(house.operator), [], "/operator/organisations/"
    while url:
        answer = client.get(url)
        seen += [row["organisation"].pk for row in answer.context["rows"]]
        after = answer.context["next_address"]
        url = after and "/operator/organisations/" + after
    assert len(seen) == len(set(seen)) == Organisation.objects.count()
    assert client.get("/operator/organisations/?after=x").status_code == 400
