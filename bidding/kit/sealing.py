"""Sealing a whole bid on the tenderer's device: one envelope a slot, one signed statement."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bidding.kit import device, envelope
from bidding.kit.bid import BidStatement
from bidding.kit.body import MAX_BODY_SIZE
from bidding.kit.device import EnvelopeState, Submission
from bidding.kit.envelope import Draft
from bidding.kit.errors import Malformed
from bidding.kit.manifest import FileEntry, Manifest, check_name, preamble
from bidding.kit.plaintext import Plaintext
from bidding.kit.policy import Policy
from bidding.kit.recovery import RecoveryKit
from signatures.domain import statements
from signatures.domain.keys import Signer


@dataclass(frozen=True, slots=True)
class Document:
    """A file to be sealed: where it is, its media type, and its name if not the path's own."""

    path: Path
    type: str
    name: str | None = None


def seal_bid(
    policy: Policy,
    documents: Mapping[int, Sequence[Document]],
    *,
    signer: Signer,
    bid: uuid.UUID,
    version: int,
    at: datetime,
    passphrase: str,
) -> tuple[Submission, RecoveryKit]:
    """Seal documents by slot into a new version of a bid, and sign it.

    Every call uses fresh keys and salts. ``at`` is the time written into manifests and statement;
    ``passphrase`` protects the keys in the submission's state. Raises ``Malformed`` or
    ``EnvelopeError`` naming the file or slot that is not right.
    """
    check_documents(policy, documents)
    slots = [rule.slot for rule in policy.slots]
    drafts: dict[int, Draft] = {}
    states: list[EnvelopeState] = []
    for slot in slots:
        drafts[slot] = envelope.prepare(
            policy, slot=slot, certificate=signer.certificate_digest, bid=bid, version=version
        )
        states.append(_seal(policy, drafts[slot], documents[slot], signer=signer, at=at))
    statement = BidStatement(
        origin=policy.origin,
        at=at,
        policy=policy.digest,
        bid=bid,
        version=version,
        envelopes=tuple(state.sealed.commitment for state in states),
    ).encode()
    submission = Submission(
        statement=statement,
        signature=statements.sign(statement, signer),
        envelopes=tuple(states),
        locked=device.lock_secrets(
            {slot: draft.secret for slot, draft in drafts.items()}, passphrase
        ),
    )
    kit = RecoveryKit(
        origin=policy.origin,
        policy=policy.digest,
        bid=bid,
        version=version,
        shares={slot: draft.own_share for slot, draft in drafts.items()},
    )
    return submission, kit


def check_documents(policy: Policy, documents: Mapping[int, Sequence[Document]]) -> None:
    """Raise ``Malformed`` where the slots are not the tender's, or files cannot stand together."""
    slots = [rule.slot for rule in policy.slots]
    if sorted(documents) != slots:
        raise Malformed(
            f"This tender has the slots {_words(slots)}; files were given for"
            f" {_words(sorted(documents)) or 'none'}."
        )
    for given in documents.values():
        seen: set[str] = set()
        for each in given:
            name = check_name(unicodedata.normalize("NFC", each.name or each.path.name))
            if name in seen:
                raise Malformed(f"Two files are called {name}; rename one of them.")
            seen.add(name)
            try:
                size = each.path.stat().st_size
            except OSError as error:
                raise Malformed(f"The file {name} cannot be read: {error.strerror}.") from None
            if not 1 <= size <= MAX_BODY_SIZE:
                raise Malformed(f"The file {name} has {size} bytes; a file has 1 byte to 4 GiB.")


def _seal(
    policy: Policy,
    draft: Draft,
    documents: Sequence[Document],
    *,
    signer: Signer,
    at: datetime,
) -> EnvelopeState:
    manifest = Manifest.of(
        draft.head.header,
        origin=policy.origin,
        at=at,
        files=[FileEntry.describe(each.path, type=each.type, name=each.name) for each in documents],
    )
    data = manifest.encode()
    start = preamble(data, statements.sign(data, signer))
    paths = tuple(each.path.absolute() for each in documents)
    with Plaintext(start, manifest, paths, check=True) as source:
        sealed = envelope.measure(draft.head, draft.secret, source)
    return EnvelopeState(head=draft.head, sealed=sealed, preamble=start, paths=paths)


def _words(slots: Sequence[int]) -> str:
    return ", ".join(map(str, slots))
