"""Receipts are made from the committed entry, for those who were promised one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from signatures.domain import (
    checkpoint,
    checkpoints,
    issuing,
    jcs,
    ledger,
    platform,
    receipts,
)
from signatures.domain.act import Act, Actor, Scene, command, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Malformed, NotFound
from signatures.lab.lab import Lab
from signatures.models import LedgerOpening

AT = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
CLOCK = FixedClock(AT)


@command("test.submit")
@dataclass(frozen=True, kw_only=True)
class Submit(Act):
    """Takes something in for ``org:a``."""

    promised: bool = True

    def permit(self, actor: Actor) -> None:
        return None

    def decide(self, scene: Scene) -> dict[str, Any]:
        scene.enter(
            subject="bid:1",
            digests={"statement": "ab" * 32},
            receipt_for=("org:a",) if self.promised else (),
        )
        return {}


@pytest.fixture
def sealed(keys: Path, tmp_path: Path, db: None) -> None:
    lab = Lab.create(tmp_path / "lab", now=AT)
    issued = lab.region("east").issue(
        "中心", organisation="中心", credit_code="12370000MB2840004B", usage="platform"
    )
    platform.install_seal(issued.pkcs12("pass"), "pass")
    platform.certify_receipt_key(AT)


def submitted() -> LedgerOpening:
    outcome = dispatch(Submit(), actor=Actor.process("t"), clock=CLOCK)
    return LedgerOpening.objects.get(leaf_id=outcome.leaves[0])


def test_issue_is_the_same_bytes_every_time(sealed: None) -> None:
    row = submitted()
    assert issuing.issue(row).data == issuing.issue(row).data


def test_issue_opens_exactly_the_ledgers_leaf(sealed: None) -> None:
    row = submitted()
    receipt = receipts.verify_receipt(issuing.issue(row).data, origin=platform.origin())
    body = receipt.body
    assert body["entry"]["digests"] == {"statement": "ab" * 32}
    commitment = ledger.commitment(bytes.fromhex(body["salt"]), body["entry"]).hex()
    assert jcs.loads(bytes(row.leaf.data))["c"] == commitment


def test_issue_changed_anywhere_does_not_verify(sealed: None) -> None:
    data = issuing.issue(submitted()).data
    for old, new in ((b"bid:1", b"bid:2"), (b'"index":', b'"index":1'), (b"ab" * 32, b"ac" * 32)):
        assert old in data
        with pytest.raises(Malformed):
            receipts.verify_receipt(data.replace(old, new, 1))


def test_opening_for_others_is_not_found(sealed: None) -> None:
    row = submitted()
    assert issuing.opening(row.pk, holders={"org:a", "user:1"}) == row
    for holders in (set(), {"org:b"}):
        with pytest.raises(NotFound):
            issuing.opening(row.pk, holders=holders)
    with pytest.raises(NotFound):
        issuing.opening(uuid4(), holders={"org:a"})


def test_of_leaf_without_promise_is_none(sealed: None) -> None:
    outcome = dispatch(Submit(promised=False), actor=Actor.process("t"), clock=CLOCK)
    assert issuing.of_leaf(outcome.leaves[0]) is None
    assert issuing.of_leaf(99) is None


def test_proof_before_checkpoint_is_not_ready_then_verifies(sealed: None) -> None:
    row = submitted()
    with pytest.raises(NotFound) as refusal:
        issuing.proof(row)
    assert refusal.value.code == "proof-not-ready"
    checkpoints.make(CLOCK)
    found = issuing.proof(row)
    opened = checkpoint.open_checkpoint(found["checkpoint"], [platform.log_verifier()])
    assert ledger.verify_inclusion(
        found["index"],
        opened.checkpoint.size,
        ledger.leaf_hash(found["leaf"].encode()),
        [bytes.fromhex(each) for each in found["proof"]],
        opened.checkpoint.root,
    )
