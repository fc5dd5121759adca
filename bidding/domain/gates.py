"""Gates: from when on, and for which bids, a slot may be opened.

Slots that open at a time are opened by the clock. A slot that waits for a result is opened by
those whom the policy names: each signs the same ``sunlit.gate/1``, and with the last signature it
takes effect through its plain leaf.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import policies, schedules, sealed_rounds, sealing_events, statement_rows
from bidding.enums import BidState
from bidding.kit import tender
from bidding.kit.gate import PURPOSE
from bidding.kit.gate import Gate as GateStatement
from bidding.models import Bid, Freeze, Gate, GateSignature, SealingPolicy
from signatures import store
from signatures.domain import clock as clocks
from signatures.domain import jcs, log, platform
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.clock import Clock
from signatures.domain.errors import Conflict, Denied, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import grounds
from trading.domain.acts import LotAct, find_lot
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import LotRole, LotState
from trading.models import Lot

NOT_RUNNING = grounds.declare("nothing-opened-while-halted", step="bidding.close-opening")
FIELDS = ("policy", "slot", "freeze", "bids", "result")
#: Leaves that are read at a time when a result is looked for.
_BLOCK = 1024


def find_open(policy: SealingPolicy, slot: int) -> Gate | None:
    """The slot's open gate, if there is one."""
    return Gate.objects.filter(policy=policy, slot=slot, opened_at__isnull=False).first()


def require_open(policy: SealingPolicy, slot: int, bid: UUID) -> Gate:
    """The slot's open gate if it admits this bid; else :class:`Refused`."""
    gate = find_open(policy, slot)
    if gate is None:
        raise Refused(_("The gate of slot %(slot)d is not open.") % {"slot": slot}, code="no-gate")
    if str(bid) not in gate.bids:
        raise Refused(_("The gate does not admit this bid."), code="bid-not-admitted")
    return gate


def statement_of(
    freeze: Freeze, *, slot: int, at: datetime, bids: Iterable[str], result: bytes | None = None
) -> bytes:
    """``sunlit.gate/1`` for these bids of the frozen set, ready to be signed or to stand alone."""
    return GateStatement(
        origin=platform.origin(),
        at=at,
        policy=bytes.fromhex(freeze.policy.statement),
        slot=slot,
        freeze=bytes.fromhex(freeze.root),
        bids=tuple(UUID(bid) for bid in sorted(bids)),
        result=result,
    ).encode()


# --- at a time -----------------------------------------------------------------------------------


def due(now: datetime) -> Iterator[Act]:
    """The gates that the clock opens by now; their statements are in the store."""
    rows = Freeze.objects.filter(lot__state=LotState.ACTIVE, next_gate_at__lte=now)
    for freeze in rows.select_related("policy").order_by("next_gate_at", "pk"):
        for slot, _at in _waiting(freeze, until=now):
            bids = _frozen_bids(freeze)
            statement = statement_of(freeze, slot=slot, at=now, bids=bids)
            yield OpenGate(
                lot=freeze.lot_id,
                slot=slot,
                statement=store.put(statement).sha256,
                bids=tuple(bids),
            )


def _waiting(freeze: Freeze, *, until: datetime | None = None) -> list[tuple[int, datetime]]:
    """Timed slots that are not open yet, earliest first."""
    schedule = schedules.governing(freeze.policy)
    times = schedules.times(schedule) if schedule is not None else {}
    opened = Gate.objects.filter(policy=freeze.policy, opened_at__isnull=False)
    done = set(opened.values_list("slot", flat=True))
    return sorted(
        (
            (slot, at)
            for slot, at in times.items()
            if slot not in done and (until is None or at <= until)
        ),
        key=lambda one: (one[1], one[0]),
    )


def _frozen_bids(freeze: Freeze) -> list[str]:
    """The bids of the frozen set that still stand."""
    standing = Bid.objects.filter(lot_id=freeze.lot_id, state=BidState.FROZEN)
    known = {str(pk) for pk in standing.values_list("pk", flat=True)}
    return [one["bid"] for one in freeze.bids if one["bid"] in known]


@command("bidding.open-gate")
@dataclass(frozen=True, kw_only=True)
class OpenGate(LotAct):
    """The clock opens a slot whose time has come, for the bids of the frozen set."""

    public: ClassVar[bool] = True

    slot: int
    statement: str
    bids: tuple[str, ...]

    def permit(self, actor: Actor) -> None:
        if LotRole.CLOCK.value not in access.actor_roles(actor, self.lot):
            raise Denied(_("Only the clock opens a slot at its time."), code="wrong-role")

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        freeze = require_freeze(lot)
        if list(self.bids) != _frozen_bids(freeze):
            raise Conflict(_("The set of standing bids changed; try again."), code="bids-changed")
        if not any(slot == self.slot for slot, _at in _waiting(freeze, until=scene.now)):
            raise Refused(
                _("Slot %(slot)d is open already, or its time has not come.")
                % {"slot": self.slot},
                code="too-early" if find_open(freeze.policy, self.slot) is None else "gate-open",
            )
        gate = Gate.objects.create(
            policy=freeze.policy,
            slot=self.slot,
            statement=self.statement,
            bids=list(self.bids),
            opened_at=scene.now,
        )
        _enter(scene, lot, gate)
        left = _waiting(freeze)
        Freeze.objects.filter(pk=freeze.pk).update(next_gate_at=left[0][1] if left else None)
        return {"slot": self.slot, "bids": len(self.bids)}


def require_freeze(lot: Lot) -> Freeze:
    """The lot's frozen set, if anything of it may ever be opened; else :class:`Refused`."""
    freeze = sealed_rounds.freeze(lot)
    if freeze is None:
        raise Refused(_("The set of bids has not been frozen."), code="no-freeze")
    if lot.state != LotState.ACTIVE:
        raise Refused(
            _("Nothing is opened while the lot is not running."),
            code="not-running",
            rule=NOT_RUNNING.of(lot),
        )
    return freeze


def _enter(scene: Scene, lot: Lot, gate: Gate) -> None:
    """The plain leaf through which a gate takes effect; trustees wait for it to be witnessed."""
    entry = scene.enter(
        subject=lot.urn,
        act=tender.ACT_GATE,
        public=True,
        urgent=True,
        digests={
            "statement": gate.statement,
            **({"result": gate.result} if gate.result else {}),
        },
        context={
            "policy": gate.policy.statement,
            "slot": gate.slot,
            **({} if sealed_rounds.is_application(lot) else {"bids": len(gate.bids)}),
        },
    )
    statement_rows.place(entry, gate)
    sealing_events.tell(
        scene, lot, sealing_events.GATE, {"slot": gate.slot, "bids": list(gate.bids)}
    )


# --- after a signed result -----------------------------------------------------------------------


def prepare(
    person: User, lot: UUID, signed: Signed, *, clock: Clock = clocks.platform
) -> SignGate:
    """The command that signs this gate for the role which the person's certificate stands for."""
    where = find_lot(lot)
    policy_row = policies.get(where)
    policy = policies.parsed(policy_row.statement)
    freeze = require_freeze(where)
    gate = GateStatement.parse(signed.statement, origin=platform.origin())
    rule = policy.rule(gate.slot)
    if rule.after is None or gate.result is None:
        raise Refused(
            _("Slot %(slot)d opens at its time; nobody signs for it.") % {"slot": gate.slot},
            code="timed-slot",
        )
    if gate.policy != policy.digest or gate.freeze.hex() != freeze.root:
        raise Refused(_("The gate belongs to another set of bids."), code="bad-gate")
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS, fresh=None, clock=clock)
    if accepted.at > clock.read():
        raise Refused(_("The gate's time lies ahead."), code="stale-statement")
    role = next(
        (
            role
            for role in rule.signed_by
            if bytes.fromhex(accepted.fingerprint) in policy.signers[role]
        ),
        None,
    )
    if role is None:
        raise Denied(
            _("The policy names nobody with this certificate to sign for slot %(slot)d.")
            % {"slot": gate.slot},
            code="not-a-signer",
        )
    return SignGate(
        lot=lot,
        slot=gate.slot,
        gate=accepted,
        bids=tuple(str(bid) for bid in gate.bids),
        result=gate.result.hex(),
        result_leaf=_find_result(where, freeze, rule.after, gate.result.hex()),
        role=role,
        needed=rule.signed_by,
    )


def _find_result(lot: Lot, freeze: Freeze, act: str, result: str) -> int:
    """The leaf of the act that the slot waits for, after the freeze, with this result."""
    start, size = (freeze.leaf or 0) + 1, log.size()
    mark = result.encode()
    while start < size:
        block = log.entries(start, start + _BLOCK)
        for index, data in enumerate(block, start=start):
            if mark in data and _states(data, lot, act, result):
                return index
        start += len(block)
    raise NotFound(
        _("The ledger holds no %(act)s of this lot with that result.") % {"act": act},
        code="no-result",
    )


def _states(data: bytes, lot: Lot, act: str, result: str) -> bool:
    entry: Any = jcs.loads(data).get("entry") or {}
    known = (entry.get("act"), entry.get("subject")) == (act, lot.urn)
    return known and result in entry["digests"].values()


@command("bidding.sign-gate")
@dataclass(frozen=True, kw_only=True)
class SignGate(LotAct):
    """Sign that a slot may be opened; the last signature that the policy asks for opens it."""

    roles: ClassVar[frozenset[str] | None] = frozenset(
        {LotRole.TENDEREE.value, LotRole.AGENCY.value, LotRole.SUPERVISOR.value}
    )

    slot: int
    gate: Accepted
    bids: tuple[str, ...]
    result: str
    result_leaf: int
    role: str
    needed: tuple[str, ...]

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        freeze = require_freeze(lot)
        self.gate.require_bound(scene.actor)
        if self.role not in access.actor_roles(scene.actor, lot, scene.now):
            raise Denied(
                _("You are not %(role)s of this lot.") % {"role": self.role}, code="wrong-role"
            )
        if find_open(freeze.policy, self.slot) is not None:
            raise Refused(_("This slot's gate is open already."), code="gate-open")
        strangers = set(self.bids) - set(_frozen_bids(freeze))
        if strangers:
            raise Refused(
                _("The gate names bids that were not accepted or do not stand any more."),
                code="bid-not-frozen",
            )
        gate, _made = Gate.objects.get_or_create(
            policy=freeze.policy,
            slot=self.slot,
            statement=self.gate.statement,
            defaults={
                "bids": list(self.bids),
                "result": self.result,
                "result_leaf": self.result_leaf,
            },
        )
        if gate.signatures.filter(role=self.role).exists():
            raise Refused(
                _("This gate is signed for %(role)s already.") % {"role": self.role},
                code="already-signed",
            )
        row = GateSignature.objects.create(
            gate=gate, role=self.role, **statement_rows.columns(self.gate, scene)
        )
        entry = scene.enter(
            subject=lot.urn,
            digests=self.gate.digests(),
            context={"slot": self.slot, "role": self.role},
            receipt_for=(scene.actor.urn,),
        )
        statement_rows.place(entry, row)
        signed = set(gate.signatures.values_list("role", flat=True))
        missing = sorted(set(self.needed) - signed)
        if not missing:
            gate.opened_at = scene.now
            gate.save(update_fields=["opened_at"])
            _enter(scene, lot, gate)
        return {"slot": self.slot, "open": not missing, "missing": missing}
