"""The sign-in pages: bad input keeps what was typed, good input opens a session, nothing leaks."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape

from signatures.domain import clock, guard, log
from signatures.models import UserCertificate
from tests.factories import floor
from tests.trading.domain import certified
from tests.trading.pages import LANGUAGES, PASSWORD, as_, text_of, with_password
from trading.domain import challenges
from trading.domain.challenges import Challenge

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return with_password(floor.person("陆远山"))


def send(client, person, password=PASSWORD, **more):
    return client.post("/sign-in/", {"username": person.username, "password": password, **more})


def signed_in(client) -> bool:
    return "_auth_user_id" in client.session


# --- passwords ----------------------------------------------------------------------------------


def test_sign_in_opens_a_session_under_a_new_key_and_leaves_a_leaf(person, client):
    client.get("/sign-in/certificate/")
    before, size = client.session.session_key, log.size()
    answer = send(client, person)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert signed_in(client)
    assert client.session.session_key != before
    assert log.size() == size + 1
    assert person.full_name in text_of(client.get("/"))


def test_sign_in_goes_on_to_where_one_was(person, client):
    assert send(client, person, next="/projects/?q=a")["Location"] == "/projects/?q=a"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_sign_in_sends_nobody_elsewhere(person, client, target):
    assert send(client, person, next=target)["Location"] == "/"


def test_sign_in_speaks_the_persons_language_where_no_other_was_chosen(person):
    with guard.writes("test arrangement"):
        type(person).objects.update(language="en")
    client = Client()
    send(client, person)
    assert "Trading today" in text_of(client.get("/"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("username", "password", "status"),
    [("", "", 400), ("", "x", 400), ("lu", "", 400), ("lu", "wrong", 403), ("x" * 151, "y", 400)],
)
def test_sign_in_with_bad_input_keeps_the_name_and_never_the_password(
    empty, language, username, password, status
):
    client = as_(None, language)
    before = log.size()
    answer = client.post("/sign-in/", {"username": username, "password": password, "next": "/x"})
    html = answer.content.decode()
    assert answer.status_code == status
    assert log.size() == before
    assert not signed_in(client)
    assert "data-error-summary" in html
    assert 'name="next" value="/x"' in html
    if username:
        assert f'value="{username}"' in html
    if password:
        assert f'value="{password}"' not in html
    for address in re.findall(r'<a href="#(id_\w+)">', html):
        assert f'id="{address}"' in html


def test_sign_in_says_the_same_of_unknown_names_and_wrong_passwords(person, client):
    def said(username):
        answer = client.post("/sign-in/", {"username": username, "password": "wrong"})
        html = re.sub(r'value="[^"]*"', "", answer.content.decode())
        return answer.status_code, re.sub(r"<time.*?</time>", "", html)

    assert said(person.username) == said("nobody")


def test_sign_in_too_often_waits(person, client):
    for _ in range(5):
        send(client, person, "wrong")
    answer = send(client, person)
    assert (answer.status_code, signed_in(client)) == (429, False)


def test_stale_sign_in_page_leads_on_whoever_has_signed_in_meanwhile(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    stale = {"username": person.username, "password": PASSWORD, "csrfmiddlewaretoken": "x" * 64}
    answer = client.post("/sign-in/", stale | {"next": "/inbox/"})
    assert (answer.status_code, answer["Location"]) == (302, "/inbox/")
    elsewhere = client.post("/sign-in/", stale | {"next": "https://elsewhere.example/"})
    assert (elsewhere.status_code, elsewhere["Location"]) == (302, "/")
    # Nothing else is let through: signing out asks for its own secret.
    assert client.post("/sign-out/", stale).status_code == 403
    assert signed_in(client)


def test_sign_in_without_the_csrf_token_explains_itself(person):
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    before = log.size()
    answer = send(client, person)
    assert (answer.status_code, log.size(), signed_in(client)) == (403, before, False)
    assert "This form has gone stale" in text_of(answer)


@pytest.mark.parametrize(
    ("referer", "again"),
    [
        ("http://testserver/projects/?q=%22", "http://testserver/projects/?q=%22"),
        ("http://elsewhere.example/sign-in/", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_stale_form_leads_back_to_itself_and_nowhere_else(person, referer, again):
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    client.force_login(person)
    answer = client.post("/sign-out/", headers={"referer": referer})
    assert (answer.status_code, answer.context["again"]) == (403, again)
    assert (f'<a href="{escape(again)}">Open the form anew</a>' in answer.text) == bool(again)
    assert signed_in(client)


def test_sign_in_page_is_never_kept_by_a_cache(empty, client):
    assert "no-store" in client.get("/sign-in/")["Cache-Control"]


def test_sign_out_ends_the_session_and_only_by_post(person, client):
    send(client, person)
    assert client.get("/sign-out/")["Location"] == "/"
    assert signed_in(client)
    before = log.size()
    assert client.post("/sign-out/")["Location"] == "/"
    assert not signed_in(client)
    assert log.size() == before


# --- certificates -------------------------------------------------------------------------------


@pytest.fixture
def holder(person):
    certified.recognise("east")
    signer = certified.signer()
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=person, fingerprint=signer.certificate_digest.hex(),
            der=signer.certificate.dump(), bound_at=clock.now(),
        )
    return person


def asked(client):
    client.get("/sign-in/certificate/")
    return Challenge.from_dict(client.session["sunlit_challenge"])


def reply(client, proof, statement=None, signature=None):
    file = SimpleUploadedFile("a.p7s", proof.signature if signature is None else signature)
    text = proof.statement.decode() if statement is None else statement
    return client.post("/sign-in/certificate/", {"statement": text, "signature": file})


def test_certificate_page_asks_and_lets_the_answer_in(holder, client):
    proof = certified.answer(asked(client), certified.signer())
    answer = reply(client, proof)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert signed_in(client)


def test_certificate_page_shows_the_challenge_of_this_session(empty, client):
    html = client.get("/sign-in/certificate/").content.decode()
    challenge = Challenge.from_dict(client.session["sunlit_challenge"])
    assert challenge.nonce in html
    assert challenges.LOGIN in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_certificate_page_keeps_the_statement_and_asks_anew(holder, language):
    client = as_(None, language)
    first = asked(client)
    proof = certified.answer(first, certified.signer())
    before = log.size()
    for signature in (b"", b"not der", b"\x30" * 100_001):
        answer = reply(client, proof, signature=signature)
        html = answer.content.decode()
        assert answer.status_code in (400, 409)
        assert "data-error-summary" in html
        assert "server_nonce" in html
        assert not signed_in(client)
    second = Challenge.from_dict(client.session["sunlit_challenge"])
    assert second.nonce != first.nonce
    assert reply(client, proof).status_code == 409
    assert log.size() == before


@pytest.mark.parametrize("statement", ["", "{", "{}", "x" * 4001, '{"purpose":"sunlit.login/1"}'])
def test_certificate_page_refuses_what_is_no_statement(holder, client, statement):
    proof = certified.answer(asked(client), certified.signer())
    before = log.size()
    answer = reply(client, proof, statement=statement)
    assert (answer.status_code, log.size(), signed_in(client)) == (400, before, False)


def test_certificate_page_without_a_file_names_the_field(empty, client):
    html = client.post("/sign-in/certificate/", {"statement": "{}"}).content.decode()
    assert 'href="#id_signature"' in html
