"""Sealed envelopes, also such as only a tenderer with its own kit would make."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import uuid
from pathlib import Path

from bidding.kit import envelope, shares
from bidding.kit.bid import Commitment
from bidding.kit.envelope import Secret, open_envelope
from bidding.kit.errors import Fault
from bidding.kit.manifest import FileEntry, Manifest, preamble
from bidding.kit.padding import padded_size
from bidding.kit.shares import Share
from bidding.kit.wraps import Head
from signatures.domain import statements
from tests.bidding.kit import world

KIB, MIB = 1024, 1024 * 1024
POLICY = world.a_policy()


@dataclasses.dataclass(frozen=True)
class Bytes:
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, size: int) -> bytes:
        return self.data[offset : offset + size]


@dataclasses.dataclass(frozen=True)
class Case:
    """A sealed envelope with everything needed to open it."""

    head: Head
    secret: Secret
    commitment: Commitment
    body: bytes
    shares: tuple[Share, ...]

    def open(self, folder: Path, *, given=None, **changes):
        case = dataclasses.replace(self, **changes)
        quarantine = folder / "quarantine"
        quarantine.mkdir(exist_ok=True)
        try:
            return open_envelope(
                case.head,
                io.BytesIO(case.body),
                case.commitment,
                case.shares[:3] if given is None else given,
                origin=world.ORIGIN,
                quarantine=quarantine,
                destination=folder / f"opened-{uuid.uuid4()}",
            )
        finally:
            assert list(quarantine.iterdir()) == []


def unwrapped(head: Head) -> tuple[Share, ...]:
    return tuple(world.slot_keys(name).unwrap(POLICY, head) for name in world.TRUSTEES)


def sealed_from(draft, plain: bytes, *, head: Head | None = None) -> Case:
    """An envelope around a plaintext that nobody checked: a tenderer may write its own kit."""
    head = head or draft.head
    sealed = envelope.measure(head, draft.secret, Bytes(plain))
    parts = envelope.parts(head, draft.secret, sealed, Bytes(plain))
    made = shares.split(draft.secret.key, head.header)
    return Case(
        head=head,
        secret=draft.secret,
        commitment=sealed.commitment,
        body=b"".join(part.data for part in parts),
        shares=made,
    )


def a_draft(*, slot: int = 1, name: str = "tenderer"):
    return envelope.prepare(
        POLICY,
        slot=slot,
        certificate=world.fingerprint(name),
        bid=uuid.uuid4(),
        version=1,
    )


def plaintext_of(
    draft, contents: list[bytes], *, signer: str = "tenderer", change=lambda manifest: manifest
) -> bytes:
    files = [
        FileEntry(f"{n}.bin", "application/octet-stream", len(data), hashlib.sha256(data).digest())
        for n, data in enumerate(contents)
    ]
    manifest = change(
        Manifest.of(draft.head.header, origin=world.ORIGIN, at=world.T0, files=files)
    ).encode()
    start = preamble(manifest, statements.sign(manifest, world.signer(signer)))
    content = start + b"".join(contents)
    return content + bytes(padded_size(len(content)) - len(content))


def a_case(*contents: bytes, **options) -> Case:
    draft = a_draft()
    return sealed_from(draft, plaintext_of(draft, list(contents) or [b"offer"], **options))


def refused(caught) -> tuple[str, Fault]:
    return caught.value.code, caught.value.fault
