"""Sealing an envelope in two passes, and opening it with k shares.

``prepare`` draws a fresh key and salt and wraps the shares. Pass 1 (``measure``) encrypts and
keeps only sizes and hashes, for the signed commitment. Pass 2 (``parts``) encrypts again to the
same bytes and gives the parts to upload; a part whose leaf hash differs from the committed one is
never given, because another plaintext under the same key and salt would reuse nonces.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from bidding.kit import body, shares, wraps
from bidding.kit.bid import Commitment
from bidding.kit.body import PART_SIZE, BodyCipher, BodyReader, Source
from bidding.kit.errors import EnvelopeError, Fault, Malformed
from bidding.kit.hashing import LeafHasher
from bidding.kit.header import Header
from bidding.kit.policy import Policy
from bidding.kit.quarantine import Opened, Quarantine
from bidding.kit.shares import Share
from bidding.kit.wraps import Head
from signatures.domain import ledger


@dataclass(frozen=True, slots=True)
class Secret:
    """What a device must keep to make an envelope's body again: key (32) and salt (24 bytes).

    Whoever has it can read the envelope, so it is only ever written down encrypted.
    """

    key: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    @classmethod
    def fresh(cls) -> Secret:
        """A new key and salt; every version of every envelope needs its own."""
        return cls(key=os.urandom(body.KEY_SIZE), salt=os.urandom(body.SALT_SIZE))


@dataclass(frozen=True, slots=True)
class Draft:
    """An envelope before its content: head, secret, and the tenderer's own share."""

    head: Head
    secret: Secret
    own_share: Share


@dataclass(frozen=True, slots=True)
class Sealed:
    """What pass 1 found: the commitment to sign and the leaf hashes that travel with it."""

    commitment: Commitment
    leaves: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a body, proven to be the committed one: its number, offset and bytes."""

    index: int
    offset: int
    data: bytes = field(repr=False)


def prepare(
    policy: Policy, *, slot: int, certificate: bytes, bid: uuid.UUID, version: int
) -> Draft:
    """A new envelope for a slot, with a fresh key shared among the policy's trustees.

    ``certificate`` is the SHA-256 of the tenderer's certificate in DER.
    """
    rule = policy.rule(slot)
    header = Header(
        k=policy.k,
        n=policy.n,
        slot=rule.slot,
        policy=policy.digest,
        certificate=certificate,
        bid=bid,
        version=version,
        rehearsal=policy.rehearsal,
    )
    secret = Secret.fresh()
    made = shares.split(secret.key, header)
    keys = [wraps.public_key(trustee.keys[slot]) for trustee in policy.trustees]
    head = Head(header=header, wraps=wraps.wrap_all(header, made, keys))
    return Draft(head=head, secret=secret, own_share=made[-1])


def measure(head: Head, secret: Secret, source: Source) -> Sealed:
    """Pass 1: the commitment to this content. Nothing of the ciphertext is kept."""
    size = body.body_size(source.size)
    if size > body.MAX_BODY_SIZE:
        raise Malformed(f"The envelope would have {size} bytes; at most 4 GiB are allowed.")
    cipher = BodyCipher(secret.key, secret.salt, head.body_context)
    with LeafHasher() as hasher:
        for part in cipher.parts(source):
            hasher.add(part)
        leaves = hasher.finish()
    commitment = Commitment(
        slot=head.header.slot, head=head.digest, size=size, root=ledger.root_of(leaves)
    )
    return Sealed(commitment=commitment, leaves=leaves)


def parts(
    head: Head, secret: Secret, sealed: Sealed, source: Source, *, first: int = 0
) -> Iterator[Part]:
    """Pass 2: the same body again from part ``first`` on, each part checked before it is given.

    Raises ``EnvelopeError`` ``content-changed`` at the first part that is not the committed one;
    that version of the bid must then be given up and sealed anew with a fresh key.
    """
    if head.digest != sealed.commitment.head:
        raise Malformed("The head is not the one that was committed to.")
    if body.body_size(source.size) != sealed.commitment.size:
        raise _changed()
    cipher = BodyCipher(secret.key, secret.salt, head.body_context)
    for index, data in enumerate(cipher.parts(source, first=first), start=first):
        if body.part_leaf(data) != sealed.leaves[index]:
            raise _changed()
        yield Part(index=index, offset=index * PART_SIZE, data=data)


def recover_key(head: Head, given: Iterable[Share]) -> bytes:
    """K from k or more shares, after every share was derived again and compared.

    Shares that do not match their commitment are left out, and trustees' shares come before the
    tenderer's own, which replaces absent ones only. Raises ``EnvelopeError`` ``too-few-shares``, or
    ``commitment-mismatch`` with the tenderer's fault.
    """
    commitments = head.wraps.commitments
    good: dict[int, Share] = {}
    for share in given:
        known = share.index <= len(commitments)
        if known and shares.is_committed(share, commitments[share.index - 1]):
            good[share.index] = share
    key = shares.combine([good[index] for index in sorted(good)], head.header.k)
    wrong = shares.mismatches(key, head.header, commitments)
    if wrong:
        raise EnvelopeError(
            f"The shares with the numbers {', '.join(map(str, wrong))} were not made from this"
            " envelope's key: the bid was built so that only some can open it. It is revoked.",
            code="commitment-mismatch",
            fault=Fault.TENDERER,
        )
    return key


def open_envelope(
    head: Head,
    stream: BinaryIO,
    commitment: Commitment,
    given: Iterable[Share],
    *,
    origin: str,
    quarantine: Path,
    destination: Path,
) -> Opened:
    """Decrypt a body with k shares and release its files to ``destination`` once all is proven.

    ``head`` has been checked against policy and statement (``BidStatement.check_head``);
    ``commitment`` is the signed one; ``quarantine`` is a private folder on ``destination``'s disk.
    ``EnvelopeError`` carries the fault: a body that is not the committed one is the storage's, a
    committed body that does not open is the tenderer's. Nothing is left behind on an error.
    """
    if head.digest != commitment.head:
        raise EnvelopeError(
            "The stored head is not the one that the tenderer signed.",
            code="head-not-committed",
            fault=Fault.STORAGE,
        )
    size = body.plaintext_size(commitment.size)
    if size is None:
        raise EnvelopeError(
            "No envelope has the size that was signed.",
            code="body-damaged",
            fault=Fault.TENDERER,
        )
    key = recover_key(head, given)
    reader = BodyReader(key, head.body_context)
    room = Quarantine(quarantine, head.header, size=size, origin=origin)
    try:
        failure = _decrypt(reader, stream, commitment, room)
        if failure is not None:
            raise failure
        return room.release(destination)
    finally:
        room.discard()


def _decrypt(
    reader: BodyReader, stream: BinaryIO, commitment: Commitment, room: Quarantine
) -> EnvelopeError | None:
    """Decrypt all of the body into quarantine; what is wrong with it, if anything.

    The whole body is hashed even after a failure, because who is at fault depends on whether
    these are the bytes that were committed to.
    """
    failure: EnvelopeError | None = None
    left = commitment.size
    with LeafHasher() as hasher:
        while left > 0 and (part := _read_part(stream, min(PART_SIZE, left))):
            left -= len(part)
            hasher.add(part)
            if failure is None:
                failure = _feed(room, reader, part)
        surplus = stream.read(1)
        leaves = hasher.finish()
    if left or surplus or ledger.root_of(leaves) != commitment.root:
        return EnvelopeError(
            "The stored body is not the one that the tenderer committed to. Restore it from a"
            " copy and open it again.",
            code="body-not-committed",
            fault=Fault.STORAGE,
        )
    if failure is None:
        failure = _feed(room, reader, None)
    if failure is not None:
        failure.fault = Fault.TENDERER
    return failure


def _feed(room: Quarantine, reader: BodyReader, part: bytes | None) -> EnvelopeError | None:
    """Decrypt a part, or the end (None), into quarantine; what went wrong, if anything."""
    try:
        room.feed(reader.finish() if part is None else reader.update(part))
    except EnvelopeError as error:
        return error
    return None


def _read_part(stream: BinaryIO, size: int) -> bytes:
    """Exactly ``size`` bytes unless the stream ends before."""
    data = stream.read(size)
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data


def _changed() -> EnvelopeError:
    return EnvelopeError(
        "The content is no longer what was committed to. This version is given up; seal the bid"
        " again as a new version.",
        code="content-changed",
        fault=Fault.TENDERER,
    )
