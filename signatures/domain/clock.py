"""The one reader of time.

Time is the database's clock plus an offset that stands in the database and only rises. In
production the offset is zero and start-up refuses any other. Demonstrations and tests begin 400
days in the past and are moved towards, never past, the real present: evidence that is signed with
a clock ahead of the real one does not verify.

Commands receive a :class:`Clock` and read it once, after their lock; pure functions receive
``now``. Nothing else in the project asks for the time (a linter bans it).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.db import connection

#: Skew between the database's clock and this process's above which an alarm is raised.
SKEW_ALARM = timedelta(seconds=2)

#: How far behind the real present a demonstration begins.
DEMONSTRATION_START = timedelta(days=-400)

_READ = {
    "sqlite": (
        "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now'), "
        "(SELECT seconds FROM signatures_clockoffset WHERE id = 1)"
    ),
    "postgresql": (
        "SELECT clock_timestamp(), (SELECT seconds FROM signatures_clockoffset WHERE id = 1)"
    ),
}


class Clock(Protocol):
    """Anything that can be read for the official time (UTC, with zone)."""

    def read(self) -> datetime: ...


@dataclass(frozen=True)
class Reading:
    """One look at the clock: the database's real time and the offset in seconds."""

    real: datetime
    offset: int

    @property
    def official(self) -> datetime:
        """The time that the platform acts by."""
        return self.real + timedelta(seconds=self.offset)


def look() -> Reading:
    """Read the database's clock and the offset in one query; inside a transaction, its own."""
    with connection.cursor() as cursor:
        cursor.execute(statement(connection.vendor))
        real, offset = cursor.fetchone()
    return reading(real, offset)


def statement(vendor: str) -> str:
    """The query for the two columns of a reading, to which others may be added."""
    return _READ[vendor]


def reading(real: datetime | str, offset: int | None) -> Reading:
    """The columns of :func:`statement`, as the database gave them."""
    if isinstance(real, str):
        real = datetime.fromisoformat(real).replace(tzinfo=UTC)
    return Reading(real=real.astimezone(UTC), offset=int(offset or 0))


@dataclass(frozen=True)
class PlatformClock:
    """The official clock; every process of the platform reads the same one."""

    def read(self) -> datetime:
        return look().official


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still, for tests of the domain."""

    at: datetime

    def read(self) -> datetime:
        return self.at


platform = PlatformClock()


def now() -> datetime:
    """The official time, for readers that only show or compare it."""
    return platform.read()


def process_time() -> datetime:
    """This machine's own real time; only for skew, log lines and what must stay on real time."""
    return datetime.now(UTC)


def skew() -> timedelta:
    """How far the database's clock is ahead of this process's."""
    return look().real - process_time()
