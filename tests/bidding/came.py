"""What came with the bids of an opened lot, as its opening leaves it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bidding.models import Consortium, Guarantee
from signatures.domain import clock, guard
from tests.bidding.opened import Opened
from trading.models import Security

#: A member of the first bid's consortium that hands in the second bid, too.
BESIDE = "滨海机电有限公司"


def came_with(opening: Opened) -> None:
    """A consortium's bid with a deposit, one that bids beside it with a guarantee for too little,
    one with a sound guarantee, and one with nothing."""
    first, second, third, _fourth = opening.bids
    now = clock.now()
    members = [
        {"name": one, "code": code, "share": 50, "work": "施工", "organisation": "",
         "signed": True, "blocked": False}
        for one, code in (
            (first.tenderer.name, first.tenderer.credit_code),
            (BESIDE, second.tenderer.credit_code),
        )
    ]  # fmt: skip
    promised = {
        "guarantor_name": "泰安银行", "number": "1", "terms": "见索即付。", "since": now,
        "valid_from": now.date(), "valid_until": now.date(), "statement": "a" * 64,
        "signature": "b" * 64, "assessment": "c" * 64,
    }  # fmt: skip
    with guard.writes("test arrangement"):
        Consortium.objects.create(
            bid=first, members=members, statement="d" * 64,
            findings=[{"check": "lead", "holds": True}, {"check": "signed", "holds": None}],
        )  # fmt: skip
        Security.objects.create(
            lot=opening.lot, organisation=first.tenderer, kind="bid", form="deposit",
            amount=Decimal("90000"), received_on=date(2026, 3, 30), recorded_at=now,
        )  # fmt: skip
        for bid, amount, holds in ((second, "60000", False), (third, "90000", True)):
            Guarantee.objects.create(
                bid=bid, amount=Decimal(amount), state="held" if holds else "unsound",
                findings=[{"check": "amount", "holds": holds}], **promised,
            )  # fmt: skip


def asks(opening: Opened) -> None:
    """The tender documents ask for a bid security."""
    lot = opening.lot
    with guard.writes("test arrangement"):
        lot.parameters = {**lot.parameters, "security": {"amount": "90000.00", "days": 90}}
        lot.save()
