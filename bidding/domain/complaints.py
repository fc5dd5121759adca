"""A trustee says that a wrap is bad; disclosing the slot key afterwards shows who was at fault.

Fewer than k good wraps, and the tenderer has built a bid that cannot be opened: it is revoked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.utils.translation import gettext as _

from bidding.domain import faults, gates, policies, shares, statement_rows
from bidding.enums import BidState, Outcome
from bidding.kit import release, wraps
from bidding.kit.errors import Fault
from bidding.kit.wraps import Head, Verdict
from bidding.models import Complaint, Envelope
from signatures.domain import clock as clocks
from signatures.domain.act import Result, Scene, command
from signatures.domain.clock import Clock
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading.domain.acts import LotAct, find_lot
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import LotRole
from trading.models import Lot

FIELDS = (*shares.WHAT, "about")
TRUSTEES = frozenset({LotRole.TRUSTEE.value})


def prepare(
    person: User, lot: UUID, signed: Signed, *, clock: Clock = clocks.platform
) -> ReceiveComplaint:
    """The command that takes this complaint in."""
    where = find_lot(lot)
    policy = policies.parsed(policies.get(where).statement)
    accepted = accept(
        person, signed, purpose=release.COMPLAINT_PURPOSE, fields=FIELDS, clock=clock
    )
    shares.require_number(accepted.value)
    row = shares.find_envelope(where, accepted.value)
    complaint = release.receive_complaint(
        signed.statement, signed.signature, policy=policy, head=Head.parse(bytes(row.head))
    )
    return ReceiveComplaint(
        lot=lot, envelope=row.pk, index=complaint.index, complaint=accepted
    )


@command("bidding.receive-complaint")
@dataclass(frozen=True, kw_only=True)
class ReceiveComplaint(LotAct):
    """A trustee complains, signed, that its wrap in an envelope is bad."""

    share: ClassVar[bool] = True
    roles: ClassVar[frozenset[str] | None] = TRUSTEES

    envelope: UUID
    index: int
    complaint: Accepted

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.complaint.require_bound(scene.actor)
        row = shares.lock_envelope(self.envelope, self.lot)
        shares.require_openable(scene, row)
        if Complaint.objects.filter(envelope=row, index=self.index).exists():
            raise Refused(_("This complaint is here already."), code="already-received")
        made = Complaint.objects.create(
            envelope=row, index=self.index, **statement_rows.columns(self.complaint, scene)
        )
        before = not Envelope.objects.filter(
            version__bid__lot=lot, outcome=Outcome.OPENED
        ).exists()
        entry = scene.enter(
            subject=row.version.bid.urn,
            digests=self.complaint.digests("complaint"),
            context={"slot": row.slot, "index": self.index, "before-any-opening": before},
            receipt_for=(scene.actor.urn,),
        )
        statement_rows.place(entry, made)
        return {"complaint": str(made.pk), "slot": row.slot, "index": self.index}


def disclose(lot: UUID, complaint: UUID, key: bytes) -> JudgeComplaint:
    """The command that settles a complaint by the disclosed slot key (32 bytes), not kept."""
    row = Complaint.objects.select_related("envelope").filter(
        pk=complaint, envelope__version__bid__lot_id=lot
    ).first()
    if row is None:
        raise NotFound(_("There is no such complaint."), code="no-such-complaint")
    try:
        disclosed = X25519PrivateKey.from_private_bytes(key)
    except ValueError:
        raise Malformed(_("A slot key has 32 bytes."), code="bad-key") from None
    policy = policies.parsed(policies.get(find_lot(lot)).statement)
    head = Head.parse(bytes(row.envelope.head))
    verdict = wraps.judge(
        head.header,
        head.wraps.trustees[row.index - 1],
        disclosed=disclosed,
        published=policy.trustees[row.index - 1].keys[head.header.slot],
    )
    if verdict is Verdict.WRONG_KEY:
        raise Refused(
            _("This is not the key that the policy names; it decides nothing."), code="wrong-key"
        )
    return JudgeComplaint(lot=lot, complaint=row.pk, verdict=verdict.value)


@command("bidding.judge-complaint")
@dataclass(frozen=True, kw_only=True)
class JudgeComplaint(LotAct):
    """Record what the disclosed key showed; with fewer than k good wraps the bid is revoked."""

    share: ClassVar[bool] = True
    roles: ClassVar[frozenset[str] | None] = TRUSTEES

    complaint: UUID
    verdict: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row = Complaint.objects.select_related("envelope__version__bid").get(pk=self.complaint)
        if row.signer != scene.actor.urn:
            raise Denied(_("This is another trustee's complaint."), code="not-your-complaint")
        if row.verdict:
            raise Refused(_("This complaint is settled already."), code="already-judged")
        freeze = gates.require_freeze(lot)
        envelope = shares.lock_envelope(row.envelope_id, self.lot)
        if gates.find_open(freeze.policy, envelope.slot) is None:
            raise Refused(
                _("A key is disclosed only after its slot's gate is open."), code="no-gate"
            )
        row.verdict, row.judged_at = self.verdict, scene.now
        row.save(update_fields=["verdict", "judged_at"])
        bid = envelope.version.bid
        scene.enter(
            subject=bid.urn,
            context={"slot": envelope.slot, "index": row.index, "fault": self.verdict},
            receipt_for=(scene.actor.urn, bid.tenderer.urn),
        )
        sealed = envelope.outcome == Outcome.SEALED and bid.state == BidState.FROZEN
        if sealed and faults.attribute(envelope, freeze.policy) is Fault.TENDERER:
            faults.end(
                scene,
                lot,
                envelope,
                state=BidState.REVOKED,
                fault=Fault.TENDERER,
                reason="bad-wraps",
            )
        return {"complaint": str(row.pk), "verdict": self.verdict, "bid": bid.state}
