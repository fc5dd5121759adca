"""Sign-in, tokens, cookies and CSRF at the programming interface."""

from __future__ import annotations

import base64

import pytest

from signatures.domain import guard, log
from signatures.models import UserCertificate
from tests.factories import floor
from tests.trading import pages
from tests.trading.api.calls import Program, problem, unchanged
from tests.trading.domain import certified
from trading.domain.challenges import Challenge

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return pages.with_password(floor.person("陆远山", floor.organisation("远山路桥", "tenderer")))


def credentials(person, password=pages.PASSWORD):
    return {"username": person.username, "password": password}


# --- passwords and tokens -----------------------------------------------------------------------


def test_password_gives_a_token_and_no_cookie(person):
    program = Program()
    answer = program.post("/session/password", credentials(person))
    assert answer.status_code == 200
    assert not answer.cookies
    value = answer.json()
    assert value["person"]["username"] == person.username
    program.token = value["token"]
    me = program.get("/session/me").json()
    assert (me["urn"], me["full_name"]) == (person.urn, "陆远山")
    assert [(row["organisation_name"], row["role"], row["verified"]) for row in
            me["memberships"]] == [("远山路桥", "clerk", True)]


def test_password_leaves_one_leaf(person):
    before = log.size()
    Program().post("/session/password", credentials(person))
    assert log.size() == before + 1


def test_password_wrong_or_unknown_gets_the_same_answer(person):
    one = unchanged(
        lambda: Program().post("/session/password", credentials(person, "no")), 403, "not-let-in"
    )
    other = unchanged(
        lambda: Program().post("/session/password", {"username": "nobody", "password": "no"}),
        403,
        "not-let-in",
    )
    assert one == other


def test_password_too_often_says_when_to_come_back(person):
    for _ in range(5):
        Program().post("/session/password", credentials(person, "no"))
    answer = Program().post("/session/password", credentials(person))
    problem(answer, 429, "too-many-attempts")
    assert answer["Retry-After"] == "900"


def test_token_that_fails_is_refused_and_not_taken_for_the_public(person):
    program = Program()
    for token in ("sunlit_" + "x" * 43, "", "x y"):
        for path in ("/session/me", "/projects"):
            answer = program.get(path, Authorization=f"Bearer {token}")
            problem(answer, 401, "sign-in-first")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_sign_out_ends_the_token(person):
    program = Program(person)
    assert program.get("/session/me").status_code == 200
    assert program.delete("/session").status_code == 204
    problem(program.get("/session/me"), 401, "sign-in-first")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "a"},
        {"username": "a", "password": "b", "more": 1},
        {"username": 7, "password": "b"},
        {"username": "a" * 151, "password": "b"},
        {"username": "a", "password": "b" * 1025},
        [],
        None,
    ],
)
def test_password_of_the_wrong_form_names_what_is_wrong(body):
    answer = Program().call("POST", "/session/password", body)
    value = problem(answer, 400, "malformed")
    if isinstance(body, dict):
        assert value["mistakes"]


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b'{"a":' * 2000])
def test_password_that_is_no_json_is_malformed(client, raw):
    answer = client.post("/api/v1/session/password", raw, content_type="application/json")
    problem(answer, 400, "malformed")


# --- cookies and CSRF ---------------------------------------------------------------------------


def browser(person):
    """A browser with a session, whose writes need the CSRF token."""
    program = Program()
    program.client.force_login(person)
    return program


def test_cookie_reads_without_and_writes_only_with_the_csrf_token(person):
    program = browser(person)
    assert program.get("/session/me").status_code == 200
    body = {"name": "新单位", "credit_code": "", "kinds": ["tenderer"]}
    unchanged(lambda: program.post("/organisations", body), 403, "denied")
    program.client.get("/sign-in/")
    token = program.client.cookies["csrftoken"].value
    answer = program.post("/organisations", body, X_CSRFToken=token)
    problem(answer, 400, "bad-credit-code")


def test_cookie_beside_a_token_does_not_count(person):
    program = browser(floor.person("别人"))
    program.token = Program(person).token
    assert program.get("/session/me").json()["username"] == person.username
    program.token = "sunlit_" + "x" * 43
    problem(program.get("/session/me"), 401, "sign-in-first")


# --- certificates -------------------------------------------------------------------------------


def encoded(signed):
    return {
        "statement": base64.b64encode(signed.statement).decode(),
        "signature": base64.b64encode(signed.signature).decode(),
    }


def asked(program, purpose="sunlit.login/1"):
    value = program.post("/session/challenge", {"purpose": purpose}).json()
    assert value["origin"] == "http://127.0.0.1:8000"
    from signatures.domain import jcs

    return Challenge(
        nonce=value["server_nonce"],
        purpose=value["purpose"],
        expires=jcs.parse_timestamp(value["expires_at"]),
    )


@pytest.fixture
def holder(person):
    certified.recognise("east")
    signer = certified.signer()
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=person,
            fingerprint=signer.certificate_digest.hex(),
            der=signer.certificate.dump(),
            bound_at=floor.START,
        )
    return person


def test_certificate_gives_a_token_to_a_program(holder):
    program = Program()
    proof = certified.answer(asked(program), certified.signer())
    answer = program.post("/session/certificate", {**encoded(proof), "token": True})
    program.token = answer.json()["token"]
    assert program.get("/session/me").json()["urn"] == holder.urn


def test_certificate_gives_a_session_to_a_browser(holder):
    program = Program()
    proof = certified.answer(asked(program), certified.signer())
    before = program.client.cookies["sessionid"].value
    assert program.post("/session/certificate", encoded(proof)).json()["token"] is None
    assert program.client.cookies["sessionid"].value != before
    assert program.get("/session/me").json()["urn"] == holder.urn


def test_certificate_answer_of_another_session_does_not_let_in(holder):
    mine, theirs = Program(), Program()
    proof = certified.answer(asked(mine), certified.signer())
    asked(theirs)
    unchanged(lambda: theirs.post("/session/certificate", encoded(proof)), 409, "challenge-failed")
    unchanged(
        lambda: Program().post("/session/certificate", encoded(proof)), 409, "challenge-failed"
    )
    assert mine.post("/session/certificate", encoded(proof)).status_code == 200


def test_certificate_answer_is_spent_by_a_wrong_one(holder):
    program = Program()
    challenge = asked(program)
    wrong = certified.answer(challenge, certified.signer(), client_nonce="x")
    unchanged(lambda: program.post("/session/certificate", encoded(wrong)), 400, "bad-nonce")
    right = certified.answer(challenge, certified.signer())
    unchanged(lambda: program.post("/session/certificate", encoded(right)), 409,
              "challenge-failed")


def test_certificate_is_bound_over_the_interface_and_then_lets_in(person):
    certified.recognise("west")
    program = Program(person)
    signer = certified.signer("west")
    proof = certified.answer(asked(program, "sunlit.binding/1"), signer)
    answer = program.post("/session/certificates", encoded(proof), Idempotency_Key="bind-1")
    assert answer.json()["fingerprint"] == signer.certificate_digest.hex()
    stranger = Program()
    proof = certified.answer(asked(stranger), signer)
    answer = stranger.post("/session/certificate", {**encoded(proof), "token": True})
    assert answer.json()["person"]["urn"] == person.urn


def test_certificate_is_not_bound_by_who_has_not_signed_in(person):
    certified.recognise("west")
    program = Program()
    proof = certified.answer(asked(program, "sunlit.binding/1"), certified.signer("west"))
    unchanged(lambda: program.post("/session/certificates", encoded(proof)), 401, "sign-in-first")
    assert not UserCertificate.objects.exists()


def test_challenge_for_any_other_purpose_is_refused():
    problem(Program().post("/session/challenge", {"purpose": "sunlit.bid/1"}), 400,
            "wrong-purpose")


@pytest.mark.parametrize("text", ["!", "é", "====", "a"])
def test_proof_that_is_no_base64_is_malformed(text):
    body = {"statement": text, "signature": "AAAA"}
    unchanged(lambda: Program().post("/session/certificate", body), 400, "bad-base64")
