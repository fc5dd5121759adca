"""A framework as its page shows it: terms, suppliers with their agreements, orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.errors import NotFound, SunlitError
from signatures.models import User
from trading.domain import award as awards
from trading.domain import contracts, framework, framework_award, framework_orders, registry
from trading.domain.framework import Terms
from trading.domain.framework_award import Selection
from trading.domain.notices import evaluation_digest
from trading.interfaces import standing
from trading.interfaces.framework_forms import KINDS, MANNERS, PRIORITIES
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import Award, Contract, Exhibit, FrameworkOrder, Lot

STEPS = (
    framework.STATE, framework_award.TAKE_IN, framework_award.DROP, framework_orders.ORDER,
    framework_orders.CLOSE,
)


@dataclass(frozen=True)
class Supplier:
    """One supplier that was taken in, its agreement, and what was ordered from it."""

    award: Award
    agreement: Contract | None
    badge: Badge
    ordered: int
    amount: Decimal
    #: It is this supplier's turn to be ordered from.
    turn: bool


@dataclass(frozen=True)
class Page:
    """The whole page. ``orders`` are those given with their notices; ``found`` is who would be
    taken in, for who takes them in."""

    lot: Lot
    badge: Badge
    terms: Terms | None
    #: Digest of the parameters that the form of the terms is shown with.
    before: str
    lines: tuple[tuple[str, str], ...]
    suppliers: tuple[Supplier, ...]
    waiting: tuple[Award, ...]
    #: The agreements in force, and those under which the next order may be given.
    agreements: tuple[Contract, ...]
    to_order: tuple[Contract, ...]
    orders: tuple[tuple[FrameworkOrder, Exhibit | None], ...]
    total: Decimal
    notice: Exhibit | None
    summary: Exhibit | None
    sign_until: datetime | None
    ends: datetime | None
    found: Selection | None
    missing: SunlitError | None
    state: Standing
    take_in: Standing
    drop: Standing
    order: Standing
    close: Standing
    begin: Standing

    @property
    def turns(self) -> bool:
        """Orders go in turn."""
        return self.terms is not None and self.terms.orders == framework.TURNS

    @property
    def may_drop(self) -> bool:
        """Somebody has not signed in time and may be dropped."""
        return self.drop.possible and bool(self.waiting)


def words(choices: Any, value: str) -> str:
    """What a choice of the terms is called."""
    return str(dict(choices)[value])


def lines(terms: Terms | None) -> tuple[tuple[str, str], ...]:
    """The terms for people."""
    if terms is None:
        return ()
    cap = (
        [(_("Suppliers taken in at most"), str(terms.most))] if terms.most is not None else []
    )
    return (
        (_("Suppliers are taken in by"), words(PRIORITIES, terms.priority)),
        (_("Eliminated at least"), f"{terms.eliminated} %"),
        *cap,
        (_("What is procured"), words(KINDS, terms.kind)),
        (_("Months that the agreements run"), str(terms.months)),
        (_("How orders are given"), words(MANNERS, terms.orders)),
    )


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer; raises :class:`NotFound` where the lot is no framework."""
    if not framework.is_framework(lot):
        raise NotFound(_("This procedure sets up no framework."), code="no-framework")
    terms = framework.terms_of(lot)
    orders = framework_orders.orders(lot)
    notices = {
        row.facts["order"]: row
        for row in Exhibit.objects.filter(lot=lot, kind=framework_orders.ORDERED)
    }
    agreements = framework_orders.agreements(lot)
    suppliers = _suppliers(lot, terms, agreements, orders, at)
    summary = _latest(lot, framework_orders.SUMMARY)

    def stands(command: str) -> Standing:
        return standing.of(lot, command, viewer=viewer, at=at)

    take_in = stands(framework_award.TAKE_IN)
    found, missing = _selection(lot) if take_in.possible else (None, None)
    return Page(
        lot=lot,
        badge=_badge(lot, suppliers, summary, at),
        terms=terms,
        before=evaluation_digest(lot),
        lines=lines(terms),
        suppliers=suppliers,
        waiting=tuple(contracts.open_awards(lot)),
        agreements=tuple(agreements),
        to_order=_to_order(terms, agreements),
        orders=tuple((one, notices.get(one.urn)) for one in orders),
        total=sum((one.amount for one in orders), Decimal(0)),
        notice=_latest(lot, awards.AWARD),
        summary=summary,
        sign_until=_date(lot, "contract-until") if suppliers else None,
        ends=_date(lot, framework.ENDS),
        found=found,
        missing=missing,
        state=stands(framework.STATE),
        take_in=take_in,
        drop=stands(framework_award.DROP),
        order=stands(framework_orders.ORDER),
        close=stands(framework_orders.CLOSE),
        begin=stands("trading.begin-orders"),
    )


def _latest(lot: Lot, kind: str) -> Exhibit | None:
    return Exhibit.objects.filter(lot=lot, kind=kind).order_by("filed_at", "pk").last()


def _date(lot: Lot, name: str) -> datetime | None:
    text = lot.dates.get(name)
    return jcs.parse_timestamp(text) if text else None


def _selection(lot: Lot) -> tuple[Selection | None, SunlitError | None]:
    try:
        return framework_award.selection(lot), None
    except SunlitError as error:
        return None, error


def _to_order(terms: Terms | None, rows: list[Contract]) -> tuple[Contract, ...]:
    """The agreements under which an order may be given: in turn the next one alone."""
    turn = framework_orders.next_in_turn(rows)
    if terms is None or turn is None:
        return ()
    return (turn,) if terms.orders == framework.TURNS else tuple(rows)


def _suppliers(
    lot: Lot,
    terms: Terms | None,
    agreements: list[Contract],
    orders: list[FrameworkOrder],
    at: datetime,
) -> tuple[Supplier, ...]:
    made = {one.award_id: one for one in Contract.objects.filter(award__lot=lot)}
    ends = _date(lot, framework.ENDS)
    turn = framework_orders.next_in_turn(agreements)
    in_turn = terms is not None and terms.orders == framework.TURNS and (ends is None or at < ends)
    return tuple(
        Supplier(
            award=row,
            agreement=made.get(row.pk),
            badge=_state(row, made.get(row.pk)),
            ordered=sum(one.agreement.award_id == row.pk for one in orders),
            amount=sum(
                (one.amount for one in orders if one.agreement.award_id == row.pk), Decimal(0)
            ),
            turn=bool(in_turn and ends and turn is not None and turn.award_id == row.pk),
        )
        for row in awards.awards_of(lot)
    )


def _state(row: Award, agreement: Contract | None) -> Badge:
    if row.dropped_at is not None:
        return Badge("bad", _("Dropped"))
    if agreement is None:
        return Badge("todo", _("Agreement not drafted yet"))
    if agreement.signed_at is None:
        return Badge("now", _("Agreement out for signature"))
    return Badge("good", _("Agreement signed"))


def _badge(
    lot: Lot, suppliers: tuple[Supplier, ...], summary: Exhibit | None, at: datetime
) -> Badge:
    ends = _date(lot, framework.ENDS)
    if summary is not None:
        return Badge("done", _("Framework over"))
    if ends is not None:
        return Badge("good", _("In force")) if at < ends else Badge("now", _("Run out"))
    if suppliers:
        return Badge("now", _("Agreements are signed"))
    return Badge("todo", _("Nobody taken in yet"))


def way(lot: Lot) -> str:
    """The address of the lot's framework."""
    return reverse("framework", args=[lot.project.code, lot.number])


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """How the framework stands, on the project's page; None where there is none to be."""
    if not framework.is_framework(lot):
        return None
    terms, rows = framework.terms_of(lot), awards.awards_of(lot)
    suppliers = _suppliers(lot, terms, [], [], at)
    person = viewer if isinstance(viewer, User) else None
    return {
        "lot": lot,
        "badge": _badge(lot, suppliers, _latest(lot, framework_orders.SUMMARY), at),
        "stated": terms is not None,
        "suppliers": [row.winner for row in rows if row.dropped_at is None],
        "ordered": FrameworkOrder.objects.filter(lot=lot).count(),
        "acts": any(standing.of(lot, one, viewer=person, at=at).possible for one in STEPS),
    }


def register() -> None:
    """Add the panel and the ways; called when the app is ready."""
    registry.register_panel("framework", "trading/framework_panel.html", panel, order=118)
    for command in STEPS:
        registry.register_way(command, way)
