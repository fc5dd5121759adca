"""Which key shares somebody holds of a lot's frozen bids, and which of them still wait for them.

What a page offers rests on this; whether a share may go out the holder's own browser decides, and
whether it is taken the act.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from bidding.domain import policies, sealed_rounds
from bidding.enums import BidState, Outcome
from bidding.interfaces.records.opening_record import SLOTS
from bidding.models import Envelope, Freeze, Gate, Share
from signatures.models import User
from trading import access
from trading.enums import LotState
from trading.interfaces.spoken import spoken
from trading.models import Lot, Organisation

TRUSTEE, TENDERER = "trustee", "tenderer"


@dataclass(frozen=True)
class Slot:
    """One open slot: how many of the holder's shares have come of how many; ``left`` still wait."""

    title: str
    came: int
    total: int
    left: int


@dataclass(frozen=True)
class Holding:
    """An organisation's shares: as ``trustee`` of every bid, or as ``tenderer`` of its own."""

    kind: str
    organisation: Organisation
    slots: tuple[Slot, ...]

    @property
    def key(self) -> str:
        """What tells its form from others on a page."""
        return f"release-{self.kind}-{self.organisation.pk.hex}"

    @property
    def left(self) -> int:
        """How many shares could be released now."""
        return sum(slot.left for slot in self.slots)

    @property
    def came(self) -> int:
        """How many have come."""
        return sum(slot.came for slot in self.slots)


def holdings(lot: Lot, person: User | None) -> tuple[Holding, ...]:
    """What ``person`` holds through their organisations; nothing while no gate is open."""
    freeze = sealed_rounds.freeze(lot)
    organisations = access.organisations_of(person)
    if freeze is None or not organisations or lot.state != LotState.ACTIVE:
        return ()
    policy = policies.parsed(freeze.policy.statement)
    indices = {each.id: number for number, each in enumerate(policy.trustees, start=1)}
    gates = list(
        Gate.objects.filter(policy=freeze.policy, opened_at__isnull=False).order_by("slot")
    )
    found: list[Holding] = []
    for one in organisations:
        if one.urn in indices:
            bids = [UUID(each["bid"]) for each in freeze.bids]
            slots = _slots(freeze, gates, bids, indices[one.urn])
            found.append(Holding(TRUSTEE, one, slots))
        own = sealed_rounds.bids(lot).filter(tenderer=one, state=BidState.FROZEN)
        for bid in own.values_list("pk", flat=True):
            found.append(Holding(TENDERER, one, _slots(freeze, gates, [bid], policy.n + 1)))
    return tuple(each for each in found if each.slots)


def _slots(
    freeze: Freeze, gates: Iterable[Gate], bids: list[UUID], index: int
) -> tuple[Slot, ...]:
    """The open slots, over the frozen versions of these bids that the gates admit."""
    versions = {UUID(each["bid"]): each["version"] for each in freeze.bids}
    rows = Envelope.objects.filter(version__bid__in=bids).select_related("version__bid")
    frozen = [row for row in rows if row.version.number == versions.get(row.version.bid_id)]
    came = set(
        Share.objects.filter(envelope__in=frozen, index=index).values_list("envelope", flat=True)
    )
    found = []
    for gate in gates:
        mine = [
            row
            for row in frozen
            if row.slot == gate.slot and str(row.version.bid_id) in gate.bids
        ]
        left = [
            row
            for row in mine
            if row.pk not in came
            and row.outcome == Outcome.SEALED
            and row.version.bid.state == BidState.FROZEN
        ]
        key = str(gate.slot)
        found.append(
            Slot(
                title=spoken(SLOTS.get(key, key)),
                came=sum(row.pk in came for row in mine),
                total=len(mine),
                left=len(left),
            )
        )
    return tuple(found)
