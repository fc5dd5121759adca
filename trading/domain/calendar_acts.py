"""The operator's decisions on the calendar: what the yearly notice did not say, or said anew.

A decision reaches forward only: dates that a lot has been given stay as they were published, and
whatever is counted from now on follows the calendar as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from trading.domain import calendar, memberships, security_terms
from trading.domain.calendar import PACKAGE, Exceptional
from trading.models import CalendarDay

#: How far ahead a day may be decided.
FARTHEST = timedelta(days=5 * 366)


@dataclass(frozen=True, kw_only=True)
class _DayAct(Act):
    """An act on one day to come; the calendar is everybody's, and so are its leaves."""

    public: ClassVar[bool] = True

    day: date

    def permit(self, actor: Actor) -> None:
        if actor.user is None or not memberships.is_operator(actor.user):
            raise Denied(_("The calendar is kept by the trading centre."))

    def lock(self) -> CalendarDay | None:
        return CalendarDay.objects.select_for_update().filter(day=self.day).first()

    def require_to_come(self, scene: Scene) -> None:
        """Refuse days that are over or under way: periods have been counted by them."""
        today = calendar.local_day(scene.now)
        if self.day <= today:
            raise Refused(
                _("%(day)s is not to come any more; periods have been counted by it.")
                % {"day": self.day.isoformat()},
                code="day-over",
            )
        if self.day > today + FARTHEST:
            raise Malformed(_("Choose a day within five years."), code="day-too-far")

    def enter(self, scene: Scene, *, working: bool, name: str) -> Result:
        """The leaf and the result of both acts; terms that reach the day are looked at anew."""
        security_terms.look_again(self.day)
        scene.enter(
            subject=f"calendar:{self.day.isoformat()}",
            context={"day": self.day.isoformat(), "working": working, "name": name},
        )
        return {"day": self.day.isoformat(), "working": working}


@command("trading.decide-day")
@dataclass(frozen=True, kw_only=True)
class DecideDay(_DayAct):
    """Make a day to come a day of rest or a working day, whatever its weekday and the package say.

    ``ground`` says which notice or holiday is the ground, 1 to 80 characters. Result:
    ``{"day": date, "working": bool}``.
    """

    working: bool
    ground: str

    def decide(self, scene: Scene) -> Result:
        self.require_to_come(scene)
        name = " ".join(self.ground.split())
        if not 1 <= len(name) <= 80:
            raise Malformed(
                _("Name the holiday or the notice, 1 to 80 characters."), code="bad-name"
            )
        row: CalendarDay | None = scene.subject
        working = self.day.weekday() < 5 if row is None else row.working
        if working is self.working:
            raise Refused(
                _("%(day)s is a working day already.") % {"day": self.day.isoformat()}
                if working
                else _("%(day)s is a day of rest already.") % {"day": self.day.isoformat()},
                code="day-already-so",
            )
        CalendarDay.objects.update_or_create(
            day=self.day,
            defaults={"working": self.working, "name": name, "source": scene.actor.urn},
        )
        return self.enter(scene, working=self.working, name=name)


@command("trading.undo-day")
@dataclass(frozen=True, kw_only=True)
class UndoDay(_DayAct):
    """Take a decision on a day to come back: it is again what the package and its weekday say.

    Result: ``{"day": date, "working": bool}``.
    """

    def decide(self, scene: Scene) -> Result:
        self.require_to_come(scene)
        row: CalendarDay | None = scene.subject
        if row is None or row.source == PACKAGE:
            raise NotFound(_("Nothing was decided on this day."), code="no-such-decision")
        announced = dict(calendar.package_year(self.day.year)).get(self.day)
        if announced is None:
            row.delete()
            announced = Exceptional(working=self.day.weekday() < 5)
        else:
            row.working, row.name, row.source = announced.working, announced.name, PACKAGE
            row.save()
        return self.enter(scene, working=announced.working, name=announced.name)
