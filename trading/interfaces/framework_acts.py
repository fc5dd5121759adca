"""The acts of a framework whose record is printed and sealed first; see ``prepared_acts``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from signatures.domain import clock
from signatures.domain.act import Actor
from trading.domain import framework_award, framework_orders
from trading.domain.acts import find_lot
from trading.domain.framework_award import TakeIn
from trading.domain.framework_orders import CloseFramework, PlaceOrder
from trading.interfaces import prepared_acts
from trading.interfaces.records import framework as records


def take_in(actor: Actor, lot: UUID) -> TakeIn:
    """The notice of the suppliers taken in, sealed."""
    row, now = find_lot(lot), clock.now()
    act = TakeIn(lot=lot, title=records.TAKEN_TITLE, digest="", size=0, suppliers="")
    act.rehearse(actor, now=now)
    found = framework_award.selection(row)
    made = prepared_acts.stored(
        records.sealed(row, records.taken_record(row, found), at=clock.now())
    )
    return replace(act, suppliers=framework_award.digest(found), **made)


def place_order(actor: Actor, lot: UUID, *, agreement: UUID, **asked: Any) -> PlaceOrder:
    """The notice of one order, sealed; ``asked`` as :func:`framework_orders.wanted` takes it."""
    row = find_lot(lot)
    number = framework_orders.next_number(row)
    act = PlaceOrder(
        lot=lot, agreement=agreement, number=number, title=records.order_title(number),
        digest="", size=0, **asked,
    )
    act.rehearse(actor, now=clock.now())
    order = framework_orders.wanted(row, agreement=agreement, **asked)
    data = records.sealed(
        row, records.order_record(row, order, number=number), at=clock.now()
    )
    return replace(act, **prepared_acts.stored(data))


def close(actor: Actor, lot: UUID) -> CloseFramework:
    """The summary of all orders, sealed."""
    row = find_lot(lot)
    act = CloseFramework(lot=lot, title=records.SUMMARY_TITLE, digest="", size=0, orders="")
    act.rehearse(actor, now=clock.now())
    digest = framework_orders.digest(row)
    data = records.sealed(
        row, records.summary_record(row, framework_orders.orders(row)), at=clock.now()
    )
    return replace(act, orders=digest, **prepared_acts.stored(data))
