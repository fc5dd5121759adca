"""Every term of objections and complaints at its limit and to each side, against the acts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from signatures.domain import jcs
from signatures.domain.act import Actor
from signatures.domain.errors import Denied, Refused
from tests.factories import evaluated
from tests.factories.floor import START, beijing
from tests.trading import grieving
from tests.trading.grieving import state
from trading.domain import candidates, grievance_duties, procedure, registry, ticking
from trading.domain.candidates import PublishCandidates
from trading.domain.grievance_decisions import EndSuspension
from trading.domain.registry import GuardScene
from trading.domain.suspensions import Suspend
from trading.models import Grievance, GrievanceStep, Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


@pytest.fixture
def house(trusted):
    return grieving.world()


@pytest.fixture
def shop(trusted):
    return grieving.world(procedure="procurement")


def too_late(call, rule):
    before = state()
    with pytest.raises(Refused) as caught:
        call()
    assert state() == before
    assert (caught.value.code, caught.value.rule) == ("too-late", rule)


# --- filing --------------------------------------------------------------------------------------


def test_objection_to_the_documents_ends_ten_days_before_the_deadline_tbr_22(house):
    # The deadline is on Tuesday 31 March: ten days before it is the 21st, to its end.
    until = jcs.parse_timestamp(house.lot.dates["objections-until"])
    assert until == beijing(2026, 3, 22, 0, 0)
    too_late(lambda: house.file(at=until), "TBR 22")
    too_late(lambda: house.file(at=until + DAY), "TBR 22")
    house.file(at=until - TICK)
    assert house.lot.state == "suspended"


def test_objection_a_day_before_its_limit_is_taken_tbr_22(house):
    until = jcs.parse_timestamp(house.lot.dates["objections-until"])
    house.file(at=until - DAY)


def test_time_to_object_stands_still_with_the_lot_tbr_22(house):
    until = jcs.parse_timestamp(house.lot.dates["objections-until"])
    house.act(Suspend(lot=house.lot.pk, reason="核查"), house.tenderee, until - DAY)
    house.file(at=until + 3 * DAY)


def show(world, at=evaluated.REPORTED + timedelta(hours=1)):
    act = PublishCandidates(
        lot=world.lot.pk, title="公示", digest="a" * 64, size=9,
        candidates=candidates.digest(world.lot),
        until=candidates.on_show_until(world.lot, at=at),
    )
    world.act(act, world.tenderee, at)


def test_objection_to_the_candidates_ends_with_their_publicity_tbr_54(trusted):
    world = grieving.shown()
    show(world)
    until = beijing(2026, 4, 8, 0, 0)
    too_late(lambda: world.file(about="candidates", at=until), "TBR 54")
    world.file(about="candidates", at=until - TICK)
    assert world.lot.state == "suspended"


def test_objection_to_the_candidates_pauses_the_award_and_its_publicity_goes_on_tbr_54(trusted):
    world = grieving.shown()
    show(world)
    world.file(about="candidates", at=beijing(2026, 4, 7, 9, 0))
    world.answer(at=beijing(2026, 4, 9, 9, 0))
    until = jcs.parse_timestamp(world.lot.dates["candidates-until"])
    assert until >= beijing(2026, 4, 10, 0, 0)


@pytest.mark.parametrize(
    ("at", "taken"),
    [
        (beijing(2026, 3, 18, 23, 59), True),
        (beijing(2026, 3, 19, 23, 59), True),
        (beijing(2026, 3, 20, 0, 0), False),
        (beijing(2026, 3, 20, 12, 0), False),
    ],
)
def test_challenge_of_the_documents_seven_working_days_after_they_came_gpl_52(shop, at, taken):
    """Fetched on Tuesday 10 March: the seventh working day after it is Thursday the 19th."""
    if taken:
        shop.file(at=at)
    else:
        too_late(lambda: shop.file(at=at), "GPL 52, GPR 53")


def test_challenge_counts_from_the_own_fetch_gpl_52(shop):
    shop.fetch(shop.outsider, at=START + 2 * DAY)
    shop.file(shop.outsider, at=beijing(2026, 3, 23, 23, 59))
    too_late(lambda: shop.file(at=beijing(2026, 3, 23, 23, 59)), "GPL 52, GPR 53")


def test_challenge_of_the_conduct_counts_from_the_day_it_is_known_gpl_52(shop):
    too_late(
        lambda: shop.file(about="conduct", known="2026-03-10", at=beijing(2026, 3, 20, 0, 0)),
        "GPL 52, GPR 53",
    )
    shop.file(about="conduct", known="2026-03-10", at=beijing(2026, 3, 20, 0, 0) - TICK)


# --- answering -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "late"),
    [
        (beijing(2026, 3, 12, 23, 59), []),
        (beijing(2026, 3, 14, 0, 0), []),
        (beijing(2026, 3, 14, 0, 0) + TICK, ["objection-answer"]),
        (beijing(2026, 3, 15, 9, 0), ["objection-answer"]),
    ],
)
def test_answer_within_three_days_tbr_22(house, at, late):
    """Filed on the 10th: due by the end of the 13th; later it is taken, and recorded as late."""
    house.file()
    assert house.last().due_at == beijing(2026, 3, 14, 0, 0)
    outcome = house.answer(at=at)
    assert outcome.result["late"] == late
    assert GrievanceStep.objects.get().late == late
    assert house.lot.state == "active"


@pytest.mark.parametrize(
    ("at", "late"),
    [(beijing(2026, 3, 20, 0, 0), []), (beijing(2026, 3, 20, 0, 0) + TICK, ["challenge-answer"])],
)
def test_challenge_is_answered_in_seven_working_days_gpl_53(shop, at, late):
    shop.file()
    assert shop.answer(at=at).result["late"] == late


# --- complaints ----------------------------------------------------------------------------------


def test_complaint_within_ten_days_without_those_of_the_answer_tbr_60(house):
    """Known and objected on the 10th, answered on the 13th: ten days from there, to the 23rd."""
    house.file()
    urn = house.last().urn
    house.answer(at=START + 3 * DAY)
    end = beijing(2026, 3, 24, 0, 0)
    too_late(lambda: house.complain(objection=urn, at=end), "TBR 60")
    too_late(lambda: house.complain(objection=urn, at=end + DAY), "TBR 60")
    house.complain(objection=urn, at=end - TICK)


def test_complaint_counts_the_days_before_the_objection_tbr_60(house):
    """Known on the 6th, objected on the 10th: of the ten days four are gone."""
    house.file()
    urn = house.last().urn
    house.answer(at=START + 3 * DAY)
    late = {"objection": urn, "known": "2026-03-06"}
    end = beijing(2026, 3, 20, 0, 0)
    too_late(lambda: house.complain(**late, at=end), "TBR 60")
    house.complain(**late, at=end - TICK)


def test_complaint_about_the_conduct_within_ten_days_tbr_60(house):
    more = {"about": "conduct", "known": "2026-03-10"}
    end = beijing(2026, 3, 21, 0, 0)
    too_late(lambda: house.complain(**more, at=end), "TBR 60")
    house.complain(**more, at=end - TICK)


def test_objection_that_is_not_answered_in_time_is_complained_of_tbr_60(house):
    house.file()
    row = house.last()
    before = state()
    with pytest.raises(Refused) as caught:
        house.complain(objection=row.urn, at=row.due_at - TICK)
    assert (caught.value.code, state()) == ("answer-awaited", before)
    house.complain(objection=row.urn, at=row.due_at)


def test_complaint_within_fifteen_working_days_of_the_answer_gpl_55(shop):
    """Answered on Thursday 12 March: the fifteenth working day after it is Thursday 2 April."""
    shop.file()
    urn = shop.last().urn
    shop.answer(at=START + 2 * DAY)
    end = beijing(2026, 4, 3, 0, 0)
    too_late(lambda: shop.complain(objection=urn, at=end), "GPL 55")
    shop.complain(objection=urn, at=end - TICK)


def conduct(house):
    house.complain(about="conduct", known="2026-03-10")
    return house.last()


@pytest.mark.parametrize(
    ("at", "late"),
    [
        (beijing(2026, 3, 14, 0, 0), []),
        (beijing(2026, 3, 14, 0, 0) + TICK, ["complaint-taken-up"]),
    ],
)
def test_complaint_is_taken_up_in_three_working_days_tbr_61(house, at, late):
    conduct(house)
    assert house.take_up(at=at).result["late"] == late


@pytest.mark.parametrize("tick", [timedelta(), TICK])
def test_complaint_is_decided_in_thirty_working_days_tbr_61(house, tick):
    """Taken up on 10 March: Qingming (6 April) and the May holidays are not counted, and the
    make-up Saturday is."""
    conduct(house)
    house.take_up()
    due = house.last().due_at
    days = [START.date() + timedelta(days=one) for one in range(1, 60)]
    rest = {date(2026, 4, 6)}
    worked = [day for day in days if day.weekday() < 5 and day not in rest][:30]
    assert due == beijing(*worked[-1].timetuple()[:3], 0, 0) + DAY
    late = house.decide(at=due + tick).result["late"]
    assert late == (["complaint-decided"] if tick else [])


@pytest.mark.parametrize(
    ("until", "taken"), [("2026-04-08", True), ("2026-04-09", True), ("2026-04-10", False)]
)
def test_suspension_of_thirty_days_at_most_gpl_57(shop, until, taken):
    """From 10 March thirty days end on 9 April."""
    shop.file()
    urn = shop.last().urn
    shop.answer()
    shop.complain(objection=urn)
    shop.take_up()
    if taken:
        shop.suspend(until=until)
        assert shop.lot.state == "suspended"
        return
    before = state()
    with pytest.raises(Refused) as caught:
        shop.suspend(until=until)
    assert (caught.value.code, caught.value.rule) == ("too-long", "GPL 57")
    assert state() == before


def test_suspension_without_a_day_lasts_as_long_as_the_law_allows_gpl_57(shop):
    shop.file()
    urn = shop.last().urn
    shop.answer()
    shop.complain(objection=urn)
    shop.take_up()
    shop.suspend()
    assert shop.last().suspended_until == beijing(2026, 4, 10, 0, 0)


def test_suspension_into_the_past_is_refused(house):
    conduct(house)
    house.take_up()
    before = state()
    with pytest.raises(Refused) as caught:
        house.suspend(until="2026-03-09")
    assert (caught.value.code, state()) == ("bad-until", before)


# --- the clock -----------------------------------------------------------------------------------


def acts(now):
    return [act.name for act in grievance_duties.due(now)]


def run(house, now):
    for act in grievance_duties.due(now):
        house.act(act, ticking.ACTOR, now)


def test_clock_ends_a_suspension_whose_time_is_over_and_the_lot_goes_on(house):
    conduct(house)
    house.take_up()
    house.suspend(until="2026-03-16")
    end = beijing(2026, 3, 17, 0, 0)
    act = EndSuspension(lot=house.lot.pk, grievance=house.last().pk)
    before = state()
    with pytest.raises(Refused):
        house.act(act, ticking.ACTOR, end - TICK)
    assert state() == before
    assert acts(end - TICK) == []
    run(house, end)
    assert house.lot.state == "active"
    assert house.last().is_open
    assert acts(end) == []
    house.decide(at=end + DAY)


def test_nobody_else_ends_a_suspension(house):
    conduct(house)
    house.take_up()
    house.suspend(until="2026-03-16")
    before = state()
    act = EndSuspension(lot=house.lot.pk, grievance=house.last().pk)
    for who in (house.tenderee, house.supervisor, Actor.process("worker")):
        with pytest.raises(Denied) as caught:
            house.act(act, who, beijing(2026, 3, 17, 0, 0))
        assert caught.value.code == "wrong-role"
    assert state() == before


def test_reminder_a_day_before_the_answer_is_due_and_alarm_when_it_is_overdue(house):
    house.file()
    due = house.last().due_at
    assert acts(due - DAY - TICK) == []
    run(house, due - DAY)
    told = Message.objects.filter(template="objection-due-soon")
    assert [one.user for one in told] == [house.tenderee.user]
    assert acts(due - TICK) == []
    run(house, due)
    told = Message.objects.filter(template="objection-overdue")
    assert {one.user for one in told} == {house.supervisor.user, house.tenderee.user}
    assert acts(due + 5 * DAY) == []


def test_each_term_of_a_complaint_has_its_own_alarm(house):
    conduct(house)
    first = house.last().due_at
    run(house, first)
    assert Message.objects.filter(template="complaint-overdue").count() == 1
    house.take_up(at=first + DAY)
    second = Grievance.objects.get().due_at
    run(house, second - DAY)
    run(house, second)
    assert Message.objects.filter(template="complaint-due-soon").count() == 1
    assert Message.objects.filter(template="complaint-overdue").count() == 2


def test_settled_grievance_alarms_nobody(house):
    house.file()
    due = house.last().due_at
    house.answer()
    assert acts(due + 9 * DAY) == []


def test_award_waits_for_the_answer_tbr_54(trusted):
    """Where the lot was resumed by nobody, the award is refused because it stands still; where a
    file pauses nothing, by the guard."""
    world = grieving.shown()
    show(world)
    world.file(about="candidates", at=beijing(2026, 4, 7, 9, 0))
    row = Grievance.objects.get()
    scene = GuardScene(
        lot=world.lot, procedure=procedure.of(world.lot), now=START, parameters={}
    )
    assert registry.guard("objections-answered")(scene)
    world.answer(row=row, at=beijing(2026, 4, 7, 10, 0))
    assert registry.guard("objections-answered")(scene) is None
