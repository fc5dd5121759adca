"""Taking in an envelope's body: only the committed bytes, part by part, never twice.

Each part of 1 MiB is hashed and compared with the leaf hash that the tenderer committed to, then
written and synced; only then an act moves the offset. A line that breaks or a server that dies in
between leaves the offset behind; whoever asks for it next has the whole parts that are on disk
counted first, so that at most one of them is sent again. The last part of the last envelope
completes the version in the same act, under the lot's lock: it is in before the freeze or not at
all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from bidding.domain import bodies, erasing, statement_rows, traces
from bidding.domain.submission import TendererAct
from bidding.domain.traces import Origin
from bidding.enums import DEAD, BidState, VersionState
from bidding.kit.body import PART_SIZE, part_leaf
from bidding.models import Bid, BidVersion, Envelope
from signatures.domain import clock as clocks
from signatures.domain.act import Actor, Outcome, Result, Scene, command, dispatch
from signatures.domain.clock import Clock
from signatures.domain.errors import (
    Conflict,
    Denied,
    Malformed,
    NotFound,
    Refused,
    Unavailable,
)
from signatures.models import User
from trading import access
from trading.models import Organisation

COMPLETE_ACT = "bidding.complete-version"
_HASH = 32


class Stream(Protocol):
    """Bytes that may still be on their way."""

    def read(self, size: int, /) -> bytes | memoryview:
        """Some of what comes next, at most ``size`` bytes; nothing at the end."""


class OffsetMismatch(Conflict):
    """The bytes do not begin where the last ones ended; ask for the offset and go on from there."""

    default_code = "offset-mismatch"


class ChecksumMismatch(Refused):
    """The bytes are not the ones that were announced, or not the ones committed to."""

    default_code = "checksum-mismatch"


class UploadEnded(Refused):
    """The version was replaced, given up or withdrawn; the bytes would count for nothing."""

    default_code = "upload-ended"


class TooLarge(Malformed):
    """More bytes at once than a request may bring, or than the envelope has left."""

    default_code = "too-large"


def find(person: User, envelope: UUID) -> Envelope:
    """The envelope, for somebody who acts for its tenderer; else :class:`NotFound`."""
    row = (
        Envelope.objects.select_related("version__bid__lot", "version__bid__tenderer")
        .filter(pk=envelope)
        .first()
    )
    if row is None or not access.acts_for(person, row.version.bid.tenderer_id):
        raise NotFound(_("There is no such upload, or it is not yours."), code="no-such-upload")
    return row


def require_known(row: Envelope) -> None:
    """Raise :class:`UploadEnded` where what was uploaded counts for nothing any more."""
    if row.version.state in DEAD:
        raise UploadEnded(_("This version takes nothing in any more. Register a new one."))


def require_alive(row: Envelope) -> None:
    """Raise :class:`UploadEnded` where the version does not take bytes any more."""
    require_known(row)
    bid: Bid = row.version.bid
    if bid.state != BidState.LIVE:
        raise UploadEnded(_("This bid takes nothing in any more."))


def receive(
    person: User,
    row: Envelope,
    *,
    offset: int,
    length: int,
    stream: Stream,
    sha256: bytes | None = None,
    origin: Origin | None = None,
    clock: Clock = clocks.platform,
) -> Outcome:
    """Take in ``length`` bytes of the body from ``offset``, read from ``stream`` as they come.

    ``sha256`` is what the sender says of them. Raises :class:`TooLarge`, :class:`OffsetMismatch`,
    :class:`ChecksumMismatch` (``wrong-part`` where a part is not the committed one), the refusals
    of the act, and those of ``bodies``. By itself a request that is refused or cut short counts for
    nothing; its whole parts that are on disk do once :func:`go_on` has found them.
    """
    require_alive(row)
    _check_extent(row, offset, length)
    try:
        return _receive(person, row, offset, length, stream, sha256, origin, clock)
    except Refused:
        erasing.again(row)
        raise


def _receive(
    person: User,
    row: Envelope,
    offset: int,
    length: int,
    stream: Stream,
    sha256: bytes | None,
    origin: Origin | None,
    clock: Clock,
) -> Outcome:
    with bodies.transfer(row.version.bid.tenderer_id), bodies.writing(row.pk) as body:
        # Read again under the file's lock: what was erased meanwhile must not come back.
        _look_again(row)
        require_alive(row)
        if row.received != offset:
            raise OffsetMismatch(
                _("The upload stands at %(at)d, not at %(offset)d. Ask for its offset and go on.")
                % {"at": row.received, "offset": offset}
            )
        whole = hashlib.sha256()
        for index in range(offset // PART_SIZE, -(-(offset + length) // PART_SIZE)):
            start = index * PART_SIZE
            part = b"".join(_pieces(stream, min(PART_SIZE, offset + length - start)))
            if sha256 is not None:
                whole.update(part)
            if part_leaf(part) != _leaf(row, index):
                raise ChecksumMismatch(
                    _("Part %(number)d is not the one that was committed to. If the file changed,"
                      " seal the bid again as a new version.") % {"number": index},
                    code="wrong-part",
                )
            body.write(part, start)
        if sha256 is not None and whole.digest() != sha256:
            raise ChecksumMismatch(_("The bytes are not the ones whose checksum was sent."))
        body.sync()
        return _count(person, row, offset + length, origin, clock)


def go_on(
    person: User, row: Envelope, *, origin: Origin | None = None, clock: Clock = clocks.platform
) -> int:
    """Where the upload goes on (bytes): first counts what a request that was cut short left whole.

    Only parts that follow what counts already, are on disk to their last byte, and are the ones
    committed to. While another request writes, or where the act refuses (past the deadline, say),
    nothing more counts than before.
    """
    if row.is_complete or bodies.length(row.pk) <= row.received:
        return row.received
    with (
        suppress(Conflict, Denied, Refused, Unavailable),
        bodies.transfer(row.version.bid.tenderer_id),
        bodies.writing(row.pk) as body,
    ):
        _look_again(row)
        require_alive(row)
        end = _whole(row, body)
        if end > row.received:
            body.sync()
            _count(person, row, end, origin, clock)
            row.received = end
    return row.received


def _whole(row: Envelope, body: bodies.Body) -> int:
    """How far the body on disk is the committed one; no further than one request brings."""
    end, most = row.received, min(row.size, row.received + settings.UPLOAD_PART_BYTES)
    while end < most:
        index, size = end // PART_SIZE, min(PART_SIZE, row.size - end)
        part = body.read(size, end)
        if len(part) < size or part_leaf(part) != _leaf(row, index):
            break
        end += size
    return end


def _leaf(row: Envelope, index: int) -> bytes:
    return bytes(row.leaves[index * _HASH : (index + 1) * _HASH])


def _count(
    person: User, row: Envelope, end: int, origin: Origin | None, clock: Clock
) -> Outcome:
    act = ReceivePart(
        lot=row.version.bid.lot_id,
        organisation=row.version.bid.tenderer_id,
        envelope=row.pk,
        start=row.received,
        end=end,
        origin=origin or Origin(),
    )
    return dispatch(act, actor=Actor.person(person), clock=clock)


def _check_extent(row: Envelope, offset: int, length: int) -> None:
    if length > settings.UPLOAD_PART_BYTES or offset + length > row.size:
        raise TooLarge(
            _("At most %(most)d bytes at once, and this envelope has %(size)d in all.")
            % {"most": settings.UPLOAD_PART_BYTES, "size": row.size}
        )
    if offset % PART_SIZE:
        raise OffsetMismatch(_("Parts begin at multiples of 1 MiB."))
    if length == 0 or (length % PART_SIZE and offset + length != row.size):
        raise Malformed(
            _("Send whole parts of 1 MiB; only the last one of the envelope is shorter."),
            code="broken-part",
        )


def _look_again(row: Envelope) -> None:
    """Read what may have changed since the envelope was found, in one query."""
    now = Envelope.objects.filter(pk=row.pk).values_list(
        "received", "version__state", "version__bid__state"
    )
    row.received, row.version.state, row.version.bid.state = now.get()


def _pieces(stream: Stream, size: int) -> Iterator[bytes | memoryview]:
    """The next ``size`` bytes as they come; raises :class:`Malformed` where they end before."""
    while size:
        piece = stream.read(size)
        if not piece:
            raise Malformed(_("The request ended before its last byte."), code="broken-part")
        size -= len(piece)
        yield piece


@command("bidding.receive-part")
@dataclass(frozen=True, kw_only=True)
class ReceivePart(TendererAct):
    """Bytes ``start`` to ``end`` of an envelope's body are checked and on disk: count them."""

    organisation: UUID
    envelope: UUID
    start: int
    end: int
    origin: Origin = field(default_factory=Origin, metadata={"request": False})

    def decide(self, scene: Scene) -> Result:
        tenderer, _policy = self.require_open(scene)
        row = _own(self.envelope, tenderer, self.lot)
        require_alive(row)
        if row.received != self.start or not self.start < self.end <= row.size:
            raise OffsetMismatch(
                _("The upload stands at %(at)d.") % {"at": row.received}
            )
        row.received = self.end
        row.save(update_fields=["received"])
        parts = -(-(self.end - self.start) // PART_SIZE)
        traces.note(row, self.origin, at=scene.now, size=self.end - self.start, parts=parts)
        version: BidVersion = row.version
        scene.enter(
            subject=version.bid.urn,
            context={
                "version": version.number,
                "slot": row.slot,
                "start": self.start,
                "end": self.end,
            },
        )
        others = version.envelopes.exclude(pk=row.pk)
        if row.is_complete and not others.filter(received__lt=F("size")).exists():
            _complete(scene, version, tenderer)
        return {
            "offset": self.end,
            "complete": row.is_complete,
            "version": version.number,
            "counts": version.state == VersionState.COMPLETE,
        }


def _complete(scene: Scene, version: BidVersion, tenderer: Organisation) -> None:
    """The version counts from now on; the one before it does not any more."""
    before = list(version.bid.versions.filter(state=VersionState.COMPLETE))
    for old in before:
        old.state = VersionState.REPLACED
        old.save(update_fields=["state"])
    version.state, version.completed_at = VersionState.COMPLETE, scene.now
    version.save(update_fields=["state", "completed_at"])
    entry = scene.enter(
        subject=version.bid.urn,
        act=COMPLETE_ACT,
        digests={"statement": version.statement},
        context={"version": version.number, "replaces": [old.number for old in before]},
        receipt_for=(tenderer.urn,),
    )
    statement_rows.place(entry, version, "completed_leaf")
    if before:
        erasing.enqueue(before)


@command("bidding.abandon-version")
@dataclass(frozen=True, kw_only=True)
class AbandonVersion(TendererAct):
    """Give up a version that is not complete; the last complete one stands."""

    organisation: UUID
    envelope: UUID

    def decide(self, scene: Scene) -> Result:
        tenderer, _policy = self.require_open(scene)
        version: BidVersion = _own(self.envelope, tenderer, self.lot).version
        if version.state != VersionState.RECEIVING:
            raise Refused(
                _("Only a version that is not complete can be given up; withdraw the bid instead."),
                code="version-complete",
            )
        version.state = VersionState.ABANDONED
        version.save(update_fields=["state"])
        scene.enter(
            subject=version.bid.urn,
            context={"version": version.number},
            receipt_for=(tenderer.urn,),
        )
        erasing.enqueue([version])
        return {"bid": str(version.bid_id), "version": version.number}


def _own(envelope: UUID, tenderer: Organisation, lot: UUID) -> Envelope:
    """The tenderer's own envelope, inside an act; else :class:`NotFound`."""
    row = (
        Envelope.objects.select_related("version__bid")
        .defer("head", "leaves")
        .filter(pk=envelope, version__bid__tenderer=tenderer, version__bid__lot_id=lot)
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such upload, or it is not yours."), code="no-such-upload")
    return row

