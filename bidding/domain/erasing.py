"""Ciphertext that no longer counts is erased, by a task that may run twice.

Backups outlive it for the time that docs/security states.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import bodies
from bidding.enums import DEAD
from bidding.models import BidVersion, Envelope
from signatures.domain import queue
from signatures.domain.act import Act, Actor, Result, Scene, command, dispatch
from signatures.domain.errors import Denied

WORKER = Actor.process("worker")


def enqueue(versions: Iterable[BidVersion]) -> None:
    """Have the ciphertext of these versions erased, in the transaction that ended them."""
    for version in versions:
        queue.enqueue("bidding.tasks.erase_version", str(version.pk))


def erase(version: UUID) -> int:
    """Erase the bodies of a dead version and note it; returns how many files there were."""
    row = BidVersion.objects.filter(pk=version, state__in=DEAD).first()
    if row is None:
        return 0
    envelopes = list(Envelope.objects.filter(version=row).values_list("pk", flat=True))
    erased = sum(bodies.erase(envelope) for envelope in envelopes)
    if row.erased_at is None:
        dispatch(NoteErasure(version=row.pk), actor=WORKER)
    return erased


def again(envelope: Envelope) -> None:
    """Erase once more what a writer on another machine may have written after the erasing."""
    if BidVersion.objects.filter(pk=envelope.version_id, state__in=DEAD).exists():
        bodies.erase(envelope.pk)


@command("bidding.note-erasure")
@dataclass(frozen=True, kw_only=True)
class NoteErasure(Act):
    """The worker notes that a version's ciphertext is gone; its tenderer gets a receipt."""

    version: UUID

    def permit(self, actor: Actor) -> None:
        if actor.urn != WORKER.urn:
            raise Denied(_("Only the worker notes erasures."))

    def decide(self, scene: Scene) -> Result:
        row = BidVersion.objects.select_related("bid__tenderer", "bid__lot").get(pk=self.version)
        if row.erased_at is None and row.state in DEAD:
            row.erased_at = scene.now
            row.save(update_fields=["erased_at"])
        scene.enter(
            subject=row.bid.urn,
            context={"lot": row.bid.lot.urn, "version": row.number},
            receipt_for=(row.bid.tenderer.urn,),
        )
        return {"version": row.number}
