"""The ledger for machines: tiles, proofs, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from signatures.domain import checkpoint as notes
from signatures.domain import checkpoints, ledger, log, platform, tiles
from signatures.domain.clock import FixedClock

CLOCK = FixedClock(datetime(2026, 3, 10, 1, 30, tzinfo=UTC))
Grow = Callable[..., None]


def test_tiles_rebuild_the_root(client: Client, keys: Path, grow: Grow) -> None:
    grow(600)
    checkpoints.make(CLOCK)
    leaves: list[bytes] = []
    for tile in tiles.tiles_of(600):
        answer = client.get(f"/ledger/{tile.path}")
        assert answer.status_code == 200
        if tile.level is None:
            leaves += tiles.parse_entry_bundle(answer.content, tile.width)
        else:
            hashes = tiles.decode_tile(answer.content, tile.width)
            assert [bytes.fromhex(h.hex()) for h in hashes] == hashes
    note = client.get("/ledger/checkpoint").content.decode()
    opened = notes.open_checkpoint(note, [platform.log_verifier()])
    assert ledger.root_of(map(ledger.leaf_hash, leaves)) == opened.checkpoint.root


def test_proof_verifies_with_public_functions(client: Client, keys: Path, grow: Grow) -> None:
    grow(7)
    checkpoints.make(CLOCK)
    answer = client.get("/ledger/proof/4").json()
    checkpoint = notes.open_checkpoint(answer["checkpoint"], [platform.log_verifier()]).checkpoint
    assert ledger.verify_inclusion(
        answer["index"],
        checkpoint.size,
        ledger.leaf_hash(answer["leaf"].encode()),
        [bytes.fromhex(item) for item in answer["proof"]],
        checkpoint.root,
    )


@pytest.mark.parametrize(
    "path",
    ["0/001", "0/000.p/8", "1/000", "0/0", "x/000", "entries/../../x", "0/000.p/0", "64/000"],
)
def test_tile_that_is_not_there_is_refused(
    client: Client, keys: Path, grow: Grow, path: str
) -> None:
    grow(7)
    checkpoints.make(CLOCK)
    assert client.get(f"/ledger/tile/{path}").status_code == 404


def test_tile_beyond_the_checkpoint_is_not_served(client: Client, keys: Path, grow: Grow) -> None:
    grow(2)
    checkpoints.make(CLOCK)
    grow(1)
    assert client.get("/ledger/tile/entries/000.p/2").status_code == 200
    assert client.get("/ledger/tile/entries/000.p/3").status_code == 404
    assert client.get("/ledger/proof/2").status_code == 404
    assert log.size() == 3


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"size":"1","line":"x"}', '{"size":1}', '{"size":1,"line":"x","a":1}',
     '{"size":true,"line":"x"}', '{"size":1,"line":"' + "x" * 5000 + '"}', "\x00", '{"size":1.5}'],
)
def test_cosignature_malformed_is_refused(
    client: Client, keys: Path, grow: Grow, body: str
) -> None:
    grow(1)
    row = checkpoints.make(CLOCK)
    assert row is not None
    answer = client.post("/ledger/cosignature", body, "application/json")
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message", "rule"}
    assert row.cosignatures.count() == 0


def test_checkpoint_before_the_first_is_not_found(client: Client, keys: Path, db: None) -> None:
    assert client.get("/ledger/checkpoint").status_code == 404


@pytest.mark.parametrize("size", ["x", "-1", "99", "1" * 30, "٣"])
def test_checkpoint_of_no_such_size_is_not_found(
    client: Client, keys: Path, grow: Grow, size: str
) -> None:
    grow(1)
    checkpoints.make(CLOCK)
    assert client.get("/ledger/checkpoint", {"size": size}).status_code == 404
