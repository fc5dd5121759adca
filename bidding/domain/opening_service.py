"""The opening service: with k good shares it opens an envelope and files what was in it.

It runs as a task that may be killed and run again at any point. The key is recombined in memory,
all shares are derived again and compared; the body is decrypted, in pieces, into a private
quarantine on disk; only what is proven to the last byte goes into the store and, by an act, into
the dossier. Of what is not right, only a code is kept: no file name and no content ever reaches a
log or the queue.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bidding.domain import (
    bodies,
    consortium_checks,
    contents,
    faults,
    filing,
    gates,
    guarantee_checks,
    policies,
)
from bidding.domain.filing import FileOpened, OpenedFile
from bidding.enums import BidState, Outcome
from bidding.kit import envelope as kit
from bidding.kit import release
from bidding.kit.bid import BidStatement
from bidding.kit.errors import EnvelopeError, Fault
from bidding.kit.policy import Policy
from bidding.kit.quarantine import Opened
from bidding.kit.shares import Share as Point
from bidding.kit.wraps import Head
from bidding.models import Envelope, Share
from signatures import store
from signatures.domain import platform
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Conflict, NotFound, Refused, Unavailable
from signatures.domain.outside import require_outside_transaction

log = logging.getLogger("sunlit.opening")
WORKER = Actor.process("worker")


def open_envelope(identifier: UUID) -> str:
    """Open one envelope if that may be done now; what came of it, in one word.

    ``waiting``: too few good shares, or the gate is not open; ``busy``: another worker is at it;
    otherwise the envelope's outcome. Raises :class:`Unavailable` where storage is at fault, so
    that the task is tried again.
    """
    require_outside_transaction("Opening an envelope")
    with _alone(identifier) as alone:
        if not alone:
            return "busy"
        row = Envelope.objects.select_related("version__bid__lot__project").get(pk=identifier)
        if row.outcome != Outcome.SEALED:
            return str(row.outcome)
        if row.version.bid.state != BidState.FROZEN:
            return "waiting"
        try:
            gates.require_open(
                gates.require_freeze(row.version.bid.lot).policy, row.slot, row.version.bid_id
            )
        except Refused:
            return "waiting"
        return _open(row)


def _open(row: Envelope) -> str:
    policy = policies.parsed(policies.get(row.version.bid.lot).statement)
    head = Head.parse(bytes(row.head))
    given = _shares(row, policy, head)
    # A worker that was killed may have left plaintext behind: one room an envelope, made anew.
    room = _quarantine() / row.pk.hex
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(mode=0o700)
    try:
        statement = store.read(row.version.statement)
        bid = BidStatement.parse(statement, origin=platform.origin())
        commitment = bid.commitment(row.slot)
        bid.check_head(
            policy, commitment, head, certificate=bytes.fromhex(row.version.certificate)
        )
        with bodies.reading(row.pk) as stream:
            opened = kit.open_envelope(
                head,
                stream,
                commitment,
                given,
                origin=platform.origin(),
                quarantine=room,
                destination=room / "opened",
            )
        act = _file(row, opened)
    except NotFound:
        raise _storage("body-missing") from None
    except EnvelopeError as error:
        return _refused(row, error)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    try:
        dispatch(act, actor=WORKER)
    except Conflict:
        log.info("Envelope %s was settled meanwhile.", row.pk)
    return str(Outcome.OPENED)


def _shares(row: Envelope, policy: Policy, head: Head) -> list[Point]:
    """The points of the polynomial out of the releases that hold; others are passed over."""
    key = platform.opening_key()
    found: list[Point] = []
    for share in Share.objects.filter(envelope=row).order_by("index"):
        try:
            received = release.receive(
                store.read(share.statement),
                store.read(share.signature),
                policy=policy,
                head=head,
                key=key,
            )
        except EnvelopeError as error:
            log.warning("Share %d of envelope %s is passed over: %s.", share.index, row.pk,
                        error.code)
            continue
        found.append(received.share)
    return found


def _file(row: Envelope, opened: Opened) -> FileOpened:
    """Put everything into the store and say what the act is to file."""
    files = []
    for number, (entry, path) in enumerate(opened.files, start=1):
        with path.open("rb") as stream:
            kept = store.put(stream)
        files.append(
            OpenedFile(
                number=number,
                name=entry.name,
                media_type=entry.type,
                sha256=kept.sha256,
                size=kept.size,
            )
        )
    first = row.slot == min(_slots(row))
    return FileOpened(
        lot=row.version.bid.lot_id,
        envelope=row.pk,
        files=tuple(files),
        manifest=store.put(opened.manifest_data).sha256,
        manifest_size=len(opened.manifest_data),
        signature=store.put(opened.signature).sha256,
        reading=contents.read(row.slot, opened.files),
        trace=filing.put_trace(row.version) if first else None,
        guarantee=guarantee_checks.examine(row, opened.files),
        consortium=consortium_checks.examine(row, opened.files),
    )


def _slots(row: Envelope) -> list[int]:
    return list(row.version.envelopes.values_list("slot", flat=True))


def _refused(row: Envelope, error: EnvelopeError) -> str:
    """What did not open: wait for more shares, try again, or the tenderer bears it."""
    log.warning("Envelope %s does not open: %s, by the fault of the %s.", row.pk, error.code,
                error.fault.value)
    if error.code == "too-few-shares":
        return "waiting"
    if error.fault is Fault.TENDERER:
        act = faults.RevokeBid(
            lot=row.version.bid.lot_id, envelope=row.pk, reason=error.code
        )
        try:
            dispatch(act, actor=WORKER)
        except Conflict:
            log.info("Envelope %s was settled meanwhile.", row.pk)
        return str(Outcome.REFUSED)
    raise _storage(error.code)


def _storage(code: str) -> Unavailable:
    return Unavailable(
        _("What is stored of the envelope is not what was received. Restore it from a copy; it is"
          " tried again."),
        code=code,
    )


def _quarantine() -> Path:
    """A private folder on the platform's own disk, for nobody's eyes."""
    folder = Path(settings.DATA) / "quarantine"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def _alone(identifier: UUID) -> Iterator[bool]:
    """Whether this process is the only one at this envelope; the lock ends with the process."""
    path = _quarantine() / f"{identifier.hex}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        yield False
        return
    try:
        yield True
    finally:
        os.close(descriptor)
