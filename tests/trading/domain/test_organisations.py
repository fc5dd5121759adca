"""Organisations and memberships: who may, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest

from signatures.domain import log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerOpening
from tests.factories import floor
from tests.factories.floor import START
from trading.domain import credit_code, memberships
from trading.domain.organisations import (
    EndMembership,
    GrantMembership,
    RegisterOrganisation,
    VerifyOrganisation,
)
from trading.models import Membership, Organisation

pytestmark = pytest.mark.django_db

FOUNDER = Actor.process("founder")
CODE = credit_code.make("91370100MA3ABCDE1")


def do(command, actor):
    actor = actor if isinstance(actor, Actor) else Actor.person(actor)
    return dispatch(command, actor=actor, clock=FixedClock(START))


def registration(**changes):
    values = {"legal_name": "远山路桥工程有限公司", "credit_code": CODE, "kinds": ("tenderer",)}
    return RegisterOrganisation(**{**values, **changes})


def refused(command, actor, code, kind=Refused):
    """The act is refused with ``code``, and neither a row nor a leaf is left."""
    before = (Organisation.objects.count(), Membership.objects.count(), log.size())
    with pytest.raises(kind) as caught:
        do(command, actor)
    assert caught.value.code == code
    assert (Organisation.objects.count(), Membership.objects.count(), log.size()) == before
    return caught.value


@pytest.fixture
def operator():
    return floor.person("周文", floor.organisation("公共资源交易中心", "centre"))


@pytest.fixture
def somebody():
    return floor.person("陆远山")


# --- registering --------------------------------------------------------------------------------


def test_register_by_a_person_makes_them_its_manager(somebody):
    outcome = do(registration(), somebody)
    row = Organisation.objects.get(pk=outcome.result["organisation"])
    assert (row.name, row.credit_code, row.kinds) == ("远山路桥工程有限公司", CODE, ["tenderer"])
    assert (row.registered_at, row.verified_at) == (START, None)
    membership = Membership.objects.get()
    assert (membership.user, membership.organisation, membership.role, membership.since) == (
        somebody, row, "manager", START,
    )


def test_register_leaves_one_hidden_leaf_with_a_receipt_for_both(somebody):
    outcome = do(registration(), somebody)
    assert len(outcome.leaves) == 1
    assert "entry" not in json.loads(log.entry(outcome.leaves[0]))
    opening = LedgerOpening.objects.get(leaf_id=outcome.leaves[0])
    organisation = f"org:{outcome.result['organisation']}"
    assert opening.owners == [organisation, somebody.urn]
    assert opening.entry["act"] == "trading.register-organisation"
    assert CODE not in json.dumps(opening.entry)


def test_register_by_the_centre_makes_nobody_manager(operator):
    do(registration(kinds=("supervisor",)), operator)
    assert not Membership.objects.filter(organisation__credit_code=CODE).exists()


def test_register_takes_the_code_in_its_normal_form(somebody):
    do(registration(credit_code=f" {CODE.lower()} "), somebody)
    assert Organisation.objects.get().credit_code == CODE


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", "bad-credit-code"),
        (CODE[:-1], "bad-credit-code"),
        (CODE + "0", "bad-credit-code"),
        ("I" + CODE[1:], "bad-credit-code"),
        (CODE[:2] + "X" + CODE[3:], "bad-credit-code"),
        (CODE[:-1] + ("0" if CODE[-1] != "0" else "1"), "bad-check-character"),
    ],
)
def test_register_refuses_a_code_that_does_not_fit(somebody, code, expected):
    error = refused(registration(credit_code=code), somebody, expected, Malformed)
    assert error.rule == "GB 32100-2015"


def test_register_refuses_a_code_that_is_registered(somebody, operator):
    do(registration(), operator)
    error = refused(registration(legal_name="另一单位"), somebody, "credit-code-taken")
    assert CODE in str(error)


@pytest.mark.parametrize("name", ["", " ", "远", "长" * 201])
def test_register_refuses_a_name_of_the_wrong_length(somebody, name):
    refused(registration(legal_name=name), somebody, "bad-name", Malformed)


@pytest.mark.parametrize("kinds", [(), ("bidder",), ("tenderer", "")])
def test_register_refuses_unknown_or_missing_kinds(somebody, kinds):
    refused(registration(kinds=kinds), somebody, "bad-kind", Malformed)


def test_register_refuses_a_long_region(somebody):
    refused(registration(region="r" * 41), somebody, "bad-region", Malformed)


@pytest.mark.parametrize("kind", ["centre", "supervisor", "notary"])
def test_register_denies_a_trusted_kind_to_a_person(somebody, kind):
    refused(registration(kinds=("tenderer", kind)), somebody, "denied", Denied)


def test_register_denies_a_closed_account(somebody):
    somebody.is_active = False
    refused(registration(), somebody, "denied", Denied)


# --- verifying ----------------------------------------------------------------------------------


def test_verify_by_the_centre_lets_the_organisation_act(operator, somebody):
    pk = UUID(do(registration(), somebody).result["organisation"])
    assert not memberships.manages_any(somebody)
    do(VerifyOrganisation(organisation=pk), operator)
    assert Organisation.objects.get(pk=pk).verified_at == START
    assert memberships.manages_any(somebody)


def test_verify_twice_is_refused(operator, somebody):
    pk = UUID(do(registration(), somebody).result["organisation"])
    do(VerifyOrganisation(organisation=pk), operator)
    refused(VerifyOrganisation(organisation=pk), operator, "already-verified")


def test_verify_is_denied_to_everybody_else(somebody):
    pk = UUID(do(registration(), somebody).result["organisation"])
    for person in (somebody, floor.person("赵敏", floor.organisation("发改委", "supervisor"))):
        refused(VerifyOrganisation(organisation=pk), person, "denied", Denied)
        assert Organisation.objects.get(pk=pk).verified_at is None


def test_verify_is_denied_to_people_of_an_unverified_centre(somebody):
    pk = UUID(do(registration(), somebody).result["organisation"])
    stranger = floor.person("假冒", floor.organisation("假中心", "centre", verified=False))
    refused(VerifyOrganisation(organisation=pk), stranger, "denied", Denied)


def test_verify_is_denied_to_a_member_of_the_organisation(operator):
    pk = UUID(do(registration(), FOUNDER).result["organisation"])
    do(GrantMembership(organisation=pk, person=operator.pk, role="clerk"), FOUNDER)
    refused(VerifyOrganisation(organisation=pk), operator, "denied", Denied)


def test_verify_of_nothing_is_not_found(operator):
    refused(VerifyOrganisation(organisation=uuid4()), operator, "no-such-organisation", NotFound)


# --- memberships --------------------------------------------------------------------------------


@pytest.fixture
def own(somebody):
    """An organisation that ``somebody`` manages."""
    return UUID(do(registration(), somebody).result["organisation"])


def test_grant_by_the_manager_counts_at_once(own, somebody):
    other = floor.person("李强")
    do(GrantMembership(organisation=own, person=other.pk, role="clerk", mobile="138"), somebody)
    row = Membership.objects.get(user=other)
    assert (row.role, row.mobile, row.since, row.until) == ("clerk", "138", START, None)


def test_grant_names_the_person_by_urn_alone_in_the_ledger(own, somebody):
    other = floor.person("李强")
    outcome = do(GrantMembership(organisation=own, person=other.pk, role="clerk"), somebody)
    entry = LedgerOpening.objects.get(leaf_id=outcome.leaves[0]).entry
    assert entry["context"]["person"] == other.urn
    assert "李强" not in json.dumps(entry, ensure_ascii=False)


@pytest.mark.parametrize("who", ["stranger", "clerk"])
def test_grant_is_denied_to_who_does_not_manage(own, somebody, who):
    person = floor.person("王五")
    if who == "clerk":
        do(GrantMembership(organisation=own, person=person.pk, role="clerk"), somebody)
    command = GrantMembership(organisation=own, person=person.pk, role="manager")
    refused(command, person, "denied", Denied)


@pytest.mark.parametrize(
    ("changes", "code", "kind"),
    [
        ({"role": "king"}, "bad-role", Malformed),
        ({"person": uuid4()}, "no-such-person", NotFound),
        ({"mobile": "1" * 21}, "bad-mobile", Malformed),
        ({"organisation": uuid4()}, "denied", Denied),
    ],
)
def test_grant_refuses_what_does_not_fit(own, somebody, changes, code, kind):
    other = floor.person("李强")
    values = {"organisation": own, "person": other.pk, "role": "clerk", **changes}
    refused(GrantMembership(**values), somebody, code, kind)


def test_grant_twice_is_refused(own, somebody):
    refused(
        GrantMembership(organisation=own, person=somebody.pk, role="manager"),
        somebody,
        "already-member",
    )


def test_end_takes_the_role_away(own, somebody):
    other = floor.person("李强")
    do(GrantMembership(organisation=own, person=other.pk, role="manager"), somebody)
    do(EndMembership(organisation=own, person=other.pk, role="manager"), somebody)
    assert Membership.objects.get(user=other).until == START
    assert not memberships.manages(other, own)
    do(GrantMembership(organisation=own, person=other.pk, role="manager"), somebody)
    assert memberships.manages(other, own)


def test_end_of_the_only_manager_is_refused_to_the_manager(own, somebody):
    refused(EndMembership(organisation=own, person=somebody.pk, role="manager"), somebody,
            "last-manager")
    assert memberships.manages(somebody, own)


def test_end_of_the_only_manager_is_the_centres_to_decide(own, somebody, operator):
    do(EndMembership(organisation=own, person=somebody.pk, role="manager"), operator)
    assert not memberships.manages(somebody, own)


def test_end_of_a_role_that_nobody_has_is_not_found(own, somebody):
    refused(EndMembership(organisation=own, person=somebody.pk, role="clerk"), somebody,
            "no-such-membership", NotFound)
