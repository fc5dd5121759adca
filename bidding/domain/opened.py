"""What came of the frozen bids, for rooms, scoring and whoever goes on from the opening."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from bidding.domain import sealed_rounds
from bidding.enums import BidState, Outcome, VersionState
from bidding.models import Bid, Envelope
from trading.models import Exhibit, Lot, Organisation


@dataclass(frozen=True)
class FrozenBid:
    """One bid of the frozen set: ``slots`` says what came of each envelope so far."""

    bid: UUID
    version: int
    tenderer: Organisation
    state: BidState
    fault: str
    reason: str
    slots: dict[int, Outcome]

    @property
    def stands(self) -> bool:
        """Whether the bid is neither revoked nor lost."""
        return self.state == BidState.FROZEN

    def is_open(self, slot: int) -> bool:
        """Whether that slot's envelope was opened."""
        return self.slots.get(slot) == Outcome.OPENED


def bids(lot: Lot) -> list[FrozenBid]:
    """The frozen set in its order, with what became of each bid; empty before the freeze."""
    freeze = sealed_rounds.freeze(lot)
    if freeze is None:
        return []
    rows = Bid.objects.filter(lot=lot).select_related("tenderer").in_bulk()
    outcomes: defaultdict[UUID, dict[int, Outcome]] = defaultdict(dict)
    envelopes = Envelope.objects.filter(
        version__bid__lot=lot, version__state=VersionState.COMPLETE
    )
    for bid, slot, outcome in envelopes.values_list("version__bid", "slot", "outcome"):
        outcomes[bid][slot] = Outcome(outcome)
    found = []
    for one in freeze.bids:
        row = rows[UUID(one["bid"])]
        found.append(
            FrozenBid(
                bid=row.pk,
                version=one["version"],
                tenderer=row.tenderer,
                state=BidState(row.state),
                fault=row.fault,
                reason=row.reason,
                slots=outcomes[row.pk],
            )
        )
    return found


def settled(lot: Lot, slot: int) -> bool:
    """Whether no standing bid waits any more to be opened in this slot."""
    return all(bid.is_open(slot) for bid in bids(lot) if bid.stands)


def documents(lot: Lot, *, bid: UUID | None = None, slot: int | None = None) -> list[Exhibit]:
    """The exhibits of opened files, for decisions (nobody's eyes), in the order of filing."""
    envelopes = Envelope.objects.filter(version__bid__lot=lot, outcome=Outcome.OPENED)
    if bid is not None:
        envelopes = envelopes.filter(version__bid=bid)
    if slot is not None:
        envelopes = envelopes.filter(slot=slot)
    wanted = {row.urn for row in envelopes}
    kinds = ("opening-sheet", "bid-price", "bid-document")
    rows = Exhibit.objects.filter(lot=lot, kind__in=kinds).order_by("filed_at", "pk")
    return [row for row in rows if row.facts.get("envelope") in wanted]


def bid_of(exhibit: Exhibit) -> UUID | None:
    """The bid that a filed document belongs to, also where its facts do not say so."""
    envelope = str(exhibit.facts.get("envelope", "")).partition(":")[2]
    if not envelope:
        return None
    return Envelope.objects.filter(pk=envelope).values_list("version__bid", flat=True).first()
