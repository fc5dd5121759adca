"""Applications to bid as their page shows them: all to who decides, one's own to an applicant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bidding.domain import auction, auction_entry
from bidding.domain.auction_rules import Format
from bidding.models import FloorApplication
from signatures.domain import jcs
from signatures.domain.errors import SunlitError
from signatures.models import User
from trading import access
from trading.domain import procedure
from trading.enums import LotRole, OrganisationKind
from trading.interfaces import standing
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import Award, Lot, Organisation


@dataclass(frozen=True)
class Line:
    """One application and what its viewer may do about it now."""

    row: FloorApplication
    own: bool
    badge: Badge
    deposits: bool
    decides: bool
    returns: bool
    won: bool


@dataclass(frozen=True)
class Page:
    """The whole page. ``watches`` says that the viewer sees every application; ``applying`` are the
    viewer's organisations that may apply."""

    lot: Lot
    form: Format | None
    lines: tuple[Line, ...]
    watches: bool
    apply: Standing
    applying: tuple[Organisation, ...]
    until: datetime | None
    begins: datetime | None
    back_until: datetime | None
    apply_rule: str
    deposit_rule: str
    decide_rule: str


def _date(lot: Lot, name: str) -> datetime | None:
    text = lot.dates.get(name)
    return jcs.parse_timestamp(text) if text else None


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer."""
    rules = procedure.of(lot)
    rows = auction_entry.visible(lot.pk, viewer=viewer, at=at)
    mine = access.organisations_of(viewer, at)
    own = {one.pk for one in mine}
    award = Award.objects.filter(lot=lot).first()
    deposit = standing.of(lot, auction_entry.DEPOSIT, viewer=viewer, at=at).possible
    decide = standing.of(lot, auction_entry.DECIDE, viewer=viewer, at=at).possible
    give_back = standing.of(lot, auction_entry.RETURN, viewer=viewer, at=at).possible
    applied = {row.organisation_id for row in rows}
    return Page(
        lot=lot,
        form=_format(lot),
        lines=tuple(
            _line(row, own, award, deposit=deposit, decide=decide, give_back=give_back)
            for row in rows
        ),
        watches=auction_entry.may_read(lot, viewer, at),
        apply=standing.of(lot, auction_entry.APPLY, viewer=viewer, at=at),
        applying=tuple(
            one
            for one in mine
            if one.pk not in applied
            and OrganisationKind.TENDERER.value in one.kinds
            and _holds(lot, one)
        ),
        until=_date(lot, rules.command(auction_entry.APPLY).not_after or "deadline"),
        begins=_date(lot, "floor-from") or _date(lot, "deadline"),
        back_until=_date(lot, auction_entry.BACK) if award is not None else None,
        apply_rule=rules.command(auction_entry.APPLY).article,
        deposit_rule=rules.command(auction_entry.DEPOSIT).article,
        decide_rule=rules.command(auction_entry.DECIDE).article,
    )


def _holds(lot: Lot, organisation: Organisation) -> bool:
    return lot.assignments.filter(
        organisation=organisation, role=LotRole.TENDERER, until__isnull=True
    ).exists()


def _format(lot: Lot) -> Format | None:
    try:
        return auction_entry.format_of(lot)
    except SunlitError:
        return None


def _line(
    row: FloorApplication,
    own: set[Any],
    award: Award | None,
    *,
    deposit: bool,
    decide: bool,
    give_back: bool,
) -> Line:
    won = award is not None and award.winner_id == row.organisation_id
    return Line(
        row=row,
        own=row.organisation_id in own,
        badge=_badge(row, won=won),
        deposits=deposit and row.recorded_at is None and row.qualified is None,
        decides=decide and row.qualified is None,
        returns=give_back and row.recorded_at is not None and row.returned_at is None and not won,
        won=won,
    )


def _badge(row: FloorApplication, *, won: bool) -> Badge:
    if won:
        return Badge("good", _("Has bought"))
    if row.returned_at is not None:
        return Badge("done", _("Deposit returned"))
    if row.qualified:
        return Badge("good", _("Qualified"))
    if row.qualified is False:
        return Badge("bad", _("Not qualified"))
    if row.recorded_at is not None:
        return Badge("now", _("To be decided"))
    return Badge("todo", _("Waits for the deposit"))


# --- on the project's page -----------------------------------------------------------------------


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """Where the floor stands, and the ways there; None for a lot without one."""
    if lot.published_at is None or not auction_entry.has_floor(lot):
        return None
    room = auction.last(lot.pk)
    state = {} if room is None else auction.whole(room)
    return {
        "room": room,
        "count": state.get("count", 0),
        "price": state.get("price"),
        "begins": lot.dates.get("floor-from") or lot.dates.get("deadline"),
        "running": lot.state in ("active", "suspended"),
        "address": address(lot),
        "entry": entry(lot),
    }


def address(lot: Lot) -> str:
    """The floor's page."""
    return reverse("floor", args=[lot.project.code, lot.number])


def entry(lot: Lot) -> str:
    """The page of its applications."""
    return reverse("floor-applications", args=[lot.project.code, lot.number])
