"""One look at a lot: fetch what the platform shows, prove what can be proven, remember it.

Before the freeze the newest checkpoint is followed; from the freeze on the one that came with the
frozen set, because only that one carries the timestamp that a release needs.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from bidding.kit import fields, wire, wraps
from bidding.kit.api import ApiClient
from bidding.kit.errors import Malformed, Refused
from bidding.kit.log_reader import LogReader
from bidding.kit.opening import Reason, Shown, View, observe
from bidding.kit.policy import Policy
from bidding.kit.tender import Signed
from bidding.kit.watch import Watch
from bidding.kit.wire import Frozen, Sealing
from signatures.domain import statements
from signatures.domain.errors import NotFound, SunlitError

PLATFORM_KEY = "sunlit.platform-key/1"
OPENING = "opening"
#: The role under which a policy may name the platform's own seals.
PLATFORM = "platform"

#: What a client wants of a policy before it takes part; raises to refuse it.
Accept = Callable[[Policy], object]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found.

    ``policy`` is None before one was published; ``view`` None while there is nothing to observe;
    ``frozen`` None before the freeze. ``reasons`` says what stood in the way.
    """

    sealing: Sealing
    policy: Policy | None
    view: View | None
    frozen: Frozen | None
    reasons: tuple[Reason, ...]


def look(
    api: ApiClient,
    lot: uuid.UUID | str,
    watch: Watch,
    *,
    accept: Accept | None = None,
    reader: LogReader | None = None,
    rehearsal: bool = False,
) -> Look:
    """Look once and store how far the ledger was followed.

    Raises ``Unavailable`` when the platform does not answer; everything that is wrong with what
    it answered is among the reasons.
    """
    reader = reader or LogReader(api)
    # Read before the sealing, so that a checkpoint taken from here never runs ahead of a freeze.
    note = _newest(reader)
    sealing = wire.sealing(api, lot)
    try:
        policy = adopt(api, sealing, watch, accept=accept, rehearsal=rehearsal)
    except SunlitError as error:
        return Look(sealing, None, None, None, (Reason(error.code, str(error)),))
    if policy is None:
        return Look(sealing, None, None, None, (Reason("no-policy", "No policy stands yet."),))
    frozen = _frozen(api, lot) if sealing.frozen else None
    if frozen is not None:
        note = frozen.note
    if not note:
        return Look(
            sealing,
            policy,
            None,
            frozen,
            (Reason("no-checkpoint", "The platform shows no checkpoint yet."),),
        )
    view = _observe(policy, watch, reader, note, sealing, frozen)
    if view.follower is not None and view.follower != watch.follower:
        watch.follower = view.follower
        watch.save()
    return Look(sealing, policy, view, frozen, view.reasons)


def adopt(
    api: ApiClient,
    sealing: Sealing,
    watch: Watch,
    *,
    accept: Accept | None = None,
    rehearsal: bool = False,
) -> Policy | None:
    """The lot's policy, the same at every look; None while none is shown.

    The first one that is for this platform and lot, is signed and is accepted is remembered. When
    the platform shows another one later, ``Refused`` ``wrong-policy``.
    """
    if sealing.origin != api.origin or sealing.lot != watch.lot:
        raise Refused("The platform answered for another platform or lot.", code="wrong-lot")
    if watch.policy is not None:
        shown = {each.digest for each in sealing.policies}
        if shown and watch.policy.digest not in shown:
            raise Refused(
                "The platform shows another sealing policy than before. Release nothing and tell"
                " the supervisor.",
                code="wrong-policy",
            )
        return Policy.parse(watch.policy.data, origin=api.origin)
    for signed in sealing.policies:
        policy = Policy.parse(signed.data, origin=api.origin)
        if policy.rehearsal != rehearsal:
            continue
        _require_policy(policy, signed, sealing, accept)
        watch.policy = signed
        watch.seal = _seal(sealing.opening_key, policy, None)
        watch.save()
        return policy
    return None


def opening_key(sealing: Sealing, policy: Policy, watch: Watch) -> bytes:
    """The opening service's public key, vouched for by the platform's seal.

    The seal must be one that the policy names under ``platform`` or, where it names none, the one
    that vouched when the policy was accepted. ``Refused`` ``wrong-seal`` otherwise.
    """
    _seal(sealing.opening_key, policy, watch.seal)
    value = statements.parse(
        sealing.opening_key.data, purpose=PLATFORM_KEY, origin=policy.origin, fields=("key", "name")
    )
    if value["name"] != OPENING:
        raise Refused("The platform shows a key of another service.", code="wrong-key")
    key = fields.hexadecimal(value["key"], 32, where="The opening service's key")
    wraps.public_key(key)
    return key


def _seal(signed: Signed, policy: Policy, pinned: bytes | None) -> bytes:
    """The certificate (SHA-256) that signed the opening key, if it is the right one."""
    if len(signed.signatures) != 1:
        raise Refused("The opening service's key is not signed by the seal.", code="wrong-seal")
    certificate = statements.check_signature(signed.data, signed.signatures[0])
    seal = hashlib.sha256(certificate.dump()).digest()
    named = policy.signers.get(PLATFORM)
    if (named is not None and seal not in named) or (
        named is None and pinned is not None and seal != pinned
    ):
        raise Refused(
            "The opening service's key is vouched for by another seal than before.",
            code="wrong-seal",
        )
    return seal


def _require_policy(
    policy: Policy, signed: Signed, sealing: Sealing, accept: Accept | None
) -> None:
    if (policy.lot, policy.project) != (sealing.lot, sealing.project):
        raise Refused("The policy was made for another lot.", code="wrong-policy")
    if not signed.signatures:
        raise Malformed("The policy is not signed.", code="not-signed")
    for signature in signed.signatures:
        statements.check_signature(signed.data, signature)
    if accept is not None:
        accept(policy)


def _observe(
    policy: Policy,
    watch: Watch,
    reader: LogReader,
    note: str,
    sealing: Sealing,
    frozen: Frozen | None,
) -> View:
    stored = watch.standing(policy)
    try:
        leaves = tuple(reader.leaves(stored.size, note))
    except (Malformed, Refused):
        # No checkpoint at all, or tiles that are broken or kept back: observe says what is wrong.
        leaves = ()
    shown = Shown(
        note=note,
        token=b"" if frozen is None else frozen.token,
        leaves=leaves,
        objects=sealing.objects,
        frozen=() if frozen is None else tuple(each.frozen for each in frozen.bids),
    )
    view = observe(policy, stored, shown)
    if frozen is None:
        return replace(view, reasons=_before_the_freeze(view))
    if not frozen.token:
        return replace(view, reasons=_without_token(view))
    return view


def _before_the_freeze(view: View) -> tuple[Reason, ...]:
    """No timestamp is expected yet, and the newest checkpoint may be older than the policy."""
    pending = Reason("policy-pending", "No checkpoint shows the policy in the ledger yet.")
    return tuple(
        pending if each.code == "wrong-policy" else each
        for each in view.reasons
        if each.code != "bad-timestamp"
    )


def _without_token(view: View) -> tuple[Reason, ...]:
    """A timestamp that is missing is no forged one."""
    reasons = (each for each in view.reasons if each.code != "bad-timestamp")
    return (*reasons, Reason("no-timestamp", "The checkpoint has no timestamp yet."))


def _newest(reader: LogReader) -> str:
    try:
        return reader.newest()
    except NotFound:
        return ""


def _frozen(api: ApiClient, lot: uuid.UUID | str) -> Frozen | None:
    try:
        return wire.frozen(api, lot)
    except NotFound:
        return None
