"""Invitations at the screen: who invites, who answers, and that nobody else learns of any."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from signatures.domain import guard, log
from signatures.models import LedgerOpening
from tests.factories import floor
from tests.factories.floor import START
from tests.trading import inviting
from tests.trading.inviting import REASON
from tests.trading.pages import LANGUAGES, as_, move_clock, published, text_of
from trading.domain.planning import shown
from trading.models import Assignment, Document, Download, Invitation, Message, Organisation

#: An identifier that nothing has.
UNKNOWN = "00000000-0000-4000-8000-000000000000"
pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    made = inviting.house()
    move_clock()
    return made


def address(house):
    return reverse("invitations", args=[house.lot.project.code, house.lot.number])


def see(house, person, language="en"):
    return as_(person, language).get(address(house))


def send(house, person, language="en", **fields):
    fields.setdefault("once", uuid4().hex)
    return as_(person, language).post(address(house), fields)


def invite(house, number=0, **fields):
    firm = house.firms[number][0]
    values = {"do": "invite", "organisation": str(firm.pk), "answer_until": ""}
    return send(house, house.buyer, **{**values, **fields})


def answer(house, number=0, **fields):
    return answer_as(house, house.firms[number][1], number, **fields)


def answer_as(house, person, number=0, **fields):
    row = Invitation.objects.get(lot=house.lot, organisation=house.firms[number][0])
    values = {"do": "answer", "invitation": str(row.pk), "accept": "yes", "reason": ""}
    return send(house, person, **{**values, **fields})


def state():
    return (
        log.size(), list(Invitation.objects.order_by("pk").values_list("pk", "accepted")),
        list(Assignment.objects.order_by("pk").values_list("pk", "until")),
        Message.objects.count(), Document.objects.count(), Download.objects.count(),
    )


def unchanged(call, status):
    before = state()
    found = call()
    assert found.status_code == status
    assert state() == before
    return found.content.decode()


def body(answer) -> str:
    return answer.content.decode().split("<main")[1]


# --- who reads -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_others_are_refused_alike_with_and_without_invitations(house, language):
    others = (None, house.operator, house.firms[4][1])
    before = [see(house, one, language) for one in others]
    assert [one.status_code for one in before] == [403] * 3
    house.accepted(3)
    after = [see(house, one, language) for one in others]
    assert [one.status_code for one in after] == [403] * 3
    for old, new in zip(before, after, strict=True):
        assert _said(old) == _said(new)


def _said(answer):
    """The refusal itself, without what differs from one page to the next: times and keys."""
    return re.sub(r"[0-9a-f]{4,}|[0-9]+", "", re.sub(r"<[^>]+>", " ", body(answer)))


def test_open_tender_has_no_such_page():
    open_ = published()
    for person in (None, open_.buyer, open_.bidder, open_.supervisor):
        assert see(open_, person).status_code == 404


def test_tenderee_counts_and_supervisor_reads(house):
    house.accepted(2)
    house.invite(2)
    house.answer(2, accept=False, reason=REASON)
    for person in (house.buyer, house.supervisor):
        page = text_of(see(house, person))
        assert "2 of at least 3 have accepted" in page
        assert REASON in page and house.firms[2][0].name in page
    assert 'value="invite"' in see(house, house.buyer).content.decode()
    assert 'value="invite"' not in see(house, house.supervisor).content.decode()


def test_invitee_reads_its_own_alone(house):
    house.invite(0)
    house.invite(1)
    page = see(house, house.bidder).content.decode()
    assert house.tenderer.name in page and 'value="answer"' in page
    assert house.firms[1][0].name not in body(see(house, house.bidder))
    assert "of at least" not in text_of(see(house, house.bidder))


# --- inviting ------------------------------------------------------------------------------------


def test_double_click_invites_once(house):
    once = uuid4().hex
    assert [invite(house, once=once).status_code for _attempt in range(2)] == [302, 302]
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("who", ["supervisor", "operator", "bidder", None])
def test_invite_by_others_is_denied_and_leaves_nothing(house, who):
    house.invite(0)
    client = as_(getattr(house, who) if who else None)
    values = {"do": "invite", "organisation": str(house.firms[1][0].pk)}
    unchanged(lambda: client.post(address(house), values), 403)


@pytest.mark.parametrize(
    ("fields", "place", "said"),
    [
        ({"organisation": ""}, "organisation", "Choose whom to invite."),
        ({"organisation": UNKNOWN}, "organisation", "This is no verified tenderer."),
        ({"answer_until": "morgen"}, "answer_until", "This is no date"),
    ],
)
def test_mistake_is_said_at_the_field_and_what_was_typed_stays(house, fields, place, said):
    page = unchanged(lambda: invite(house, 1, **fields), 400)
    assert said in page.split(f'id="invite_{place}_error"')[1][:400]
    if place == "answer_until":
        assert f'value="{house.firms[1][0].pk}" selected' in page


@pytest.mark.parametrize("hours", [1, 24 * 30])
def test_refused_time_is_said_at_the_field_and_stays(house, hours):
    until = shown(START + timedelta(hours=1 + hours))
    page = unchanged(lambda: invite(house, 1, answer_until=until), 409)
    assert "Leave at least one day" in page.split('id="invite_answer_until_error"')[1][:400]
    assert f'value="{house.firms[1][0].pk}" selected' in page


def test_twice_and_blocked_are_said_at_the_field(house):
    house.invite(0)
    with guard.writes("test arrangement"):
        Organisation.objects.filter(pk=house.firms[1][0].pk).update(
            blocked_until=START + timedelta(days=1)
        )
    page = unchanged(lambda: invite(house, 1), 409)
    assert "kept out by a credit decision" in page.split('id="invite_organisation_error"')[1][:400]
    page = unchanged(lambda: invite(house, 0), 409)
    assert "was invited already" in page.split('id="invite_organisation_error"')[1][:400]


def test_own_and_unverified_organisations_cannot_be_chosen(house):
    bare = floor.organisation("新来建设", "tenderer", verified=False)
    form = see(house, house.buyer).content.decode().split("<form")[1:]
    text = " ".join(form)
    assert str(bare.pk) not in text and str(house.tenderee.pk) not in text
    assert str(house.firms[1][0].pk) in text


def test_after_the_documents_the_form_is_gone_and_the_act_refused(house):
    house.accepted(3)
    house.publish_documents()
    assert 'value="invite"' not in see(house, house.buyer).content.decode()
    unchanged(lambda: invite(house, 4), 409)


# --- answering -----------------------------------------------------------------------------------


def test_accept_and_the_desk_no_longer_asks(house):
    house.invite(0)
    assert address(house) in as_(house.bidder).get("/desk/").content.decode()
    assert answer(house).status_code == 302
    assert Invitation.objects.get().accepted is True
    assert address(house) not in as_(house.bidder).get("/desk/").content.decode()
    assert "Has accepted" in text_of(see(house, house.bidder))


def test_refuse_with_reason_and_the_page_still_says_so(house):
    house.invite(0)
    assert answer(house, accept="no", reason=REASON).status_code == 302
    page = see(house, house.bidder).content.decode()
    assert REASON in page and 'value="answer"' not in page


@pytest.mark.parametrize(
    ("fields", "place"),
    [({"accept": "no"}, "reason"), ({"accept": "no", "reason": "长" * 501}, "reason"),
     ({"accept": ""}, "accept"), ({"accept": "perhaps", "reason": "想一想"}, "accept")],
)
def test_answer_with_a_mistake_is_said_at_the_field_and_the_text_stays(house, fields, place):
    house.invite(0)
    page = unchanged(lambda: answer(house, **fields), 400)
    short = str(Invitation.objects.get().pk)[:8]
    assert f'id="answer_{short}_{place}_error"' in page
    assert fields.get("reason", "") in page


def test_answer_by_others_is_refused_and_leaves_nothing(house):
    house.invite(0)
    house.invite(1)
    for person, status in (
        (None, 403), (house.buyer, 403), (house.supervisor, 403), (house.operator, 403),
        (house.firms[4][1], 403), (house.firms[1][1], 404),
    ):
        unchanged(lambda p=person: answer_as(house, p), status)


def test_answer_twice_or_too_late_is_refused_and_the_reason_is_not_lost(house):
    house.invite(0)
    house.invite(1)
    house.answer(0)
    page = unchanged(lambda: answer(house, accept="no", reason=REASON), 409)
    assert REASON in page and "answered already" in page
    move_clock(Invitation.objects.first().answer_until + timedelta(minutes=1))
    page = unchanged(lambda: answer(house, 1, accept="no", reason=REASON), 409)
    assert REASON in page


@pytest.mark.parametrize("wanted", ["", "nothing", UNKNOWN])
def test_answer_to_no_invitation_is_refused(house, wanted):
    house.invite(0)
    status = 404 if len(wanted) == 36 else 400
    unchanged(lambda: answer(house, invitation=wanted), status)


def test_post_of_nothing_is_refused(house):
    unchanged(lambda: send(house, house.buyer), 400)


# --- nobody else learns of it --------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_others_and_no_plain_entry_names_an_invitee(house, language):
    first = log.size()
    house.accepted(2)
    house.invite(2)
    house.answer(2, accept=False, reason=REASON)
    house.invite(3)
    house.answer(3)
    house.publish_documents()
    names = [
        text
        for firm, person in house.firms[1:4]
        for text in (firm.name, firm.urn, str(firm.pk), firm.credit_code, person.full_name)
    ] + [REASON]
    project = reverse("project", args=[house.lot.project.code])
    pages = []
    for person in (None, house.operator, house.firms[4][1], house.bidder):
        client = as_(person, language)
        places = (project, "/projects/", "/projects/?q=华岳市政", "/", "/ledger/", address(house))
        pages += [body(client.get(place)) for place in places]
        pages += [
            body(client.get(reverse("ledger-entry", args=[index])))
            for index in range(first, log.size())
        ]
    pages += [log.entry(index).decode() for index in range(first, log.size())]
    pages = [page.replace('value="华岳市政"', "").replace("q=华岳市政", "") for page in pages]
    for page in pages:
        assert not [text for text in names if text in page]


def test_receipts_of_an_invitation_are_for_both_sides_alone(house):
    first = log.size()
    house.invite(0)
    receipts = list(LedgerOpening.objects.filter(leaf_id__gte=first))
    assert receipts
    for opening in receipts:
        place = reverse("receipt", args=[opening.pk])
        for person in (None, house.operator, house.supervisor, house.firms[1][1]):
            assert as_(person).get(place).status_code == 404


def test_uninvited_tenderer_is_offered_no_document_and_fetches_none(house):
    house.accepted(3)
    house.publish_documents()
    document = Document.objects.get(lot=house.lot, kind="tender-document")
    place = reverse("document", args=[document.pk])
    page = reverse("lot", args=[house.lot.project.code, 1])
    firm, person = house.firms[4]
    assert place not in as_(person).get(page).content.decode()
    unchanged(lambda: as_(person).post(place, {"organisation": str(firm.pk)}), 403)
    assert f'action="{place}"' in as_(house.bidder).get(page).content.decode()
    for one, count in ((person, "0"), (house.bidder, "1")):
        desk = as_(one).get("/desk/").content.decode()
        figure = reverse("desk-figure", args=["offered"])
        assert f'<b>{count}</b><a href="{figure}"' in desk


def test_tenderee_s_desk_asks_for_invitations_then_for_documents(house):
    def asked():
        return as_(house.buyer, "en").get("/desk/").content.decode()

    offer = reverse("publish", args=[house.lot.project.code, 1, "documents"])
    assert address(house) in asked() and offer not in asked()
    house.accepted(3)
    assert address(house) not in asked() and offer in asked()


def test_panel_is_for_who_may_know(house):
    house.accepted(3)
    page = reverse("lot", args=[house.lot.project.code, 1])
    for person in (None, house.operator, house.firms[4][1]):
        assert address(house) not in as_(person).get(page).content.decode()
    for person in (house.buyer, house.supervisor, house.bidder):
        assert address(house) in as_(person).get(page).content.decode()


def test_message_leads_to_the_invitation(house):
    house.invite(0)
    message = Message.objects.get(template="invitation-sent")
    page = as_(house.bidder).post(reverse("message", args=[message.pk]), follow=True)
    assert address(house) in page.content.decode()


def test_list_costs_the_same_with_thirty(house):
    def queries(person):
        client = as_(person)
        client.get(address(house))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(house)).status_code == 200
        return len(captured)

    house.invite(0)
    before = {person: queries(person) for person in (house.buyer, house.bidder)}
    for number in range(29):
        house.invite(floor.organisation(f"第{number}建设", "tenderer"))
    assert {person: queries(person) for person in before} == before
