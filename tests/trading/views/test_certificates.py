"""One's own certificates: bound with proof, withdrawn for good, and nobody else's touched."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from signatures.domain import clock, guard, log
from signatures.models import UserCertificate
from tests.factories import floor
from tests.trading.domain import certified
from tests.trading.pages import LANGUAGES, as_, text_of, with_password
from trading.domain import challenges
from trading.domain.challenges import Challenge

pytestmark = pytest.mark.django_db

ADDRESS = "/certificates/"


@pytest.fixture
def person():
    certified.recognise("east", "west")
    return with_password(floor.person("陆远山"))


@pytest.fixture
def client(person):
    return as_(person, "en")


def asked(client):
    assert client.get(ADDRESS).status_code == 200
    return Challenge.from_dict(client.session["sunlit_challenge"])


def send(client, proof):
    file = SimpleUploadedFile("a.p7s", proof.signature)
    return client.post(ADDRESS, {"statement": proof.statement.decode(), "signature": file})


def bind(client, region="east"):
    return send(client, certified.answer(asked(client), certified.signer(region)))


def bound():
    return set(UserCertificate.objects.values_list("user__username", "fingerprint"))


def row_of(person, signer):
    with guard.writes("test arrangement"):
        return UserCertificate.objects.create(
            user=person, fingerprint=signer.certificate_digest.hex(),
            der=signer.certificate.dump(), bound_at=clock.now(),
        )


def unchanged(client, act, status):
    """What ``act`` answers, which left neither a row nor a leaf."""
    rows = list(UserCertificate.objects.order_by("pk").values())
    leaves = log.size()
    answer = act()
    assert answer.status_code == status
    assert list(UserCertificate.objects.order_by("pk").values()) == rows
    assert log.size() == leaves
    return answer


# --- binding ------------------------------------------------------------------------------------


@pytest.mark.parametrize("region", ["east", "west"])
def test_certificate_of_any_recognised_region_is_bound_and_signs_in(person, client, region):
    signer, before = certified.signer(region), log.size()
    answer = bind(client, region)
    assert (answer.status_code, answer["Location"]) == (303, ADDRESS)
    assert bound() == {(person.username, signer.certificate_digest.hex())}
    assert log.size() == before + 1
    text = text_of(client.get(ADDRESS))
    assert "The certificate is bound" in text
    # The page says why it counts, and gives a digest that two people can compare.
    assert "recognises" in text and f"{signer.certificate_digest.hex()[:8]}…" in text
    stranger = Client()
    stranger.get("/sign-in/certificate/")
    proof = certified.answer(Challenge.from_dict(stranger.session["sunlit_challenge"]), signer)
    file = SimpleUploadedFile("a.p7s", proof.signature)
    stranger.post(
        "/sign-in/certificate/", {"statement": proof.statement.decode(), "signature": file}
    )
    assert stranger.session["_auth_user_id"] == str(person.pk)


def test_binding_twice_says_that_it_stands_and_writes_nothing(person, client):
    bind(client)
    answer = unchanged(client, lambda: bind(client), 303)
    assert "bound to you already" in text_of(client.get(answer["Location"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_about_oneself_and_the_public_is_asked_to_sign_in(person, language):
    answer = as_(None, language).get(ADDRESS)
    assert answer.status_code == 403
    assert f"/sign-in/?next={ADDRESS}" in answer.content.decode().replace("%2F", "/")


def test_the_public_binds_nothing(person):
    stranger = as_(None)
    stranger.get("/sign-in/certificate/")
    proof = certified.answer(Challenge.new(challenges.BIND), certified.signer("east"))
    unchanged(stranger, lambda: send(stranger, proof), 403)


def test_page_shows_nobody_elses(person, client):
    row = row_of(floor.person("李强"), certified.signer("east"))
    html = client.get(ADDRESS).content.decode()
    assert "No certificate is bound to you yet" in html
    assert row.fingerprint[:8] not in html


def test_certificate_of_somebody_else_is_refused(person, client):
    row_of(floor.person("李强"), certified.signer("east"))
    answer = unchanged(client, lambda: bind(client), 409)
    assert "bound already, to you or to somebody else" in text_of(answer)


def test_certificate_that_no_list_recognises_is_refused_with_the_reason():
    certified.recognise("east")
    client = as_(floor.person("陆远山"), "en")
    proof = certified.answer(asked(client), certified.signer("west"))
    answer = unchanged(client, lambda: send(client, proof), 409)
    assert "not recognised here" in text_of(answer)
    # What was sent stays; the question is a new one.
    assert "server_nonce" in answer.content.decode()


def test_revoked_certificate_is_refused(client):
    signer = certified.signer("east", name="周遗失")
    certified.lab().revoke(signer.certificate, clock.now() - timedelta(days=1))
    proof = certified.answer(asked(client), signer)
    unchanged(client, lambda: send(client, proof), 409)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"purpose": challenges.LOGIN}, 400),
        ({"origin": "https://elsewhere.example"}, 400),
        ({"server_nonce": "0" * 64}, 409),
        ({"client_nonce": "x"}, 400),
        ({"more": "1"}, 400),
    ],
)
def test_answer_to_something_else_is_refused(client, changes, status):
    proof = certified.answer(asked(client), certified.signer("east"), **changes)
    answer = unchanged(client, lambda: send(client, proof), status)
    assert "data-error-summary" in answer.content.decode()


def test_answer_serves_once_and_in_its_own_session(person, client):
    proof = certified.answer(asked(client), certified.signer("east"))
    other = as_(person)
    asked(other)
    unchanged(other, lambda: send(other, proof), 409)
    assert send(client, proof).status_code == 303
    unchanged(client, lambda: send(client, proof), 409)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "sent", [{}, {"statement": "{}"}, {"statement": "x" * 4001}, {"signature": "no file"}]
)
def test_what_is_missing_is_named_at_its_field(person, language, sent):
    client = as_(person, language)
    answer = unchanged(client, lambda: client.post(ADDRESS, sent), 400)
    html = answer.content.decode()
    assert 'href="#id_signature"' in html and "data-error-summary" in html


# --- withdrawing --------------------------------------------------------------------------------


def test_withdrawn_certificate_stays_in_the_list_and_serves_no_more(person, client):
    row, before = row_of(person, certified.signer("east")), log.size()
    answer = client.post(ADDRESS, {"withdraw": row.fingerprint})
    assert answer.status_code == 303
    row.refresh_from_db()
    assert row.withdrawn_at is not None
    assert log.size() == before + 1
    page = client.get(ADDRESS)
    assert "Withdrawn" in text_of(page) and 'name="withdraw"' not in page.content.decode()
    refused = unchanged(client, lambda: bind(client), 409)
    assert "You withdrew this certificate" in text_of(refused)


def test_withdrawing_twice_is_one_withdrawal(person, client):
    row = row_of(person, certified.signer("east"))
    client.post(ADDRESS, {"withdraw": row.fingerprint})
    unchanged(client, lambda: client.post(ADDRESS, {"withdraw": row.fingerprint}), 303)


@pytest.mark.parametrize("named", ["", "0" * 64, "x" * 1000, "theirs"])
def test_withdrawing_what_is_not_ones_own_is_refused(person, client, named):
    theirs = row_of(floor.person("李强"), certified.signer("east")).fingerprint
    named = theirs if named == "theirs" else named
    answer = unchanged(client, lambda: client.post(ADDRESS, {"withdraw": named}), 404)
    assert "no such certificate" in text_of(answer)


def test_who_has_no_password_is_warned_before_the_only_certificate_goes(person, client):
    row_of(person, certified.signer("east"))
    assert "You have no password" not in text_of(client.get(ADDRESS))
    with guard.writes("test arrangement"):
        person.set_unusable_password()
        person.save()
    client = as_(person, "en")
    assert "You have no password" in text_of(client.get(ADDRESS))
    row_of(person, certified.signer("west"))
    assert "You have no password" not in text_of(client.get(ADDRESS))


def test_list_of_thirty_takes_the_queries_of_one(person, client, django_assert_num_queries):
    row_of(person, certified.signer("east", name="第一"))
    client.get(ADDRESS)
    with CaptureQueriesContext(connection) as one:
        client.get(ADDRESS)
    for number in range(29):
        row_of(person, certified.signer("east", name=f"第{number}张"))
    with django_assert_num_queries(len(one)):
        assert client.get(ADDRESS).content.decode().count('name="withdraw"') == 30
