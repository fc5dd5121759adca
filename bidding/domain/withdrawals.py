"""Before the deadline a tenderer may take its bid back; it is never opened then (TBL 29)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import erasing, sealed_rounds
from bidding.domain.submission import AHEAD, TendererAct
from bidding.enums import DEAD, BidState, VersionState
from bidding.kit.withdrawal import FIELDS, PURPOSE, Withdrawal
from bidding.models import Bid
from signatures.domain import clock as clocks
from signatures.domain import platform
from signatures.domain.act import Result, Scene, command
from signatures.domain.clock import Clock
from signatures.domain.errors import Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain.signed import Accepted, Signed, accept


def prepare(
    person: User,
    lot: UUID,
    bid: UUID,
    signed: Signed,
    *,
    clock: Clock = clocks.platform,
) -> WithdrawBid:
    """The command that withdraws this bid, by a statement of its tenderer."""
    row = Bid.objects.filter(pk=bid, lot_id=lot).first()
    if row is None or not access.acts_for(person, row.tenderer_id):
        raise NotFound(_("There is no such bid, or it is not yours."), code="no-such-bid")
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS, fresh=None, clock=clock)
    if accepted.at > clock.read() + AHEAD:
        raise Refused(
            _("The statement's time lies ahead of the official time."), code="stale-statement"
        )
    if Withdrawal.parse(signed.statement, origin=platform.origin()).bid != bid:
        raise Malformed(_("The statement withdraws another bid."), code="wrong-bid")
    return WithdrawBid(lot=lot, organisation=row.tenderer_id, bid=bid, withdrawal=accepted)


@command("bidding.withdraw-bid")
@dataclass(frozen=True, kw_only=True)
class WithdrawBid(TendererAct):
    """Take a bid back with all its versions; their ciphertext is erased."""

    organisation: UUID
    bid: UUID
    withdrawal: Accepted

    def decide(self, scene: Scene) -> Result:
        tenderer, policy = self.require_open(scene)
        self.withdrawal.require_bound(scene.actor)
        if self.withdrawal.value["policy"] != policy.statement:
            raise Refused(_("The statement names another policy."), code="wrong-policy")
        bid = sealed_rounds.bids(scene.subject).filter(pk=self.bid, tenderer=tenderer).first()
        if bid is None:
            raise NotFound(_("There is no such bid, or it is not yours."), code="no-such-bid")
        if bid.state != BidState.LIVE:
            raise Refused(_("This bid was withdrawn already."), code="bid-withdrawn")
        bid.state, bid.since = BidState.WITHDRAWN, scene.now
        bid.save(update_fields=["state", "since"])
        ended = list(bid.versions.exclude(state__in=DEAD))
        for version in ended:
            version.state = VersionState.WITHDRAWN
            version.save(update_fields=["state"])
        scene.enter(
            subject=bid.urn,
            digests=self.withdrawal.digests(),
            context={"lot": scene.subject.urn, "versions": [one.number for one in ended]},
            receipt_for=(tenderer.urn,),
        )
        erasing.enqueue(ended)
        return {"bid": str(bid.pk)}
