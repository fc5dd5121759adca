"""When a lot closes and its timed slots open: signed, public, only ever later."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import evaluation, policies, sealed_rounds, statement_rows, times_owed
from bidding.kit import tender
from bidding.kit.gate import require_signatures
from bidding.kit.schedule import PURPOSE
from bidding.kit.schedule import Schedule as Times
from bidding.models import Bid, Schedule, SealingPolicy
from signatures import store
from signatures.domain import jcs, platform
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import NotFound, Refused
from signatures.models import User
from trading.domain import amendments, messages, planning
from trading.domain.acts import LotAct, find_lot
from trading.domain.signed import Accepted, Signed, accept
from trading.models import Lot

FIELDS = ("policy", "seq", "deadline", "gates")


def governing(policy: SealingPolicy) -> Schedule | None:
    """The schedule with the highest number, if there is one."""
    return Schedule.objects.filter(policy=policy).order_by("-seq").first()


def require(policy: SealingPolicy) -> Schedule:
    """The governing schedule; raises :class:`NotFound`."""
    row = governing(policy)
    if row is None:
        raise NotFound(
            _("No schedule was published yet; nothing can be submitted."), code="no-schedule"
        )
    return row


def times(row: Schedule) -> dict[int, datetime]:
    """When each timed slot opens."""
    return {int(slot): jcs.parse_timestamp(at) for slot, at in row.gates.items()}


def prepare(
    person: User, lot: UUID, signed: Signed, *, others: Collection[bytes] = ()
) -> PublishSchedule:
    """The command that publishes this schedule; ``others`` are further signatures under it."""
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS)
    schedule = Times.parse(signed.statement, origin=platform.origin())
    row = policies.get(find_lot(lot))
    policy = policies.parsed(row.statement)
    schedule.require(policy)
    require_signatures(
        signed.statement, [signed.signature, *others], policy, policy.schedule_signed_by
    )
    return PublishSchedule(
        lot=lot,
        schedule=accepted,
        cosigned=tuple(store.put(each).sha256 for each in others),
        seq=schedule.seq,
        deadline=schedule.deadline,
        gates={str(slot): jcs.timestamp(at) for slot, at in schedule.gates.items()},
    )


@command("bidding.publish-schedule")
@dataclass(frozen=True, kw_only=True)
class PublishSchedule(LotAct):
    """Publish when the lot closes. Times only move later, and never after the freeze.

    It moves the lot's own deadline along, so it takes the lot's row for itself: whoever submits
    at that moment is judged by the schedule before or by the one after, never by none.
    """

    public: ClassVar[bool] = True

    schedule: Accepted
    cosigned: tuple[str, ...] = ()
    seq: int
    deadline: datetime
    gates: dict[str, str]

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.schedule.require_bound(scene.actor)
        policy = policies.get(lot)
        current = governing(policy)
        owed = times_owed.find(lot)
        self._check(scene, lot, policy, current)
        if owed is not None:
            times_owed.require_made_up(lot, owed, self.deadline, scene.now)
        closes = sealed_rounds.deadline_name(lot)
        moved = lot.dates.get(closes) != jcs.timestamp(self.deadline)
        self.proceed(scene, choose={closes: self.deadline} if moved else None)
        row = Schedule.objects.create(
            policy=policy,
            seq=self.seq,
            deadline=self.deadline,
            gates=self.gates,
            cosigned=list(self.cosigned),
            **statement_rows.columns(self.schedule, scene),
        )
        entry = scene.enter(
            subject=lot.urn,
            act=tender.ACT_SCHEDULE,
            digests={
                **self.schedule.digests(),
                **{f"cosigned-{n}": one for n, one in enumerate(self.cosigned, start=1)},
            },
            context={
                "policy": policy.statement,
                "seq": self.seq,
                "deadline": jcs.timestamp(self.deadline),
                "gates": self.gates,
            },
        )
        statement_rows.place(entry, row)
        if owed is not None:
            owed.settled_at, owed.alarm_at = scene.now, None
            owed.save(update_fields=["settled_at", "alarm_at"])
        if sealed_rounds.is_final(lot):
            self._call(scene, lot, again=current is not None)
        elif owed is not None:
            messages.send(
                scene,
                to=messages.tenderers(lot),
                template="times-signed",
                lot=lot,
                context={"until": planning.shown(self.deadline)},
                evidence=True,
            )
        return {"seq": self.seq, "deadline": jcs.timestamp(self.deadline)}

    def _call(self, scene: Scene, lot: Lot, *, again: bool) -> None:
        """Those with whom the group goes on learn, each for itself, until when they offer."""
        going_on = Bid.objects.filter(pk__in=evaluation.admitted(lot)).select_related("tenderer")
        for bid in going_on:
            messages.send(
                scene,
                to=[bid.tenderer],
                template="final-offers-moved" if again else "final-offers-called",
                lot=lot,
                context={"until": planning.shown(self.deadline)},
                evidence=True,
            )

    def _check(
        self, scene: Scene, lot: Lot, policy: SealingPolicy, current: Schedule | None
    ) -> None:
        if self.schedule.value["policy"] != policy.statement:
            raise Refused(_("This schedule belongs to another policy."), code="wrong-policy")
        if sealed_rounds.freeze(lot) is not None:
            raise Refused(
                _("The set of bids is frozen; no time moves any more."), code="already-frozen"
            )
        if self.deadline <= scene.now:
            raise Refused(_("The deadline must lie ahead."), code="deadline-passed")
        if current is None:
            return
        if self.seq <= current.seq:
            raise Refused(
                _("Schedule %(seq)d stands already; give this one a higher number.")
                % {"seq": current.seq},
                code="seq-not-new",
            )
        before, after = times(current), {
            int(slot): jcs.parse_timestamp(at) for slot, at in self.gates.items()
        }
        if self.deadline < current.deadline or any(after[slot] < before[slot] for slot in before):
            raise Refused(
                _("Times only ever move later."),
                code="moved-earlier",
                rule=amendments.MOVED_EARLIER.of(lot, self.name),
            )
