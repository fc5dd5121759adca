"""Checkpoints of the database's log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signatures.domain import checkpoint as notes
from signatures.domain import checkpoints, ledger, log, platform
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Malformed, NotFound
from signatures.models import Checkpoint

AT = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
CLOCK = FixedClock(AT)
Grow = Callable[..., None]


@pytest.fixture
def witness(settings: Any) -> notes.NoteSigner:
    signer = notes.NoteSigner("supervisor", Ed25519PrivateKey.generate(), notes.COSIGNATURE)
    settings.WITNESSES = [signer.verifier.vkey]
    return signer


def test_make_signs_size_and_root(keys: Path, grow: Grow) -> None:
    grow(5)
    row = checkpoints.make(CLOCK)
    assert row is not None
    opened = notes.open_checkpoint(row.note, [platform.log_verifier()])
    assert opened.checkpoint.size == 5
    assert opened.checkpoint.root == log.root(5)
    assert opened.checkpoint.origin == "127.0.0.1:8000/ledger"


def test_make_empty_log_has_no_checkpoint(keys: Path, db: None) -> None:
    assert checkpoints.make(CLOCK) is None


def test_make_unchanged_log_makes_none(keys: Path, grow: Grow) -> None:
    grow(1)
    assert checkpoints.make(CLOCK) is not None
    assert checkpoints.make(FixedClock(AT + timedelta(days=1))) is None


def test_make_waits_its_interval_unless_urgent(keys: Path, grow: Grow, settings: Any) -> None:
    settings.CHECKPOINT_SECONDS = 20
    grow(1)
    checkpoints.make(CLOCK)
    grow(1)
    assert checkpoints.make(FixedClock(AT + timedelta(seconds=19))) is None
    assert checkpoints.make(FixedClock(AT + timedelta(seconds=20))) is not None
    grow(1, urgent=True)
    assert checkpoints.make(FixedClock(AT + timedelta(seconds=20))) is not None


def test_needs_timestamp_first_then_hourly_and_when_urgent(keys: Path, grow: Grow) -> None:
    def grown(at: datetime, **how: bool) -> Checkpoint | None:
        grow(1, **how)
        checkpoints.make(FixedClock(at))
        return checkpoints.needs_timestamp()

    first = grown(AT)
    assert first is not None
    checkpoints.attach_timestamp(first.size, b"token")
    assert checkpoints.needs_timestamp() is None
    assert grown(AT + timedelta(minutes=59)) is None
    assert grown(AT + timedelta(minutes=60)) is not None
    urgent = grown(AT + timedelta(minutes=61), urgent=True)
    assert urgent is not None
    checkpoints.attach_timestamp(urgent.size, b"another")
    checkpoints.attach_timestamp(urgent.size, b"later")
    assert bytes(Checkpoint.objects.get(size=urgent.size).timestamp) == b"another"


def stamped(grow: Grow) -> None:
    """The log's first checkpoint, with its timestamp."""
    grow(1)
    first = checkpoints.make(CLOCK)
    assert first is not None
    checkpoints.attach_timestamp(first.size, b"token")


def test_needs_timestamp_after_a_freeze_waits_for_a_witness(
    keys: Path, grow: Grow, witness: notes.NoteSigner
) -> None:
    stamped(grow)
    grow(1, urgent=True)
    frozen = checkpoints.make(CLOCK)
    assert frozen is not None
    assert checkpoints.needs_timestamp() is None
    grow(1, urgent=True)
    later = checkpoints.make(CLOCK)
    assert later is not None
    line = notes.cosignature(later.note, witness, at=1_773_000_000).line()
    checkpoints.attach_cosignature(later.size, line)
    assert checkpoints.needs_timestamp() == later


def test_needs_timestamp_after_a_freeze_that_the_hour_stamped_and_the_witness_passed_over(
    keys: Path, grow: Grow, witness: notes.NoteSigner
) -> None:
    stamped(grow)
    later = FixedClock(AT + timedelta(days=17))
    grow(1, urgent=True)
    frozen = checkpoints.make(later)
    assert checkpoints.needs_timestamp() == frozen
    assert frozen is not None
    checkpoints.attach_timestamp(frozen.size, b"token")
    grow(1)
    seen = checkpoints.make(FixedClock(AT + timedelta(days=17, minutes=2)))
    assert seen is not None
    assert checkpoints.needs_timestamp() is None
    line = notes.cosignature(seen.note, witness, at=1_773_000_000).line()
    checkpoints.attach_cosignature(seen.size, line)
    assert checkpoints.needs_timestamp() == seen
    checkpoints.attach_timestamp(seen.size, b"token")
    assert checkpoints.needs_timestamp() is None


def test_attach_cosignature_of_known_witness_is_served(
    keys: Path, grow: Grow, witness: notes.NoteSigner
) -> None:
    grow(3)
    row = checkpoints.make(CLOCK)
    assert row is not None
    line = notes.cosignature(row.note, witness, at=1_773_000_000).line()
    checkpoints.attach_cosignature(3, line)
    checkpoints.attach_cosignature(3, line)
    served = checkpoints.with_cosignatures(row)
    opened = notes.open_checkpoint(served, [platform.log_verifier(), witness.verifier])
    assert opened.names == {"127.0.0.1:8000/ledger", "supervisor"}
    assert checkpoints.covering(2, cosigned=True) == row
    assert checkpoints.covering(3) is None


@pytest.mark.parametrize("fault", ["unknown witness", "other text", "no line", "unknown size"])
def test_attach_cosignature_faulty_is_refused(
    keys: Path, grow: Grow, witness: notes.NoteSigner, fault: str
) -> None:
    grow(3)
    row = checkpoints.make(CLOCK)
    assert row is not None
    other = notes.sign_checkpoint(
        notes.Checkpoint(platform.log_origin(), 3, b"\x00" * 32), platform.log_signer()
    )
    stranger = notes.NoteSigner("supervisor", Ed25519PrivateKey.generate(), notes.COSIGNATURE)
    line, size = {
        "unknown witness": (notes.cosignature(row.note, stranger, at=1).line(), 3),
        "other text": (notes.cosignature(other, witness, at=1).line(), 3),
        "no line": ("supervisor says yes\n", 3),
        "unknown size": (notes.cosignature(row.note, witness, at=1).line(), 4),
    }[fault]
    with pytest.raises((Malformed, NotFound)):
        checkpoints.attach_cosignature(size, line)
    assert row.cosignatures.count() == 0


def test_make_after_tampering_contradicts_the_earlier_checkpoint(keys: Path, grow: Grow) -> None:
    from signatures.domain import guard
    from signatures.models import LedgerEntry

    grow(4)
    row = checkpoints.make(CLOCK)
    assert row is not None
    with guard.writes("an administrator with full rights"):
        LedgerEntry.objects.filter(index=1).update(data=b"forged")
    hashes = [ledger.leaf_hash(data) for data in log.entries(0, 4)]
    assert ledger.root_of(hashes) != bytes(row.root)
