"""The sale that both sides confirm: it is the award, bidders have names, open data stays valid."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bidding.domain import auction_confirming, room_kinds, rooms
from bidding.domain.auction_confirming import ConfirmSale, FileFloorRecord, OfferConfirmation
from signatures.domain import guard, jcs
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, NotFound, Refused
from signatures.domain.signing_documents import Plan
from signatures.enums import SigningState
from signatures.models import LedgerEntry, SigningDocument
from tests.bidding.auction import floors
from tests.bidding.auction.floors import AFTER, FORMAT, FROM, UNTIL
from tests.factories.floor import sha
from tests.trading.ocds import schemas
from tests.trading.pages import move_clock
from trading.domain import contracts, procedure
from trading.domain.contracts import Terms
from trading.models import Award, Exhibit, Message
from trading.ocds import feed, ids, package
from trading.ocds.record import record
from trading.ocds.release import releases

pytestmark = pytest.mark.django_db

ROUND = timedelta(seconds=FORMAT["round_seconds"])
SOLD = UNTIL + ROUND
SIGNED = SOLD + timedelta(hours=3)
WORKER = Actor.process("worker")
#: Procedures whose price is asked on the floor, by their own commands.
FLOORS = [
    name for name in procedure.names() if "bidding.open-floor" in procedure.load(name).commands
]


def refusal(home, call, kind=Refused):
    before = (home.standing(), Award.objects.count(), Exhibit.objects.count())
    with pytest.raises(kind) as caught:
        call()
    assert (home.standing(), Award.objects.count(), Exhibit.objects.count()) == before
    return caught.value.code


def sold(name="land-listing"):
    """The price has fallen to the second bidder."""
    home = floors.house(procedure=name)
    if "bidding.end-listing" in procedure.of(home.lot).commands:
        home.open()
        home.ask(0, "1000000.00", FROM + AFTER)
        home.end_listing()
    else:
        home.open(UNTIL)
        home.ask(0, "1000000.00", UNTIL + AFTER / 2)
    home.ask(1, "1020000.00", UNTIL + AFTER)
    home.close(UNTIL + AFTER + ROUND)
    return home


def offered(home, state=SigningState.SEALED):
    """The confirmation, as the signing room leaves it."""
    with guard.writes("test arrangement"):
        return SigningDocument.objects.create(
            purpose=auction_confirming.PURPOSE, title="成交确认书", subject=home.lot.urn,
            facts={"room": home.room.urn, "seq": home.room.seq}, original=sha("o"),
            digest=sha("signed"), size=10, seal_field="Seal", opened_at=SOLD, state=state,
            assessment={"verdict": "valid"},
        )  # fmt: skip


def confirmed(name="land-listing"):
    home = sold(name)
    offered(home)
    home.act(ConfirmSale(lot=home.lot.pk), by=home.buyer, at=SIGNED)
    return home


def moves(home):
    """The commands that moved the lot, by the ledger's public entries."""
    entries = [jcs.loads(bytes(row.data))["entry"] for row in LedgerEntry.objects.order_by("index")
               if b"trading.move-lot" in bytes(row.data)]
    return [one["context"]["command"] for one in entries if one["subject"] == home.lot.urn]


def check_open_data(home):
    story = feed.story(ids.ocid(home.lot))
    for made in (
        package.of_releases(releases(story), path="/api/v1/ocds/releases/x"),
        package.of_records([record(story)], path="/api/v1/ocds/records/x"),
    ):
        schemas.check(json.loads(json.dumps(made)))
    return record(feed.story(ids.ocid(home.lot)))["compiledRelease"]


def test_the_confirmation_is_the_award_and_gives_the_bidders_their_names():
    home = sold()
    winner = home.firms[1][0]
    public = room_kinds.audiences(home.buyer, home.room)
    said = [one.kind for one in rooms.events(home.room.pk, audiences=public)]
    assert "named" not in said
    offered(home)
    home.act(ConfirmSale(lot=home.lot.pk), by=home.buyer, at=SIGNED)
    award = Award.objects.get(lot=home.lot)
    assert (award.winner, str(award.price), award.rank) == (winner, "1020000.00", 1)
    assert (home.lot.stage, home.room.is_open) == ("RESULT", False)
    named = {row["number"]: row["name"] for row in home.state["named"]}
    assert named == {home.number(each): home.firms[each][0].name for each in range(3)}
    exhibit = Exhibit.objects.get(lot=home.lot, kind="award")
    assert exhibit.audience == ["public"] and exhibit.facts["winner"] == winner.urn
    told = Message.objects.filter(template__in=("floor-won", "floor-lost"))
    assert {one.template for one in told if one.organisation_id == winner.pk} == {"floor-won"}
    assert {one.organisation_id for one in told} == {firm.pk for firm, _person in home.firms}


def test_nobody_confirms_before_all_have_signed_nor_for_the_parties():
    home = sold()
    confirm = ConfirmSale(lot=home.lot.pk)
    by_buyer = lambda: home.act(confirm, by=home.buyer, at=SIGNED)  # noqa: E731
    assert refusal(home, by_buyer, NotFound) == "no-confirmation"
    document = offered(home, SigningState.OPEN)
    assert refusal(home, by_buyer) == "not-signed-by-all"
    with guard.writes("test arrangement"):
        document.state = SigningState.SEALED
        document.save()
    for person in (home.operator, home.supervisor):
        code = refusal(home, lambda p=person: home.act(confirm, by=p, at=SIGNED), Denied)
        assert code == "wrong-role"
    by_buyer()
    assert refusal(home, by_buyer) == "wrong-stage"


def test_nothing_that_was_not_sold_is_offered_for_confirmation():
    home = floors.house()
    home.open()
    home.end_listing()
    home.close(SOLD)
    plan = Plan(digest=sha("p"), size=1, seal_field="Seal", places=())
    act = OfferConfirmation(room=home.room.pk, plan=plan)
    call = lambda: dispatch(act, actor=WORKER, clock=FixedClock(SIGNED))  # noqa: E731
    assert refusal(home, call) == "not-sold"
    for person in (home.buyer, home.operator):
        with pytest.raises(Denied):
            home.act(act, by=person, at=SIGNED)


def test_the_contract_repeats_the_price_that_was_confirmed():
    home = confirmed()
    award = Award.objects.get(lot=home.lot)
    contracts.check_terms(home.lot, award, Terms.read(price="1020000.00", terms={}))
    for price, terms in (("1019999.99", {}), ("1020000.01", {}), ("1020000.00", {"a": "b"})):
        with pytest.raises(Refused) as caught:
            contracts.check_terms(home.lot, award, Terms.read(price=price, terms=terms))
        assert caught.value.code == "departs-from-bid"


def test_the_record_is_filed_once_by_the_platform_when_the_floor_is_closed():
    home = sold()
    act = FileFloorRecord(room=home.room.pk, digest=sha("r"), size=5)
    call = lambda: dispatch(act, actor=WORKER, clock=FixedClock(SIGNED))  # noqa: E731
    assert refusal(home, call) == "room-open"
    offered(home)
    home.act(ConfirmSale(lot=home.lot.pk), by=home.buyer, at=SIGNED)
    for person in (home.buyer, home.supervisor):
        with pytest.raises(Denied):
            home.act(act, by=person, at=SIGNED)
    call()
    row = Exhibit.objects.get(lot=home.lot, kind="floor-record")
    assert "public" not in row.audience and row.facts["asks"] == 2
    assert refusal(home, call) == "already-filed"


# --- every procedure with a floor ----------------------------------------------------------------


@pytest.mark.parametrize("name", FLOORS)
def test_a_floor_of_every_procedure_is_sold_and_its_open_data_is_valid(name):
    home = confirmed(name)
    move_clock(SIGNED + timedelta(days=1))
    found = check_open_data(home)
    assert found["tender"]["status"] == "complete"
    assert found["awards"][0]["value"]["amount"] == 1020000
    assert found["awards"][0]["suppliers"][0]["name"] == home.firms[1][0].name


@pytest.mark.parametrize("name", FLOORS)
@pytest.mark.parametrize("bidders", [0, 1, 2])
def test_a_floor_of_every_procedure_takes_as_many_bidders_as_its_file_says(name, bidders):
    home = floors.house(procedure=name, bidders=bidders)
    rules = procedure.of(home.lot)
    at = FROM if "floor-from" in rules.dates else UNTIL
    home.open(at)
    alone = bidders == 1 and "bidding.begin-agreement" in rules.commands
    enough = bidders >= max(1, rules.figure("bidders").least)
    if alone:
        assert moves(home)[-1] == "bidding.begin-agreement"
        home.ask(0, "1000000.00", at + AFTER)
        assert home.close(at + AFTER + ROUND) == {"sold": True}
        assert home.lot.stage == "CONFIRMATION"
    elif enough:
        assert home.lot.stage == rules.command("bidding.open-floor").to
    else:
        assert (home.lot.state, home.room) == ("failed", None)
        move_clock(at + timedelta(days=1))
        assert check_open_data(home)["tender"]["status"] == "unsuccessful"


@pytest.mark.parametrize("name", FLOORS)
def test_while_the_floor_is_open_open_data_names_no_bidder(name):
    home = sold(name)
    move_clock(SOLD + timedelta(days=1))
    said = json.dumps(check_open_data(home), ensure_ascii=False)
    assert not any(firm.name in said or firm.urn in said for firm, _person in home.firms)
