"""Consortia: several bid as one (TBL 31); whoever does, bids on the lot in no other way
(TBR 37)."""

from __future__ import annotations

from bidding.domain import sealing_events, statement_rows
from bidding.domain.consortium_checks import ONCE, FoundConsortium
from bidding.enums import BidState
from bidding.models import Bid, Consortium, Envelope
from signatures.domain.act import Scene
from trading.models import Lot

#: The bids that were handed in, whatever became of them since.
_STANDING = (BidState.FROZEN, BidState.REVOKED, BidState.UNOPENED)


def hold(scene: Scene, lot: Lot, row: Envelope, found: FoundConsortium) -> Consortium:
    """Keep what the opening found, inside its act, and tell the hall."""
    bid = row.version.bid
    kept = Consortium.objects.create(
        bid=bid,
        members=list(found.members),
        findings=[{"check": check, "holds": holds} for check, holds in found.findings],
        statement=found.statement,
    )
    entry = scene.enter(
        subject=kept.urn,
        act="bidding.hold-consortium",
        digests={"statement": found.statement},
        context={"lot": lot.urn, "bid": bid.urn, "members": len(found.members)},
        receipt_for=tuple(one["organisation"] for one in found.members if one["organisation"]),
    )
    statement_rows.place(entry, kept)
    sealing_events.tell(
        scene,
        lot,
        sealing_events.CONSORTIUM,
        {
            "bid": str(bid.pk),
            "members": [one["name"] for one in found.members],
            "failed": [check for check, holds in found.findings if holds is not True],
        },
    )
    for other in twice(kept):
        # The other bid opened before this one, and could not know of it then.
        sealing_events.tell(
            scene,
            lot,
            sealing_events.TWICE,
            {"bids": [str(bid.pk), str(other.pk)], "check": ONCE},
        )
    return kept


def twice(row: Consortium) -> list[Bid]:
    """The other bids of the lot's round that one of these members hands in, or takes part in."""
    others = (
        Bid.objects.filter(lot=row.bid.lot_id, round=row.bid.round, state__in=_STANDING)
        .exclude(pk=row.bid_id)
        .select_related("tenderer", "consortium")
        .order_by("pk")
    )
    return [one for one in others if not row.codes.isdisjoint(_codes(one))]


def _codes(bid: Bid) -> frozenset[str]:
    """Whose bid it is: its tenderer, and its members where a consortium's agreement was found."""
    consortium = getattr(bid, "consortium", None)
    own = frozenset({bid.tenderer.credit_code})
    return own if consortium is None else own | consortium.codes
