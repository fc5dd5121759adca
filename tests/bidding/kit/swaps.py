"""Envelopes in another's place: another tenderer's, tender's, bid's, version's, slot's.

Each is what somebody with the sealing keys of the tenderer could hand in: statement and commitment
follow the swap, so nothing but the binding inside the envelope can notice it.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable

from bidding.kit import shares, wraps
from bidding.kit.wraps import Head
from tests.bidding.kit import world
from tests.bidding.kit.cases import POLICY, Case, a_draft, plaintext_of, sealed_from

#: What a header may claim that is another's.
OTHERS = {
    "tenderer": {"certificate": world.fingerprint("tenderer-1")},
    "tender": {"policy": dataclasses.replace(POLICY, lot="lot:another").digest},
    "bid": {"bid": uuid.UUID(int=7)},
    "version": {"version": 2},
    "slot": {"slot": 4},
    "rehearsal": {"rehearsal": True},
}


def _elsewhere(case: Case, head: Head, given) -> Case:
    commitment = dataclasses.replace(
        case.commitment, head=head.digest, slot=head.header.slot
    )
    return dataclasses.replace(case, head=head, commitment=commitment, shares=tuple(given))


def relabelled(change: dict) -> Case:
    """The header says otherwise; wraps and body stay."""
    draft = a_draft()
    case = sealed_from(draft, plaintext_of(draft, [b"offer"]))
    header = dataclasses.replace(case.head.header, **change)
    return _elsewhere(case, Head(header, case.head.wraps), case.shares)


def wrapped_again(change: dict) -> Case:
    """The header says otherwise and all shares are made for it; the body stays."""
    draft = a_draft()
    case = sealed_from(draft, plaintext_of(draft, [b"offer"]))
    head, made = _honest_head(case, change)
    return _elsewhere(case, head, made)


def copied_inside(change: dict) -> Case:
    """All is made anew around a copy of another envelope's manifest, signature and files."""
    draft = a_draft()
    plain = plaintext_of(draft, [b"offer"])
    head, _made = _honest_head(sealed_from(draft, plain), change)
    return sealed_from(draft, plain, head=head)


def _honest_head(case: Case, change: dict) -> tuple[Head, tuple]:
    header = dataclasses.replace(case.head.header, **change)
    made = shares.split(case.secret.key, header)
    keys = [wraps.public_key(trustee.keys[header.slot]) for trustee in POLICY.trustees]
    return Head(header, wraps.wrap_all(header, made, keys)), made


#: How an envelope gets into another's place, and the refusals that it must meet.
SWAPS: dict[Callable[[dict], Case], set[str]] = {
    relabelled: {"commitment-mismatch"},
    wrapped_again: {"body-damaged"},
    copied_inside: {"content-refused"},
}
#: A rehearsal's manifest names the rehearsal's policy: a copy around a real one is refused by
#: ``Policy.require`` before anything is opened (test_envelope.py).
PAIRS = [
    (swap, name)
    for swap in SWAPS
    for name in OTHERS
    if (swap, name) != (copied_inside, "rehearsal")
]
