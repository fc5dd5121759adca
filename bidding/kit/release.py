"""What a share's holder hands over at the opening: a signed, encrypted share, or a complaint.

``sunlit.share/1`` carries the share under HPKE for the opening service, bound by info
``magic " release" ‖ H ‖ index``, so that nobody on the way reads it. It is released only when
``bidding.kit.opening`` allows. ``sunlit.complaint/1`` says that a wrap is bad; disclosing the slot
key after the opening then decides who was at fault (``wraps.judge``).
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.kit import fields, shares, wraps
from bidding.kit.errors import EnvelopeError, Fault, Malformed
from bidding.kit.header import MAX_VERSION, SLOTS
from bidding.kit.policy import Policy
from bidding.kit.shares import Share
from bidding.kit.wraps import HPKE_SUITE, Head
from signatures.domain import jcs, statements
from signatures.domain.checkpoint import Checkpoint

SHARE_PURPOSE = "sunlit.share/1"
COMPLAINT_PURPOSE = "sunlit.complaint/1"
_SEALED_SIZE = 32 + shares.SHARE_SIZE + 16
_WHAT = ("policy", "bid", "version", "slot", "head", "index")


@dataclass(frozen=True, slots=True)
class _Subject:
    """Which share of which envelope a statement speaks of."""

    at: datetime
    bid: uuid.UUID
    version: int
    slot: int
    index: int


@dataclass(frozen=True, slots=True)
class ReceivedShare:
    """A checked release: the share, when it was signed, and by whose certificate (DER)."""

    share: Share
    at: datetime
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Complaint:
    """A checked complaint of the trustee with share ``index`` about its wrap."""

    at: datetime
    bid: uuid.UUID
    version: int
    slot: int
    index: int
    certificate: bytes


def release(
    share: Share,
    *,
    policy: Policy,
    head: Head,
    recipient: bytes,
    checkpoint: Checkpoint | None,
    at: datetime,
) -> bytes:
    """``sunlit.share/1`` for one envelope, ready to be signed by the share's holder.

    ``recipient`` is the opening service's X25519 public key (32 bytes); ``checkpoint`` the one
    that the decision to release rested on, None for the tenderer's own share.
    """
    sealed = HPKE_SUITE.encrypt(
        share.encode(), wraps.public_key(recipient), info=_info(head, share.index)
    )
    return statements.build(
        SHARE_PURPOSE,
        origin=policy.origin,
        at=at,
        **_what(head, share.index),
        recipient=recipient.hex(),
        sealed=sealed.hex(),
        checkpoint=None
        if checkpoint is None
        else {"size": checkpoint.size, "root": checkpoint.root.hex()},
    )


def receive(
    data: bytes, signature: bytes, *, policy: Policy, head: Head, key: X25519PrivateKey
) -> ReceivedShare:
    """The share out of a release, signed by its holder and equal to what the wrap committed to.

    ``EnvelopeError`` ``share-refused``; its fault is the trustee's (or the tenderer's for its own
    share) once the signature has shown who sent it.
    """
    value = _read(
        data, SHARE_PURPOSE, policy, (*_WHAT, "recipient", "sealed", "checkpoint"), "share"
    )
    subject = _subject(value, head)
    certificate = _holder(data, signature, policy=policy, head=head, index=subject.index)
    fault = Fault.TENDERER if subject.index == head.header.tenderer_index else Fault.TRUSTEE
    own = key.public_key().public_bytes_raw()
    if value["recipient"] != own.hex():
        raise _refused("is encrypted to another opening service; ask for it again")
    try:
        sealed = fields.hexadecimal(value["sealed"], _SEALED_SIZE, where="The sealed share")
        share = Share.parse(HPKE_SUITE.decrypt(sealed, key, info=_info(head, subject.index)))
    except (InvalidTag, ValueError, Malformed):
        raise _refused("does not decrypt", fault) from None
    committed = head.wraps.commitments[subject.index - 1]
    if share.index != subject.index or not shares.is_committed(share, committed):
        raise _refused("is not the one that was committed to", fault)
    return ReceivedShare(share=share, at=subject.at, certificate=certificate)


def complain(*, policy: Policy, head: Head, index: int, at: datetime) -> bytes:
    """``sunlit.complaint/1``: the wrap for trustee ``index`` is bad. Ready to be signed."""
    return statements.build(
        COMPLAINT_PURPOSE, origin=policy.origin, at=at, **_what(head, index), about="wrap"
    )


def receive_complaint(data: bytes, signature: bytes, *, policy: Policy, head: Head) -> Complaint:
    """A trustee's complaint about its wrap in this envelope, signed by that trustee."""
    value = _read(data, COMPLAINT_PURPOSE, policy, (*_WHAT, "about"), "complaint")
    subject = _subject(value, head)
    if value["about"] != "wrap" or subject.index > policy.n:
        raise _refused("is not about a trustee's wrap", what="complaint")
    return Complaint(
        at=subject.at,
        bid=subject.bid,
        version=subject.version,
        slot=subject.slot,
        index=subject.index,
        certificate=_holder(data, signature, policy=policy, head=head, index=subject.index),
    )


def _what(head: Head, index: int) -> dict[str, Any]:
    header = head.header
    return {
        "policy": header.policy.hex(),
        "bid": str(header.bid),
        "version": header.version,
        "slot": header.slot,
        "head": head.digest.hex(),
        "index": index,
    }


def _read(
    data: bytes, purpose: str, policy: Policy, names: tuple[str, ...], what: str
) -> dict[str, Any]:
    try:
        return statements.parse(data, purpose=purpose, origin=policy.origin, fields=names)
    except Malformed as error:
        raise _refused(f"cannot be read: {error}", what=what) from None


def _subject(value: dict[str, Any], head: Head) -> _Subject:
    index = fields.integer(value["index"], 1, head.header.tenderer_index, where="The share's index")
    if {name: value[name] for name in _WHAT} != _what(head, index):
        raise _refused("belongs to another envelope")
    return _Subject(
        at=jcs.parse_timestamp(value["at"]),
        bid=fields.identifier(value["bid"], where="The bid"),
        version=fields.integer(value["version"], 1, MAX_VERSION, where="The version"),
        slot=fields.integer(value["slot"], SLOTS[0], SLOTS[-1], where="The slot"),
        index=index,
    )


def _holder(data: bytes, signature: bytes, *, policy: Policy, head: Head, index: int) -> bytes:
    """The signing certificate in DER, which must be that of the holder of share ``index``."""
    try:
        certificate: bytes = statements.check_signature(data, signature).dump()
    except Malformed as error:
        raise _refused(f"is not signed as it must be: {error}") from None
    expected = (
        head.header.certificate
        if index == head.header.tenderer_index
        else policy.trustees[index - 1].certificate
    )
    if hashlib.sha256(certificate).digest() != expected:
        raise _refused("is signed by somebody else than its holder")
    return certificate


def _info(head: Head, index: int) -> bytes:
    return head.header.magic + b" release" + head.header.encode() + bytes([index])


def _refused(why: str, fault: Fault = Fault.UNDECIDED, *, what: str = "share") -> EnvelopeError:
    return EnvelopeError(f"The {what} {why}.", code=f"{what}-refused", fault=fault)
