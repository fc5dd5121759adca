"""Signing in: what lets people in, and everything that must not."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session

from signatures.domain import clock, guard, log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, Malformed, Refused, SunlitError
from signatures.models import LedgerOpening, User, UserCertificate
from tests.factories import floor
from tests.factories.floor import START
from tests.trading.domain import certified
from trading.domain import challenges, sign_in, throttle, tokens
from trading.domain.challenges import Challenge, ChallengeFailed
from trading.domain.sign_in import NotLetIn, SignIn
from trading.domain.throttle import TooManyAttempts

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
HERE, THERE = "192.0.2.1", "192.0.2.2"


def change(row, **values):
    with guard.writes("test arrangement"):
        type(row).objects.filter(pk=row.pk).update(**values)
    row.refresh_from_db()
    return row


@pytest.fixture
def person():
    return change(floor.person("陆远山"), password=make_password(PASSWORD))


def enter(person, password=PASSWORD, address=HERE, username=None):
    return sign_in.with_password(
        username=person.username if username is None else username,
        password=password,
        address=address,
        clock=FixedClock(START),
    )


def turned_away(call, kind=NotLetIn):
    """Nobody is let in and the ledger does not grow."""
    size = log.size()
    with pytest.raises(kind) as caught:
        call()
    assert log.size() == size
    return caught.value


# --- passwords ----------------------------------------------------------------------------------


def test_password_lets_in_and_is_remembered_with_one_hidden_leaf(person):
    size = log.size()
    assert enter(person) == person
    person.refresh_from_db()
    assert person.last_login == START
    assert log.size() == size + 1
    assert "entry" not in json.loads(log.entry(size))
    entry = LedgerOpening.objects.get(leaf_id=size).entry
    assert (entry["act"], entry["subject"]) == ("trading.sign-in", person.urn)
    assert entry["context"]["method"] == "password"


def test_password_name_counts_without_case_and_blanks(person):
    assert enter(person, username=f" {person.username.upper()} ") == person


def test_password_gives_one_answer_to_every_wrong_one(person):
    closed = change(floor.person("关闭"), password=make_password(PASSWORD), is_active=False)
    without = floor.person("无密码")
    answers = {
        str(turned_away(call))
        for call in (
            lambda: enter(person, "wrong"),
            lambda: enter(person, ""),
            lambda: enter(person, username="nobody"),
            lambda: enter(closed),
            lambda: enter(without, ""),
            lambda: enter(without, "!"),
        )
    }
    assert len(answers) == 1
    assert User.objects.exclude(last_login=None).count() == 0


def test_password_does_the_same_work_for_names_that_nobody_has(person, monkeypatch):
    """Counted, not timed: the hasher runs once whether or not there is such a person."""
    from django.contrib.auth import hashers

    runs = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(
        hasher, "encode", lambda self, *a, **k: runs.append(1) or encode(self, *a, **k)
    )
    counts = []
    for name in (person.username, "nobody", floor.person("无密码").username):
        runs.clear()
        turned_away(lambda name=name: enter(person, "wrong", username=name))
        counts.append(len(runs))
    assert counts == [1, 1, 1]


def test_password_hash_is_renewed_when_it_is_outdated(person, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert person.password.startswith("md5$")
    enter(person)
    person.refresh_from_db()
    assert person.password.startswith("pbkdf2_sha256$")
    assert enter(person) == person


def test_password_changed_between_check_and_act_does_not_let_in(person):
    stale = SignIn(person=person.pk, method="password", checked="0" * 64)
    turned_away(lambda: dispatch(stale, actor=Actor.person(person), clock=FixedClock(START)))


def test_sign_in_act_is_denied_for_somebody_else(person):
    act = SignIn(person=person.pk, method="password", checked="0" * 64)
    turned_away(lambda: dispatch(act, actor=Actor.person(floor.person("李强"))), Denied)
    turned_away(lambda: dispatch(act, actor=Actor.process("clock")), Denied)


# --- the throttle -------------------------------------------------------------------------------


def test_throttle_after_five_wrong_passwords_refuses_the_right_one(person):
    for _ in range(5):
        turned_away(lambda: enter(person, "wrong"))
    turned_away(lambda: enter(person), TooManyAttempts)


def test_throttle_of_one_address_does_not_lock_the_person_out_elsewhere(person):
    for _ in range(5):
        turned_away(lambda: enter(person, "wrong"))
    assert enter(person, address=THERE) == person


def test_throttle_counts_names_that_nobody_has_alike():
    for _ in range(5):
        turned_away(lambda: sign_in.with_password(username="nobody", password="x", address=HERE))
    turned_away(
        lambda: sign_in.with_password(username="nobody", password="x", address=HERE),
        TooManyAttempts,
    )


def test_throttle_is_forgotten_after_a_right_password(person):
    for _ in range(4):
        turned_away(lambda: enter(person, "wrong"))
    enter(person)
    for _ in range(4):
        turned_away(lambda: enter(person, "wrong"))
    assert enter(person) == person


def test_throttle_ends_with_its_window(person):
    for _ in range(5):
        turned_away(lambda: enter(person, "wrong"))
    with guard.writes("test arrangement"):
        Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    assert enter(person) == person


def test_throttle_limits_an_address_over_all_names():
    for number in range(50):
        throttle.note_failure(throttle.marks(username=f"n{number}", address=HERE))
    with pytest.raises(TooManyAttempts):
        throttle.require(throttle.marks(username="another", address=HERE))
    throttle.require(throttle.marks(username="another", address=THERE))


def test_throttle_keeps_neither_names_nor_addresses(person):
    turned_away(lambda: enter(person, "wrong"))
    kept = "".join(f"{row.session_key}{row.get_decoded()}" for row in Session.objects.all())
    assert person.username not in kept
    assert HERE not in kept


# --- certificates -------------------------------------------------------------------------------


@pytest.fixture
def holder(person):
    """A person to whom a recognised certificate is bound."""
    certified.recognise("east")
    signer = certified.signer()
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=person,
            fingerprint=signer.certificate_digest.hex(),
            der=signer.certificate.dump(),
            bound_at=START,
        )
    return person


def show(challenge=None, by=None, **changes):
    challenge = challenge or Challenge.new(challenges.LOGIN)
    proof = certified.answer(challenge, by or certified.signer(), **changes)
    return sign_in.with_certificate(proof=proof, challenge=challenge)


def test_certificate_lets_its_holder_in(holder):
    size = log.size()
    assert show() == holder
    assert LedgerOpening.objects.get(leaf_id=size).entry["context"]["method"] == "certificate"


def test_certificate_answer_serves_once(holder):
    challenge = Challenge.new(challenges.LOGIN)
    proof = certified.answer(challenge, certified.signer())
    assert sign_in.with_certificate(proof=proof, challenge=challenge) == holder
    turned_away(
        lambda: sign_in.with_certificate(proof=proof, challenge=challenge), ChallengeFailed
    )
    turned_away(lambda: show(challenge), ChallengeFailed)


@pytest.mark.parametrize(
    ("changes", "code", "kind"),
    [
        ({"origin": "https://evil.example"}, "wrong-origin", Malformed),
        ({"purpose": "sunlit.binding/1"}, "wrong-purpose", Malformed),
        ({"server_nonce": "0" * 64}, "challenge-failed", ChallengeFailed),
        ({"server_nonce": "XYZ"}, "bad-nonce", Malformed),
        ({"client_nonce": ""}, "bad-nonce", Malformed),
        ({"client_nonce": "0" * 31}, "bad-nonce", Malformed),
        ({"client_nonce": "A" * 32}, "bad-nonce", Malformed),
        ({"client_nonce": 7}, "bad-nonce", Malformed),
        ({"more": "field"}, None, Malformed),
    ],
)
def test_certificate_answer_to_anything_else_does_not_let_in(holder, changes, code, kind):
    error = turned_away(lambda: show(**changes), kind)
    assert code in (None, error.code)


def test_certificate_answer_after_a_minute_does_not_let_in(holder):
    old = Challenge.new(challenges.LOGIN)
    late = Challenge(nonce=old.nonce, purpose=old.purpose, expires=clock.look().real)
    assert turned_away(lambda: show(late), ChallengeFailed).code == "challenge-expired"


def test_certificate_challenge_for_binding_does_not_let_in(holder):
    turned_away(lambda: show(Challenge.new(challenges.BIND), purpose="sunlit.login/1"),
                ChallengeFailed)


def test_certificate_with_another_signature_does_not_let_in(holder):
    challenge = Challenge.new(challenges.LOGIN)
    one, other = (certified.answer(challenge, certified.signer()) for _ in range(2))
    mixed = type(one)(statement=one.statement, signature=other.signature)
    turned_away(
        lambda: sign_in.with_certificate(proof=mixed, challenge=challenge), Malformed
    )
    for junk in (b"", b"\x30\x80", b"not der", one.signature[:-1], one.signature + b"\x00"):
        broken = type(one)(statement=one.statement, signature=junk)
        turned_away(
            lambda broken=broken: sign_in.with_certificate(proof=broken, challenge=challenge),
            SunlitError,
        )


def test_certificate_that_is_nobodys_does_not_let_in(holder):
    stranger = certified.signer(name="陌生人")
    assert turned_away(lambda: show(by=stranger)).code == "certificate-unbound"


def test_certificate_withdrawn_does_not_let_in(holder):
    change(holder.certificates.get(), withdrawn_at=START)
    assert turned_away(show).code == "certificate-unbound"


def test_certificate_of_a_closed_account_does_not_let_in(holder):
    change(holder, is_active=False)
    turned_away(show)


def test_certificate_that_no_list_recognises_any_more_does_not_let_in(person):
    signer = certified.signer()
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=person,
            fingerprint=signer.certificate_digest.hex(),
            der=signer.certificate.dump(),
            bound_at=START,
        )
    assert turned_away(show, Refused).code == "not-recognised"


def test_challenges_are_never_the_same():
    assert len({Challenge.new(challenges.LOGIN).nonce for _ in range(100)}) == 100


def test_challenge_survives_its_session_unchanged():
    challenge = Challenge.new(challenges.LOGIN)
    assert Challenge.from_dict(json.loads(json.dumps(challenge.as_dict()))) == challenge
    with pytest.raises(ChallengeFailed):
        Challenge.from_dict(None)


# --- tokens -------------------------------------------------------------------------------------


def test_token_names_its_holder_until_it_is_withdrawn(person):
    token = tokens.issue(person)
    assert tokens.holder(token.text) == person
    tokens.withdraw(token.text)
    assert tokens.holder(token.text) is None


def test_token_is_nowhere_in_the_database(person):
    token = tokens.issue(person)
    row = Session.objects.get()
    assert token.text not in f"{row.session_key}{row.session_data}{row.get_decoded()}"
    assert tokens.holder(f"sunlit_{row.session_key}") is None


def test_token_ends_with_time_password_and_account(person):
    expired, changed, closed = (tokens.issue(person) for _ in range(3))
    with guard.writes("test arrangement"):
        Session.objects.filter(session_key=tokens._key(expired.text)).update(
            expire_date=clock.now() - timedelta(seconds=1)
        )
    assert tokens.holder(expired.text) is None
    assert tokens.holder(changed.text) == person
    change(person, password=make_password("another password"))
    assert tokens.holder(changed.text) is None
    change(person, password=make_password(PASSWORD), is_active=False)
    assert tokens.holder(closed.text) is None


@pytest.mark.parametrize("text", ["", "x", "sunlit_", "sunlit_" + "a" * 43, "sunlit_" + "a" * 999])
def test_token_that_nobody_issued_names_nobody(text):
    assert tokens.holder(text) is None


def test_token_as_a_cookie_signs_nobody_in(person, client):
    tokens.issue(person)
    client.cookies["sessionid"] = Session.objects.get().session_key
    assert client.get("/api/v1/session/me").status_code == 401
