"""A signed contract whose two sides note its performance, for tests."""

from __future__ import annotations

from datetime import timedelta

from signatures.domain import clock, guard
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.models import SigningDocument
from tests.factories import evaluated as cases
from tests.factories import signers
from tests.factories.floor import sha
from trading.domain import calendar, performance
from trading.domain.securities import RecordSecurity, ReturnSecurity
from trading.models import Award, Contract, PerformanceEntry, Security

DAY = timedelta(days=1)


class World:
    """A signed contract, and both sides with their certificates."""

    def __init__(self, name="construction", signed_days_ago=3, equip=signers.equip):
        self.now = clock.now()
        signed = self.now - signed_days_ago * DAY
        self.case = cases.evaluated(self.now - 30 * DAY, name=name)
        lot = self.case.lot
        with guard.writes("test arrangement"):
            lot.stage = "CONTRACT"
            lot.save()
            award = Award.objects.create(
                lot=lot, winner=self.case.winner, rank=1, price="4800000.00",
                report=self.case.report, decided_by="x", decided_at=signed - DAY,
            )
            document = SigningDocument.objects.create(
                purpose="contract", title="合同", subject=lot.urn, original=sha("c"),
                digest=sha("c"), size=1, opened_at=signed, state="concluded",
            )
            self.contract = Contract.objects.create(
                award=award, price="4800000.00", document=document, offered_at=signed,
                signed_at=signed,
            )
        self.buyer = equip(self.case.house.buyer, self.case.house.tenderee)
        self.builder = equip(self.case.people[0], self.case.winner)
        self.today = calendar.local_day(self.now)

    @property
    def lot(self):
        return self.case.lot

    def act(self, command, *, by=None, at=None):
        actor = by if isinstance(by, Actor) else Actor.person((by or self.buyer).user)
        return dispatch(command, actor=actor, clock=FixedClock(at or self.now))

    def enter(self, by=None, **changes):
        by = by or self.builder
        said = {
            "lot": self.lot.urn, "contract": self.contract.urn,
            "side": by.organisation.urn if by.organisation else "org:none", "kind": "work",
            "on": self.today.isoformat(), "text": "完成基础工程", "amount": None, "passed": None,
            "file": None, **changes,
        }
        signed = by.sign(performance.PURPOSE, **said)
        act = performance.prepare_entry(by.user, self.lot.pk, signed)
        return self.act(act, by=by)

    def answer(self, by=None, *, entry=None, **changes):
        by = by or self.buyer
        waiting = PerformanceEntry.objects.order_by("answered_at")
        row = entry or waiting.filter(answered_at__isnull=True).first() or waiting.last()
        said = {
            "lot": self.lot.urn, "entry": row.urn, "digest": row.digests["statement"],
            "confirmed": True, "text": "", **changes,
        }
        signed = by.sign(performance.ANSWER_PURPOSE, **said)
        act = performance.prepare_answer(by.user, self.lot.pk, row.pk, signed)
        return self.act(act, by=by)

    def record(self, organisation=None, *, by=None, **changes):
        values = {
            "organisation": (organisation or self.case.winner).pk, "kind": "bid",
            "amount": "80000.00", "received_on": self.today - 20 * DAY, **changes,
        }
        return self.act(RecordSecurity(lot=self.lot.pk, **values), by=by)

    def give_back(self, *, on=None, by=None):
        row = Security.objects.get()
        act = ReturnSecurity(lot=self.lot.pk, security=row.pk, returned_on=on or self.today)
        return self.act(act, by=by)
