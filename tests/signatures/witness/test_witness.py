"""A witness follows one history and no other. The log is the real one, over its own views."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from signatures.domain import checkpoint as notes
from signatures.domain import checkpoints, guard, ledger, log, platform
from signatures.domain.clock import FixedClock
from signatures.domain.errors import SunlitError
from signatures.models import Checkpoint, LedgerEntry, LedgerHead, LedgerNode
from signatures.witness.witness import Fork, Witness

AT = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
Grow = Callable[..., None]


class Direct:
    """The platform's own pages, without a socket between."""

    def __init__(self) -> None:
        self.client = Client()

    def get(self, path: str) -> bytes:
        answer = self.client.get(f"/ledger/{path}")
        assert answer.status_code == 200, answer.content
        return bytes(answer.content)

    def cosign(self, size: int, line: str) -> None:
        answer = self.client.post(
            "/ledger/cosignature", json.dumps({"size": size, "line": line}), "application/json"
        )
        assert answer.status_code == 200, answer.content


@pytest.fixture
def witness(keys: Path, db: None, settings: Any, tmp_path: Path) -> Witness:
    signer = notes.NoteSigner("supervisor", Ed25519PrivateKey.generate(), notes.COSIGNATURE)
    settings.WITNESSES = [signer.verifier.vkey]
    settings.CHECKPOINT_SECONDS = 1
    return Witness(
        log=platform.log_verifier(),
        signer=signer,
        state=tmp_path / "state.json",
        source=Direct(),
        now=lambda: AT,
    )


def checkpointed(grow: Grow, count: int) -> None:
    newest = checkpoints.latest()
    grow(count)
    checkpoints.make(FixedClock((newest.at if newest else AT) + timedelta(minutes=1)))


def test_turn_cosigns_growth_once(witness: Witness, grow: Grow) -> None:
    for count in (1, 3, 300, 40):
        checkpointed(grow, count)
        newest = witness.turn()
        assert newest is not None
        assert newest.size == log.size()
        assert witness.turn() is None
    assert Checkpoint.objects.filter(cosignatures__witness="supervisor").count() == 4


def test_turn_after_restart_goes_on_from_its_file(witness: Witness, grow: Grow) -> None:
    checkpointed(grow, 5)
    witness.turn()
    checkpointed(grow, 5)
    newest = witness.turn()
    assert newest is not None
    assert witness.seen() == newest


def rewrite(first: int, data: bytes) -> None:
    """What an administrator with every right might do: change an entry and mend all hashes."""
    leaves = log.entries(0, log.size())
    leaves[first] = data
    edge = ledger.Range()
    nodes = [node for leaf in leaves for node in edge.append(ledger.leaf_hash(leaf))]
    with guard.writes("an administrator with full rights"):
        LedgerEntry.objects.filter(index=first).update(data=data)
        for node in nodes:
            LedgerNode.objects.filter(level=node.level, index=node.index).update(hash=node.hash)
        LedgerHead.objects.update(frontier=b"".join(edge.hashes))


def test_turn_rewritten_history_is_a_fork(witness: Witness, grow: Grow) -> None:
    checkpointed(grow, 9)
    before = witness.turn()
    rewrite(3, log.entry(3).replace(b"x:1", b"x:2"))
    checkpointed(grow, 4)
    with pytest.raises(Fork):
        witness.turn()
    assert witness.seen() == before
    assert Checkpoint.objects.get(size=13).cosignatures.count() == 0


def test_turn_same_size_other_root_is_a_fork(witness: Witness, grow: Grow) -> None:
    checkpointed(grow, 9)
    witness.turn()
    rewrite(8, log.entry(3).replace(b"x:1", b"x:2"))
    forged = notes.sign_checkpoint(
        notes.Checkpoint(platform.log_origin(), 9, log.root(9)), platform.log_signer()
    )
    Checkpoint.objects.get(size=9).cosignatures.all().delete()
    Checkpoint.objects.filter(size=9).update(note=forged)
    with pytest.raises(Fork):
        witness.turn()


def test_turn_shrunken_log_is_a_fork(witness: Witness, grow: Grow) -> None:
    checkpointed(grow, 5)
    checkpointed(grow, 5)
    witness.turn()
    newest = Checkpoint.objects.get(size=10)
    newest.cosignatures.all().delete()
    newest.delete()
    with pytest.raises(Fork):
        witness.turn()


def test_turn_checkpoint_of_another_key_is_refused(witness: Witness, grow: Grow) -> None:
    checkpointed(grow, 5)
    stranger = notes.NoteSigner(platform.log_origin(), Ed25519PrivateKey.generate())
    forged = notes.sign_checkpoint(
        notes.Checkpoint(platform.log_origin(), 5, log.root(5)), stranger
    )
    Checkpoint.objects.filter(size=5).update(note=forged)
    with pytest.raises(SunlitError):
        witness.turn()
    assert witness.seen() is None
