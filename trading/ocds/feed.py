"""Which releases and records are asked for: of one lot, or page by page, newest first.

Nothing here depends on who asks: everybody gets what the public may know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from signatures.domain import clock, jcs
from signatures.domain.errors import NotFound
from trading.enums import DocumentKind, LotState
from trading.interfaces import cursors
from trading.models import Award, Document, Exhibit, Lot, Message
from trading.ocds import ids
from trading.ocds.record import record
from trading.ocds.release import Release, releases
from trading.ocds.story import DONE, HALTS, SHOWN, Story, stories


@dataclass(frozen=True)
class Page:
    """One page of what was asked for, and the cursor of the next, or none on the last."""

    items: list[Any]
    next: str | None


def _lots(at: datetime) -> QuerySet[Lot]:
    return Lot.objects.filter(published_at__lte=at).select_related(
        "project", "project__tenderee", "project__agency"
    )


def story(ocid: str) -> Story:
    """What the public may know of the lot with this ocid; raises :class:`NotFound`."""
    at = clock.now()
    named = ids.parse(ocid)
    row = None
    if named is not None:
        row = _lots(at).filter(project__code=named[0], number=named[1]).first()
    if row is None:
        raise NotFound(_("There is no published lot with this ocid."), code="no-such-ocid")
    return stories([row], at)[0]


def records(*, after: str = "", size: int = cursors.SIZE) -> Page:
    """A page of records, the lot that was published last first."""
    at = clock.now()
    page = cursors.page(_lots(at), by="published_at", after=after, size=size)
    return Page(items=[record(one) for one in stories(page.items, at)], next=page.next)


def all_releases(*, after: str = "", size: int = cursors.SIZE) -> Page:
    """A page of the releases of all lots, newest first."""
    at = clock.now()
    place = cursors.decode(after) if after else None
    until = at if place is None else min(at, place[0])
    most = size
    while True:
        moments, complete = _moments(until, most)
        if not moments:
            return Page(items=[], next=None)
        floor = moments[-1][0]
        found = _between(floor, until, {lot for _at, lot in moments}, at)
        found = [one for one in found if place is None or (one.at, one.key) < place]
        # At the lowest moment there may be more lots than were read.
        sure = found if complete else [one for one in found if one.at > floor]
        if sure or complete:
            return _page(sure, size, complete=complete)
        most *= 2


def _page(found: list[Release], size: int, *, complete: bool) -> Page:
    found.sort(key=lambda one: (one.at, one.key), reverse=True)
    items = found[:size]
    more = len(found) > size or not complete
    last = items[-1] if items and more else None
    return Page(items=items, next=None if last is None else cursors.encode(last.at, last.key))


def _between(floor: datetime, until: datetime, lots: set[UUID], at: datetime) -> list[Release]:
    rows = list(_lots(at).filter(pk__in=lots))
    return [
        one
        for story_ in stories(rows, at)
        for one in releases(story_)
        if floor <= one.at <= until
    ]


def _moments(until: datetime, most: int) -> tuple[list[tuple[datetime, UUID]], bool]:
    """When something happened to which published lot, newest first, and whether that is all."""
    found: list[tuple[datetime, UUID]] = []
    floors: list[datetime] = []
    for rows in _sources(until):
        part = [(moment, lot) for moment, lot in rows[: most + 1]]
        found += part
        if len(part) > most:
            floors.append(part[-1][0])
    floor = max(floors, default=None)
    kept = [one for one in found if floor is None or one[0] >= floor]
    return sorted(set(kept), reverse=True), floor is None


def _sources(until: datetime) -> Iterator[Any]:
    """Rows (moment, lot) by which releases are found, newest first; what they are is looked at
    once their lots are read."""
    exhibits = Exhibit.objects.filter(
        kind__in=(*SHOWN, *DONE), filed_at__lte=until, lot__published_at__isnull=False
    )
    yield exhibits.order_by("-filed_at").values_list("filed_at", "lot_id").distinct()
    documents = Document.objects.exclude(kind=DocumentKind.NOTICE).filter(published_at__lte=until)
    yield documents.order_by("-published_at").values_list("published_at", "lot_id").distinct()
    halts = Message.objects.filter(
        template__in=HALTS,
        sent_at__lte=until,
        lot__published_at__isnull=False,
        organisation=F("lot__project__tenderee"),
    )
    yield halts.order_by("-sent_at").values_list("sent_at", "lot_id").distinct()
    dropped = Award.objects.filter(dropped_at__lte=until, lot__published_at__isnull=False)
    yield dropped.order_by("-dropped_at").values_list("dropped_at", "lot_id").distinct()
    published = Lot.objects.filter(published_at__lte=until)
    yield published.order_by("-published_at").values_list("published_at", "pk")
    failed = published.filter(
        state__in=(LotState.FAILED, LotState.ARCHIVED), dates__deadline__lte=jcs.timestamp(until)
    ).exclude(ended_at_stage="")
    rows = failed.order_by("-dates__deadline").values_list("dates__deadline", "pk")
    yield _Parsed(rows)


class _Parsed:
    """Rows whose moments are texts, read as moments when they are taken."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def __getitem__(self, part: slice) -> list[tuple[datetime, UUID]]:
        return [(jcs.parse_timestamp(text), lot) for text, lot in self._rows[part]]
