"""The day as one line: when bids were or are due and opened today, and where it is now.

Places on the line are per cent of its length, so that one drawing fits every width.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from signatures.domain import jcs
from trading.domain import procedure
from trading.enums import LotState
from trading.interfaces import timeline
from trading.interfaces.timeline import Badge
from trading.models import Lot

#: The hours that are always shown; the line grows where something lies outside them.
EARLIEST, LATEST = 8, 18
#: So many lots of one day are looked at.
MOST = 300
#: A row of more marks than these is drawn by the half hour, and one of more dates than these names
#: two of each mark and counts the rest.
MARKS, NAMED = 24, 60
HALF_HOUR, TWO = 30, 2
#: Hours around now whose own labels would stand in its way, on a wide and on a narrow line.
NEAR, NARROW_NEAR = (0.6, 1.1), (1.6, 3.2)
#: What the line says of a lot; a full day reads this of some hundred.
_READ = ("number", "stage", "state", "dates", "project__code", "project__title")
_ROWS: dict[str, Promise] = {
    "deadline": gettext_lazy("Deadlines"),
    "opening": gettext_lazy("Openings"),
}


@dataclass(frozen=True)
class Event:
    """One lot's date of today."""

    at: datetime
    lot: Lot
    badge: Badge


@dataclass(frozen=True)
class Mark:
    """What happens at one minute of a row: ``shape`` is past, now, todo or off."""

    key: str
    place: float
    shape: str
    events: tuple[Event, ...]
    label: str
    address: str
    #: How many of the events are named in the list; the rest is counted.
    named: int

    @property
    def count(self) -> int:
        return len(self.events)

    @property
    def shown(self) -> tuple[Event, ...]:
        return self.events[: self.named]

    @property
    def left(self) -> int:
        """How many are not named."""
        return len(self.events) - len(self.shown)


@dataclass(frozen=True)
class Row:
    """One kind of date, and its marks in order."""

    name: str
    title: str
    marks: tuple[Mark, ...]

    @property
    def events(self) -> Iterable[tuple[Mark, Event]]:
        return ((mark, event) for mark in self.marks for event in mark.shown)


@dataclass(frozen=True)
class Hour:
    """One hour's tick; ``near`` and ``narrow`` say where its label must give way."""

    label: str
    place: float
    near: bool
    narrow: bool


@dataclass(frozen=True)
class DayLine:
    """The whole line: its hours, where now is, its rows, and the next date where today has none."""

    hours: tuple[Hour, ...]
    now: float
    rows: tuple[Row, ...]
    next: Event | None
    next_title: str

    @property
    def is_empty(self) -> bool:
        return not any(row.marks for row in self.rows)

    @property
    def now_late(self) -> bool:
        """Whether the word beside now must stand on its left."""
        return self.now > 80


def build(now: datetime) -> DayLine:
    """Today as everybody may see it."""
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    lots = Lot.objects.filter(published_at__lte=now).select_related("project")
    found = {name: _events(lots, name, start, now) for name in _ROWS}
    times = [event.at for events in found.values() for event in events]
    first, last = _span([now, *times], start)
    rows = tuple(
        Row(name, str(title), tuple(_marks(name, found[name], first, last, now)))
        for name, title in _ROWS.items()
    )
    soonest = None if times else _next(lots, now)
    return DayLine(
        hours=tuple(_hours(start, first, last, now)),
        now=_place(now, first, last),
        rows=rows,
        next=None if soonest is None else soonest[1],
        next_title="" if soonest is None else str(_ROWS[soonest[0]]),
    )


def _events(lots: QuerySet[Lot], name: str, start: datetime, now: datetime) -> list[Event]:
    day = {
        f"dates__{name}__gte": jcs.timestamp(start),
        f"dates__{name}__lt": jcs.timestamp(start + timedelta(days=1)),
    }
    # What a badge needs of a frozen procedure is its edition; the whole is long and mostly known.
    lean = lots.filter(**day).only(*_READ).annotate(edition=KT("procedure__digest"))
    return sorted(
        (_event(lot, name, now) for lot in lean[:MOST]),
        key=lambda event: (event.at, event.lot.project.code, event.lot.number),
    )


def _event(lot: Lot, name: str, now: datetime) -> Event:
    at = jcs.parse_timestamp(lot.dates[name])
    if name == "opening":
        badge = timeline.opening_badge(lot, at=now)
    elif lot.state in (LotState.ACTIVE, LotState.ARCHIVED):
        badge = Badge("done", _("Passed")) if at <= now else Badge("todo", _("Bids come in"))
    else:
        badge = timeline.state_badge(lot, procedure.of(lot))
    return Event(timezone.localtime(at), lot, badge)


def _next(lots: QuerySet[Lot], now: datetime) -> tuple[str, Event] | None:
    """The soonest date after today, of lots that run."""
    found = []
    for name in _ROWS:
        ahead = lots.filter(**{f"dates__{name}__gt": jcs.timestamp(now)}, state=LotState.ACTIVE)
        lot = ahead.order_by(f"dates__{name}").first()
        if lot is not None:
            found.append((name, _event(lot, name, now)))
    return min(found, key=lambda each: each[1].at, default=None)


def _span(times: list[datetime], start: datetime) -> tuple[datetime, datetime]:
    hours = [(at - start).total_seconds() / 3600 for at in times]
    first = min(EARLIEST, int(min(hours)))
    last = max(LATEST, -int(-max(hours) // 1))
    return start + timedelta(hours=first), start + timedelta(hours=last)


def _place(at: datetime, first: datetime, last: datetime) -> float:
    return round((at - first) / (last - first) * 100, 2)


def _hours(start: datetime, first: datetime, last: datetime, now: datetime) -> Iterable[Hour]:
    count = round((last - first).total_seconds() / 3600)
    every, sparse = (1, 2) if count <= 12 else (2, 4)
    for number in range(count + 1):
        at = first + timedelta(hours=number)
        away = (at - now).total_seconds() / 3600
        label = f"{(at - start).total_seconds() / 3600:02.0f}:00"
        yield Hour(
            label=label,
            place=_place(at, first, last),
            near=number % every != 0 or -NEAR[0] < away < NEAR[1],
            narrow=number % sparse != 0 or -NARROW_NEAR[0] < away < NARROW_NEAR[1],
        )


def _marks(
    name: str, events: list[Event], first: datetime, last: datetime, now: datetime
) -> Iterable[Mark]:
    minutes = {event.at.replace(second=0, microsecond=0) for event in events}
    step = HALF_HOUR if len(minutes) > MARKS else 1
    named = TWO if len(events) > NAMED else len(events)
    by_time: defaultdict[datetime, list[Event]] = defaultdict(list)
    for event in events:
        minute = event.at.minute - event.at.minute % step
        by_time[event.at.replace(minute=minute, second=0, microsecond=0)].append(event)
    for at, together in sorted(by_time.items()):
        key = f"{name}-{at:%H%M}"
        yield Mark(
            key=key,
            place=_place(at, first, last),
            shape=_shape(together, now),
            events=tuple(together),
            label=_label(name, at, together),
            address=_address(together[0].lot) if len(together) == 1 else f"#{key}",
            named=named,
        )


def _shape(events: list[Event], now: datetime) -> str:
    shapes = {event.badge.shape for event in events}
    if "now" in shapes:
        return "now"
    if events[0].at > now:
        return "todo"
    return "past" if shapes & {"done", "good", "todo"} else "off"


def _label(name: str, at: datetime, events: list[Event]) -> str:
    """What a mark is called where it cannot be seen."""
    if len(events) == 1:
        title, word = events[0].lot.project.title, events[0].badge.word
        return f"{at:%H:%M} {_ROWS[name]}: {title} ({word})"
    lots = ngettext("%(count)d lot", "%(count)d lots", len(events)) % {"count": len(events)}
    return f"{at:%H:%M} {_ROWS[name]}: {lots}"


def _address(lot: Lot) -> str:
    return reverse("lot", args=[lot.project.code, lot.number])
