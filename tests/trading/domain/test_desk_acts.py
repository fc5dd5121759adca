"""The desk's acts refuse by themselves whoever does not work at the centre, page or no page."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from signatures.domain import log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, Malformed
from signatures.models import LedgerEntry
from tests.factories import floor
from tests.factories.floor import START
from trading.domain import calendar
from trading.domain.calendar_acts import DecideDay, UndoDay
from trading.domain.failed_work import RetryDelivery, RetryTask
from trading.domain.organisations import EndMembership, GrantMembership, RefuseOrganisation
from trading.models import CalendarDay

pytestmark = pytest.mark.django_db

DAY = date(2026, 5, 8)
ACTS = (
    DecideDay(day=DAY, working=False, ground="通知"),
    UndoDay(day=DAY),
    RetryTask(task=uuid4()),
    RetryDelivery(delivery=1),
    RefuseOrganisation(organisation=uuid4(), reason="不符"),
)


def do(act, user):
    actor = user if isinstance(user, Actor) else Actor.person(user)
    return dispatch(act, actor=actor, clock=FixedClock(START))


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
@pytest.mark.parametrize("kind", ["tenderee", "agency", "tenderer", "supervisor", "notary", ""])
def test_desk_act_by_anybody_else_is_denied_and_leaves_nothing(act, kind):
    person = floor.person("某某", *([floor.organisation("某单位", kind)] if kind else []))
    before = log.size()
    with pytest.raises(Denied):
        do(act, person)
    assert log.size() == before


@pytest.mark.parametrize("act", ACTS[:4], ids=lambda act: act.name)
def test_desk_act_by_a_process_is_denied(act):
    with pytest.raises(Denied):
        do(act, Actor.process("clock"))


def test_decided_day_counts_and_survives_the_package():
    operator = floor.person("周文", floor.organisation("交易中心", "centre"))
    do(ACTS[0], operator)
    assert calendar.load().is_working(DAY) is False
    assert CalendarDay.objects.get(day=DAY).source == operator.urn
    leaf = LedgerEntry.objects.latest("index")
    assert b'"act":"trading.decide-day"' in bytes(leaf.data)
    do(ACTS[1], operator)
    assert calendar.load().is_working(DAY) is True


def test_decision_on_a_holiday_taken_back_is_the_package_again():
    operator = floor.person("周文", floor.organisation("交易中心", "centre"))
    may_first = date(2026, 5, 1)
    before = CalendarDay.objects.get(day=may_first)
    do(DecideDay(day=may_first, working=True, ground="抢险"), operator)
    assert calendar.load().is_working(may_first) is True
    do(UndoDay(day=may_first), operator)
    after = CalendarDay.objects.get(day=may_first)
    assert (after.working, after.name, after.source) == (
        before.working, before.name, before.source,
    )


@pytest.mark.parametrize("act", [GrantMembership, EndMembership])
def test_reason_of_a_role_is_not_longer_than_the_ledger_takes(act):
    operator = floor.person("周文", floor.organisation("交易中心", "centre"))
    company = floor.organisation("公司", "tenderer")
    person = floor.person("某某", *([company] if act is EndMembership else []))
    before = log.size()
    with pytest.raises(Malformed) as caught:
        do(
            act(organisation=company.pk, person=person.pk, role="clerk", reason="x" * 501),
            operator,
        )
    assert (caught.value.code, log.size()) == ("bad-reason", before)
