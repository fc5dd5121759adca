"""A sealing policy over fresh keys of a lot's trustees, for lots whose rows are put in place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.kit.policy import Authority, Policy, SlotRule, Trustee
from bidding.kit.trustee import SlotKeys
from signatures import store
from signatures.domain import platform
from signatures.domain.checkpoint import COSIGNATURE, NoteSigner

AFTER = "bidding.freeze-scores"


def stored(lot: Any, trustees: Iterable[Any], *, k: int, min_bids: int, at: datetime) -> str:
    """The digest of the policy, whose statement lies in the store; signed by nobody."""
    numbered = list(enumerate(trustees, start=1))
    policy = Policy(
        origin=platform.origin(),
        at=at,
        project=lot.project.urn,
        lot=lot.urn,
        k=k,
        min_bids=min_bids,
        centre=numbered[-1][1].urn,
        trustees=tuple(
            Trustee(id=one.urn, certificate=bytes([number]) * 32, keys=_keys(lot, one))
            for number, one in numbered
        ),
        slots=(
            SlotRule(1),
            SlotRule(2),
            SlotRule(3),
            SlotRule(4, after=AFTER, signed_by=("supervisor",)),
        ),
        signers={"tenderee": (b"\x11" * 32,), "supervisor": (b"\x12" * 32,)},
        schedule_signed_by=("tenderee",),
        authorities=(Authority(b"\x13" * 32, "org:authority"),),
        witnesses=(NoteSigner("witness", Ed25519PrivateKey.generate(), COSIGNATURE).verifier.vkey,),
        log=NoteSigner("log.test", Ed25519PrivateKey.generate()).verifier.vkey,
    )
    return store.put(policy.encode()).sha256


def _keys(lot: Any, trustee: Any) -> dict[int, bytes]:
    keys = SlotKeys.generate(
        origin=platform.origin(),
        project=lot.project.urn,
        lot=lot.urn,
        trustee=trustee.urn,
        slots=(1, 2, 3, 4),
    )
    return keys.public
