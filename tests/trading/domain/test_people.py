"""People: registered by who may, certificates bound only with proof and recognition."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password

from signatures.domain import clock, log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, Malformed, NotFound, Refused, SunlitError
from signatures.domain.outside import InsideTransaction
from signatures.models import LedgerOpening, User, UserCertificate
from tests.factories import floor
from tests.factories.floor import START
from tests.trading.domain import certified
from trading.domain import challenges
from trading.domain.challenges import Challenge
from trading.domain.people import (
    BindCertificate,
    RegisterPerson,
    WithdrawCertificate,
    bind_certificate,
    hashed_password,
)
from trading.models import Membership

pytestmark = pytest.mark.django_db

FOUNDER = Actor.process("founder")
PASSWORD = "correct horse battery"


def do(command, actor, key=None):
    actor = actor if isinstance(actor, Actor) else Actor.person(actor)
    return dispatch(command, actor=actor, clock=FixedClock(START), key=key)


def registration(**changes):
    return RegisterPerson(**{"username": "lu.yuanshan", "full_name": "陆远山", **changes})


def refused(command, actor, code, kind=Refused):
    before = (User.objects.count(), UserCertificate.objects.count(), log.size())
    with pytest.raises(kind) as caught:
        do(command, actor)
    assert caught.value.code == code
    assert (User.objects.count(), UserCertificate.objects.count(), log.size()) == before


# --- registering --------------------------------------------------------------------------------


def test_register_lets_the_person_sign_in_with_the_password():
    outcome = do(registration(password_hash=hashed_password(PASSWORD)), FOUNDER)
    person = User.objects.get(pk=outcome.result["person"])
    assert (person.username, person.full_name, person.language) == (
        "lu.yuanshan", "陆远山", "zh-hans",
    )
    assert check_password(PASSWORD, person.password)
    assert person.date_joined == START


def test_register_without_a_password_keeps_none():
    person = User.objects.get(pk=do(registration(), FOUNDER).result["person"])
    assert not person.has_usable_password()


def test_register_puts_no_personal_data_into_the_ledger():
    outcome = do(registration(email="lu@example.org"), FOUNDER)
    entry = json.dumps(
        LedgerOpening.objects.get(leaf_id=outcome.leaves[0]).entry, ensure_ascii=False
    )
    for personal in ("lu.yuanshan", "陆远山", "example.org"):
        assert personal not in entry


def test_register_again_with_the_same_key_gives_the_same_person():
    first = do(registration(password_hash=hashed_password(PASSWORD)), FOUNDER, key="k")
    again = do(registration(password_hash=hashed_password(PASSWORD)), FOUNDER, key="k")
    assert (again.result, again.repeated) == (first.result, True)
    assert User.objects.count() == 1


@pytest.mark.parametrize("username", ["", "Ä", "a b", ".a", "a.", "陆", "a" * 151, "a\nb"])
def test_register_refuses_a_bad_user_name(username):
    refused(registration(username=username), FOUNDER, "bad-username", Malformed)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"full_name": " "}, "bad-name"),
        ({"full_name": "x" * 121}, "bad-name"),
        ({"language": "tlh"}, "bad-language"),
        ({"email": "not an address"}, "bad-email"),
    ],
)
def test_register_refuses_what_does_not_fit(changes, code):
    refused(registration(**changes), FOUNDER, code, Malformed)


def test_register_refuses_a_name_that_is_taken_in_any_case():
    do(registration(), FOUNDER)
    refused(registration(username="LU.yuanshan"), FOUNDER, "username-taken")


def test_register_is_the_managers_of_a_verified_organisation():
    organisation = floor.organisation("远山路桥", "tenderer", verified=False)
    manager = floor.person("经理", organisation)
    refused(registration(), manager, "denied", Denied)
    _set(Membership, role="manager")
    refused(registration(), manager, "denied", Denied)
    _set(type(organisation), verified_at=START)
    do(registration(), manager)
    assert User.objects.filter(username="lu.yuanshan").exists()


def _set(model, **values):
    from signatures.domain import guard

    with guard.writes("test arrangement"):
        model.objects.update(**values)


@pytest.mark.parametrize("password", ["short", "qwertyuiop", "password1234"])
def test_hashed_password_says_why_a_password_is_too_weak(password):
    with pytest.raises(Malformed) as caught:
        hashed_password(password)
    assert caught.value.code == "weak-password"
    assert str(caught.value)


def test_hashed_password_is_never_made_inside_a_transaction(transactional_db):
    from django.db import transaction

    with pytest.raises(InsideTransaction), transaction.atomic():
        hashed_password(PASSWORD)


# --- certificates -------------------------------------------------------------------------------


@pytest.fixture
def person():
    return floor.person("陆远山")


def bind(person, signed, challenge, **options):
    return bind_certificate(person=person, proof=signed, challenge=challenge, **options)


def test_bind_needs_proof_and_recognition_and_then_stands(person):
    certified.recognise("east")
    signer = certified.signer()
    challenge = Challenge.new(challenges.BIND)
    outcome = bind(person, certified.answer(challenge, signer), challenge)
    row = person.certificates.get()
    assert row.fingerprint == outcome.result["certificate"] == signer.certificate_digest.hex()
    assert bytes(row.der) == signer.certificate.dump()
    entry = LedgerOpening.objects.get(leaf_id=outcome.leaves[0]).entry
    assert entry["digests"] == {"certificate": row.fingerprint}
    assert entry["context"]["recognition"].startswith("CN-DY 1")


def test_bind_across_regions_and_key_types(person):
    certified.recognise("east", "west")
    for signer in (certified.signer("west"), certified.signer("east", key_type="rsa")):
        challenge = Challenge.new(challenges.BIND)
        bind(person, certified.answer(challenge, signer), challenge)
    assert person.certificates.count() == 2


def test_bind_again_by_the_same_person_changes_nothing(person):
    certified.recognise("east")
    challenge = Challenge.new(challenges.BIND)
    bind(person, certified.answer(challenge, certified.signer()), challenge)
    size = log.size()
    again = bind(person, certified.answer(challenge, certified.signer()), challenge)
    assert (again.repeated, log.size(), person.certificates.count()) == (True, size, 1)


def not_bound(person, signed, challenge, code, kind):
    size = log.size()
    with pytest.raises(kind) as caught:
        bind(person, signed, challenge)
    assert (caught.value.code, UserCertificate.objects.count(), log.size()) == (code, 0, size)


def test_bind_refuses_a_certificate_that_no_list_recognises(person):
    certified.recognise("west")
    challenge = Challenge.new(challenges.BIND)
    not_bound(
        person, certified.answer(challenge, certified.signer("east")), challenge,
        "not-recognised", Refused,
    )


def test_bind_refuses_a_revoked_certificate(person):
    certified.recognise("east")
    signer = certified.signer(name="已吊销")
    certified.lab().revoke(signer.certificate, clock.now() - timedelta(days=1))
    challenge = Challenge.new(challenges.BIND)
    with pytest.raises(SunlitError) as caught:
        bind(person, certified.answer(challenge, signer), challenge)
    assert caught.value.code == "not-recognised"
    assert not UserCertificate.objects.exists()


def test_bind_refuses_an_answer_for_signing_in(person):
    certified.recognise("east")
    challenge = Challenge.new(challenges.LOGIN)
    not_bound(
        person, certified.answer(challenge, certified.signer()), challenge,
        "wrong-purpose", Malformed,
    )


def test_bind_refuses_a_certificate_of_somebody_else(person):
    certified.recognise("east")
    other = floor.person("李强")
    challenge = Challenge.new(challenges.BIND)
    bind(other, certified.answer(challenge, certified.signer()), challenge)
    with pytest.raises(Refused) as caught:
        bind(person, certified.answer(challenge, certified.signer()), challenge)
    assert caught.value.code == "certificate-bound"
    assert UserCertificate.objects.get().user == other


def test_bind_act_is_denied_for_another_person(person):
    other = floor.person("李强")
    command = BindCertificate(person=person.pk, certificate=b"x", fingerprint="0" * 64)
    refused(command, other, "denied", Denied)


@pytest.fixture
def bound(person):
    command = BindCertificate(person=person.pk, certificate=b"x", fingerprint="0" * 64)
    do(command, person)
    return person.certificates.get()


def test_withdraw_keeps_the_row_and_its_day(bound, person):
    do(WithdrawCertificate(person=person.pk, fingerprint=bound.fingerprint), person)
    bound.refresh_from_db()
    assert bound.withdrawn_at == START


def test_withdrawn_certificate_is_not_bound_again(person):
    certified.recognise("east")
    challenge = Challenge.new(challenges.BIND)
    bind(person, certified.answer(challenge, certified.signer()), challenge)
    row = person.certificates.get()
    do(WithdrawCertificate(person=person.pk, fingerprint=row.fingerprint), person)
    with pytest.raises(Refused) as caught:
        bind(person, certified.answer(challenge, certified.signer()), challenge)
    assert caught.value.code == "certificate-withdrawn"
    assert person.certificates.get().withdrawn_at is not None


def test_withdraw_is_denied_to_another_person(bound, person):
    command = WithdrawCertificate(person=person.pk, fingerprint=bound.fingerprint)
    refused(command, floor.person("李强"), "denied", Denied)
    bound.refresh_from_db()
    assert bound.withdrawn_at is None


def test_withdraw_twice_is_not_found(bound, person):
    command = WithdrawCertificate(person=person.pk, fingerprint=bound.fingerprint)
    do(command, person)
    refused(command, person, "no-such-certificate", NotFound)
