"""Shares come in: signed by their holder, encrypted to the opening service, one a holder.

A share is only taken for a bid of the frozen set, in a slot whose gate is open and admits it, and
only if it is the one that the wrap committed to. With k of them the envelope is opened by a task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bidding.domain import gates, policies, sealing_events, statement_rows
from bidding.enums import BidState, Outcome
from bidding.kit import release
from bidding.kit.wraps import Head
from bidding.models import Envelope, Share
from signatures.domain import clock as clocks
from signatures.domain import platform, queue
from signatures.domain.act import Result, Scene, command
from signatures.domain.clock import Clock
from signatures.domain.errors import Malformed, NotFound, Refused
from signatures.models import User
from trading.domain.acts import LotAct, find_lot
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import LotRole
from trading.models import Lot

WHAT = ("policy", "bid", "version", "slot", "head", "index")
FIELDS = (*WHAT, "recipient", "sealed", "checkpoint")
HOLDERS = frozenset({LotRole.TRUSTEE.value, LotRole.TENDERER.value})


def find_envelope(lot: Lot, value: dict[str, Any]) -> Envelope:
    """The envelope that a statement speaks of; raises :class:`NotFound`."""
    try:
        bid = UUID(str(value["bid"]))
    except ValueError:
        raise Malformed(_("The statement names no bid."), code="bad-bid") from None
    row = (
        Envelope.objects.select_related("version__bid__tenderer")
        .filter(
            version__bid=bid,
            version__bid__lot=lot,
            version__number=value["version"],
            slot=value["slot"],
        )
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such envelope on this lot."), code="no-such-envelope")
    return row


def require_number(value: dict[str, Any]) -> None:
    """The statement's numbers are numbers, before anything is looked up by them."""
    for name in ("version", "slot", "index"):
        if type(value[name]) is not int:
            raise Malformed(_("%s must be a whole number.") % name, code="bad-number")


def lock_envelope(envelope: UUID, lot: UUID) -> Envelope:
    """The envelope with its row locked: the last of k shares must see the others."""
    rows = Envelope.objects.select_related("version__bid__tenderer").filter(
        pk=envelope, version__bid__lot_id=lot
    )
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    row = rows.first()
    if row is None:
        raise NotFound(_("There is no such envelope on this lot."), code="no-such-envelope")
    return row


def require_openable(scene: Scene, row: Envelope) -> None:
    """A frozen bid's envelope that is still sealed, in a slot whose gate admits it."""
    lot: Lot = scene.subject
    freeze = gates.require_freeze(lot)
    version, bid = row.version, row.version.bid
    frozen = {"bid": str(bid.pk), "version": version.number, "statement": version.statement}
    if bid.state != BidState.FROZEN or frozen not in freeze.bids:
        raise Refused(
            _("This version is not in the frozen set, or its bid does not stand any more."),
            code="bid-not-frozen",
        )
    gates.require_open(freeze.policy, row.slot, bid.pk)
    if row.outcome != Outcome.SEALED:
        raise Refused(_("This envelope is open already."), code="already-opened")


def prepare(
    person: User, lot: UUID, signed: Signed, *, clock: Clock = clocks.platform
) -> ReceiveShare:
    """The command that takes this share in; the share itself is checked here, and not kept."""
    where = find_lot(lot)
    policy = policies.parsed(policies.get(where).statement)
    accepted = accept(
        person, signed, purpose=release.SHARE_PURPOSE, fields=FIELDS, clock=clock
    )
    require_number(accepted.value)
    row = find_envelope(where, accepted.value)
    received = release.receive(
        signed.statement,
        signed.signature,
        policy=policy,
        head=Head.parse(bytes(row.head)),
        key=platform.opening_key(),
    )
    index = received.share.index
    return ReceiveShare(
        lot=lot,
        envelope=row.pk,
        index=index,
        holder=policy.trustees[index - 1].id
        if index <= policy.n
        else row.version.bid.tenderer.urn,
        released=accepted,
    )


@command("bidding.receive-share")
@dataclass(frozen=True, kw_only=True)
class ReceiveShare(LotAct):
    """A holder releases its share of one envelope. The ledger keeps a salted digest of it."""

    share: ClassVar[bool] = True
    roles: ClassVar[frozenset[str] | None] = HOLDERS

    envelope: UUID
    index: int
    holder: str
    released: Accepted

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.released.require_bound(scene.actor)
        row = lock_envelope(self.envelope, self.lot)
        require_openable(scene, row)
        if Share.objects.filter(envelope=row, index=self.index).exists():
            raise Refused(
                _("This holder's share of the envelope is here already."),
                code="share-already-received",
            )
        made = Share.objects.create(
            envelope=row, index=self.index, **statement_rows.columns(self.released, scene)
        )
        entry = scene.enter(
            subject=row.version.bid.urn,
            digests=self.released.digests("share"),
            context={"slot": row.slot, "index": self.index, "holder": self.holder},
            receipt_for=(self.holder,),
        )
        statement_rows.place(entry, made)
        count = Share.objects.filter(envelope=row).count()
        needed = policies.get(lot).k
        if count >= needed:
            queue.enqueue("bidding.tasks.open_envelope", str(row.pk))
        sealing_events.tell(
            scene,
            lot,
            sealing_events.SHARE,
            {
                "bid": str(row.version.bid_id),
                "slot": row.slot,
                "holder": self.holder,
                "shares": count,
                "needed": needed,
            },
        )
        return {"bid": str(row.version.bid_id), "slot": row.slot, "shares": count}
