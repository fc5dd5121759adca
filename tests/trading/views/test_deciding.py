"""The pages of decision and performance: who reads what, what was typed stays, what is refused."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from signatures.domain import log, statements
from tests.factories import signers
from tests.trading import separated as worlds
from tests.trading.pages import as_
from tests.trading.performing import World
from trading.domain import ballots, deciding
from trading.models import Ballot, Exhibit, Lot, PanelSeat, PerformanceEntry, Security

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]


@pytest.fixture
def world(trusted):
    return worlds.separated()


def address(world, page="decision"):
    return f"/projects/{world.lot.project.code}/lots/1/{page}/"


def post(world, person, page="decision", **sent):
    return as_(person.user if person else None, "en").post(
        address(world, page), {"once": uuid4().hex, **sent}
    )


def state():
    rows = (Lot, Ballot, PanelSeat, Exhibit, PerformanceEntry, Security)
    return log.size(), [list(each.objects.order_by("pk").values("pk")) for each in rows]


def refused(status, words, answer, before):
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert state() == before


def sign(person, answer):
    """The statement of the page, signed as the person's device would."""
    text = answer.context["statement"]
    made = statements.sign(text.encode(), person.signer)
    return {"statement": text, "step": "sign", "signature": SimpleUploadedFile("s.p7s", made)}


def test_public_learns_method_and_candidates_and_not_the_panel(world):
    world.voting()
    page = as_(None, "en").get(address(world)).content.decode()
    assert "Secret ballots of an award panel" in page
    assert world.members[0].user.full_name not in page
    assert "have voted" not in page


def test_tenderee_names_a_panel_on_the_page(world):
    names = "\n".join(one.user.username for one in world.members)
    assert post(world, world.buyer, do="panel", members=names).status_code == 302
    assert PanelSeat.objects.count() == 5
    assert post(world, world.buyer, do="open").status_code == 302
    assert world.lot.stage == "DECISION"


def test_names_of_nobody_stay_in_the_form(world):
    before = state()
    answer = post(world, world.buyer, do="panel", members="nobody-here")
    refused(400, "Nobody signs in as: nobody-here", answer, before)
    assert "nobody-here</textarea>" in answer.content.decode()


def test_too_small_a_panel_is_refused_at_its_field(world):
    before = state()
    answer = post(world, world.buyer, do="panel", members=world.members[0].user.username)
    refused(409, "at least 5", answer, before)


def test_tenderers_open_nothing(world):
    world.name()
    before = state()
    stranger = signers.equip(world.case.people[1])
    answer = post(world, stranger, do="open")
    assert (answer.status_code, state()) == (403, before)


def test_public_votes_for_nobody(world):
    world.voting()
    before = state()
    answer = post(world, None, do="ballot", commitment="0" * 64)
    assert (answer.status_code, state()) == (403, before)


def test_member_signs_a_sealed_ballot(world):
    world.voting()
    member, candidate = world.members[0], world.candidates[0].urn
    commitment = ballots.commitment(world.round.urn, candidate, worlds.salt("x"))
    first = post(world, member, do="ballot", step="write", commitment=commitment)
    said = json.loads(first.context["statement"])
    assert said["commitment"] == commitment
    assert Ballot.objects.count() == 0
    answer = post(world, member, do="ballot", commitment=commitment, **sign(member, first))
    assert answer.status_code == 302
    assert Ballot.objects.get().commitment == commitment


def test_another_ballot_than_the_one_that_was_signed(world):
    world.voting()
    member = world.members[0]
    first = post(world, member, do="ballot", step="write", commitment="0" * 64)
    before = state()
    answer = post(world, member, do="ballot", commitment="1" * 64, **sign(member, first))
    refused(400, "The form was changed", answer, before)


def test_no_choice_is_no_ballot(world):
    world.voting()
    before = state()
    answer = post(world, world.members[0], do="ballot", step="write", commitment="")
    refused(400, "Choose a candidate", answer, before)


def test_nobody_but_members_is_shown_a_ballot(world):
    world.voting()
    before = state()
    answer = post(world, world.buyer, do="ballot", step="write", commitment="0" * 64)
    refused(403, "You do not sit on this award panel", answer, before)


def test_decision_without_reasons(world):
    world.voting().vote(1, 1, 1, 0, 0)
    before = state()
    answer = post(world, world.buyer, do="decide", step="write", reasons=" ")
    refused(400, "Give the reasons", answer, before)


def test_step_that_there_is_none(world):
    before = state()
    refused(400, "no step of this page", post(world, world.buyer, do="guess"), before)


def test_decision_is_not_shown_where_there_is_none(trusted):
    case = worlds.cases.evaluated()
    assert as_(None).get(f"/projects/{case.lot.project.code}/lots/1/decision/").status_code == 404


def test_data_of_the_decision_keeps_the_votes(world):
    world.voting().vote(1, 1, 1, 0, 0)
    data = as_(None).get(f"/api/v1/lots/{world.lot.pk}/decision").json()
    assert data["rounds"][0]["tally"][world.candidates[1].urn] == 3
    assert "panel" not in data
    assert all(one.user.urn not in json.dumps(data) for one in world.members)
    assert data["chosen"] == deciding.decision_of(world.lot).chosen.urn


# --- performance ---------------------------------------------------------------------------------


def test_entry_and_answer_are_signed_on_the_page(trusted):
    world = World()
    what = {"kind": "payment", "on": world.today.isoformat(), "text": "预付款", "amount": "9,600"}
    first = post(world, world.builder, "performance", do="enter", step="write", **what)
    assert json.loads(first.context["statement"])["amount"] == "9600"
    signed = sign(world.builder, first)
    done = post(world, world.builder, "performance", do="enter", **what, **signed)
    assert done.status_code == 302
    row = PerformanceEntry.objects.get()
    asked = {"do": "answer", "target": str(row.pk), "confirmed": "yes", "text": ""}
    second = post(world, world.buyer, "performance", step="write", **asked)
    signed = sign(world.buyer, second)
    assert post(world, world.buyer, "performance", **asked, **signed).status_code == 302
    row.refresh_from_db()
    assert row.confirmed is True


def test_payment_without_an_amount_keeps_what_was_typed(trusted):
    world = World()
    before = state()
    answer = post(
        world, world.builder, "performance", do="enter", step="write", kind="payment",
        on=world.today.isoformat(), text="预付款已到账",
    )
    refused(400, "A payment has an amount", answer, before)
    assert "预付款已到账" in answer.content.decode()


def test_dispute_without_a_reason(trusted):
    world = World()
    world.enter()
    before = state()
    answer = post(
        world, world.buyer, "performance", do="answer", step="write", confirmed="no",
        target=str(PerformanceEntry.objects.get().pk),
    )
    refused(400, "Say why you dispute it", answer, before)


def test_strangers_read_nothing_of_the_performance(trusted):
    world = World()
    assert as_(None).get(address(world, "performance")).status_code == 403
    assert as_(world.case.people[1]).get(address(world, "performance")).status_code == 403
    assert as_(world.builder.user).get(address(world, "performance")).status_code == 200


def test_security_above_the_limit_is_refused_at_its_field(trusted):
    world = World()
    before = state()
    answer = post(
        world, world.buyer, "performance", do="record", kind="bid", amount="100000.01",
        organisation=str(world.case.winner.pk), received_on=world.today.isoformat(),
    )
    refused(409, "at most 100,000.00", answer, before)
