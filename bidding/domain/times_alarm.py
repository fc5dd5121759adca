"""What is told of later times that are owed: when the lot goes on, and while nobody signs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from bidding.domain import evaluation, policies, schedules, sealed_rounds, times_owed
from bidding.models import Bid, OwedTimes, Schedule
from signatures.domain import jcs
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Refused
from trading import access
from trading.domain import messages, planning, registry, reports, suspensions
from trading.domain.acts import LotAct
from trading.enums import LotRole, LotState
from trading.models import Lot, Organisation

#: The public entry that a lot goes on while its signed times lag behind.
OWE = "bidding.owe-times"


def owe(scene: Scene, lot: Lot, since: datetime) -> None:
    """The lot goes on after it stood still ``since``: note and tell whether later times are due.

    What is entered names nobody who acted: an objection's withdrawal may have let the lot go on.
    """
    policy = policies.find(lot)
    schedule = None if policy is None else schedules.governing(policy)
    if policy is None or schedule is None or sealed_rounds.freeze(lot) is not None:
        return
    closes = times_owed.closes(lot)
    if closes <= schedule.deadline:
        return
    owed = _note(scene, lot, schedule, since, closes)
    on = scene.following()
    on.enter(
        subject=lot.urn,
        act=OWE,
        public=True,
        context={
            "policy": policy.statement,
            "seq": schedule.seq,
            "stops": jcs.timestamp(owed.stops_at),
            "deadline": jcs.timestamp(closes),
        },
    )
    _tell(on, messages.hosts(lot), "times-to-sign", lot, owed)
    stopped = times_owed.is_stopped(owed, scene.now)
    _tell(on, _going_on(lot), "taking-in-stopped" if stopped else "taking-in-stops", lot, owed)


def _note(
    scene: Scene, lot: Lot, schedule: Schedule, since: datetime, closes: datetime
) -> OwedTimes:
    """What is owed from now on. Time that was lost before this standstill stays lost and owed."""
    owed = times_owed.of_policy(schedule.policy)
    if owed is None or owed.stops_at > since:
        stops = max(schedule.deadline, scene.now)
        owed, _made = OwedTimes.objects.update_or_create(
            policy=schedule.policy,
            settled_at=None,
            defaults={"stops_at": stops, "until": closes},
        )
    ahead = (at for at in (owed.stops_at, closes) if at > scene.now)
    owed.alarm_at = next(ahead, None)
    owed.save(update_fields=["alarm_at"])
    return owed


def _going_on(lot: Lot) -> list[Organisation]:
    """The tenderers that may hand in; of final offers those alone with whom the group goes on."""
    if not sealed_rounds.is_final(lot):
        return messages.tenderers(lot)
    bids = Bid.objects.filter(pk__in=evaluation.admitted(lot)).select_related("tenderer")
    return [bid.tenderer for bid in bids.order_by("tenderer")]


def _tell(
    scene: Scene, to: Iterable[Organisation], template: str, lot: Lot, owed: OwedTimes
) -> None:
    messages.send(
        scene,
        to=to,
        template=template,
        lot=lot,
        context={
            "stops": planning.shown(owed.stops_at),
            "until": planning.shown(times_owed.closes(lot)),
        },
        evidence=True,
    )


# --- while nobody signs --------------------------------------------------------------------------


def due(now: datetime) -> Iterator[Act]:
    """The alarms that the clock gives by now."""
    rows = OwedTimes.objects.filter(
        settled_at__isnull=True, alarm_at__lte=now, policy__lot__state=LotState.ACTIVE
    )
    for lot in rows.order_by("alarm_at", "pk").values_list("policy__lot_id", flat=True):
        yield AlarmTimes(lot=lot)


@command("bidding.alarm-times")
@dataclass(frozen=True, kw_only=True)
class AlarmTimes(LotAct):
    """Handing in stopped, or the lot's own deadline came, and nobody has signed the later times.

    Tenderee, agency and supervision are told both times, tenderers when handing in stops.
    """

    public: ClassVar[bool] = True

    def permit(self, actor: Actor) -> None:
        if LotRole.CLOCK.value not in access.actor_roles(actor, self.lot):
            raise Denied(_("Only the clock gives this alarm."), code="wrong-role")

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        owed = times_owed.find(lot)
        if owed is None or owed.alarm_at is None or scene.now < owed.alarm_at:
            raise Refused(_("There is no alarm to give now."), code="no-alarm")
        closes = times_owed.closes(lot)
        held = scene.now >= closes
        told = [*messages.hosts(lot), *reports.supervisors(lot)]
        _tell(scene, told, "freeze-waits" if held else "times-not-signed", lot, owed)
        if owed.alarm_at < closes:
            _tell(scene, _going_on(lot), "taking-in-stopped", lot, owed)
        owed.alarm_at = None if held else closes
        owed.save(update_fields=["alarm_at"])
        scene.enter(
            subject=lot.urn,
            context={
                "stops": jcs.timestamp(owed.stops_at),
                "deadline": jcs.timestamp(closes),
                "held": held,
            },
        )
        return {"held": held}


def register() -> None:
    """Listen to lots that go on, and give the clock its alarms; called when the app is ready."""
    suspensions.on_resume(owe)
    registry.register_due("bidding.times-owed", due)
