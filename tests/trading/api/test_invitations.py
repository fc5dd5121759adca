"""Invitations over the interface: who sends, reads and answers; nobody else learns of any."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from signatures.domain import jcs
from tests.factories import floor
from tests.factories.floor import START
from tests.trading import inviting
from tests.trading.api.calls import Program, unchanged
from tests.trading.inviting import REASON
from tests.trading.pages import move_clock
from trading.models import Assignment, Invitation, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    made = inviting.house()
    move_clock()
    return made


def address(house, invitation=None):
    tail = f"/{invitation}/answer" if invitation else ""
    return f"/lots/{house.lot.pk}/invitations{tail}"


def invite(house, number=0, *, by=None, **more):
    body = {"organisation": str(house.firms[number][0].pk), **more}
    return Program(by or house.buyer).post(address(house), body)


def answer(house, number=0, *, by=None, **body):
    row = Invitation.objects.get(lot=house.lot, organisation=house.firms[number][0])
    return Program(by or house.firms[number][1]).post(address(house, row.pk), body)


def nothing_done(call, status, code):
    before = (
        list(Invitation.objects.values_list("pk", "accepted")), Message.objects.count(),
        Assignment.objects.count(),
    )
    found = unchanged(call, status, code)
    assert before == (
        list(Invitation.objects.values_list("pk", "accepted")), Message.objects.count(),
        Assignment.objects.count(),
    )
    return found


def test_invitation_is_sent_read_and_answered(house):
    until = jcs.timestamp(START + timedelta(days=2))
    sent = invite(house, answer_until=until)
    assert (sent.status_code, sent.json()["result"]["answer_until"]) == (201, until)
    line = Program(house.bidder).get(address(house)).json()[0]
    assert (line["name"], line["accepted"], line["reason"]) == (house.tenderer.name, None, None)
    assert answer(house, accept=False, reason=REASON).status_code == 201
    line = Program(house.buyer).get(address(house)).json()[0]
    assert (line["accepted"], line["reason"]) == (False, REASON)


def test_same_key_invites_once(house):
    body = {"organisation": str(house.tenderer.pk)}
    program = Program(house.buyer)
    answers = [
        program.post(address(house), body, Idempotency_Key="once").json() for _attempt in range(2)
    ]
    assert answers[0]["result"] == answers[1]["result"]
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_invite_by_others_is_denied(house, who):
    nothing_done(lambda: invite(house, 1, by=getattr(house, who)), 403, "wrong-role")


def test_invite_without_signing_in_is_refused(house):
    body = {"organisation": str(house.tenderer.pk)}
    assert Program().post(address(house), body).status_code == 401
    assert Invitation.objects.count() == 0


def test_invite_who_is_not_verified_twice_or_by_another_day_is_refused(house):
    house.firms.append((floor.organisation("新来建设", "tenderer", verified=False), None))
    nothing_done(lambda: invite(house, -1), 409, "not-a-tenderer")
    soon = jcs.timestamp(START + timedelta(hours=3))
    nothing_done(lambda: invite(house, 0, answer_until=soon), 409, "bad-time")
    for text in ("tomorrow", "2026-03-14"):
        assert invite(house, 0, answer_until=text).status_code in (400, 422)
    house.invite(0)
    nothing_done(lambda: invite(house, 0), 409, "already-invited")


@pytest.mark.parametrize("body", [{}, {"accept": "maybe"}, {"accept": True, "who": "me"}])
def test_malformed_answer_is_refused(house, body):
    house.invite(0)
    assert answer(house, **body).status_code in (400, 422)
    assert Invitation.objects.get().accepted is None


def test_answer_by_others_twice_too_late_and_without_reason_is_refused(house):
    house.invite(0)
    house.invite(1)
    nothing_done(lambda: answer(house, 0, by=house.firms[1][1], accept=True), 404,
                 "unknown-invitation")
    for who in (house.buyer, house.supervisor, house.firms[4][1]):
        nothing_done(lambda w=who: answer(house, 0, by=w, accept=True), 403, "wrong-role")
    nothing_done(lambda: answer(house, 0, accept=False), 400, "bad-reason")
    house.answer(0)
    nothing_done(lambda: answer(house, 0, accept=True), 409, "answered-already")
    move_clock(Invitation.objects.first().answer_until + timedelta(minutes=1))
    nothing_done(lambda: answer(house, 1, accept=True), 409, "too-late")


def test_fetch_without_an_accepted_invitation_is_denied(house):
    house.accepted(3)
    house.publish_documents()
    document = house.lot.documents.get(kind="tender-document")
    firm, person = house.firms[4]
    body = {"organisation": str(firm.pk)}
    nothing_done(
        lambda: Program(person).post(f"/documents/{document.pk}/downloads", body),
        403, "not-invited",
    )
    assert Program(person).get(f"/documents/{document.pk}/content").status_code in (403, 404)


def test_others_read_an_empty_list_whether_or_not_anybody_is_invited(house):
    def seen(person):
        return Program(person).get(address(house)).json()

    others = [None, house.operator, house.firms[3][1]]
    assert [seen(one) for one in others] == [[], [], []]
    house.accepted(3)
    assert [seen(one) for one in others] == [[], [], []]
    assert len(seen(house.buyer)) == len(seen(house.supervisor)) == 3
    for firm, person in house.firms[:3]:
        assert [line["organisation"] for line in seen(person)] == [str(firm.pk)]


def test_list_of_an_unknown_lot_is_not_found(house):
    assert Program(house.buyer).get(f"/lots/{uuid4()}/invitations").status_code == 404


def test_nothing_public_names_who_is_invited(house):
    house.accepted(3)
    house.publish_documents()
    lot = f"/lots/{house.lot.pk}"
    rival = house.firms[4][1]
    told = [
        json.dumps(Program(person).get(path).json(), ensure_ascii=False)
        for person in (None, house.operator, rival, house.firms[0][1])
        for path in (lot, f"{lot}/exhibits", "/projects", "/ocds/releases")
    ]
    names = {text for firm, person in house.firms[1:3]
             for text in (firm.name, firm.urn, str(firm.pk), person.full_name)}
    for text in told:
        assert not [name for name in names if name in text]
