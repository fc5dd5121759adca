"""Handing in a sealed bid: register, upload, see it complete, keep what proves it; withdraw it.

Every step asks the platform first what it has already, so ``submit`` can be started again after
anything: a crash, a dropped line, another day. The tenderer's files and ``submission.json`` are
all that it needs.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from bidding.kit import proofs, wire
from bidding.kit.api import ApiClient
from bidding.kit.device import Submission
from bidding.kit.envelope import Secret
from bidding.kit.errors import Malformed, Refused
from bidding.kit.policy import Policy
from bidding.kit.proofs import Kept
from bidding.kit.upload import Shown, Upload
from bidding.kit.wire import OwnBid
from bidding.kit.withdrawal import Withdrawal
from signatures.domain import statements
from signatures.domain.errors import Denied, SunlitError, Unavailable

#: The act whose receipt says that a version counts.
COMPLETION = "bidding.complete-version"
AT_ONCE = 3
_PAUSE = 0.2
#: Versions that no upload can bring back.
LIVE, WITHDRAWN = "live", "withdrawn"
_OVER = (WITHDRAWN, "replaced", "abandoned")

Saved = Callable[[Submission], None]


@dataclass(frozen=True, slots=True)
class Submitted:
    """A version that the platform has, and the receipts of it that hold.

    ``state`` is the version's (receiving, complete, replaced, abandoned, withdrawn), ``bid_state``
    the bid's (live, withdrawn, lapsed, frozen, revoked, unopened), both in the platform's words.
    """

    bid: uuid.UUID
    version: int
    state: str
    bid_state: str
    statement: bytes
    receipts: tuple[Kept, ...]

    @property
    def complete(self) -> bool:
        """Whether every envelope has arrived: only then does the version count."""
        return self.state != wire.RECEIVING


def submit(
    api: ApiClient,
    submission: Submission,
    *,
    lot: uuid.UUID | str,
    secrets: Mapping[int, Secret],
    policy: Policy | None = None,
    folder: Path | None = None,
    show: Shown | None = None,
    saved: Saved | None = None,
    patience: float | None = None,
    wait_for_proofs: float = 0.0,
) -> Submitted:
    """Register the signed statement, upload every envelope, and keep receipts and proofs.

    ``secrets`` are ``submission.secrets(passphrase)``. Receipts are checked before they are
    written into ``folder``; with ``policy`` they must be by the seal that it names, and proofs
    under its log. ``patience`` is for how many seconds a silent or failing platform is borne
    without progress (the client's own by default); ``wait_for_proofs`` for how many seconds the
    proofs are waited for. ``saved`` is called if the statement had to be signed again because its
    time was too long ago. Safe to call again at any time. Raises ``EnvelopeError``
    ``content-changed``, ``Refused``, ``Unavailable``.
    """
    own = _find(api, lot, submission)
    if own is None:
        submission = _register(api, lot, submission, saved)
        own = _find(api, lot, submission)
    if own is None:
        raise Unavailable(
            "The platform took the statement and does not list it. Ask for the status later.",
            code="not-listed",
        )
    if own.state in _OVER or (own.bid_state != LIVE and not own.complete):
        raise Refused(
            f"This version of the bid is {own.state} (the bid is {own.bid_state}). Before the"
            " deadline it can be sealed again as a new version.",
            code="version-over",
        )
    if folder is not None:
        # The first receipt is worth having even if the upload never ends.
        proofs.fetch(api, own.receipts, submission.statement, policy=policy, folder=folder)
    patience = api.patience if patience is None else patience
    if not own.complete:
        _upload(api, own, submission, secrets, show=show, patience=patience)
        own = _await_complete(api, lot, submission, patience=patience)
    kept = proofs.fetch(
        api,
        own.receipts,
        submission.statement,
        policy=policy,
        folder=folder,
        wait=wait_for_proofs,
    )
    _require_completion(kept, submission.statement)
    return _submitted(own, kept)


def status(
    api: ApiClient,
    lot: uuid.UUID | str,
    *,
    submission: Submission | None = None,
    policy: Policy | None = None,
    folder: Path | None = None,
) -> tuple[Submitted, ...]:
    """Own bids on the lot, or the one version that ``submission`` is; checks and keeps receipts."""
    found: list[Submitted] = []
    for own in wire.own_bids(api, lot):
        statement = None
        if submission is not None:
            if own.statement != hashlib.sha256(submission.statement).digest():
                continue
            statement = submission.statement
        kept = proofs.fetch(api, own.receipts, statement, policy=policy, folder=folder)
        found.append(_submitted(own, kept))
    return tuple(found)


def withdraw(
    api: ApiClient,
    lot: uuid.UUID | str,
    *,
    bid: uuid.UUID,
    policy: bytes,
    folder: Path | None = None,
) -> Submitted:
    """Withdraw a bid before the deadline: none of its versions is ever opened.

    ``policy`` is P (32 bytes). Withdrawing twice gives the same answer.
    """
    found = _of_bid(api, lot, bid)
    receipts: tuple[Kept, ...] = ()
    if found.bid_state != WITHDRAWN:
        statement = Withdrawal(origin=api.origin, at=api.clock(), policy=policy, bid=bid).encode()
        answer = api.post(
            wire.lot_path(lot, f"bids/{bid}/withdraw"),
            api.sign_bytes(statement).as_json(),
            key=_key("withdraw", statement),
        )
        receipt = wire.receipt_of(answer)
        if receipt is not None:
            receipts = proofs.fetch(api, (receipt,), statement, folder=folder)
        found = _of_bid(api, lot, bid)
    return _submitted(found, receipts or proofs.fetch(api, found.receipts, None, folder=folder))


def _of_bid(api: ApiClient, lot: uuid.UUID | str, bid: uuid.UUID) -> OwnBid:
    own = [each for each in wire.own_bids(api, lot) if each.bid == bid]
    if not own:
        raise Refused("The platform has no such bid of yours on this lot.", code="no-such-bid")
    return max(own, key=lambda each: each.version)


def _submitted(own: OwnBid, kept: tuple[Kept, ...]) -> Submitted:
    return Submitted(
        bid=own.bid,
        version=own.version,
        state=own.state,
        bid_state=own.bid_state,
        statement=own.statement,
        receipts=kept,
    )


def _require_completion(kept: tuple[Kept, ...], statement: bytes) -> None:
    """A version that counts has a receipt that says so; without it, it is only a claim."""
    digest = hashlib.sha256(statement).hexdigest()
    for each in kept:
        if each.receipt.act == COMPLETION and digest in each.receipt.digests.values():
            return
    raise Refused(
        "The platform calls the version complete but gives no receipt for that. Ask for the status"
        " again; if it stays so, tell the supervisor.",
        code="no-receipt",
    )


def _find(api: ApiClient, lot: uuid.UUID | str, submission: Submission) -> OwnBid | None:
    """This version as the platform has it; ``Refused`` when it has another under its number."""
    bid = submission.bid
    digest = hashlib.sha256(submission.statement).digest()
    for own in wire.own_bids(api, lot):
        if (own.bid, own.version) != (bid.bid, bid.version):
            continue
        if own.statement != digest:
            raise Refused(
                f"Version {bid.version} of this bid was registered with another content. Seal it"
                " again with the next version number.",
                code="version-taken",
            )
        return own
    return None


def _register(
    api: ApiClient, lot: uuid.UUID | str, submission: Submission, saved: Saved | None
) -> Submission:
    """Hand in the signed statement with heads and leaf hashes; the submission that was taken.

    A statement that was signed too long ago is signed again at this device's time, over the very
    same commitments, once.
    """
    for attempt in range(2):
        try:
            api.post(
                wire.lot_path(lot, "bids"),
                _registration(submission),
                key=_key("bid", submission.statement),
            )
        except Refused as error:
            if error.code != "stale-statement" or attempt:
                raise
            submission = _signed_again(api, submission)
            if saved is not None:
                saved(submission)
        else:
            break
    return submission


def _registration(submission: Submission) -> dict[str, object]:
    return {
        "statement": wire.encoded(submission.statement),
        "signature": wire.encoded(submission.signature),
        "envelopes": [
            {
                "slot": each.head.header.slot,
                "head": wire.encoded(each.head.encode()),
                "leaves": wire.encoded(b"".join(each.sealed.leaves)),
            }
            for each in submission.envelopes
        ],
    }


def _signed_again(api: ApiClient, submission: Submission) -> Submission:
    certificate = statements.check_signature(submission.statement, submission.signature)
    if api.signer is None or api.signer.certificate.dump() != certificate.dump():
        raise Denied(
            "The statement must be signed again, with the certificate that it was sealed for.",
            code="other-certificate",
        )
    signed = api.sign_bytes(replace(submission.bid, at=api.clock()).encode())
    return replace(submission, statement=signed.statement, signature=signed.signature)


def _upload(
    api: ApiClient,
    own: OwnBid,
    submission: Submission,
    secrets: Mapping[int, Secret],
    *,
    show: Shown | None,
    patience: float,
) -> None:
    """Up to three envelopes at once; the first error ends all of them."""
    places = {each.slot: each for each in own.envelopes}
    stop = threading.Event()
    uploads: list[Upload] = []
    for state in submission.envelopes:
        slot = state.head.header.slot
        if slot not in places or slot not in secrets:
            raise Malformed(f"There is no upload or no key for slot {slot}.", code="no-upload")
        uploads.append(
            Upload(
                api=api,
                url=places[slot].url,
                state=state,
                secret=secrets[slot],
                patience=patience,
                show=show,
                stop=stop,
            )
        )

    def run(upload: Upload) -> None:
        try:
            upload.run()
        except BaseException:
            stop.set()
            raise

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="upload") as pool:
        waiting = [pool.submit(run, upload) for upload in uploads]
        try:
            errors = [each.exception() for each in waiting]
        except BaseException:
            stop.set()
            raise
    _raise_first(errors)


def _raise_first(errors: list[BaseException | None]) -> None:
    """The error that ended the others, not theirs of having been ended."""
    found = [error for error in errors if error is not None]
    stopped = [each for each in found if isinstance(each, SunlitError) and each.code == "stopped"]
    for error in [each for each in found if each not in stopped] or stopped:
        raise error


def _await_complete(
    api: ApiClient, lot: uuid.UUID | str, submission: Submission, *, patience: float
) -> OwnBid:
    until = time.monotonic() + patience
    while True:
        own = _find(api, lot, submission)
        if own is not None and own.complete:
            return own
        if time.monotonic() > until:
            raise Unavailable(
                "Everything was sent, but the platform does not call the version complete."
                " Ask for the status later.",
                code="not-complete",
            )
        time.sleep(_PAUSE)


def _key(what: str, statement: bytes) -> str:
    return f"{what}-{hashlib.sha256(statement).hexdigest()}"
