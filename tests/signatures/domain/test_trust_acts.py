"""Pins and lists as acts: who may, what is remembered, and that a refusal changes nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signatures import store
from signatures.domain import trust_acts, trust_store
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Conflict, Denied, Malformed, NotFound, Refused
from signatures.domain.outside import InsideTransaction
from signatures.domain.trust_acts import (
    PinListSigner,
    RefuseTrustList,
    UnpinListSigner,
    take_in,
)
from signatures.domain.trustlist import RECOGNISED, WITHDRAWN, ServiceKind
from signatures.models import (
    AcceptedTrustList,
    LedgerEntry,
    ListSigner,
    RefusedTrustList,
    User,
)
from tests.signatures.domain.lists import DAY, LIFE, NOW, SINCE, Operator, service, tsa_service
from tests.signatures.labs import shared

pytestmark = pytest.mark.django_db

FOUNDER = Actor.process("founder")
CLOCK = FixedClock(NOW)
CODE = "91330000MA27W1234X"


@pytest.fixture
def operator() -> Operator:
    return Operator()


def pin(certificate, territory: str = "CN-DY"):
    command = PinListSigner(territory=territory, certificate=certificate.dump())
    return dispatch(command, actor=FOUNDER, clock=CLOCK).result["list_signer"]


@pytest.fixture
def pinned(operator) -> Operator:
    pin(operator.pins["CN-DY"][0])
    return operator


def take(data: bytes, *, at=NOW, actor=FOUNDER, territory="CN-DY", **options):
    return take_in(data, territory=territory, actor=actor, clock=FixedClock(at), **options)


def counts() -> tuple[int, int, int]:
    return (
        AcceptedTrustList.objects.count(),
        RefusedTrustList.objects.count(),
        LedgerEntry.objects.count(),
    )


def test_list_is_taken_in_and_recognises(pinned):
    data = pinned.build()
    taken = take(data)
    row = AcceptedTrustList.objects.get()
    assert taken.new is True
    assert (row.territory, row.sequence, row.digest) == ("CN-DY", 1, taken.trust_list.digest)
    assert row.changes == ["Issuing authority was added.", "Timestamp authority was added."]
    assert store.read(row.digest) == data
    assert trust_store.recognition(now=NOW).lists == (taken.trust_list,)
    certificate = (
        shared().region("east").issue("公章", organisation="某公司", credit_code=CODE).certificate
    )
    found = trust_store.explain(certificate, at=NOW, now=NOW)
    assert (found.recognised, found.territory) == (True, "CN-DY")


def test_both_regions_of_the_lab_are_recognised_through_the_store():
    for region in shared().regions.values():
        pin(region.list_signer.asn1, region.territory)
        take(region.trust_list(NOW), territory=region.territory)
    recognition = trust_store.recognition(now=NOW)
    assert [each.territory for each in recognition.lists] == ["CN-DY", "CN-XC"]
    assert len(recognition.services(ServiceKind.CA, at=NOW)) == 2
    policy = trust_store.policy(now=NOW, online=False)
    assert len(policy.signers) == len(policy.timestamp_authorities) == 2
    assert policy.fetcher is None


def test_the_same_list_again_changes_nothing(pinned):
    data = pinned.build()
    take(data)
    before = counts()
    assert take(data, at=NOW + DAY).new is False
    assert counts() == before


def test_next_version_follows(pinned):
    take(pinned.build())
    later = NOW + 10 * DAY
    withdrawn = service((NOW + DAY, WITHDRAWN), (SINCE, RECOGNISED))
    data = pinned.build(withdrawn, tsa_service(), sequence=2, issued=later)
    assert take(data, at=later).new is True
    row = AcceptedTrustList.objects.get(sequence=2)
    assert row.changes == ["Issuing authority is withdrawn since 2026-03-11."]
    assert trust_store.recognition(now=later).lists[0].sequence == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"sequence": 1}, "list-sequence-reused"),
        ({"sequence": 2, "services": (tsa_service(),)}, "list-service-removed"),
    ],
)
def test_refused_version_leaves_the_one_in_force_and_an_alarm(pinned, options, code):
    take(pinned.build())
    data = pinned.build(*options.get("services", ()), sequence=options["sequence"])
    before = counts()
    with pytest.raises(Refused) as caught:
        take(data)
    assert caught.value.code == code
    assert counts() == (before[0], before[1] + 1, before[2] + 1)
    refusal = RefusedTrustList.objects.get()
    assert (refusal.territory, refusal.code) == ("CN-DY", code)
    assert trust_store.newest("CN-DY").sequence == 1
    with pytest.raises(Refused):
        take(data)
    assert counts() == (before[0], before[1] + 1, before[2] + 1)


def test_garbage_is_refused_remembered_and_not_kept(pinned):
    with pytest.raises(Malformed):
        take(b"<html/>")
    refusal = RefusedTrustList.objects.get()
    assert refusal.code == "list-signature-place"
    assert store.exists(refusal.digest) is False


def test_list_of_another_territory_is_refused(pinned):
    west = Operator("CN-XC")
    pin(west.pins["CN-XC"][0], "CN-XC")
    with pytest.raises(Refused) as caught:
        take(west.build(), territory="CN-DY")
    assert caught.value.code == "list-territory"
    assert AcceptedTrustList.objects.count() == 0


def test_signer_pinned_for_another_territory_is_refused(operator):
    pin(operator.pins["CN-DY"][0], "CN-XC")
    with pytest.raises(Refused) as caught:
        take(operator.build())
    assert caught.value.code == "list-territory-unknown"


def test_expired_list_recognises_nobody(pinned):
    take(pinned.build())
    recognition = trust_store.recognition(now=NOW + LIFE)
    assert (recognition.lists, len(recognition.expired)) == ((), 1)


def test_unpinned_signer_takes_its_lists_along(pinned):
    take(pinned.build())
    row = ListSigner.objects.get()
    dispatch(UnpinListSigner(list_signer=row.pk), actor=FOUNDER, clock=CLOCK)
    assert trust_store.recognition(now=NOW).lists == ()
    with pytest.raises(Refused):
        take(pinned.build(sequence=2))
    with pytest.raises(Refused):
        dispatch(UnpinListSigner(list_signer=row.pk), actor=FOUNDER, clock=CLOCK)
    with pytest.raises(Conflict):
        pin(pinned.pins["CN-DY"][0])


def test_acceptance_is_refused_when_the_pin_was_withdrawn_meanwhile(pinned):
    accepted = pinned.accept(pinned.build())
    command = trust_acts._acceptance(accepted, None)
    row = ListSigner.objects.get()
    dispatch(UnpinListSigner(list_signer=row.pk), actor=FOUNDER, clock=CLOCK)
    with pytest.raises(Refused) as caught:
        dispatch(command, actor=FOUNDER, clock=CLOCK)
    assert caught.value.code == "list-signer-not-pinned"
    assert AcceptedTrustList.objects.count() == 0


def test_acceptance_is_refused_when_another_version_came_first(pinned):
    judged = trust_acts._acceptance(pinned.accept(pinned.build(sequence=3)), None)
    take(pinned.build(sequence=2))
    with pytest.raises(Conflict):
        dispatch(judged, actor=FOUNDER, clock=CLOCK)
    assert [row.sequence for row in AcceptedTrustList.objects.all()] == [2]


def test_acceptance_is_refused_when_the_list_expired_meanwhile(pinned):
    command = trust_acts._acceptance(pinned.accept(pinned.build()), None)
    late = FixedClock(NOW + LIFE + timedelta(seconds=1))
    with pytest.raises(Refused) as caught:
        dispatch(command, actor=FOUNDER, clock=late)
    assert caught.value.code == "list-expired"
    assert AcceptedTrustList.objects.count() == 0


@pytest.fixture
def person(arrange) -> User:
    return User.objects.create(username="somebody", full_name="Somebody")


def test_a_person_who_is_no_operator_may_do_none_of_it(pinned, person):
    accepted = pinned.accept(pinned.build())
    commands = [
        PinListSigner(territory="CN-XC", certificate=pinned.pins["CN-DY"][0].dump()),
        UnpinListSigner(list_signer=ListSigner.objects.get().pk),
        trust_acts._acceptance(accepted, None),
        RefuseTrustList(territory="CN-DY", digest="0" * 64, code="x", reason="x"),
    ]
    before = counts()
    for command in commands:
        with pytest.raises(Denied):
            dispatch(command, actor=Actor.person(person), clock=CLOCK)
    with pytest.raises(Denied):
        take(pinned.build(), actor=Actor.person(person))
    with pytest.raises(Denied):
        take(pinned.build(), actor=Actor.process("worker"))
    assert counts() == before
    assert ListSigner.objects.filter(withdrawn_at__isnull=True).count() == 1


def test_a_person_whom_the_floor_above_names_operator_may(pinned, person, monkeypatch):
    monkeypatch.setattr(trust_acts, "_operators", [lambda user: user == person])
    assert take(pinned.build(), actor=Actor.person(person)).new is True


def test_pin_refuses_what_is_no_certificate_or_territory(operator):
    der = operator.pins["CN-DY"][0].dump()
    for territory, certificate in (("CN-DY", b"nonsense"), ("CN-DY", der[:-1]), ("东岳", der)):
        with pytest.raises(Malformed):
            dispatch(
                PinListSigner(territory=territory, certificate=certificate),
                actor=FOUNDER,
                clock=CLOCK,
            )
    assert ListSigner.objects.count() == 0


def test_unpin_refuses_an_unknown_signer():
    import uuid

    with pytest.raises(NotFound):
        dispatch(UnpinListSigner(list_signer=uuid.uuid4()), actor=FOUNDER, clock=CLOCK)


@pytest.mark.django_db(transaction=True)
def test_lists_are_not_taken_in_inside_a_transaction(operator):
    from django.db import transaction

    pin(operator.pins["CN-DY"][0])
    data = operator.build()
    with transaction.atomic(), pytest.raises(InsideTransaction):
        take(data)
    assert AcceptedTrustList.objects.count() == 0
