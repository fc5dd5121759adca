"""Later times that are owed, for people: words of pages, what is offered to be signed, tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from bidding.domain import sealed_rounds, times_owed
from bidding.models import OwedTimes, SealingPolicy
from signatures.domain import jcs
from signatures.models import User
from trading import access
from trading.domain import calendar, procedure, registry
from trading.enums import LotRole, LotState, OrganisationKind
from trading.interfaces import desks
from trading.interfaces.desks import MOST, Task
from trading.interfaces.timeline import Badge
from trading.models import Assignment, Lot

#: The procedures' commands that publish times, whose tasks stand here.
SCHEDULES = (
    times_owed.SCHEDULE, "bidding.publish-application-schedule", "bidding.publish-final-schedule",
)
#: How long signing may take, so that what is offered is not too early when it arrives.
SLACK = timedelta(hours=1)
HOSTS = frozenset({LotRole.TENDEREE.value, LotRole.AGENCY.value})


@dataclass(frozen=True)
class Owed:
    """Until when bids are taken in although the lot's deadline lies later; ``signs`` tells whether
    the reader is of the side that signs the later times."""

    stops_at: datetime
    until: datetime
    stopped: bool
    signs: bool
    address: str


def of(lot: Lot, at: datetime, *, signs: bool = False) -> Owed | None:
    """What pages say of it; None where nothing is owed, or the lot does not run."""
    owed = times_owed.find(lot)
    if owed is None:
        return None
    return Owed(
        stops_at=owed.stops_at,
        until=times_owed.closes(lot),
        stopped=times_owed.is_stopped(owed, at),
        signs=signs,
        address=address(lot),
    )


def address(lot: Lot) -> str:
    """Where times are signed."""
    return f"{reverse('sealing', args=[lot.project.code, lot.number])}#schedule"


def offered(
    lot: Lot, owed: OwedTimes, opens: str, at: datetime
) -> tuple[datetime, datetime, datetime]:
    """The deadline and the opening that are filled in, and the earliest deadline there may be.

    The lot's own; once those are too early, the same hour of the first working day that is not.
    ``opens`` names the lot's date of the opening.
    """
    closes, least = times_owed.closes(lot), times_owed.least(lot, owed, at)
    known = lot.dates.get(opens)
    wait = jcs.parse_timestamp(known) - closes if known else timedelta()
    deadline = closes if least == closes else _same_hour(closes, least + SLACK)
    return deadline, deadline + max(wait, timedelta()), times_owed.whole_minute(least)


def _same_hour(usual: datetime, earliest: datetime) -> datetime:
    hour, first = usual.astimezone(calendar.ZONE).time(), earliest.astimezone(calendar.ZONE)
    day = first.date() + timedelta(days=first.time() > hour)
    day = calendar.load().next_working(day)
    return datetime.combine(day, hour, calendar.ZONE).astimezone(usual.tzinfo)


# --- elsewhere -----------------------------------------------------------------------------------


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """The project page's word to everybody: until when bids are taken in, and who must sign."""
    signs = isinstance(viewer, User) and not HOSTS.isdisjoint(access.roles_of(viewer, lot, at))
    owed = of(lot, at, signs=signs)
    return None if owed is None else {"owed": owed}


def to_sign(person: User, at: datetime) -> Iterable[Task]:
    """Times that this person's side must sign: later ones that are owed, and the first ones."""
    offices = access.organisations_of(person, at)
    own = Q(project__tenderee__in=offices) | Q(project__agency__in=offices)
    lots = Lot.objects.filter(own, state=LotState.ACTIVE).select_related("project")
    for lot, owed in times_owed.of_lots(_owing(lots)):
        yield _task(lot, _("Sign the later times"), owed.stops_at, at, own=True)
    waiting = SealingPolicy.objects.filter(
        lot__in=lots, schedules__isnull=True, freeze__isnull=True
    )
    for policy in waiting.select_related("lot__project")[:MOST]:
        lot, rules = policy.lot, procedure.of(policy.lot)
        step = rules.commands.get(rules.step_of(times_owed.SCHEDULE, lot.stage))
        if policy.round != sealed_rounds.number(lot) or step is None or lot.stage not in step.from_:
            continue
        text = lot.dates.get(sealed_rounds.deadline_name(lot))
        due = jcs.parse_timestamp(text) if text else None
        if due is None or at < due:
            yield _task(lot, rules.title("commands", step.name), due, at, own=True)


def to_hand_in(person: User, at: datetime) -> Iterable[Task]:
    """Until when a tenderer can hand in, or that it has to wait."""
    held = Assignment.objects.filter(
        organisation__in=access.organisations_of(person, at),
        role=LotRole.TENDERER,
        until__isnull=True,
    )
    lots = Lot.objects.filter(pk__in=held.values("lot_id"), state=LotState.ACTIVE)
    for lot, owed in times_owed.of_lots(_owing(lots.select_related("project"))):
        bid = reverse("bid", args=[lot.project.code, lot.number])
        if times_owed.is_stopped(owed, at):
            title = _("Taking in is paused until the tenderee signs the later times")
            yield _task(lot, title, None, at, own=False, page=bid)
        else:
            title = _("Taking in pauses then, unless later times are signed")
            yield _task(lot, title, owed.stops_at, at, own=False, page=bid)


def to_watch(person: User, at: datetime) -> Iterable[Task]:
    """Lots on which tenderers are kept from handing in because nobody signed."""
    lots = Lot.objects.filter(state=LotState.ACTIVE).select_related("project")
    for lot, owed in times_owed.of_lots(_owing(lots)):
        if times_owed.is_stopped(owed, at):
            title = _("Later times awaited from the tenderee")
            yield _task(lot, title, owed.stops_at, at, own=False, page=address(lot))


def _owing(lots: QuerySet[Lot]) -> list[Lot]:
    """Those of these lots that anything is owed for; mostly none."""
    rows = OwedTimes.objects.filter(settled_at__isnull=True)
    return list(lots.filter(pk__in=rows.values("policy__lot_id"))[:MOST])


def _task(
    lot: Lot, title: str, due: datetime | None, at: datetime, *, own: bool, page: str = ""
) -> Task:
    overdue = due is not None and at >= due
    if overdue:
        badge = Badge("bad", _("Overdue"))
    elif own:
        badge = Badge("now", _("Yours to do"))
    else:
        badge = Badge("todo", _("Awaited from others"))
    return Task(
        due=due,
        title=title,
        subject=f"{lot.project.title} {lot.title}",
        address=page or address(lot),
        rule=times_owed.rule_of(lot) or "",
        badge=badge,
        overdue=overdue,
        own=own,
    )


def register() -> None:
    """The part of the project's page, and the tasks of three desks."""
    registry.register_panel("owed-times", "bidding/times_owed_panel.html", panel, order=35)
    for kind in (OrganisationKind.TENDEREE, OrganisationKind.AGENCY):
        for command in SCHEDULES:
            desks.register_tasks(kind.value, to_sign, command=command)
    desks.register_tasks(LotRole.PROSPECT.value, to_hand_in)
    desks.register_tasks(LotRole.SUPERVISOR.value, to_watch)
