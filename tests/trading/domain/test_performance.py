"""Entries on performance by both sides, acceptance, and securities with the days to return them."""

from __future__ import annotations

from datetime import date

import pytest

from signatures.domain import guard, log
from signatures.domain.act import Actor
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from tests.factories import floor, signers
from tests.factories.floor import sha
from tests.trading.performing import DAY, World
from trading.domain import (
    calendar,
    performance,
    procedure,
    registry,
    securities,
    security_terms,
)
from trading.domain.registry import GuardScene
from trading.domain.securities import AlarmSecurity, ReturnSecurity
from trading.models import (
    Award,
    Exhibit,
    Message,
    PerformanceEntry,
    Security,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]

CLOCK = Actor.process("clock")


@pytest.fixture
def world(trusted):
    return World()


def state():
    return (
        log.size(),
        list(PerformanceEntry.objects.order_by("pk").values()),
        list(Security.objects.order_by("pk").values()),
        Exhibit.objects.count(),
        Message.objects.count(),
    )


def refused(code, call, kind=Refused):
    before = state()
    with pytest.raises(kind) as caught:
        call()
    assert (caught.value.code, state()) == (code, before)


# --- entries -------------------------------------------------------------------------------------


def test_entry_is_filed_and_the_other_side_confirms_it(world):
    world.enter(kind="payment", amount="960000.00", text="支付预付款")
    row = PerformanceEntry.objects.get()
    assert (row.by, str(row.amount), row.confirmed) == (world.case.winner, "960000.00", None)
    filed = Exhibit.objects.get(kind=performance.ENTRY)
    assert filed.digest == row.digests["statement"]
    told = Message.objects.get(template="performance-entered")
    assert told.organisation == world.case.house.tenderee
    world.answer()
    row.refresh_from_db()
    assert row.confirmed is True
    refused("answered-already", world.answer)


def test_the_tenderee_enters_and_the_contractor_disputes(world):
    world.enter(world.buyer, text="现场移交完毕")
    world.answer(world.builder, confirmed=False, text="场地未清理")
    row = PerformanceEntry.objects.get()
    assert (row.confirmed, row.answer) == (False, "场地未清理")


def test_entry_with_the_file_that_it_names(world):
    data = b"photo of the foundation"
    named = {"name": "基础.jpg", "sha256": sha(data.decode()), "size": len(data)}
    by = world.builder
    said = {
        "lot": world.lot.urn, "contract": world.contract.urn, "side": by.organisation.urn,
        "kind": "work", "on": world.today.isoformat(), "text": "附照片", "amount": None,
        "passed": None, "file": named,
    }
    signed = by.sign(performance.PURPOSE, **said)
    act = performance.prepare_entry(by.user, world.lot.pk, signed, file=data)
    world.act(act, by=by)
    assert Exhibit.objects.get(kind="performance-file").digest == named["sha256"]
    refused(
        "other-file",
        lambda: performance.prepare_entry(by.user, world.lot.pk, signed, file=b"other"),
        Malformed,
    )
    refused(
        "other-file", lambda: performance.prepare_entry(by.user, world.lot.pk, signed), Malformed
    )


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("bad-kind", {"kind": "gossip"}),
        ("bad-date", {"on": "yesterday"}),
        ("bad-text", {"text": "  "}),
        ("bad-text", {"text": 7}),
        ("bad-amount", {"amount": "-1"}),
        ("bad-amount", {"kind": "payment"}),
        ("bad-result", {"kind": "acceptance"}),
        ("bad-result", {"passed": True}),
        ("bad-file", {"file": {"name": "x"}}),
    ],
)
def test_entry_that_makes_no_sense(world, code, changes):
    refused(code, lambda: world.enter(**changes), Malformed)


def test_entry_of_a_day_before_the_contract_or_after_today(world):
    refused("bad-date", lambda: world.enter(on=(world.today - 4 * DAY).isoformat()))
    refused("bad-date", lambda: world.enter(on=(world.today + DAY).isoformat()))


def test_no_entry_for_the_other_side_or_another_contract(world):
    refused("other-contract", lambda: world.enter(side=world.case.house.tenderee.urn))
    refused("other-contract", lambda: world.enter(contract="contract:x"))


def test_a_loser_enters_nothing(world):
    loser = signers.equip(world.case.people[1], world.case.tenderers[1])
    refused("wrong-organisation", lambda: world.enter(loser), Denied)


def test_nobody_answers_their_own_entry(world):
    world.enter()
    refused("own-entry", lambda: world.answer(world.builder), Denied)


def test_dispute_says_why(world):
    world.enter()
    refused("reasons-missing", lambda: world.answer(confirmed=False), Malformed)
    refused("bad-answer", lambda: world.answer(confirmed="yes"), Malformed)


def test_answer_about_another_entry(world):
    world.enter()
    refused("other-entry", lambda: world.answer(digest=sha("another")))


def test_no_entry_before_the_contract(world):
    with guard.writes("test arrangement"):
        world.lot.__class__.objects.update(stage="AWARD")
    refused("wrong-stage", world.enter)


# --- acceptance ----------------------------------------------------------------------------------


def works_accepted(world):
    lot = world.lot
    scene = GuardScene(
        lot=lot, procedure=procedure.of(lot), now=world.now, parameters={}
    )
    return registry.guard("works-accepted")(scene)


def accept(world, passed=True):
    world.enter(world.buyer, kind="acceptance", passed=passed, text="竣工验收")


def test_acceptance_holds_when_both_have_signed_it(world):
    accept(world)
    assert works_accepted(world)
    world.answer(world.builder)
    assert works_accepted(world) is None
    assert Exhibit.objects.get(kind=performance.ACCEPTANCE).facts["passed"] is True
    refused("accepted-already", lambda: accept(world))


def test_works_that_did_not_pass_are_not_accepted(world):
    accept(world, passed=False)
    world.answer(world.builder)
    assert works_accepted(world)
    accept(world)
    world.answer(world.builder)
    assert works_accepted(world) is None


def test_disputed_acceptance_is_none(world):
    accept(world)
    world.answer(world.builder, confirmed=False, text="缺陷尚未整改")
    assert works_accepted(world)
    assert not Exhibit.objects.filter(kind=performance.ACCEPTANCE).exists()


def test_one_acceptance_at_a_time(world):
    accept(world)
    refused("acceptance-waits", lambda: accept(world))


# --- securities ----------------------------------------------------------------------------------


def test_bid_security_is_due_in_the_days_after_the_contract(world):
    world.record()
    row = Security.objects.get()
    found = security_terms.term(row)
    signed = calendar.local_day(world.contract.signed_at)
    assert found.rule.article == "TBR 57"
    assert found.last == calendar.load().add_days(signed, 5)
    world.give_back()
    row.refresh_from_db()
    assert (row.returned_on, row.late) == (world.today, False)
    refused("returned-already", world.give_back)


@pytest.mark.parametrize(("after", "late"), [(0, False), (1, True)])
def test_tbr_57_security_on_the_last_day_and_a_day_after(trusted, after, late):
    world = World(signed_days_ago=12)
    world.record()
    last = security_terms.term(Security.objects.get()).last
    world.give_back(on=last + after * DAY)
    assert Security.objects.get().late is late


@pytest.mark.parametrize(("after", "late"), [(0, False), (1, True)])
def test_tbr_35_security_after_a_withdrawal(world, after, late):
    world.record(world.case.tenderers[1], withdrawn_on=world.today - 18 * DAY)
    found = security_terms.term(Security.objects.get())
    assert found.rule.article == "TBR 35"
    assert found.last == calendar.load().add_days(world.today - 18 * DAY, 5)
    world.give_back(on=found.last + after * DAY)
    assert Security.objects.get().late is late


def test_gpr_33_losers_get_theirs_in_working_days_of_the_award(trusted):
    world = World("procurement")
    world.record(world.case.tenderers[1])
    found = security_terms.term(Security.objects.get())
    decided = calendar.local_day(Award.objects.get().decided_at)
    assert found.rule.name == "security-back-to-losers"
    assert found.last == calendar.load().add_working_days(decided, 5)


def test_overdue_security_is_alarmed_once(trusted):
    world = World(signed_days_ago=12)
    world.record()
    (act,) = securities.due(world.now)
    world.act(act, by=CLOCK)
    assert Message.objects.filter(template="security-overdue").exists()
    assert list(securities.due(world.now)) == []
    refused("not-overdue", lambda: world.act(act, by=CLOCK))


def test_the_clock_asks_once_whatever_is_kept(trusted, django_assert_num_queries):
    """One query by due day, with nothing due and with everything due; no lot is asked about."""
    world = World(signed_days_ago=12)
    for one in world.case.tenderers[:3]:
        world.record(one)
    last = security_terms.term(Security.objects.first()).last
    noon = world.now - (world.today - last)
    for now, count in ((noon, 0), (noon + DAY, 3), (world.now, 3)):
        with django_assert_num_queries(1):
            assert len(list(securities.due(now))) == count
    row = Security.objects.first()
    world.act(ReturnSecurity(lot=world.lot.pk, security=row.pk, returned_on=world.today))
    with django_assert_num_queries(1):
        assert len(list(securities.due(world.now))) == 2


def test_a_term_that_begins_later_is_settled_by_what_begins_it(world):
    """Without award and contract nothing is looked at; settling finds the day (TBR 57)."""
    contract = world.contract
    with guard.writes("test arrangement"):
        signed, contract.signed_at = contract.signed_at, None
        contract.save(update_fields=["signed_at"])
        world.record()
        assert Security.objects.get().look_from is None
        assert list(securities.due(world.now + 90 * DAY)) == []
        contract.signed_at = signed
        contract.save(update_fields=["signed_at"])
        security_terms.settle(world.lot)
    row = Security.objects.get()
    assert row.look_from == security_terms.term(row).last + DAY


def test_a_day_of_rest_decided_meanwhile_moves_the_alarm(trusted):
    """The clock looks early after a change of the calendar, and settles the day instead."""
    world = World("procurement")
    world.record(world.case.tenderers[1])
    row = Security.objects.get()
    right = row.look_from
    with guard.writes("test arrangement"):
        security_terms.look_again(right - 2 * DAY)
    assert Security.objects.get().look_from == right - 3 * DAY
    (act,) = securities.due(world.now + 400 * DAY)
    early = world.now - (world.today - (right - 2 * DAY))
    assert list(securities.due(early)) == [act]
    assert world.act(act, by=CLOCK, at=early).result["alarmed"] is False
    assert Security.objects.get().look_from == right
    assert not Message.objects.filter(template="security-overdue").exists()
    assert list(securities.due(early)) == []
    refused("not-overdue", lambda: world.act(act, by=CLOCK, at=early))


def test_nothing_is_alarmed_in_time_or_by_people(world):
    world.record()
    assert list(securities.due(world.now)) == []
    act = AlarmSecurity(security=Security.objects.get().pk)
    refused("not-overdue", lambda: world.act(act, by=CLOCK))
    refused("wrong-role", lambda: world.act(act), Denied)


def test_security_of_more_than_the_law_allows(world):
    most = world.lot.estimate * 2 / 100
    world.record(amount=str(most))
    refused(
        "security-too-high",
        lambda: world.record(world.case.tenderers[1], amount=str(most + 1)),
    )


def test_performance_security_is_the_winners(world):
    world.record(kind="performance", amount="480000.00")
    refused(
        "not-the-winner",
        lambda: world.record(world.case.tenderers[1], kind="performance", amount="1.00"),
    )


@pytest.mark.parametrize(
    ("code", "kind", "changes"),
    [
        ("bad-kind", Malformed, {"kind": "other"}),
        ("bad-amount", Malformed, {"amount": "0"}),
        ("bad-date", Refused, {"received_on": date(2999, 1, 1)}),
    ],
)
def test_security_that_makes_no_sense(world, code, kind, changes):
    refused(code, lambda: world.record(**changes), kind)


def test_security_is_recorded_once_for_a_tenderer_of_the_lot(world):
    world.record()
    refused("recorded-already", world.record)
    stranger = floor.organisation("局外公司", "tenderer")
    refused("no-tenderer", lambda: world.record(stranger), NotFound)


def test_tenderers_record_nothing(world):
    refused("wrong-role", lambda: world.record(by=world.builder), Denied)


def test_returned_before_it_was_received(world):
    world.record()
    refused("bad-date", lambda: world.give_back(on=world.today - 21 * DAY))


def test_who_gave_a_security_is_not_recorded_before_the_opening(world):
    with guard.writes("test arrangement"):
        world.lot.__class__.objects.update(stage="BIDDING")
    refused("wrong-stage", world.record)


def test_who_sees_which_security(world):
    world.record()
    world.record(world.case.tenderers[1])
    seen = {
        name: len(securities.visible(world.lot, viewer=who, at=world.now))
        for name, who in (
            ("buyer", world.buyer.user), ("builder", world.builder.user),
            ("loser", world.case.people[2]), ("public", None),
        )
    }
    assert seen == {"buyer": 2, "builder": 1, "loser": 0, "public": 0}
