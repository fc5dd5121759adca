"""An outage of the platform before a deadline moves it, by the rule of the lot's procedure.

The procedure says from what length on an outage counts (figure ``outage``) and for how long before
the deadline the platform must have been there without a break (``time-after-outage``). Where it was
not, the deadline moves by the time that was lost, and at least so far that this holds again. Until
that is done nothing is frozen; then later times are owed as after a standstill (decision 29).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import sealed_rounds, times_alarm, times_owed
from bidding.models import OutageExtension
from signatures.domain import availability, jcs
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Refused
from signatures.models import Outage
from trading import access
from trading.domain import calendar as calendars
from trading.domain import lifecycle, messages, planning, procedure, registry
from trading.domain.acts import LotAct
from trading.domain.calendar import Calendar
from trading.enums import LotRole, LotState
from trading.models import Lot

#: The procedure's figures: minutes from which an outage counts, hours that must lie behind it.
LENGTH, CLEAR = "outage", "time-after-outage"
#: No procedure asks for more hours than these without an outage; it bounds which lots are read.
MOST_CLEAR = timedelta(days=30)


@dataclass(frozen=True)
class Rule:
    """What a procedure says of outages; ``article`` is whose spirit it follows."""

    length: timedelta
    clear: timedelta
    article: str

    @classmethod
    def of(cls, lot: Lot) -> Rule | None:
        """The rule of the lot's procedure, if it has one."""
        figures = procedure.of(lot).figures
        length, clear = figures.get(LENGTH), figures.get(CLEAR)
        if length is None or clear is None:
            return None
        return cls(
            length=timedelta(minutes=length.least or 0),
            clear=timedelta(hours=clear.least or 0),
            article=length.article,
        )

    def counts(self, since: datetime, until: datetime, deadline: datetime) -> bool:
        """Whether an outage from ``since`` to ``until`` moves this deadline."""
        return (
            until - since >= self.length and since < deadline and until > deadline - self.clear
        )

    def moved(
        self, since: datetime, until: datetime, deadline: datetime, calendar: Calendar
    ) -> datetime:
        """The deadline after that outage: a whole minute of a working day."""
        lost = min(until, deadline) - since
        at = times_owed.whole_minute(max(deadline + lost, until + self.clear))
        last = calendars.last_day_of(at)
        return at + (calendar.next_working(last) - last)


def closes(lot: Lot) -> datetime | None:
    """When bids of the lot's round close, while they are still to be frozen; else None."""
    if lot.state != LotState.ACTIVE or sealed_rounds.freeze(lot) is not None:
        return None
    text = lot.dates.get(sealed_rounds.deadline_name(lot))
    return None if text is None else jcs.parse_timestamp(text)


def require_settled(lot: Lot) -> None:
    """Refuse to freeze while nobody answers, or while an outage has not moved the deadline yet."""
    rule, deadline = Rule.of(lot), closes(lot)
    if rule is None or deadline is None:
        return
    if availability.is_silent():
        raise Refused(
            _("The platform's servers do not answer, so nobody can hand in. The bids are not frozen"
              " before one of them is back."),
            code="platform-away",
            rule=rule.article,
        )
    shift = availability.official(deadline) - deadline
    moved = set(
        OutageExtension.objects.filter(lot=lot).values_list("outage__real_since", flat=True)
    )
    for gap in availability.gaps(after=deadline - shift - rule.clear):
        since, until = gap.since + shift, gap.until + shift
        if gap.since not in moved and rule.counts(since, until, deadline):
            raise Refused(
                _("The platform was away from %(since)s to %(until)s. The deadline is moved before"
                  " the bids are frozen.")
                % {"since": planning.shown(since), "until": planning.shown(until)},
                code="outage-not-settled",
                rule=rule.article,
            )


@command("bidding.extend-for-outage")
@dataclass(frozen=True, kw_only=True)
class ExtendForOutage(LotAct):
    """Move the lot's deadline because the platform was away before it, and owe later times."""

    public: ClassVar[bool] = True

    outage: UUID

    def permit(self, actor: Actor) -> None:
        if LotRole.CLOCK.value not in access.actor_roles(actor, self.lot):
            raise Denied(_("An outage moves a deadline by rule; nobody asks for it."),
                         code="wrong-role")

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        outage = Outage.objects.get(pk=self.outage)
        rule, deadline = Rule.of(lot), closes(lot)
        if (
            rule is None
            or deadline is None
            or not rule.counts(outage.since, outage.until, deadline)
        ):
            raise Refused(_("This outage moves no deadline of this lot."), code="outage-elsewhere")
        if OutageExtension.objects.filter(lot=lot, outage=outage).exists():
            raise Refused(_("This outage has moved the deadline already."), code="outage-settled")
        name = sealed_rounds.deadline_name(lot)
        after = rule.moved(outage.since, outage.until, deadline, calendars.load())
        lifecycle.postpone(lot, name, after)
        row = OutageExtension.objects.create(
            lot=lot, outage=outage, name=name, before=deadline, after=after, at=scene.now
        )
        scene.enter(
            subject=lot.urn,
            context={
                "outage": outage.urn,
                "since": jcs.timestamp(outage.since),
                "until": jcs.timestamp(outage.until),
                "date": name,
                "before": jcs.timestamp(deadline),
                "after": jcs.timestamp(after),
                "article": rule.article,
            },
        )
        messages.send(
            scene,
            to=[*messages.participants(lot), *messages.invitees(lot)],
            template="deadline-moved-by-outage",
            lot=lot,
            context={
                "since": planning.shown(outage.since),
                "back": planning.shown(outage.until),
                "before": planning.shown(deadline),
                "until": planning.shown(after),
            },
            evidence=True,
        )
        times_alarm.owe(scene, lot, outage.since)
        return {"extension": str(row.pk), "deadline": jcs.timestamp(after)}


@command("bidding.settle-outage")
@dataclass(frozen=True, kw_only=True)
class SettleOutage(Act):
    """Say how many deadlines an outage moved, once it has moved them all."""

    public: ClassVar[bool] = True

    outage: UUID

    def permit(self, actor: Actor) -> None:
        if actor.urn != "process:clock":
            raise Denied(_("Only the clock process settles an outage."), code="wrong-role")

    def decide(self, scene: Scene) -> Result:
        outage = Outage.objects.get(pk=self.outage)
        if outage.settled_at is not None:
            raise Refused(_("This outage is settled already."), code="outage-settled")
        if next(_waiting(outage), None) is not None:
            raise Refused(_("There are deadlines yet to be moved."), code="outage-not-settled")
        outage.settled_at = scene.now
        outage.save(update_fields=["settled_at"])
        moved = outage.extensions.count()
        scene.enter(subject=outage.urn, context={"moved": moved})
        return {"moved": moved}


def _waiting(outage: Outage) -> Iterator[UUID]:
    """Lots whose deadline the outage is yet to move.

    A lot's next due moment is its deadline or lies before it, so few lots are looked at.
    """
    lots = Lot.objects.filter(
        state=LotState.ACTIVE,
        next_due_at__gt=outage.since - MOST_CLEAR,
        next_due_at__lt=outage.until + MOST_CLEAR,
    ).exclude(outage_extensions__outage=outage)
    for lot in lots.select_related("project").order_by("pk").iterator(chunk_size=200):
        rule, deadline = Rule.of(lot), closes(lot)
        if (
            rule is not None
            and deadline is not None
            and rule.counts(outage.since, outage.until, deadline)
        ):
            yield lot.pk


def due(now: datetime) -> Iterator[Act]:
    """What follows from outages that are noted: deadlines first, then that they are all moved."""
    for outage in Outage.objects.filter(settled_at__isnull=True).order_by("since"):
        lots = list(_waiting(outage))
        yield from (ExtendForOutage(lot=lot, outage=outage.pk) for lot in lots)
        if not lots:
            yield SettleOutage(outage=outage.pk)


def of_lot(lot: Lot) -> list[OutageExtension]:
    """What outages did to the lot's deadlines, the first one first."""
    return list(lot.outage_extensions.select_related("outage").order_by("at"))


def register() -> None:
    """Give the clock its due acts; called when the app is ready."""
    registry.register_due("bidding.outages", due)
