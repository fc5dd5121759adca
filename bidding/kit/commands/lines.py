"""Results of the kit as they are printed, and progress as a person reads it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from bidding.kit.commands import common
from bidding.kit.proofs import Kept
from bidding.kit.releasing import Item, Round
from bidding.kit.submitting import Submitted
from bidding.kit.upload import Progress
from signatures.domain import jcs

_EVERY = 1.0


def submitted(found: Submitted) -> dict[str, Any]:
    """A version of a bid with its receipts."""
    return {
        "bid": str(found.bid),
        "version": found.version,
        "state": found.state,
        "bid_state": found.bid_state,
        "complete": found.complete,
        "receipts": [receipt(each) for each in found.receipts],
    }


def receipt(kept: Kept) -> dict[str, Any]:
    """A checked receipt, and its proof where there is one yet."""
    proof = kept.proof
    return {
        "id": kept.id,
        "act": kept.receipt.act,
        "leaf": kept.receipt.index,
        "seal": kept.receipt.signer,
        "proven_under": None if proof is None else proof.checkpoint.size,
        "cosigned_by": [] if proof is None else _cosigners(proof.cosigners),
    }


def _cosigners(cosigners: Any) -> list[dict[str, str]]:
    return [{"witness": name, "at": jcs.timestamp(at)} for name, at in cosigners]


def round_of(found: Round) -> dict[str, Any]:
    """A round of releases, every reason with it."""
    return {
        "done": found.done,
        "envelopes": [_item(each) for each in found.items],
        "reasons": [{"code": each.code, "message": each.message} for each in found.reasons],
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "bid": str(item.bid),
        "version": item.version,
        "slot": item.slot,
        "state": item.state,
        "reasons": [{"code": each.code, "message": each.message} for each in item.reasons],
    }


@dataclass
class Meter:
    """Shows how far an upload is, at most a line a second and always the last one."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _shown: dict[int, Progress] = field(default_factory=dict)
    _at: float = 0.0

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            self._shown[progress.slot] = progress
            ended = progress.sent == progress.size
            if not ended and time.monotonic() - self._at < _EVERY:
                return
            self._at = time.monotonic()
            words = [
                f"slot {slot}: {100 * each.sent // each.size} % of {each.size} bytes"
                for slot, each in sorted(self._shown.items())
            ]
        common.tell("Uploaded " + "; ".join(words) + ".")
