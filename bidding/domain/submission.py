"""Registering a bid: the tenderer's one signed statement over all its envelopes.

Nothing of the content is seen. Policy, heads, leaf hashes and the signer's certificate are
checked before the act; the act itself decides by lot, clock and the tenderer's own earlier
versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bidding.domain import (
    erasing,
    evaluation,
    policies,
    schedules,
    sealed_rounds,
    space,
    statement_rows,
    tenderers,
    times_owed,
    traces,
)
from bidding.domain.traces import Origin
from bidding.enums import BidState, VersionState
from bidding.kit.bid import PURPOSE, BidStatement
from bidding.kit.wraps import Head
from bidding.models import Bid, BidVersion, Envelope, SealingPolicy
from signatures.domain import clock as clocks
from signatures.domain import platform
from signatures.domain.act import Result, Scene, command
from signatures.domain.clock import Clock
from signatures.domain.errors import Conflict, Malformed, Refused
from signatures.models import User
from trading.domain import grounds
from trading.domain.acts import LotAct, find_lot, lock_lot
from trading.domain.signed import Accepted, Signed, accept
from trading.models import Lot, Organisation

FIELDS = ("policy", "bid", "version", "envelopes")
REGISTER = "bidding.register-statement"
AFTER_DEADLINE = grounds.declare("bid-after-deadline", step=REGISTER)
BID_EXISTS = grounds.declare("bid-exists", step=REGISTER)
#: A statement may be older than its registration, by days, but not come from the future.
AHEAD = timedelta(minutes=10)
_HASH = 32


@dataclass(frozen=True, kw_only=True)
class Offered:
    """An envelope as it is offered: slot, H ‖ W, and the leaf hashes of its body's parts."""

    slot: int
    head: bytes
    leaves: bytes


@dataclass(frozen=True, kw_only=True)
class Committed:
    """An envelope whose head and leaf hashes are the ones that the tenderer signed.

    Both follow from the statement's digests, so an idempotency key need not compare them.
    """

    slot: int
    size: int
    head: bytes = field(metadata={"request": False})
    leaves: bytes = field(metadata={"request": False})


def prepare(
    person: User,
    lot: UUID,
    signed: Signed,
    offered: Sequence[Offered],
    *,
    organisation: UUID | None = None,
    origin: Origin | None = None,
    clock: Clock = clocks.platform,
) -> RegisterStatement:
    """The command that registers this statement; checks all that needs no lock.

    Raises ``Malformed``, or the kit's ``EnvelopeError`` naming the slot that is not right.
    """
    where = find_lot(lot)
    tenderer = tenderers.tenderer_of(person, lot, wanted=organisation)
    policy = policies.parsed(policies.get(where).statement)
    bid = BidStatement.parse(signed.statement, origin=platform.origin())
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS, fresh=None, clock=clock)
    if accepted.at > clock.read() + AHEAD:
        raise Refused(
            _("The statement's time lies ahead of the official time."), code="stale-statement"
        )
    if [each.slot for each in offered] != [each.slot for each in bid.envelopes]:
        raise Malformed(
            _("Send one envelope for each slot of the statement, in their order."),
            code="wrong-envelopes",
        )
    heads = [Head.parse(each.head) for each in offered]
    bid.check(policy, heads, certificate=bytes.fromhex(accepted.fingerprint))
    for commitment, each in zip(bid.envelopes, offered, strict=True):
        if commitment.size > settings.ENVELOPE_MAX_BYTES:
            raise Malformed(
                _("The envelope for slot %(slot)d is larger than %(most)d bytes.")
                % {"slot": commitment.slot, "most": settings.ENVELOPE_MAX_BYTES},
                code="too-large",
            )
        commitment.check_leaves(
            [each.leaves[at : at + _HASH] for at in range(0, len(each.leaves), _HASH)]
        )
    return RegisterStatement(
        lot=lot,
        organisation=tenderer.pk,
        bid=bid.bid,
        version=bid.version,
        statement=accepted,
        envelopes=tuple(
            Committed(slot=one.slot, size=one.size, head=each.head, leaves=each.leaves)
            for one, each in zip(bid.envelopes, offered, strict=True)
        ),
        origin=origin or Origin(),
    )


def registered(act: RegisterStatement) -> BidVersion | None:
    """The version that this very statement has registered already, for a client that starts anew.

    Found only for the tenderer whose bid it is.
    """
    return BidVersion.objects.filter(
        bid_id=act.bid,
        bid__lot_id=act.lot,
        bid__tenderer_id=act.organisation,
        number=act.version,
        statement=act.statement.statement,
    ).first()


def uploads_of(version: BidVersion) -> list[dict[str, object]]:
    """``[{slot, id, size, received}]`` of a version's envelopes, in slot order."""
    return [
        {"slot": one.slot, "id": str(one.pk), "size": one.size, "received": one.received}
        for one in version.envelopes.order_by("slot")
    ]


class TendererAct(LotAct):
    """What a tenderer does about its own bid: the lot stays as it is, one thing at a time."""

    share: ClassVar[bool] = True
    organisation: UUID

    def lock(self) -> Lot:
        lot = lock_lot(self.lot, share=True)
        tenderers.lock_tenderer(self.lot, self.organisation)
        return lot

    def require_open(self, scene: Scene) -> tuple[Organisation, SealingPolicy]:
        """Before the deadline by procedure and schedule, for a tenderer that may submit."""
        lot: Lot = scene.subject
        # First: by its own date the lot may be over, and a tenderer would be told that it is late.
        times_owed.require_taken_in(lot, scene.now)
        self.proceed(scene)
        tenderer = tenderers.require_tenderer(
            scene.actor, lot, self.organisation, scene.now, step=self.name
        )
        if sealed_rounds.is_final(lot):
            sealed_rounds.require_going_on(lot, tenderer, evaluation.admitted(lot))
        policy = policies.get(lot)
        deadline = schedules.require(policy).deadline
        if scene.now >= deadline:
            raise Refused(
                _("The deadline has passed; nothing is taken in any more."),
                code="too-late",
                rule=AFTER_DEADLINE.of(lot, self.name),
            )
        return tenderer, policy


@command(REGISTER)
@dataclass(frozen=True, kw_only=True)
class RegisterStatement(TendererAct):
    """Register a version of a bid. It counts once all its envelopes are here."""

    organisation: UUID
    bid: UUID
    version: int
    statement: Accepted
    envelopes: tuple[Committed, ...]
    origin: Origin = field(default_factory=Origin, metadata={"request": False})

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        tenderer, policy = self.require_open(scene)
        self.statement.require_bound(scene.actor)
        if self.statement.value["policy"] != policy.statement:
            raise Refused(_("The bid was sealed under another policy."), code="wrong-policy")
        bid = self._bid(scene, lot, tenderer)
        dropped = bid.versions.filter(state=VersionState.RECEIVING).first()
        if dropped is not None:
            dropped.state = VersionState.ABANDONED
            dropped.save(update_fields=["state"])
        space.require(sum(one.size for one in self.envelopes))
        version = BidVersion.objects.create(
            bid=bid, number=self.version, **statement_rows.columns(self.statement, scene)
        )
        rows = [
            Envelope(
                version=version,
                slot=one.slot,
                size=one.size,
                head=one.head,
                leaves=one.leaves,
            )
            for one in self.envelopes
        ]
        Envelope.objects.bulk_create(rows)
        for row in rows:
            traces.note(row, self.origin, at=scene.now)
        entry = scene.enter(
            subject=bid.urn,
            digests=self.statement.digests(),
            context={"lot": lot.urn, "version": self.version, "policy": policy.statement},
            receipt_for=(tenderer.urn,),
        )
        statement_rows.place(entry, version)
        if dropped is not None:
            erasing.enqueue([dropped])
        return {"bid": str(bid.pk), "version": self.version, "uploads": uploads_of(version)}

    def _bid(self, scene: Scene, lot: Lot, tenderer: Organisation) -> Bid:
        """The bid that this is a version of, made with its first one."""
        bid = Bid.objects.filter(pk=self.bid).first()
        if bid is None:
            other = sealed_rounds.bids(lot).filter(tenderer=tenderer).exclude(
                state=BidState.WITHDRAWN
            ).first()
            if other is not None:
                raise Refused(
                    _("Your organisation has a bid on this lot already, %(bid)s. Send a new"
                      " version of it, or withdraw it first.") % {"bid": str(other.pk)},
                    code="bid-exists",
                    rule=BID_EXISTS.of(lot, self.name),
                )
            return Bid.objects.create(
                pk=self.bid,
                lot=lot,
                round=sealed_rounds.number(lot),
                tenderer=tenderer,
                since=scene.now,
            )
        here = (lot.pk, sealed_rounds.number(lot), tenderer.pk)
        if (bid.lot_id, bid.round, bid.tenderer_id) != here:
            raise Refused(
                _("This id stands for another bid; make a new one."), code="bid-id-taken"
            )
        if bid.state != BidState.LIVE:
            raise Refused(
                _("This bid was withdrawn; a new one takes a new id."), code="bid-withdrawn"
            )
        newest = bid.versions.order_by("-number").first()
        if newest is not None and self.version <= newest.number:
            raise Conflict(
                _("Version %(number)d is there already; a new one takes a higher number.")
                % {"number": newest.number},
                code="version-not-new",
            )
        return bid
