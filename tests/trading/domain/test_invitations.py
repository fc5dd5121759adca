"""Invited tenders: who may be invited and answer, and that nobody else fetches or learns of it."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from signatures.domain import guard, jcs, log
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerOpening
from tests.factories import floor
from tests.factories.floor import START, beijing
from tests.trading import inviting
from tests.trading.inviting import REASON
from trading.domain import invitations, procedure
from trading.domain.documents import RecordDownload
from trading.domain.invitations import AnswerInvitation, Invite
from trading.domain.projects import Assign
from trading.domain.suspensions import Resume, Suspend
from trading.models import Assignment, Document, Download, Invitation, Message, Organisation

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def house():
    return inviting.house()


def state():
    return (
        log.size(),
        list(Invitation.objects.order_by("pk").values_list("pk", "accepted", "reason")),
        list(Assignment.objects.order_by("pk").values_list("pk", "role", "until")),
        Message.objects.count(),
        Document.objects.count(),
        Download.objects.count(),
    )


def refused(kind, call):
    before = state()
    with pytest.raises(kind) as caught:
        call()
    assert state() == before
    return caught.value


def roles(house, number=0):
    firm = house.firms[number][0]
    rows = Assignment.objects.filter(lot=house.lot, organisation=firm, until__isnull=True)
    return set(rows.values_list("role", flat=True))


def offered(house, count=3):
    house.accepted(count)
    house.publish_documents()
    return Document.objects.get(lot=house.lot, kind="tender-document")


def fetch(house, document, number, *, by=None):
    firm, person = house.firms[number]
    act = RecordDownload(lot=house.lot.pk, document=document.pk, organisation=firm.pk)
    return house.act(act, by=by or person)


# --- inviting ------------------------------------------------------------------------------------


def test_invite_gives_the_role_and_tells_the_invited_alone(house):
    outcome = house.invite(0)
    row = Invitation.objects.get()
    assert (row.organisation, row.accepted, row.invited_by) == (
        house.tenderer, None, house.buyer.urn,
    )
    # Three working days, the first not counted.
    assert row.answer_until == beijing(2026, 3, 14, 0, 0)
    assert roles(house) == {"invitee"}
    told = Message.objects.get(template="invitation-sent")
    assert (told.user, told.evidence) == (house.bidder, True)
    opening = LedgerOpening.objects.get(leaf_id=outcome.leaves[0])
    assert sorted(opening.owners) == sorted([house.tenderer.urn, house.tenderee.urn])


def test_invite_leaves_nothing_plain_in_the_ledger(house):
    first = log.size()
    house.invite(0)
    house.answer(0, accept=False, reason=REASON)
    hidden = (
        house.tenderer.urn, house.tenderer.name, house.bidder.urn, house.bidder.full_name, REASON,
        Invitation.objects.get().urn,
    )
    for index in range(first, log.size()):
        plain = log.entry(index).decode()
        assert not [text for text in hidden if text in plain]


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_invite_by_others_is_denied(house, who):
    error = refused(Denied, lambda: house.invite(1, by=getattr(house, who)))
    assert error.code == "wrong-role"


def test_invite_who_is_not_verified_is_refused(house):
    firm = floor.organisation("新来建设", "tenderer", verified=False)
    assert refused(Refused, lambda: house.invite(firm)).code == "not-a-tenderer"


def test_invite_who_is_no_tenderer_is_refused(house):
    firm = floor.organisation("某担保公司", "guarantor")
    assert refused(Refused, lambda: house.invite(firm)).code == "not-a-tenderer"


def test_invite_who_is_blocked_is_refused_with_the_article(house):
    with guard.writes("test arrangement"):
        Organisation.objects.filter(pk=house.tenderer.pk).update(blocked_until=START + DAY)
    error = refused(Refused, lambda: house.invite(0))
    assert (error.code, error.rule) == ("blocked", "TBL 54, 60")


def test_invite_the_tenderee_itself_is_refused(house):
    with guard.writes("test arrangement"):
        house.tenderee.kinds = ["tenderee", "tenderer"]
        house.tenderee.save()
    assert refused(Refused, lambda: house.invite(house.tenderee)).code == "own-tender"


def test_invite_twice_is_refused_also_after_a_refusal(house):
    house.invite(0)
    assert refused(Refused, lambda: house.invite(0)).code == "already-invited"
    house.answer(0, accept=False, reason=REASON)
    assert refused(Refused, lambda: house.invite(0)).code == "already-invited"


def test_invite_nobody_there_is_not_found(house):
    act = Invite(lot=house.lot.pk, organisation=uuid4())
    assert refused(NotFound, lambda: house.act(act, by=house.buyer)).code == "unknown-organisation"


@pytest.mark.parametrize("hours", [-24, 0, 23, 24 * 9])
def test_invite_with_too_little_or_too_much_time_is_refused(house, hours):
    until = START + timedelta(hours=hours)
    assert refused(Refused, lambda: house.invite(0, answer_until=until)).code == "bad-time"


def test_invite_before_the_notice_and_after_the_documents_is_refused():
    early = inviting.house(notice=False)
    assert refused(Refused, lambda: early.invite(0)).code == "wrong-stage"
    late = inviting.house()
    offered(late)
    error = refused(Refused, lambda: late.invite(3))
    assert (error.code, error.rule) == ("wrong-stage", "TBL 17")


def test_invite_when_the_offer_would_be_over_is_refused(house):
    at = jcs.parse_timestamp(house.lot.dates["documents-until"])
    assert refused(Refused, lambda: house.invite(0, at=at)).code == "too-late"
    assert refused(Refused, lambda: house.invite(0, at=at - DAY / 2)).code == "bad-time"


def test_invite_to_an_open_tender_is_refused():
    open_ = floor.house()
    open_.publish_notice()
    act = Invite(lot=open_.lot.pk, organisation=open_.tenderer.pk)
    assert refused(NotFound, lambda: open_.act(act, by=open_.buyer)).code == "unknown-command"


@pytest.mark.parametrize("who", ["buyer", "operator"])
def test_invitee_is_no_role_that_is_assigned_by_hand(house, who):
    act = Assign(lot=house.lot.pk, role="invitee", organisation=house.tenderer.pk)
    assert refused(Denied, lambda: house.act(act, by=getattr(house, who))).code == "wrong-role"


# --- answering -----------------------------------------------------------------------------------


def test_accept_keeps_the_role_and_tells_the_tenderee(house):
    house.invite(0)
    house.answer(0, reason="is not kept")
    row = Invitation.objects.get()
    assert (row.accepted, row.answered_at, row.reason) == (True, START, "")
    assert roles(house) == {"invitee"}
    assert Message.objects.get(template="invitation-accepted").user == house.buyer


def test_refuse_ends_the_role_and_tells_the_reason(house):
    house.invite(0)
    house.answer(0, accept=False, reason=f"  {REASON}\r\n")
    row = Invitation.objects.get()
    assert (row.accepted, row.reason) == (False, REASON)
    assert roles(house) == set()
    told = Message.objects.get(template="invitation-refused")
    assert told.user == house.buyer and REASON in json.dumps(told.texts, ensure_ascii=False)


@pytest.mark.parametrize("reason", ["", "  \n ", "长" * 501])
def test_refuse_without_a_reason_or_with_too_long_a_one_is_refused(house, reason):
    house.invite(0)
    error = refused(Malformed, lambda: house.answer(0, accept=False, reason=reason))
    assert error.code == "bad-reason"


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
def test_answer_twice_is_refused_and_the_first_stands(house, first, second):
    house.invite(0)
    house.answer(0, accept=first, reason=REASON)
    kind = Refused if first else Denied
    error = refused(kind, lambda: house.answer(0, accept=second, reason=REASON))
    assert error.code == ("answered-already" if first else "wrong-role")
    assert Invitation.objects.get().accepted is first


def test_answer_too_late_is_refused_with_the_article(house):
    house.invite(0, answer_until=START + DAY)
    house.invite(1, answer_until=START + DAY)
    late = START + DAY + timedelta(microseconds=1)
    error = refused(Refused, lambda: house.answer(0, at=late))
    assert (error.code, error.rule) == ("too-late", "TBL 17")
    house.answer(1, at=START + DAY)


def test_answer_for_another_s_invitation_is_not_found(house):
    house.invite(0)
    house.invite(1)
    other = house.firms[1][1]
    assert refused(NotFound, lambda: house.answer(0, by=other)).code == "unknown-invitation"


@pytest.mark.parametrize("who", ["buyer", "supervisor", "operator"])
def test_answer_by_others_is_denied(house, who):
    house.invite(0)
    error = refused(Denied, lambda: house.answer(0, by=getattr(house, who)))
    assert error.code == "wrong-role"


def test_answer_by_who_was_not_invited_is_denied_alike_with_and_without_invitations(house):
    person = house.firms[4][1]
    act = AnswerInvitation(lot=house.lot.pk, invitation=uuid4(), accept=True)
    before = refused(Denied, lambda: house.act(act, by=person))
    house.invite(0)
    after = refused(Denied, lambda: house.answer(0, by=person))
    assert (before.code, before.message) == (after.code, after.message)


def test_accept_when_blocked_meanwhile_is_refused(house):
    house.invite(0)
    with guard.writes("test arrangement"):
        Organisation.objects.filter(pk=house.tenderer.pk).update(blocked_until=START + DAY)
    assert refused(Refused, lambda: house.answer(0)).code == "blocked"


def test_answer_waits_while_the_lot_stands_still_and_has_its_days_back(house):
    house.invite(0)
    until = Invitation.objects.get().answer_until
    house.act(Suspend(lot=house.lot.pk, reason="有异议"), by=house.buyer)
    assert refused(Refused, lambda: house.answer(0)).code == "not-running"
    house.act(Resume(lot=house.lot.pk, reason="已答复"), by=house.buyer, at=START + 2 * DAY)
    assert Invitation.objects.get().answer_until == until + 2 * DAY
    house.answer(0, at=until + DAY)


def test_halt_is_told_to_each_invitee_by_itself(house):
    house.invite(0)
    house.invite(1)
    house.invite(2)
    house.answer(2, accept=False, reason=REASON)
    first = log.size()
    house.act(Suspend(lot=house.lot.pk, reason="有异议"), by=house.buyer)
    told = Message.objects.filter(template="lot-suspended").values_list("user_id", flat=True)
    assert set(told) == {house.buyer.pk, house.firms[0][1].pk, house.firms[1][1].pk}
    receipts = list(LedgerOpening.objects.filter(leaf_id__gte=first))
    assert receipts
    for opening in receipts:
        firms = [firm for firm, _person in house.firms if firm.urn in opening.owners]
        assert len(firms) <= 1


# --- documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2])
def test_documents_before_three_have_accepted_are_refused_with_the_article(house, count):
    house.accepted(count)
    house.invite(3)
    house.invite(4)
    house.answer(4, accept=False, reason=REASON)
    error = refused(Refused, house.publish_documents)
    assert (error.code, error.rule) == ("invitations-accepted", "TBL 17")
    assert str(count) in error.message and "3" in error.message


def test_documents_for_procurement_cite_its_own_law():
    house = inviting.house(procedure="procurement-invited")
    house.accepted(2)
    error = refused(Refused, house.publish_documents)
    assert (error.code, error.rule) == ("invitations-accepted", "GPL 34")


def test_documents_are_told_to_who_may_fetch_and_fetched_by_them(house):
    document = offered(house)
    told = Message.objects.filter(template="documents-published")
    people = {person.pk for _firm, person in house.firms[:3]}
    assert {message.user_id for message in told} == {house.buyer.pk, *people}
    assert fetch(house, document, 0).result["first"] is True
    assert fetch(house, document, 0).result["first"] is False
    assert roles(house) == {"invitee", "tenderer"}


def test_documents_are_fetched_by_who_accepts_after_they_were_offered(house):
    house.invite(3)
    document = offered(house)
    assert refused(Denied, lambda: fetch(house, document, 3)).code == "not-invited"
    house.answer(3)
    assert fetch(house, document, 3).result["first"] is True


def test_fetch_by_who_refused_or_was_not_invited_is_denied_alike(house):
    house.invite(3)
    house.answer(3, accept=False, reason=REASON)
    document = offered(house)
    errors = [refused(Denied, lambda n=n: fetch(house, document, n)) for n in (3, 4)]
    assert [(one.code, one.rule) for one in errors] == [("not-invited", "TBL 17, TBR 16")] * 2
    assert errors[0].message == errors[1].message


def test_fetch_for_another_firm_of_the_same_person_is_denied(house):
    document = offered(house)
    both = floor.person("兼职经办", house.firms[0][0], house.firms[4][0])
    assert refused(Denied, lambda: fetch(house, document, 4, by=both)).code == "not-invited"
    assert fetch(house, document, 0, by=both).result["first"] is True


def test_fetch_in_an_open_tender_is_everybody_s():
    open_ = floor.house()
    open_.publish_notice()
    open_.publish_documents()
    assert invitations.fetchers(open_.lot) is None
    assert not invitations.is_invited(procedure.of(open_.lot))


# --- reading -------------------------------------------------------------------------------------


def seen_by(house, person):
    return {row.organisation.name for row in
            invitations.visible(house.lot, viewer=person, at=START + timedelta(hours=1))}


def test_invitations_are_for_who_invites_who_watches_and_one_s_own(house):
    house.accepted(2)
    house.invite(2)
    house.answer(2, accept=False, reason=REASON)
    names = {firm.name for firm, _person in house.firms[:3]}
    assert seen_by(house, house.buyer) == seen_by(house, house.supervisor) == names
    for firm, person in house.firms[:3]:
        assert seen_by(house, person) == {firm.name}
    for other in (house.firms[3][1], house.operator, None):
        assert seen_by(house, other) == set()


def test_no_statute_is_cited_that_does_not_govern():
    house = inviting.house(procedure="procurement-invited")
    with guard.writes("test arrangement"):
        Organisation.objects.filter(pk=house.tenderer.pk).update(blocked_until=START + DAY)
    error = refused(Refused, lambda: house.invite(0))
    assert (error.code, error.rule) == ("blocked", "GPL 34, M87 14")
