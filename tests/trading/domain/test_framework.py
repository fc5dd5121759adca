"""Framework agreements: several suppliers, an agreement with each, orders until they run out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signatures.domain import guard
from signatures.domain.errors import Conflict, Denied, Malformed, NotFound, Refused
from signatures.models import LedgerEntry, SigningDocument
from tests.factories import evaluated as cases
from tests.factories import floor
from tests.factories.floor import beijing, sha
from tests.trading.framework import (
    BEGUN,
    DAY,
    HOUR,
    SIGNED,
    TAKEN,
    TERMS,
    WHY,
    Framework,
    framework,
)
from trading.domain import framework as terms_room
from trading.domain import lifecycle, procedure
from trading.domain.acts import Advance
from trading.domain.award import AwardLot
from trading.domain.contract_publicity import FileContract, PublishContract
from trading.domain.framework import StateFramework, Terms
from trading.domain.framework_award import TakeIn
from trading.domain.framework_orders import framework_closed
from trading.domain.notices import evaluation_digest
from trading.domain.registry import GuardScene
from trading.domain.securities import RecordSecurity
from trading.models import Award, Contract, Exhibit, FrameworkOrder, Lot, Message

pytestmark = pytest.mark.django_db

RULES = procedure.load("procurement-framework")
#: Six months from 8 April, with its last day.
ENDS = beijing(2026, 10, 9, 0, 0)


def refused(code, call, kind=Refused):
    """The refusal by its code, after making sure that it changed nothing at all."""
    before = _everything()
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    assert _everything() == before
    return caught.value


def _everything():
    lots = list(Lot.objects.order_by("pk").values_list("pk", "stage", "state", "dates"))
    return lots, [
        model.objects.count()
        for model in (
            Exhibit, Award, Contract, Message, SigningDocument, LedgerEntry, FrameworkOrder
        )
    ]


# --- terms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"priority": "luck"}, {"kind": "works"}, {"orders": "auction"}, {"eliminated": 0},
        {"eliminated": 100}, {"eliminated": "20"}, {"eliminated": True}, {"months": 0},
        {"months": 1.5}, {"months": 121}, {"most": 0}, {"most": "2"}, {"extra": 1},
    ],
)
def test_terms_that_do_not_read(wrong):
    with pytest.raises(Malformed) as caught:
        Terms.read({**TERMS, **wrong})
    assert caught.value.code == "bad-framework"


@pytest.mark.parametrize("wrong", [None, [], "price", {}, {"priority": "price"}])
def test_terms_that_are_none(wrong):
    with pytest.raises(Malformed):
        Terms.read(wrong)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"eliminated": 20}, None), ({"eliminated": 19}, "eliminates-too-few"),
        ({"priority": "quality", "eliminated": 40}, None),
        ({"priority": "quality", "eliminated": 39}, "eliminates-too-few"),
        ({"months": 12}, None), ({"months": 13}, "runs-too-long"),
        ({"kind": "services", "months": 24}, None),
        ({"kind": "services", "months": 25}, "runs-too-long"),
        ({"most": 2}, None), ({"most": 1}, "takes-too-few"),
    ],
)
def test_limits_of_order_110_at_the_limit_and_one_beyond(terms, code):
    lot = Lot(procedure=RULES.frozen())
    read = Terms.read({**TERMS, **terms})
    if code is None:
        terms_room.check(lot, read)
        return
    with pytest.raises(Refused) as caught:
        terms_room.check(lot, read)
    assert (caught.value.code, caught.value.rule) == (
        code, "M110 15" if code == "runs-too-long" else "M110 26"
    )


@pytest.mark.parametrize(
    ("conforming", "terms", "taken"),
    [
        # A fifth, rounded up; at least one.
        (3, {}, 2), (4, {}, 3), (5, {}, 4), (6, {}, 4), (10, {}, 8), (11, {}, 8),
        (5, {"eliminated": 40}, 3), (5, {"eliminated": 41}, 2), (10, {"most": 5}, 5),
        (2, {}, 1), (1, {}, 0), (0, {}, 0),
    ],
)
def test_how_many_are_taken_in(conforming, terms, taken):
    assert Terms.read({**TERMS, **terms}).counted(conforming, RULES) == taken


def _registered():
    house = floor.house()
    with guard.writes("test arrangement"):
        lot = house.lot
        lot.procedure = {"name": "procurement-framework"}
        lot.parameters = {"method": "lowest_evaluated_price", "places": 0}
        lot.save()
    house.refresh()
    return house


def _state(house, *, by=None, before=None, **terms):
    act = StateFramework(
        lot=house.lot.pk, terms={**TERMS, **terms},
        before=evaluation_digest(house.lot) if before is None else before,
    )
    return house.act(act, by=by or house.buyer)


def test_terms_are_stated_into_what_is_hashed():
    house = _registered()
    before = evaluation_digest(house.lot)
    outcome = _state(house)
    lot = house.refresh()
    assert lot.parameters["framework"] == TERMS
    assert outcome.result["evaluation"] == evaluation_digest(lot) != before


def test_terms_are_stated_by_the_tenderee_within_the_limits_and_on_what_stands():
    house = _registered()
    refused("wrong-role", lambda: _state(house, by=house.bidder), Denied)
    refused("wrong-role", lambda: _state(house, by=house.supervisor), Denied)
    refused("changed-meanwhile", lambda: _state(house, before="0" * 64), Conflict)
    refused("runs-too-long", lambda: _state(house, months=13))
    refused("bad-framework", lambda: _state(house, orders=""), Malformed)
    assert "framework" not in house.refresh().parameters


@pytest.mark.parametrize(
    ("parameters", "holds"),
    [
        ({"method": "lowest_evaluated_price", "framework": TERMS}, True),
        ({"method": "lowest_evaluated_price"}, False),
        ({"method": "comprehensive", "framework": TERMS}, False),
        (
            {"method": "lowest_evaluated_price",
             "framework": {**TERMS, "priority": "quality", "eliminated": 40}},
            False,
        ),
        ({"method": "lowest_evaluated_price", "framework": {**TERMS, "eliminated": 19}}, False),
        ({"method": "lowest_evaluated_price", "framework": {"priority": "x"}}, False),
    ],
)
def test_documents_go_out_with_terms_that_hold_and_fit_the_method(parameters, holds):
    lot = Lot(procedure=RULES.frozen(), parameters=parameters)
    said = terms_room.framework_stated(
        GuardScene(lot=lot, procedure=RULES, now=TAKEN, parameters={})
    )
    assert (said is None) is holds


# --- suppliers taken in --------------------------------------------------------------------------


def test_all_but_the_eliminated_share_are_taken_in_and_everybody_is_told():
    world = framework()
    outcome = world.take_in()
    first = world.case.tenderers
    assert outcome.result["suppliers"] == [one.urn for one in first[:3]]
    assert world.lot.stage == "AWARD"
    rows = world.awards
    assert [(one.winner, one.rank, one.several) for one in rows] == [
        (first[0], 1, True), (first[1], 2, True), (first[2], 3, True)
    ]
    exhibit = Exhibit.objects.get(lot=world.lot, kind="award")
    assert [one["winner"] for one in exhibit.facts["awards"]] == [one.urn for one in first[:3]]
    assert (exhibit.audience, exhibit.facts["eliminated"]) == (["public"], 1)
    told = dict(
        Message.objects.filter(template__startswith="framework-").values_list(
            "organisation__name", "template"
        )
    )
    assert told == {
        **{one.name: "framework-taken-in" for one in first[:3]},
        first[3].name: "framework-left-out", first[4].name: "framework-rejected",
    }


def test_whoever_is_left_out_reads_its_own_rank_and_the_last_one_taken_in():
    world = framework()
    world.take_in()
    texts = Message.objects.get(template="framework-left-out").texts
    assert "ranked 4" in texts["en"]["body"]
    assert "ranked 3" in texts["en"]["body"]


@pytest.mark.parametrize("ranked", [1, 2])
def test_fewer_than_two_suppliers_make_no_framework(ranked):
    world = framework(ranked=ranked)
    error = refused("too-few-suppliers", world.take_in)
    assert error.rule == "M110 26"


def test_suppliers_are_taken_in_once_by_the_tenderee_for_this_report():
    world = framework()
    for by in (world.case.people[0], world.case.house.supervisor):
        refused("wrong-role", lambda by=by: world.take_in(by=by), Denied)
    refused("other-report", lambda: world.take_in(suppliers=sha("other")))
    world.take_in()
    refused("wrong-stage", lambda: world.take_in(at=TAKEN + HOUR))


def test_a_framework_is_awarded_to_nobody_alone():
    world = framework()
    act = AwardLot(
        lot=world.lot.pk, winner=world.case.winner.pk, title="x", digest=sha("x"), size=9
    )
    refused("unknown-command", lambda: world.act(act, at=TAKEN), NotFound)


def test_another_procedure_takes_nobody_in():
    world = Framework(cases.evaluated(name="procurement"))
    act = TakeIn(lot=world.lot.pk, title="x", digest=sha("x"), size=9, suppliers="")
    refused("unknown-command", lambda: world.act(act, at=TAKEN), NotFound)


# --- agreements ----------------------------------------------------------------------------------


def test_each_supplier_signs_and_the_last_agreement_lets_the_lot_go_on():
    world = framework()
    world.take_in()
    stages = []
    for number, award in enumerate(world.awards):
        world.offer(award)
        world.sign(award, at=SIGNED + number * HOUR)
        stages.append(world.lot.stage)
    assert stages == ["AWARD", "AWARD", "CONTRACT"]
    assert Exhibit.objects.filter(lot=world.lot, kind="contract").count() == 3
    # As long as the first of them runs: six months with its last day.
    assert lifecycle.position(world.lot).dates["agreement-ends"] == ENDS


def test_which_of_several_agreements_has_to_be_said():
    world = framework()
    world.take_in()
    refused("which-award", lambda: world.offer(world.awards[0], which=None), Malformed)
    other = framework()
    other.take_in()
    refused("unknown-award", lambda: world.offer(other.awards[0]), NotFound)


def test_an_agreement_repeats_the_suppliers_own_response():
    world = framework()
    world.take_in()
    first, second, _third = world.awards
    refused("departs-from-bid", lambda: world.offer(first, price=str(second.price)))
    world.offer(first)
    refused("contract-offered", lambda: world.offer(first))


def test_no_supplier_concludes_for_another():
    world = framework()
    world.take_in()
    first = world.awards[0]
    world.offer(first)
    other = world.case.people[1]
    with pytest.raises(Denied) as caught:
        world.sign(first, by=other)
    assert caught.value.code == "wrong-organisation"
    assert not Exhibit.objects.filter(lot=world.lot, kind="contract").exists()


def test_all_agreements_are_published_and_filed_together():
    world = framework().agreed()
    world.act(PublishContract(lot=world.lot.pk), at=BEGUN)
    world.act(FileContract(lot=world.lot.pk), at=BEGUN)
    for kind in ("contract-notice", "contract-filing"):
        rows = Exhibit.objects.filter(lot=world.lot, kind=kind)
        assert len({one.facts["contract"] for one in rows}) == rows.count() == 3
    assert Message.objects.filter(template="contract-filed").exists()


def test_orders_do_not_begin_before_the_agreements_are_published_and_filed():
    world = framework().agreed()
    begin = Advance(lot=world.lot.pk, command_name="trading.begin-orders")
    refused("exhibit-filed", lambda: world.act(begin, at=BEGUN))
    refused("wrong-stage", lambda: world.order(1))


# --- dropped -------------------------------------------------------------------------------------


def _unsigned():
    """Two have signed, the third has not."""
    world = framework()
    world.take_in()
    for award in world.awards[:2]:
        world.offer(award)
        world.sign(award)
    world.offer(world.awards[2])
    return world


def test_whoever_has_not_signed_in_time_is_dropped_and_the_framework_begins():
    world = _unsigned()
    until = lifecycle.position(world.lot).dates["contract-until"]
    third = world.awards[2]
    refused("too-early", lambda: world.drop(third, at=until - timedelta(seconds=1)))
    world.drop(third, at=until)
    assert world.lot.stage == "CONTRACT"
    assert world.awards[2].dropped_for == "逾期未签署"
    told = Message.objects.filter(template="framework-dropped").values_list(
        "organisation__name", flat=True
    )
    assert third.winner.name in told


def test_whoever_has_signed_is_not_dropped_and_two_stay():
    world = _unsigned()
    at = lifecycle.position(world.lot).dates["contract-until"] + HOUR
    first, _second, third = world.awards
    refused("signed-already", lambda: world.drop(first, at=at))
    refused("reasons-missing", lambda: world.drop(third, at=at, reason=" "), Malformed)
    refused("reasons-missing", lambda: world.drop(third, at=at, reason="x" * 2001), Malformed)
    refused("wrong-role", lambda: world.drop(third, at=at, by=world.case.people[0]), Denied)
    small = framework(ranked=3)
    small.take_in()
    refused("too-few-suppliers", lambda: small.drop(small.awards[0], at=at))


def test_a_dropped_supplier_signs_nothing_any_more():
    world = framework()
    world.take_in()
    first = world.awards[0]
    world.offer(first)
    at = lifecycle.position(world.lot).dates["contract-until"] + HOUR
    world.drop(first, at=at)
    with pytest.raises(Refused) as caught:
        world.sign(first, at=at + HOUR)
    assert caught.value.code == "dropped-already"
    refused("dropped-already", lambda: world.drop(first, at=at))
    assert world.lot.stage == "AWARD"


# --- orders --------------------------------------------------------------------------------------


def test_orders_go_in_turn_by_rank_and_then_anew():
    world = framework().begun()
    for rank in (1, 2, 3, 1):
        wrong = 1 if rank != 1 else 2
        refused("not-its-turn", lambda wrong=wrong: world.order(wrong))
        world.order(rank)
    rows = FrameworkOrder.objects.order_by("number")
    assert [(one.number, one.agreement.award.rank) for one in rows] == [
        (1, 1), (2, 2), (3, 3), (4, 1)
    ]


def test_an_order_is_public_in_the_ledger_and_told_to_its_supplier():
    world = framework().begun()
    outcome = world.order(1, quantity="2.5", unit_price="4799999.99")
    row = FrameworkOrder.objects.get()
    assert (str(row.amount), row.manner) == ("11999999.98", "turns")
    exhibit = Exhibit.objects.get(pk=outcome.result["exhibit"])
    assert (exhibit.kind, exhibit.audience) == ("framework-order", ["public"])
    assert exhibit.facts["supplier"] == world.case.winner.urn
    last = [bytes(one.data) for one in LedgerEntry.objects.order_by("-index")[:4]]
    assert any(row.urn.encode() in data and b"trading.place-order" in data for data in last)
    told = Message.objects.get(template="framework-ordered")
    assert told.organisation == world.case.winner


def test_a_supplier_that_is_chosen_directly_has_reasons():
    world = framework(orders="direct").begun()
    refused("reasons-missing", lambda: world.order(3), Malformed)
    refused("reasons-missing", lambda: world.order(3, reasons="x" * 2001), Malformed)
    world.order(3, reasons=WHY)
    world.order(3, reasons=WHY)
    assert [one.reasons for one in FrameworkOrder.objects.all()] == [WHY, WHY]


WRONG = [
    ({"unit_price": "4800000.01"}, "dearer-than-agreed", Refused),
    ({"unit_price": "0"}, "bad-amount", Malformed),
    ({"unit_price": "x"}, "bad-amount", Malformed),
    ({"quantity": "0"}, "bad-quantity", Malformed),
    ({"quantity": "-1"}, "bad-quantity", Malformed),
    ({"quantity": "NaN"}, "bad-quantity", Malformed),
    ({"quantity": "1.0001"}, "bad-quantity", Malformed),
    ({"quantity": "1e9"}, "bad-quantity", Malformed),
    ({"quantity": "0.001", "unit_price": "0.01"}, "bad-quantity", Malformed),
    ({"purchaser": " "}, "bad-purchaser", Malformed),
    ({"purchaser": "x" * 201}, "bad-purchaser", Malformed),
    ({"subject": ""}, "bad-subject", Malformed),
    ({"number": 2}, "other-number", Refused),
]


def test_orders_that_are_refused(begun):
    for changes, code, kind in WRONG:
        refused(code, lambda changes=changes: begun.order(1, **changes), kind)
    assert not FrameworkOrder.objects.exists()


@pytest.fixture
def begun():
    return framework().begun()


def test_an_order_is_the_tenderees_and_under_an_agreement_of_this_lot(begun):
    for by in (begun.case.people[0], begun.case.house.supervisor):
        refused("wrong-role", lambda by=by: begun.order(1, by=by), Denied)
    other = framework().begun()
    strange = other.agreement(1).pk
    refused("unknown-agreement", lambda: begun.order(1, agreement=strange), NotFound)


def test_orders_until_the_last_second_and_the_summary_from_then_on(begun):
    refused("too-early", lambda: begun.close(at=ENDS - timedelta(seconds=1)))
    begun.order(1, at=ENDS - timedelta(seconds=1))
    refused("too-late", lambda: begun.order(2, at=ENDS))
    refused("other-orders", lambda: begun.close(at=ENDS, orders=sha("other")))
    refused("wrong-role", lambda: begun.close(at=ENDS, by=begun.case.people[0]), Denied)
    outcome = begun.close(at=ENDS)
    assert (outcome.result["orders"], outcome.result["late"]) == (1, [])
    facts = Exhibit.objects.get(lot=begun.lot, kind="framework-summary").facts
    assert facts["amount"] == "14400000.00"
    refused("exhibit-absent", lambda: begun.close(at=ENDS + HOUR))


@pytest.mark.parametrize(("days", "late"), [(0, []), (1, ["summary-until"])])
def test_summary_within_ten_working_days_of_the_end(begun, days, late):
    until = lifecycle.position(begun.lot).dates["summary-until"]
    # From the ninth of October on, of which the tenth is worked: the twenty-first ends the term.
    assert until == beijing(2026, 10, 22, 0, 0)
    at = until - HOUR + days * DAY
    assert begun.close(at=at).result["late"] == late


def test_the_lot_is_not_archived_before_the_summary(begun):
    def missing():
        scene = GuardScene(lot=begun.lot, procedure=RULES, now=ENDS, parameters={})
        return framework_closed(scene)

    assert missing() is not None
    begun.close(at=ENDS)
    assert missing() is None


# --- securities ----------------------------------------------------------------------------------


def test_each_winner_gives_a_performance_security_and_no_loser(begun):
    def give(organisation):
        act = RecordSecurity(
            lot=begun.lot.pk, organisation=organisation.pk, kind="performance", amount="1000.00",
            received_on=(BEGUN - DAY).date(),
        )
        return begun.act(act, at=BEGUN + DAY)

    give(begun.case.tenderers[0])
    give(begun.case.tenderers[2])
    refused("not-the-winner", lambda: give(begun.case.tenderers[3]))
