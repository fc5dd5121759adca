"""What several test modules ask of answers and of the database."""

from __future__ import annotations

import json
from typing import Any

from bidding.models import Bid, BidVersion, Envelope, Share
from signatures.models import LedgerEntry


def refusal(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer that must be this refusal."""
    body = json.loads(answer.content) if answer.content else {}
    assert (answer.status_code, body.get("code")) == (status, code), answer.content
    return body


def traces() -> tuple[int, ...]:
    """What any accepted act would have changed: rows and the ledger's length."""
    models = (Bid, BidVersion, Envelope, Share, LedgerEntry)
    return tuple(model.objects.count() for model in models)


class Unchanged:
    """Nothing that an act would leave behind was left behind in the ``with`` block."""

    def __enter__(self) -> None:
        self.before = traces()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            assert traces() == self.before
