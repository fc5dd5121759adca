"""A lot's prequalification as somebody may know it (TBL 22, TBR 19)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bidding.domain import committee, examination
from bidding.models import Bid, Examination
from signatures.domain import jcs
from signatures.domain.errors import NotFound
from signatures.models import User
from trading import access
from trading.domain import prequalification, procedure
from trading.enums import LotRole
from trading.models import Exhibit, Lot, Qualification

#: Who learns every applicant's result; an applicant learns its own.
WATCHERS = frozenset(
    {
        LotRole.TENDEREE.value,
        LotRole.AGENCY.value,
        LotRole.SUPERVISOR.value,
        LotRole.INSPECTOR.value,
        LotRole.ARCHIVIST.value,
    }
)


def reads_criteria(lot: Lot, viewer: User | None, at: datetime) -> bool:
    """Whether the viewer reads the prequalification documents."""
    return not access.roles_of(viewer, lot, at).isdisjoint(access.DOCUMENT_READERS)


def report(lot: Lot, viewer: User | None, at: datetime) -> Exhibit | None:
    """The panel's report, for who may read it."""
    row = examination.reported(lot)
    return row if row is not None and access.can_see_exhibit(viewer, row, at) else None


def own(lot: Lot, viewer: User | None, at: datetime) -> list[Qualification]:
    """The results of the viewer's own organisations."""
    return prequalification.of(lot, access.organisations_of(viewer, at))


def examines(lot: Lot, viewer: User | None) -> bool:
    """Whether the viewer sits on the panel that examines now."""
    return lot.stage == stage(lot) and committee.is_member(lot, viewer)


def stage(lot: Lot) -> str:
    """The stage at which applications are examined; empty where there is none."""
    step = procedure.of(lot).commands.get(examination.EXAMINE)
    return "" if step is None else next(iter(step.from_))


def mine(lot: Lot, viewer: User | None) -> dict[object, Examination]:
    """What the viewer found as a member of the panel, by application."""
    row = committee.find(lot)
    seat = None if row is None else committee.seat_of(row, viewer)
    if seat is None:
        return {}
    return {one.bid_id: one for one in Examination.objects.filter(seat=seat)}


def line(lot: Lot, viewer: User | None, at: datetime) -> dict[str, Any]:
    """The same as data; raises :class:`NotFound` where the procedure has no prequalification."""
    if not examination.happens(lot):
        raise NotFound(_("This lot has no prequalification."), code="no-prequalification")
    row = prequalification.find(lot)
    filed = report(lot, viewer, at)
    return {
        "published": row is not None,
        "document": None if row is None else str(row.document_id),
        "criteria": row.criteria if row is not None and reads_criteria(lot, viewer, at) else None,
        "told_at": None if row is None or row.told_at is None else jcs.timestamp(row.told_at),
        "applications": [_application(lot, bid, viewer) for bid in examination.applications(lot)]
        if examines(lot, viewer)
        else None,
        "report": None if filed is None else filed.facts["results"],
        "results": [
            {
                "organisation": one.organisation.urn,
                "qualified": one.qualified,
                "reasons": one.reasons,
                "told_at": jcs.timestamp(one.told_at),
            }
            for one in own(lot, viewer, at)
        ],
    }


def _application(lot: Lot, bid: Bid, viewer: User | None) -> dict[str, Any]:
    return {
        "application": bid.urn,
        "name": bid.tenderer.name,
        "state": bid.state,
        "opened": bid not in examination.unopened(lot),
        "files": [
            {"exhibit": str(one.pk), "name": one.name} for one in examination.documents(lot, bid)
        ],
        "examined": bid.pk in mine(lot, viewer),
    }
