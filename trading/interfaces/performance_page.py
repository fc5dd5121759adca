"""Performance and securities of a lot: to both sides of the contract and to who watches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from signatures.domain.errors import Denied
from signatures.models import User
from trading import access
from trading.domain import (
    calendar,
    contracts,
    performance,
    procedure,
    registry,
    securities,
    security_terms,
)
from trading.domain.security_terms import Term
from trading.enums import LotRole, SecurityForm
from trading.interfaces import standing
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import (
    Assignment,
    Contract,
    Lot,
    Organisation,
    PerformanceEntry,
    Security,
)

ACCEPTED_GUARD = "works-accepted"
#: The app above has the page of guarantees.
RELEASE = "bidding.release-guarantee"


@dataclass(frozen=True)
class Line:
    """One entry; ``answerable`` where the viewer's side is to answer it."""

    row: PerformanceEntry
    badge: Badge
    answerable: bool


@dataclass(frozen=True)
class SecurityLine:
    """One security with its term; ``returnable`` where the viewer records its return, ``address``
    where a guarantee's own page is."""

    row: Security
    term: Term | None
    badge: Badge
    returnable: bool
    address: str


@dataclass(frozen=True)
class Page:
    """The whole page. ``side`` is the viewer's own side of the contract."""

    lot: Lot
    contract: Contract | None
    side: Organisation | None
    entries: tuple[Line, ...]
    paid: Decimal
    accepted_on: date | None
    needs_acceptance: bool
    enter: Standing
    securities: tuple[SecurityLine, ...]
    record: Standing
    givers: tuple[Organisation, ...]
    overdue: int


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer; raises :class:`Denied` for who may not read any of it."""
    contract = (
        Contract.objects.filter(award__lot=lot, signed_at__isnull=False)
        .select_related("award__winner", "award__lot__project__tenderee")
        .first()
    )
    audiences = access.audiences_of(viewer, lot, at)
    winner = set() if contract is None else {contract.award.winner.urn}
    reads = not audiences.isdisjoint({*contracts.READERS, *winner})
    kept = securities.visible(lot, viewer=viewer, at=at)
    if not reads and not kept:
        raise Denied(
            _("Performance and securities are for the two sides of the contract, for who gave a"
              " security, and for who watches."),
            code="wrong-role" if viewer is not None else "sign-in-first",
        )
    side = performance.party_of(contract, viewer, at) if contract is not None else None
    enter = standing.of(lot, performance.ENTER, viewer=viewer, at=at)
    record = standing.of(lot, securities.RECORD, viewer=viewer, at=at)
    back = standing.of(lot, securities.RETURN, viewer=viewer, at=at)
    rows = performance.entries(lot) if reads and contract is not None else []
    lines = tuple(_security(one, back.possible, at) for one in kept)
    return Page(
        lot=lot,
        contract=contract,
        side=side,
        entries=tuple(_line(one, side if enter.possible else None) for one in rows),
        paid=sum(
            (one.amount or Decimal(0) for one in rows if one.kind == "payment" and one.confirmed),
            Decimal(0),
        ),
        accepted_on=performance.accepted_on(lot) if reads else None,
        needs_acceptance=any(
            use.name == ACCEPTED_GUARD
            for command in procedure.of(lot).commands.values()
            for use in command.guards
        ),
        enter=enter,
        securities=lines,
        record=record,
        givers=_givers(lot) if record.possible else (),
        overdue=sum(security_terms.is_overdue(one, calendar.local_day(at)) for one in kept),
    )


def _line(row: PerformanceEntry, side: Organisation | None) -> Line:
    waits = row.confirmed is None
    badge = (
        Badge("todo", _("Not answered yet")) if waits
        else Badge("good", _("Confirmed")) if row.confirmed
        else Badge("bad", _("Disputed"))
    )
    return Line(
        row=row, badge=badge, answerable=waits and side is not None and side.pk != row.by_id
    )


def _security(row: Security, may_return: bool, at: datetime) -> SecurityLine:
    if row.returned_on is not None:
        badge = Badge("bad", _("Returned late")) if row.late else Badge("good", _("Returned"))
    elif security_terms.is_overdue(row, calendar.local_day(at)):
        badge = Badge("bad", _("overdue"))
    else:
        badge = Badge("now", _("Held"))
    guaranteed = row.form == SecurityForm.GUARANTEE
    return SecurityLine(
        row=row,
        term=security_terms.term(row),
        badge=badge,
        returnable=may_return and row.returned_on is None and not guaranteed,
        address=registry.way(RELEASE, row.lot) if guaranteed else "",
    )


def _givers(lot: Lot) -> tuple[Organisation, ...]:
    held = Assignment.objects.filter(lot=lot, role=LotRole.TENDERER, organisation__isnull=False)
    rows = Organisation.objects.filter(pk__in=held.values("organisation_id"))
    return tuple(rows.order_by("name", "pk"))
