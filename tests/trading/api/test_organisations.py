"""Organisations and people over the interface: acts with keys, pages with cursors."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from signatures.domain import guard, log
from signatures.models import User
from tests.factories import floor
from tests.trading.api.calls import Program, problem, unchanged
from trading.domain import credit_code
from trading.models import Membership, Organisation

pytestmark = pytest.mark.django_db

CODE = credit_code.make("91370100MA3ABCDE1")
BODY = {"name": "远山路桥工程有限公司", "credit_code": CODE, "kinds": ["tenderer"]}


@pytest.fixture
def person():
    return floor.person("陆远山")


@pytest.fixture
def operator():
    return floor.person("周文", floor.organisation("公共资源交易中心", "centre"))


def test_register_verify_grant_and_end(person, operator):
    program, desk = Program(person), Program(operator)
    answer = program.post("/organisations", BODY)
    assert answer.status_code == 201
    pk = answer.json()["result"]["organisation"]
    assert len(answer.json()["leaves"]) == 1
    assert desk.post(f"/organisations/{pk}/verification").status_code == 200
    other = floor.person("李强")
    body = {"person": str(other.pk), "role": "clerk"}
    assert program.post(f"/organisations/{pk}/memberships", body).status_code == 201
    one = program.get(f"/organisations/{pk}").json()
    assert (one["credit_code"], one["verified_at"] is not None) == (CODE, True)
    answer = program.delete(f"/organisations/{pk}/memberships/{other.pk}/clerk")
    assert answer.status_code == 200
    assert Membership.objects.filter(user=other, until__isnull=True).count() == 0


def test_register_with_one_key_acts_once(person):
    program = Program(person)
    first = program.post("/organisations", BODY, Idempotency_Key="one")
    size = log.size()
    again = program.post("/organisations", BODY, Idempotency_Key="one")
    assert (again.status_code, again.json()["repeated"]) == (201, True)
    assert again.json()["result"] == first.json()["result"]
    assert log.size() == size


def test_register_with_one_key_and_another_body_is_a_conflict(person):
    program = Program(person)
    program.post("/organisations", BODY, Idempotency_Key="one")
    unchanged(
        lambda: program.post("/organisations", {**BODY, "name": "另一"}, Idempotency_Key="one"),
        409,
        "idempotency-key-reused",
    )


def test_register_keys_of_two_people_do_not_meet(person, operator):
    Program(person).post("/organisations", BODY, Idempotency_Key="one")
    body = {**BODY, "credit_code": credit_code.make("91370100MA3ABCDE2")}
    answer = Program(operator).post("/organisations", body, Idempotency_Key="one")
    assert answer.json()["repeated"] is False


@pytest.mark.parametrize("key", ["", "k" * 97, "ä"])
def test_register_with_a_bad_key_is_malformed(person, key):
    unchanged(
        lambda: Program(person).post("/organisations", BODY, Idempotency_Key=key),
        400,
        "bad-idempotency-key",
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"credit_code": "x"}, "bad-credit-code"),
        ({"kinds": []}, "bad-kind"),
        ({"name": ""}, "bad-name"),
        ({"name": None}, "malformed"),
        ({"kinds": "tenderer"}, "malformed"),
        ({"unknown": 1}, "malformed"),
    ],
)
def test_register_refuses_bad_input_by_name(person, changes, code):
    unchanged(lambda: Program(person).post("/organisations", {**BODY, **changes}), 400, code)
    assert not Organisation.objects.exists()


def test_register_speaks_the_callers_language(person):
    answer = Program(person, "zh-hans").post("/organisations", {**BODY, "credit_code": "x"})
    assert "统一社会信用代码" in answer.json()["detail"]
    assert answer.json()["rule"] == "GB 32100-2015"


WRITES = [
    ("POST", "/organisations", BODY),
    ("POST", "/organisations/{org}/verification", {}),
    ("POST", "/organisations/{org}/memberships", {"person": "{me}", "role": "manager"}),
    ("DELETE", "/organisations/{org}/memberships/{me}/clerk", None),
    ("POST", "/organisations/people", {"username": "new", "full_name": "新人"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_write_without_sign_in_changes_nothing(operator, method, path, body):
    org = operator.memberships.get().organisation_id
    path = path.format(org=org, me=operator.pk)
    unchanged(lambda: Program().call(method, path, body), 401, "sign-in-first")


@pytest.mark.parametrize(("method", "path", "body"), WRITES[1:])
def test_write_by_somebody_without_a_part_is_denied(person, operator, method, path, body):
    org = operator.memberships.get().organisation_id
    path = path.format(org=org, me=person.pk)
    body = body and {key: str(value).format(me=person.pk) for key, value in body.items()}
    people, rows = User.objects.count(), list(Membership.objects.values())
    unchanged(lambda: Program(person).call(method, path, body), 403, "denied")
    assert (User.objects.count(), list(Membership.objects.values())) == (people, rows)


def test_register_person_by_the_centre_and_once_a_key(operator):
    body = {"username": "li", "full_name": "李强", "password": "correct horse battery"}
    desk = Program(operator)
    first = desk.post("/organisations/people", body, Idempotency_Key="p")
    again = desk.post("/organisations/people", body, Idempotency_Key="p")
    assert (first.status_code, again.json()["repeated"]) == (201, True)
    assert first.json()["result"] == again.json()["result"]


def test_register_person_says_why_a_password_is_too_weak(operator):
    body = {"username": "li", "full_name": "李强", "password": "short"}
    unchanged(
        lambda: Program(operator).post("/organisations/people", body), 400, "weak-password"
    )


def test_list_goes_through_all_pages_once(person):
    with guard.writes("test arrangement"):
        for number in range(65):
            Organisation.objects.create(
                name=f"单位 {number}",
                credit_code=credit_code.make(f"91370100MB{number:07d}"),
                registered_at=floor.START + timedelta(minutes=number // 3),
            )
    seen, after = [], ""
    while True:
        page = Program(person).get(f"/organisations?after={after}").json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 65
    registered = dict(Organisation.objects.values_list("pk", "registered_at"))
    from uuid import UUID

    times = [registered[UUID(pk)] for pk in seen]
    assert times == sorted(times, reverse=True)


def test_list_asks_the_database_as_often_for_30_as_for_1(person):
    program = Program(person)
    counts = []
    for number in range(30):
        floor.organisation(f"单位 {number}", "tenderer")
        if number in (0, 29):
            with CaptureQueriesContext(connection, ) as queries:
                program.get("/organisations")
            counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("cursor", ["x", "!!!!", "AAAA", "é", "a" * 5000])
def test_list_after_a_damaged_cursor_is_malformed(person, cursor):
    problem(Program(person).get(f"/organisations?after={cursor}"), 400, "bad-cursor")


def test_one_that_is_not_there_is_not_found(person):
    problem(Program(person).get(f"/organisations/{uuid4()}"), 404, "no-such-organisation")
    problem(Program(person).get("/organisations/not-a-uuid"), 404, "not-found")
