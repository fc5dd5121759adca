"""What comes next on any open lot, for a demonstration whose clock is moved from date to date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from signatures.domain import clock
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Conflict
from signatures.domain.moving import MARGIN, MoveClock
from trading.domain import lifecycle, procedure
from trading.domain.procedure import ANY
from trading.enums import LotState
from trading.models import Lot

#: The clock is moved this far past a date, so that what waits for it is due and not just about to.
PAST = timedelta(seconds=1)


@dataclass(frozen=True)
class Upcoming:
    """A date of one lot that lies ahead, and the commands that wait for it.

    ``by_clock`` says that the clock gives them by itself; otherwise people may from then on.
    """

    at: datetime
    lot: Lot
    date: str
    commands: tuple[str, ...]
    by_clock: bool


def upcoming(now: datetime) -> list[Upcoming]:
    """The dates of published, running lots at which something becomes due or possible; soonest
    first."""
    lots = Lot.objects.filter(state=LotState.ACTIVE, published_at__isnull=False)
    found = [one for lot in lots.select_related("project") for one in _of(lot) if one.at > now]
    return sorted(found, key=lambda one: (one.at, one.lot.project.code, one.lot.number))


def _of(lot: Lot) -> Iterator[Upcoming]:
    rules, dates = procedure.of(lot), lifecycle.position(lot).dates
    waiting: dict[tuple[str, bool], list[str]] = {}
    for command in rules.commands.values():
        if {lot.stage, ANY}.isdisjoint(command.from_):
            continue
        for name, by_clock in ((command.at, True), (command.not_before, False)):
            if name is not None and name in dates:
                waiting.setdefault((name, by_clock), []).append(command.name)
    for (name, by_clock), commands in waiting.items():
        yield Upcoming(
            at=dates[name], lot=lot, date=name, commands=tuple(commands), by_clock=by_clock
        )


def reachable(at: datetime, reading: clock.Reading) -> bool:
    """Whether the clock may be moved past this date: never beyond the real present."""
    return at + PAST <= reading.real - MARGIN


def move_past(at: datetime) -> datetime:
    """Move the official clock just past ``at``, which must be the next date; the time it shows.

    Raises :class:`Conflict` ``already-past`` (also for the second of two clicks) or
    ``other-date``, and what :class:`MoveClock` raises.
    """
    now = clock.now()
    if at <= now:
        raise Conflict(_("The clock stands past that date already."), code="already-past")
    ahead = upcoming(now)
    if not ahead or ahead[0].at != at:
        raise Conflict(
            _("Another date comes next by now. Look at it, then move the clock."),
            code="other-date",
        )
    dispatch(MoveClock(to=at + PAST), actor=Actor.process("demonstration"))
    return clock.now()
