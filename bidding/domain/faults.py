"""Bids that did not open, and whose doing that is (D20 31).

The tenderer's own fault revokes the bid; anybody else's counts as a withdrawal with compensation,
and the others go on. Who was at fault follows from the record: the shares and bodies that are
here, the complaints that were upheld.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import gates, policies, sealing_events, shares
from bidding.enums import BidState, Outcome
from bidding.kit.errors import Fault
from bidding.models import Bid, Complaint, Envelope, SealingPolicy, Share
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Conflict, Denied, NotFound, Refused
from trading.domain import grounds
from trading.domain.acts import LotAct
from trading.enums import LotRole
from trading.models import Lot

UNOPENED = grounds.declare("bid-unopened", step="bidding.freeze-bids")
#: How long after its gate a slot's shares may still come, before a bid is given up.
WINDOW = timedelta(hours=1)


def attribute(envelope: Envelope, policy: SealingPolicy) -> Fault:
    """Whose fault it is that the envelope is still sealed, by what is on record."""
    upheld = Complaint.objects.filter(envelope=envelope, verdict=Fault.TENDERER.value).count()
    if policy.n - upheld < policy.k:
        return Fault.TENDERER
    if Share.objects.filter(envelope=envelope).count() >= policy.k:
        return Fault.STORAGE
    unsettled = Complaint.objects.filter(envelope=envelope, verdict="").count()
    if policy.n - upheld - unsettled < policy.k:
        # A key that cannot leave its token is never disclosed: an honest trustee is not blamed.
        return Fault.UNDECIDED
    return Fault.TRUSTEE


def end(
    scene: Scene, lot: Lot, row: Envelope, *, state: BidState, fault: Fault, reason: str
) -> Bid:
    """End a frozen bid that did not open, inside an act; the others go on."""
    bid: Bid = row.version.bid
    row.outcome, row.settled_at = Outcome.REFUSED, scene.now
    row.save(update_fields=["outcome", "settled_at"])
    bid.state, bid.since, bid.fault, bid.reason = state, scene.now, fault.value, reason[:60]
    bid.save(update_fields=["state", "since", "fault", "reason"])
    sealing_events.tell(
        scene,
        lot,
        sealing_events.LOST,
        {
            "bid": str(bid.pk),
            "slot": row.slot,
            "state": state.value,
            "fault": fault.value,
            "reason": reason,
        },
    )
    return bid


def _require_sealed(row: Envelope) -> None:
    if row.outcome != Outcome.SEALED or row.version.bid.state != BidState.FROZEN:
        raise Conflict(_("This envelope is settled already."), code="already-opened")


@command("bidding.revoke-bid")
@dataclass(frozen=True, kw_only=True)
class RevokeBid(LotAct):
    """A bid does not open by its tenderer's own fault: it is revoked."""

    share: ClassVar[bool] = True

    envelope: UUID
    reason: str

    def permit(self, actor: Actor) -> None:
        if actor.urn != "process:worker":
            raise Denied(_("Only the opening service finds a bid that does not open."))

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row = shares.lock_envelope(self.envelope, self.lot)
        _require_sealed(row)
        bid = end(
            scene,
            lot,
            row,
            state=BidState.REVOKED,
            fault=Fault.TENDERER,
            reason=self.reason,
        )
        scene.enter(
            subject=bid.urn,
            context={"slot": row.slot, "reason": self.reason, "article": UNOPENED.of(lot)},
            receipt_for=(bid.tenderer.urn,),
        )
        return {"bid": str(bid.pk), "state": bid.state}


@command("bidding.bid-unopened")
@dataclass(frozen=True, kw_only=True)
class BidUnopened(LotAct):
    """The window is over and an envelope is still sealed: settle it by whose fault that is."""

    share: ClassVar[bool] = True
    roles: ClassVar[frozenset[str] | None] = frozenset(
        {LotRole.TENDEREE.value, LotRole.AGENCY.value, LotRole.SUPERVISOR.value}
    )

    bid: UUID
    slot: int

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        freeze = gates.require_freeze(lot)
        found = Envelope.objects.filter(
            version__bid=self.bid, version__bid__lot=lot, version__state="complete", slot=self.slot
        ).first()
        if found is None:
            raise NotFound(_("There is no such envelope on this lot."), code="no-such-envelope")
        row = shares.lock_envelope(found.pk, self.lot)
        _require_sealed(row)
        gate = gates.require_open(freeze.policy, self.slot, self.bid)
        if gate.opened_at is None or scene.now < gate.opened_at + WINDOW:
            raise Refused(
                _("Shares may still be released; the window ends %(minutes)d minutes after the"
                  " gate was opened.") % {"minutes": WINDOW // timedelta(minutes=1)},
                code="window-open",
                rule=UNOPENED.of(lot),
            )
        fault = attribute(row, policies.get(lot))
        state = BidState.REVOKED if fault is Fault.TENDERER else BidState.UNOPENED
        bid = end(scene, lot, row, state=state, fault=fault, reason="window-over")
        scene.enter(
            subject=bid.urn,
            context={"slot": row.slot, "fault": fault.value, "article": UNOPENED.of(lot)},
            receipt_for=(bid.tenderer.urn,),
        )
        return {"bid": str(bid.pk), "state": bid.state, "fault": fault.value}
