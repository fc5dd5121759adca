"""Signed statements before an act: whose, what for, when, with which certificate."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from signatures import store
from signatures.domain import clock, guard, jcs, statements
from signatures.domain.act import Act, Actor, command, digest
from signatures.domain.errors import Denied, Malformed, Refused
from signatures.domain.keys import Signer
from signatures.domain.outside import InsideTransaction
from signatures.lab.lab import Lab
from signatures.models import AcceptedTrustList, ListSigner, UserCertificate
from tests.factories import floor, signers
from trading.domain.signed import Accepted, Signed, accept

pytestmark = pytest.mark.django_db

PURPOSE = "sunlit.finding/1"
FIELDS = frozenset({"text"})


@pytest.fixture(autouse=True)
def trusted(settings, tmp_path):
    settings.STORE = tmp_path / "store"
    signers.trust(settings, tmp_path)


@pytest.fixture
def inspector():
    return signers.enrol("陈静", "supervisor", region="west")


def files(settings):
    """What the store holds beside the trust lists."""
    lists = set(AcceptedTrustList.objects.values_list("digest", flat=True))
    return [
        path.name
        for path in settings.STORE.rglob("*")
        if path.is_file() and path.name not in lists
    ]


def take(person, signed, **options):
    return accept(person.user, signed, purpose=PURPOSE, fields=FIELDS, **options)


def test_statement_is_accepted_with_its_digests_and_why(inspector):
    signed = inspector.sign(PURPOSE, text="缺少公告媒介")
    found = take(inspector, signed)
    assert found.value["text"] == "缺少公告媒介"
    assert found.statement == hashlib.sha256(signed.statement).hexdigest()
    assert store.read(found.statement) == signed.statement
    assert store.read(found.signature) == signed.signature
    assert jcs.loads(store.read(found.assessment_digest)) == found.assessment.as_dict()
    assert found.assessment.signatures[0].listing.territory == "CN-XC"
    assert found.digests("finding") == {
        "finding": found.statement,
        "finding-signature": found.signature,
        "finding-assessment": found.assessment_digest,
    }
    found.require_bound(Actor.person(inspector.user))


@pytest.mark.parametrize("minutes", [-11, 11])
def test_statement_far_from_the_official_time_is_stale(inspector, settings, minutes):
    at = clock.now() + timedelta(minutes=minutes)
    with pytest.raises(Refused) as refusal:
        take(inspector, inspector.sign(PURPOSE, at=at, text="x"))
    assert refusal.value.code == "stale-statement"
    assert files(settings) == []


def test_old_statement_is_taken_where_age_does_not_matter(inspector):
    at = clock.now() - timedelta(hours=3)
    assert take(inspector, inspector.sign(PURPOSE, at=at, text="x"), fresh=None).at == at


def test_statement_of_the_future_is_never_taken(inspector):
    at = clock.now() + timedelta(hours=3)
    with pytest.raises(Refused) as refusal:
        take(inspector, inspector.sign(PURPOSE, at=at, text="x"), fresh=None)
    assert refusal.value.code == "not-recognised"


def test_other_persons_certificate_is_denied(inspector, settings):
    other = signers.enrol("吴刚", "supervisor")
    with pytest.raises(Denied) as denial:
        take(inspector, other.sign(PURPOSE, text="x"))
    assert denial.value.code == "certificate-unbound"
    assert files(settings) == []


def withdraw(person):
    with guard.writes("test arrangement"):
        UserCertificate.objects.filter(user=person.user).update(withdrawn_at=floor.START)


def test_withdrawn_certificate_is_denied(inspector):
    withdraw(inspector)
    with pytest.raises(Denied) as denial:
        take(inspector, inspector.sign(PURPOSE, text="x"))
    assert denial.value.code == "certificate-unbound"


def test_certificate_withdrawn_before_the_act_is_denied_in_it(inspector):
    found = take(inspector, inspector.sign(PURPOSE, text="x"))
    withdraw(inspector)
    with pytest.raises(Denied) as denial:
        found.require_bound(Actor.person(inspector.user))
    assert denial.value.code == "certificate-unbound"


def test_statement_is_no_use_to_somebody_else(inspector):
    found = take(inspector, inspector.sign(PURPOSE, text="x"))
    other = signers.enrol("吴刚", "supervisor")
    for actor in (Actor.person(other.user), Actor.process("clock")):
        with pytest.raises(Denied) as denial:
            found.require_bound(actor)
        assert denial.value.code == "not-the-signer"


def test_certificate_of_an_unlisted_authority_is_not_recognised(inspector, tmp_path, settings):
    stranger = Lab.create(tmp_path / "stranger", now=clock.now()).region("east")
    issued = stranger.issue("陈静", person_id="370102198001010011", usage="person")
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=inspector.user,
            fingerprint=issued.certificate.sha256.hex(),
            der=issued.certificate.dump(),
            bound_at=floor.LONG_AGO,
        )
    inspector.signer = Signer.from_key(issued.key, issued.certificate, issued.chain)
    with pytest.raises(Refused) as refusal:
        take(inspector, inspector.sign(PURPOSE, text="x"))
    assert refusal.value.code == "not-recognised"


def test_territory_whose_signer_is_unpinned_no_longer_counts(inspector):
    with guard.writes("test arrangement"):
        ListSigner.objects.update(withdrawn_at=floor.START)
    with pytest.raises(Refused) as refusal:
        take(inspector, inspector.sign(PURPOSE, text="x"))
    assert refusal.value.code == "not-recognised"


def _flipped(signed):
    data = bytearray(signed.signature)
    data[-1] ^= 1
    return Signed(signed.statement, bytes(data))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda p: p.sign("sunlit.answer/1", text="x"), "wrong-purpose"),
        (lambda p: p.sign(PURPOSE, text="x", more="y"), "bad-json"),
        (lambda p: p.sign(PURPOSE), "bad-json"),
        (lambda p: Signed(b"{}", b""), "wrong-purpose"),
        (lambda p: Signed(p.sign(PURPOSE, text="x").statement, b"\x30\x00"), "bad-signature"),
        (
            lambda p: Signed(
                p.sign(PURPOSE, text="x").statement, p.sign(PURPOSE, text="y").signature
            ),
            "wrong-digest",
        ),
    ],
)
def test_what_is_not_exactly_right_is_malformed(inspector, settings, spoil, code):
    with pytest.raises(Malformed) as error:
        take(inspector, spoil(inspector))
    assert error.value.code == code
    assert files(settings) == []


def test_flipped_bit_is_refused(inspector, settings):
    with pytest.raises((Malformed, Refused)):
        take(inspector, _flipped(inspector.sign(PURPOSE, text="x")))
    assert files(settings) == []


def test_statement_for_another_platform_is_malformed(inspector):
    data = statements.build(PURPOSE, origin="https://other.invalid", at=clock.now(), text="x")
    with pytest.raises(Malformed) as error:
        take(inspector, Signed(data, statements.sign(data, inspector.signer)))
    assert error.value.code == "wrong-origin"


@pytest.mark.django_db(transaction=True)
def test_statement_is_never_judged_inside_a_transaction(inspector):
    from django.db import transaction

    signed = inspector.sign(PURPOSE, text="x")
    with transaction.atomic(), pytest.raises(InsideTransaction):
        take(inspector, signed)


@pytest.mark.parametrize("text", ["", "%%%", "AAA", "ümlaut"])
def test_what_is_not_base64_is_malformed(text):
    if text == "":
        assert Signed.from_base64("", "") == Signed(b"", b"")
        return
    with pytest.raises(Malformed) as error:
        Signed.from_base64(text, "AAAA")
    assert error.value.code == "bad-base64"


def test_repeated_request_is_the_same_though_judged_at_another_moment(inspector):
    from dataclasses import dataclass

    @command(f"test.carry-{id(inspector)}")
    @dataclass(frozen=True, kw_only=True)
    class Carry(Act):
        signed: Accepted

    signed = inspector.sign(PURPOSE, text="x")
    first, second = take(inspector, signed), take(inspector, signed)
    assert first.assessment.at != second.assessment.at
    assert digest(Carry(signed=first)) == digest(Carry(signed=second))
    other = take(inspector, inspector.sign(PURPOSE, text="x"))
    assert digest(Carry(signed=first)) != digest(Carry(signed=other))
