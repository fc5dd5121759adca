"""What tests of the ground share: keys in place, entries in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from signatures.domain import guard, log, platform


@pytest.fixture
def keys(settings: Any, tmp_path: Path) -> Path:
    """The platform's log and receipt keys in a folder of this test's own."""
    settings.KEYS = tmp_path / "keys"
    platform.make(platform.LOG_KEY)
    platform.make(platform.RECEIPT_KEY)
    return Path(settings.KEYS)


@pytest.fixture
def grow(db: None) -> Callable[..., None]:
    """Appends plain entries to the ledger: ``grow(5)``, ``grow(1, urgent=True)``."""

    def append(count: int, *, urgent: bool = False) -> None:
        from django.db import transaction

        entry = {"act": "t", "actor": None, "subject": "x:1", "digests": {}, "context": {}}
        with guard.writes("test"), transaction.atomic():
            log.append([log.Pending(entry=entry, public=True, urgent=urgent)] * count)

    return append
