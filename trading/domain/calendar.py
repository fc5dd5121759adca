"""Days as the statutes count them: the first day does not count, days end at midnight in Beijing.

Civil Code 201 (the day on which a period begins is not counted) and 203 (a period whose last day
is a statutory day of rest ends on the next working day; its last day ends at 24:00).

:class:`Calendar` is pure; :func:`load` reads the table of exceptions, which :func:`seed` fills
from the holidays package (the State Council's yearly notice, make-up working days included) and
the operator corrects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trading.models import CalendarDay

ZONE = ZoneInfo("Asia/Shanghai")
PACKAGE = "package"
_DAY = timedelta(days=1)


class Unit(StrEnum):
    """How a period is counted."""

    DAYS = "days"
    WORKING_DAYS = "working-days"


def local_day(at: datetime) -> date:
    """The day in Beijing on which ``at`` falls."""
    return at.astimezone(ZONE).date()


def last_day_of(at: datetime) -> date:
    """The day that a period ending at ``at`` ends on: midnight belongs to the day it closes."""
    return local_day(at - timedelta(microseconds=1))


def moment(day: date, at: time | None = None) -> datetime:
    """``day`` at this wall-clock time in Beijing, or its end (24:00), in UTC."""
    if at is None:
        return datetime.combine(day + _DAY, time(0), ZONE).astimezone(UTC)
    return datetime.combine(day, at, ZONE).astimezone(UTC)


@dataclass(frozen=True)
class Exceptional:
    """A day that is not what its weekday says."""

    working: bool
    name: str = ""


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. Days without an exception are what their weekday says."""

    exceptions: Mapping[date, Exceptional] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        exception = self.exceptions.get(day)
        return day.weekday() < 5 if exception is None else exception.working

    def next_working(self, day: date) -> date:
        """``day`` itself where it is worked, else the next day that is."""
        while not self.is_working(day):
            day += _DAY
        return day

    def add_working_days(self, start: date, count: int) -> date:
        """The ``count``-th working day after ``start`` (before it, when negative)."""
        step = _DAY if count > 0 else -_DAY
        day = start
        for _number in range(abs(count)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def add_days(self, start: date, count: int) -> date:
        """The last day of ``count`` days after ``start``; a day of rest moves it on."""
        return self.next_working(start + timedelta(days=count))

    def last_day(self, start: date, count: int, unit: Unit) -> date:
        """The last day of a period of ``count`` that begins on ``start``."""
        if unit is Unit.WORKING_DAYS:
            return self.add_working_days(start, count)
        return self.add_days(start, count)

    def latest_start(self, end: date, count: int, unit: Unit) -> date:
        """The latest day on which a period of ``count`` may begin and still end by ``end``."""
        day = end - timedelta(days=count)
        while self.last_day(day, count, unit) > end:
            day -= _DAY
        return day

    def explain(self, start: date, count: int, unit: Unit) -> str:
        """How :meth:`last_day` came to its answer, for people."""
        end = self.last_day(start, count, unit)
        if unit is Unit.WORKING_DAYS:
            sentence = ngettext(
                "%(count)d working day after %(start)s, that day not counted, ends on %(end)s.",
                "%(count)d working days after %(start)s, that day not counted, end on %(end)s.",
                count,
            )
        else:
            sentence = ngettext(
                "%(count)d day after %(start)s, that day not counted, ends on %(end)s.",
                "%(count)d days after %(start)s, that day not counted, end on %(end)s.",
                count,
            )
        text = sentence % {"count": count, "start": start.isoformat(), "end": end.isoformat()}
        nominal = start + timedelta(days=count)
        if unit is Unit.DAYS and nominal != end:
            text += " " + _("%(day)s is a day of rest%(name)s; the next working day counts.") % {
                "day": nominal.isoformat(),
                "name": self._name(nominal),
            }
        return text

    def _name(self, day: date) -> str:
        exception = self.exceptions.get(day)
        return f" ({exception.name})" if exception is not None and exception.name else ""


@lru_cache(maxsize=64)
def package_year(year: int) -> tuple[tuple[date, Exceptional], ...]:
    """The exceptions of one year as the holidays package knows them, in order of day."""
    china = holidays.country_holidays("CN", years=[year], language="zh_CN")
    exceptions = {
        day: Exceptional(working=False, name=name)
        for day, name in china.items()
        if day.weekday() < 5
    }
    exceptions |= {
        day: Exceptional(working=True, name="调休上班")
        for day in china.weekend_workdays
        if day.year == year
    }
    return tuple(sorted(exceptions.items()))


def from_package(years: Iterable[int]) -> Calendar:
    """A calendar straight from the package, without the operator's decisions."""
    return Calendar({day: value for year in years for day, value in package_year(year)})


def load() -> Calendar:
    """The calendar in force: the table of exceptions."""
    rows = CalendarDay.objects.values_list("day", "working", "name")
    return Calendar({day: Exceptional(working, name) for day, working, name in rows})


def seed(years: Iterable[int]) -> int:
    """Bring the package's exceptions of these years into the table; returns how many changed.

    What the operator decided is left alone; what an older package announced and the present one
    does not is taken out. The database must be open for writing.
    """
    wanted = {day: value for year in years for day, value in package_year(year)}
    spans = {day.year for day in wanted}
    present = {row.day: row for row in CalendarDay.objects.filter(day__year__in=spans)}
    decided = {day for day, row in present.items() if row.source != PACKAGE}
    changed = [
        CalendarDay(day=day, working=value.working, name=value.name, source=PACKAGE)
        for day, value in wanted.items()
        if day not in decided
        and (day not in present or present[day].working != value.working)
    ]
    CalendarDay.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["working", "name", "source"],
    )
    stale = [day for day in present if day not in wanted and day not in decided]
    CalendarDay.objects.filter(day__in=stale).delete()
    return len(changed) + len(stale)
