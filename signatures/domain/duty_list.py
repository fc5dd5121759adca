"""The ground's own duties: the ledger's state is signed, lost work returns to the queue."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from signatures.domain import checkpoint as notes
from signatures.domain import checkpoints, duties, log, queue, services, timestamps
from signatures.domain.act import Act, Actor, Scene, command, dispatch
from signatures.domain.clock import Clock
from signatures.domain.errors import Denied


@duties.register("signatures.checkpoint", every=0.5)
def sign_checkpoint(clock: Clock) -> object:
    """Sign the log's state when that is due."""
    return checkpoints.make(clock)


@duties.register("signatures.timestamp", every=0.5)
def stamp_checkpoint(clock: Clock) -> None:
    """Have the newest checkpoint timestamped, where a freeze or the hour asks for it.

    The token is over the checkpoint's text without its signatures, which cosigners add to.
    """
    waiting = checkpoints.needs_timestamp()
    if waiting is None:
        return
    digest = hashlib.sha256(notes.read_note(waiting.note).text.encode()).digest()
    token = timestamps.obtain(digest, services.timestamper(foreign=True))
    checkpoints.attach_timestamp(waiting.size, token)


@duties.register("signatures.lost-tasks", every=5.0)
def return_lost_tasks(clock: Clock) -> object:
    """Return what dead workers left."""
    return queue.return_lost(clock)


@duties.register("signatures.failed-tasks", every=10.0)
def retry_failed_tasks(clock: Clock) -> object:
    """Try failed tasks again, a few times."""
    return queue.retry_failed(clock)


@command("signatures.cover-ledger")
@dataclass(frozen=True, kw_only=True)
class CoverLedger(Act):
    """Append a leaf that hides nothing, so that counts and times of bids do not show."""

    def permit(self, actor: Actor) -> None:
        if actor.urn != "process:clock":
            raise Denied("Only the clock process covers the ledger.")

    def decide(self, scene: Scene) -> dict[str, Any]:
        scene.enter(subject="ledger:cover", act=log.COVER_ACT)
        return {}


@duties.register("signatures.cover", every=15.0)
def cover(clock: Clock) -> None:
    """One leaf in two rounds, at random."""
    if secrets.randbelow(2):
        dispatch(CoverLedger(), actor=Actor.process("clock"), clock=clock)
