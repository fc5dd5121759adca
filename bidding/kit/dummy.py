"""A dummy bid for rehearsals: sealed under a policy's twin and opened again on the same device."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from bidding.kit import envelope
from bidding.kit.device import Submission, new_bid
from bidding.kit.envelope import Secret
from bidding.kit.errors import EnvelopeError
from bidding.kit.policy import Policy, Trustee
from bidding.kit.recovery import RecoveryKit
from bidding.kit.sealing import Document, seal_bid
from bidding.kit.shares import Share
from bidding.kit.trustee import SlotKeys
from bidding.kit.wraps import Head
from signatures.domain.keys import Signer


@dataclass(frozen=True)
class Dummy:
    """A sealed dummy bid with everything that opens it: its secrets are worth nothing."""

    policy: Policy
    submission: Submission
    kit: RecoveryKit
    secrets: Mapping[int, Secret]

    @property
    def size(self) -> int:
        """The bytes of all its bodies."""
        return sum(each.size for each in self.submission.bid.envelopes)


def twin(policy: Policy) -> tuple[Policy, tuple[SlotKeys, ...]]:
    """The same terms marked as a rehearsal, with trustees' keys made here."""
    keys = tuple(
        SlotKeys.generate(
            origin=policy.origin,
            project=policy.project,
            lot=policy.lot,
            trustee=each.id,
            slots=[rule.slot for rule in policy.slots],
            rehearsal=True,
        )
        for each in policy.trustees
    )
    trustees = tuple(
        Trustee(each.id, each.certificate, own.public)
        for each, own in zip(policy.trustees, keys, strict=True)
    )
    return dataclasses.replace(policy, rehearsal=True, trustees=trustees), keys


def seal(policy: Policy, folder: Path, *, signer: Signer, at: datetime, size: int) -> Dummy:
    """A file of ``size`` random bytes a slot, sealed and signed as a bid is; checked by its
    statement."""
    documents: dict[int, list[Document]] = {}
    for rule in policy.slots:
        path = folder / f"rehearsal-{rule.slot}.bin"
        path.write_bytes(os.urandom(size))
        documents[rule.slot] = [Document(path=path, type="application/octet-stream")]
    passphrase = os.urandom(16).hex()
    submission, kit = seal_bid(
        policy, documents, signer=signer, bid=new_bid(), version=1, at=at, passphrase=passphrase
    )
    heads = [each.head for each in submission.envelopes]
    submission.bid.check(policy, heads, certificate=signer.certificate_digest)
    return Dummy(policy, submission, kit, submission.secrets(passphrase))


def open_again(dummy: Dummy, holders: Sequence[SlotKeys], slot: int, folder: Path) -> int:
    """Open one envelope with k trustees, and with the tenderer in place of one; its files.

    Raises ``EnvelopeError`` when it does not open, or opens with one share too few.
    """
    policy = dummy.policy
    state = next(each for each in dummy.submission.envelopes if each.head.header.slot == slot)
    head = state.head
    shares = [each.unwrap(policy, head) for each in holders]
    if (
        envelope.recover_key(head, [*shares[: policy.k - 1], dummy.kit.share_for(head)])
        != dummy.secrets[slot].key
    ):
        raise EnvelopeError("The recovery kit does not stand in for a trustee.", code="bad-kit")
    _require_closed(head, shares[: policy.k - 1])
    with state.plaintext() as source:
        parts = envelope.parts(head, dummy.secrets[slot], state.sealed, source)
        body = BytesIO(b"".join(part.data for part in parts))
    quarantine = folder / f"quarantine-{slot}"
    quarantine.mkdir()
    opened = envelope.open_envelope(
        head,
        body,
        state.sealed.commitment,
        shares[-policy.k :],
        origin=policy.origin,
        quarantine=quarantine,
        destination=folder / f"opened-{slot}",
    )
    return len(opened.files)


def _require_closed(head: Head, shares: Sequence[Share]) -> None:
    try:
        envelope.recover_key(head, shares)
    except EnvelopeError:
        return
    raise EnvelopeError("An envelope opened with one share too few.", code="too-few-opened")
