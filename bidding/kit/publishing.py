"""What trustees and the tenderee publish before bids come in: keys, policy, schedules; gates later.

Each function builds a statement from what the platform shows, checks what it builds on, signs it
with the client's certificate and hands it in. Each may be called again after anything: what the
platform has already is not handed in twice.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bidding.kit import looking, wire
from bidding.kit.api import ApiClient
from bidding.kit.errors import Malformed, Refused
from bidding.kit.gate import Gate
from bidding.kit.policy import Authority, Policy, SlotRule, Trustee
from bidding.kit.schedule import Schedule, governing
from bidding.kit.tender import Signed, TenderLeaf
from bidding.kit.trustee import KeyOffer, SlotKeys
from bidding.kit.watch import Watch
from bidding.kit.wire import PublishedKeys, Sealing
from signatures.domain import statements
from signatures.domain.errors import Conflict

#: Refusals that say that the platform has this very statement already.
_HAS_IT = ("already-published", "policy-stands", "already-signed")
#: The digest under which an act that a gate waits for puts its result.
RESULT = "result"


def publish_keys(
    api: ApiClient,
    lot: uuid.UUID | str,
    *,
    trustee: str,
    store: Path | None = None,
    passphrase: str = "",
    slots: Iterable[int] | None = None,
    keys: SlotKeys | None = None,
) -> SlotKeys:
    """Make a trustee's slot keys for a lot, once, and publish them; the private keys.

    With ``store`` they lie in that file, encrypted under ``passphrase``: keys that are there
    already are taken, so a process that was killed goes on with the same ones. Keys are on disk
    before anything is published. ``keys`` are given by a caller that keeps them itself.
    """
    sealing = wire.sealing(api, lot)
    keys = keys or _own_keys(
        api, sealing, trustee=trustee, store=store, passphrase=passphrase, slots=slots
    )
    for policy in _policies(api, sealing, keys.rehearsal):
        keys.index_in(policy)
        return keys
    if not _is_published(api, sealing, keys):
        _hand_in(api, lot, "trustee-keys", keys.offer(at=api.clock()))
    return keys


def make_keys(
    api: ApiClient,
    sealing: Sealing,
    *,
    trustee: str,
    slots: Iterable[int] | None = None,
    make: Callable[..., SlotKeys] = SlotKeys.generate,
) -> SlotKeys:
    """Fresh keys for a lot; by default for all the slots that its bids will have.

    ``make`` makes them where they are to live; in memory by default.
    """
    if sealing.origin != api.origin:
        raise Refused("The platform answered for another platform.", code="wrong-origin")
    return make(
        origin=sealing.origin,
        project=sealing.project,
        lot=sealing.lot,
        trustee=trustee,
        slots=sealing.slots if slots is None else slots,
    )


def build_policy(
    api: ApiClient,
    sealing: Sealing,
    *,
    k: int,
    min_bids: int,
    signers: Mapping[str, Sequence[bytes]],
    schedule_signed_by: Sequence[str] = ("tenderee",),
    after: Mapping[int, tuple[str, Sequence[str]]] | None = None,
    slots: Iterable[int] | None = None,
    trustees: Sequence[str] | None = None,
    authorities: Sequence[Authority] | None = None,
    witnesses: Sequence[str] | None = None,
    rehearsal: bool = False,
) -> Policy:
    """The policy out of the keys that the trustees have published and signed.

    ``signers`` gives each role the certificates (SHA-256) that may sign for it; ``after`` the
    slots that open after an act, with the roles that must sign their gate (the others open at the
    schedule's time); ``trustees`` (URNs) the order, all that are assigned by default. Authorities
    and witnesses default to those that the platform proposes. ``Refused`` names a trustee whose
    keys are missing or not signed by it.
    """
    waiting = dict(after or {})
    numbers = sorted(set(sealing.slots if slots is None else slots))
    unknown = sorted(set(waiting) - set(numbers))
    if unknown:
        raise Malformed(f"There is no slot {unknown[0]} that could open after an act.")
    return Policy(
        origin=api.origin,
        at=api.clock(),
        project=sealing.project,
        lot=sealing.lot,
        k=k,
        min_bids=min_bids,
        centre=sealing.centre,
        trustees=tuple(
            _trustee(api, sealing, each, numbers, rehearsal=rehearsal)
            for each in (trustees or sealing.trustees)
        ),
        slots=tuple(_rule(slot, waiting.get(slot)) for slot in numbers),
        signers={role: tuple(digests) for role, digests in signers.items()},
        schedule_signed_by=tuple(schedule_signed_by),
        authorities=tuple(sealing.authorities if authorities is None else authorities),
        witnesses=tuple(sealing.witnesses if witnesses is None else witnesses),
        log=sealing.log,
        rehearsal=rehearsal,
    )


def publish_policy(api: ApiClient, lot: uuid.UUID | str, **terms: Any) -> Policy:
    """Build the lot's policy (``build_policy``), sign it and hand it in; the one that stands.

    A policy that stands already is returned as it is: it never changes.
    """
    sealing = wire.sealing(api, lot)
    for policy in _policies(api, sealing, bool(terms.get("rehearsal", False))):
        return policy
    policy = build_policy(api, sealing, **terms)
    _hand_in(api, lot, "policy", policy.encode())
    return standing_policy(api, lot, rehearsal=policy.rehearsal)


def standing_policy(api: ApiClient, lot: uuid.UUID | str, *, rehearsal: bool = False) -> Policy:
    """The lot's published policy; ``Refused`` ``no-policy`` while there is none."""
    for policy in _policies(api, wire.sealing(api, lot), rehearsal):
        return policy
    raise Refused("This lot has no sealing policy yet.", code="no-policy")


def publish_schedule(
    api: ApiClient,
    lot: uuid.UUID | str,
    policy: Policy,
    *,
    deadline: datetime,
    gates: Mapping[int, datetime],
    cosigners: Sequence[ApiClient] = (),
) -> Schedule:
    """Sign when the lot closes and when its timed slots open; the schedule that then governs.

    It takes the next number. The same times again change nothing. Times only ever move later.
    ``cosigners`` are the clients of further people whom the policy asks to sign.
    """
    sealing = wire.sealing(api, lot)
    standing = [Schedule.parse(each.data, origin=api.origin) for each in sealing.schedules]
    current = governing(standing, policy) if standing else None
    if current is not None and (current.deadline, dict(current.gates)) == (deadline, dict(gates)):
        return current
    schedule = Schedule(
        origin=api.origin,
        at=api.clock(),
        policy=policy.digest,
        seq=1 if current is None else current.seq + 1,
        deadline=deadline,
        gates=dict(gates),
    )
    governing([*standing, schedule], policy)
    data = schedule.encode()
    more = [wire.encoded(each.sign_bytes(data).signature) for each in cosigners]
    _hand_in(api, lot, "schedule", data, **({"signatures": more} if more else {}))
    return schedule


def publish_gate(
    api: ApiClient,
    lot: uuid.UUID | str,
    slot: int,
    watch: Watch,
    *,
    bids: Iterable[uuid.UUID] | None = None,
) -> Gate:
    """Sign that a slot which waited for a result may open now, for these bids (all by default).

    Everything is read from the ledger, which the client follows in ``watch``: the frozen set and
    the result's leaf. A gate that others have proposed is signed as it is, if it says the same; one
    that is open already is returned.
    """
    found = looking.look(api, lot, watch)
    view, policy = found.view, found.policy
    if policy is None or view is None or view.tender is None or view.freeze is None:
        reason = found.reasons[0] if found.reasons else None
        raise Refused(
            "There is nothing yet that a gate could be opened for."
            if reason is None
            else reason.message,
            code="no-freeze" if reason is None else reason.code,
        )
    wrong = [each for each in view.reasons if each.code in ("wrong-set", "two-freezes")]
    if wrong:
        raise Refused(wrong[0].message, code=wrong[0].code)
    rule = policy.rule(slot)
    if rule.after is None:
        raise Refused(f"Slot {slot} opens at its time; nobody signs its gate.", code="timed-gate")
    try:
        return view.tender.gate(slot).gate
    except Refused as error:
        if error.code != "no-gate":
            raise
    frozen = {each.bid for each in view.frozen}
    admitted = frozen if bids is None else set(bids)
    if not admitted <= frozen:
        raise Malformed("A gate admits only bids of the frozen set.")
    gate = Gate(
        origin=api.origin,
        at=api.clock(),
        policy=policy.digest,
        slot=slot,
        freeze=view.freeze.root,
        bids=tuple(sorted(admitted, key=str)),
        result=result_of(view.tender.leaves, rule.after),
    )
    proposed = _proposed(api, found.sealing.gates, gate)
    data = gate.encode() if proposed is None else proposed.data
    _hand_in(api, lot, "gates", data)
    return Gate.parse(data, origin=api.origin)


def result_of(leaves: Iterable[TenderLeaf], act: str) -> bytes:
    """The digest of the result that the lot's last leaf of ``act`` put into the ledger."""
    found = [leaf for leaf in leaves if leaf.act == act]
    if not found:
        raise Refused(f"The ledger holds no {act} of this lot yet.", code="no-result")
    digests = found[-1].digests
    value = digests.get(RESULT, next(iter(digests.values())) if len(digests) == 1 else None)
    try:
        return bytes.fromhex(str(value))
    except ValueError:
        raise Refused(f"The leaf of {act} names no result.", code="no-result") from None


def certificate_of(api: ApiClient, sealing: Sealing, trustee: str) -> bytes:
    """The SHA-256 of the certificate with which a trustee signed its published keys."""
    return _offer(api, sealing, trustee, rehearsal=False)[1]


def _own_keys(
    api: ApiClient,
    sealing: Sealing,
    *,
    trustee: str,
    store: Path | None,
    passphrase: str,
    slots: Iterable[int] | None,
) -> SlotKeys:
    if store is not None and store.exists():
        keys = SlotKeys.load(store, passphrase)
        if (keys.origin, keys.lot, keys.trustee) != (api.origin, sealing.lot, trustee):
            raise Malformed(f"{store.name} holds keys for another lot, platform or trustee.")
        return keys
    keys = make_keys(api, sealing, trustee=trustee, slots=slots)
    if store is not None:
        store.parent.mkdir(parents=True, exist_ok=True)
        keys.save(store, passphrase)
    return keys


def _is_published(api: ApiClient, sealing: Sealing, keys: SlotKeys) -> bool:
    for each in sealing.keys:
        if each.trustee == keys.trustee:
            offer = KeyOffer.parse(each.signed.data, origin=api.origin)
            if (offer.rehearsal, dict(offer.keys)) == (keys.rehearsal, keys.public):
                return True
    return False


def _policies(api: ApiClient, sealing: Sealing, rehearsal: bool) -> list[Policy]:
    found = [Policy.parse(each.data, origin=api.origin) for each in sealing.policies]
    return [each for each in found if each.rehearsal == rehearsal]


def _trustee(
    api: ApiClient, sealing: Sealing, trustee: str, slots: Sequence[int], *, rehearsal: bool
) -> Trustee:
    offer, certificate = _offer(api, sealing, trustee, rehearsal=rehearsal)
    missing = [slot for slot in slots if slot not in offer.keys]
    if missing:
        raise Refused(f"{trustee} has published no key for slot {missing[0]}.", code="no-keys")
    return Trustee(
        id=trustee, certificate=certificate, keys={slot: offer.keys[slot] for slot in slots}
    )


def _offer(
    api: ApiClient, sealing: Sealing, trustee: str, *, rehearsal: bool
) -> tuple[KeyOffer, bytes]:
    """A trustee's latest offer and the certificate (SHA-256) that signed it."""
    found: tuple[KeyOffer, PublishedKeys] | None = None
    for each in sealing.keys:
        if each.trustee == trustee:
            offer = KeyOffer.parse(each.signed.data, origin=api.origin)
            if offer.rehearsal == rehearsal:
                found = offer, each
    if found is None:
        raise Refused(f"{trustee} has not published its keys for this lot yet.", code="no-keys")
    offer, published = found
    if (offer.trustee, offer.lot, offer.project) != (trustee, sealing.lot, sealing.project):
        raise Refused(f"The keys shown for {trustee} are somebody else's.", code="foreign-keys")
    certificate = statements.check_signature(published.signed.data, published.signed.signatures[0])
    return offer, hashlib.sha256(certificate.dump()).digest()


def _rule(slot: int, waiting: tuple[str, Sequence[str]] | None) -> SlotRule:
    if waiting is None:
        return SlotRule(slot)
    act, roles = waiting
    return SlotRule(slot, after=act, signed_by=tuple(roles))


def _proposed(api: ApiClient, gates: Iterable[Signed], wanted: Gate) -> Signed | None:
    """The statement by somebody else that opens the same slot for the same bids and result."""
    for signed in gates:
        gate = Gate.parse(signed.data, origin=api.origin)
        same = (gate.policy, gate.slot, gate.freeze, gate.bids, gate.result)
        if same == (wanted.policy, wanted.slot, wanted.freeze, wanted.bids, wanted.result):
            return signed
    return None


def _hand_in(
    api: ApiClient, lot: uuid.UUID | str, what: str, statement: bytes, **more: object
) -> None:
    signed = api.sign_bytes(statement)
    try:
        api.post(
            wire.lot_path(lot, what),
            signed.as_json() | more,
            key=f"{what}-{hashlib.sha256(statement + signed.signature).hexdigest()}",
        )
    except Conflict:
        raise
    except Refused as error:
        if error.code not in _HAS_IT:
            raise
