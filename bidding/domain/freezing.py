"""The deadline: the set of bids is fixed under the lot's lock, and nobody can change it after.

Statement, last part, withdrawal and schedule hold the lot's row while they decide; the freeze takes
it for itself, so whatever they accepted before is in the set and nothing comes after (design, "The
deadline").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import (
    confirmations,
    erasing,
    outages,
    policies,
    schedules,
    sealed_rounds,
    sealing_events,
    statement_rows,
    times_owed,
)
from bidding.enums import BidState, VersionState
from bidding.kit import tender
from bidding.kit.tender import FrozenBid, frozen_root
from bidding.models import BidVersion, Freeze, SealingPolicy
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Refused
from trading.domain.acts import LotAct
from trading.models import Lot


@command(sealed_rounds.FREEZE)
@dataclass(frozen=True, kw_only=True)
class FreezeBids(LotAct):
    """Fix the set of bids at the deadline. With too few of them the lot fails, all sealed.

    While later times are owed, or the platform itself is or was away, it waits: who was kept from
    handing in is never shut out by it.
    """

    public: ClassVar[bool] = True

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        times_owed.require_none(lot)
        outages.require_settled(lot)
        policy = policies.find(lot)
        if policy is not None:
            self._check_schedule(scene, policy)
        versions = _standing(lot)
        least = _least(lot, policy)
        enough = policy is not None and len(versions) >= least
        round_ = sealed_rounds.number(lot)
        self.proceed(scene, step="" if enough else sealed_rounds.fail_step(lot))
        if sealed_rounds.number(lot) != round_:
            raise RuntimeError("a lot leaves its round with the next one's stage only")
        _settle(scene, lot, versions)
        if policy is None:
            scene.enter(subject=lot.urn, context={"count": 0})
            return {"count": 0, "failed": True}
        freeze = _write(scene, lot, policy, versions, opens=enough)
        entry = scene.enter(
            subject=lot.urn,
            act=tender.ACT_FREEZE,
            digests={"set": freeze.root},
            # How many apply is told to nobody but those who open and judge (TBL 22).
            context={"policy": policy.statement}
            if sealed_rounds.is_application(lot)
            else {"policy": policy.statement, "count": freeze.count},
            urgent=True,
        )
        statement_rows.place(entry, freeze)
        confirmations.note_unconfirmed(scene, lot, versions)
        sealing_events.tell(
            scene, lot, sealing_events.FROZEN, {"count": freeze.count, "root": freeze.root}
        )
        return {"count": freeze.count, "root": freeze.root, "failed": not enough}

    def _check_schedule(self, scene: Scene, policy: SealingPolicy) -> None:
        schedule = schedules.governing(policy)
        if schedule is not None and scene.now < schedule.deadline:
            raise Refused(
                _("The deadline of the governing schedule has not come."), code="too-early"
            )


def _least(lot: Lot, policy: SealingPolicy | None) -> int:
    """How many bids there must be: the policy's word, never under the law's."""
    figure = sealed_rounds.least(lot)
    law = figure.least or 0 if figure is not None else 0
    return max(law, policy.min_bids if policy is not None else 0)


def _standing(lot: Lot) -> list[BidVersion]:
    """The last complete version of every bid that was not withdrawn."""
    rows = BidVersion.objects.filter(
        bid__in=sealed_rounds.bids(lot), bid__state=BidState.LIVE, state=VersionState.COMPLETE
    )
    return sorted(rows.select_related("bid"), key=lambda version: str(version.bid_id))


def _settle(scene: Scene, lot: Lot, versions: list[BidVersion]) -> None:
    """Complete bids are frozen; the others lapse, and what came of them is erased."""
    live = sealed_rounds.bids(lot).filter(state=BidState.LIVE)
    lost = list(
        BidVersion.objects.filter(bid__in=live, state=VersionState.RECEIVING)
    )
    for version in lost:
        version.state = VersionState.ABANDONED
        version.save(update_fields=["state"])
    erasing.enqueue(lost)
    frozen = [version.bid_id for version in versions]
    live.exclude(pk__in=frozen).update(state=BidState.LAPSED, since=scene.now)
    live.filter(pk__in=frozen).update(state=BidState.FROZEN, since=scene.now)


def _write(
    scene: Scene, lot: Lot, policy: SealingPolicy, versions: list[BidVersion], *, opens: bool
) -> Freeze:
    schedule = schedules.governing(policy)
    first = min(schedules.times(schedule).values()) if schedule is not None else None
    bids = [
        FrozenBid(
            bid=version.bid_id, version=version.number, statement=bytes.fromhex(version.statement)
        )
        for version in versions
    ]
    return Freeze.objects.create(
        lot=lot,
        policy=policy,
        count=len(bids),
        root=frozen_root(bids).hex(),
        bids=[_plain(bid) for bid in bids],
        at=scene.now,
        next_gate_at=first if opens else None,
    )


def _plain(bid: FrozenBid) -> dict[str, Any]:
    return {"bid": str(bid.bid), "version": bid.version, "statement": bid.statement.hex()}


def frozen_bids(freeze: Freeze) -> list[FrozenBid]:
    """The frozen set as the kit reads it."""
    return [
        FrozenBid(
            bid=UUID(one["bid"]),
            version=one["version"],
            statement=bytes.fromhex(one["statement"]),
        )
        for one in freeze.bids
    ]
