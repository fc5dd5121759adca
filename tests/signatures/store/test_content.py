"""The content store: whole or not at all, and never inside a transaction."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from signatures import store
from signatures.domain.errors import Malformed, NotFound, Unavailable
from signatures.domain.outside import InsideTransaction


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.STORE = tmp_path
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.rglob("*") if item.is_file())


@pytest.mark.parametrize("content", [b"", b"bid", b"x" * 3_000_000])
def test_put_gives_digest_and_the_same_bytes_back(content: bytes) -> None:
    stored = store.put(io.BytesIO(content))
    assert stored == store.Stored(hashlib.sha256(content).hexdigest(), len(content))
    assert store.read(stored.sha256) == content
    assert store.size(stored.sha256) == len(content)


def test_put_twice_keeps_one_file(folder: Path) -> None:
    assert store.put(b"same") == store.put(iter([b"sa", b"me"]))
    assert len(files(folder)) == 1


def test_put_over_limit_leaves_nothing(folder: Path) -> None:
    with pytest.raises(Malformed) as refusal:
        store.put(b"12345", limit=4)
    assert refusal.value.code == "too-large"
    assert files(folder) == []


def test_put_broken_source_leaves_nothing(folder: Path) -> None:
    def broken() -> Any:
        yield b"half"
        raise ValueError("line dropped")

    with pytest.raises(ValueError, match="line dropped"):
        store.put(broken())
    assert files(folder) == []


def test_put_disk_full_is_unavailable(folder: Path) -> None:
    def full() -> Any:
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(Unavailable) as refusal:
        store.put(full())
    assert refusal.value.code == "store-full"
    assert files(folder) == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_path_of_what_is_no_digest_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        store.path(name)


def test_read_missing_is_not_found() -> None:
    with pytest.raises(NotFound):
        store.read("0" * 64)
    with pytest.raises(NotFound):
        store.size("0" * 64)


def test_read_damaged_is_named() -> None:
    stored = store.put(b"record")
    store.path(stored.sha256).write_bytes(b"recorD")
    with pytest.raises(Unavailable) as refusal:
        store.read(stored.sha256)
    assert refusal.value.code == "damaged-file"


@pytest.mark.django_db(transaction=True)
def test_put_inside_transaction_is_refused(folder: Path) -> None:
    with pytest.raises(InsideTransaction), transaction.atomic():
        store.put(b"bid")
    assert files(folder) == []
