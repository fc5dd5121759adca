"""Work of the queue for floors: the confirmation of a sale, and the record of what was asked."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task

from bidding.domain import auction_confirming, rooms
from bidding.domain.auction_confirming import FileFloorRecord, OfferConfirmation
from bidding.interfaces.records import floor_confirmation
from bidding.models import Room
from signatures import store
from signatures.domain import clock, jcs
from signatures.domain.act import Actor, dispatch

WORKER = Actor.process("worker")


@task(queue_name="seal")
def prepare_confirmation(room: str) -> str:
    """Lay the confirmation out and put it up for signature; returns the document's id.

    May run twice: what is laid out stays as it is.
    """
    row = Room.objects.select_related("lot__project__tenderee").get(pk=UUID(room))
    before = auction_confirming.offered(row.lot)
    if before is not None:
        return str(before.pk)
    act = OfferConfirmation(room=row.pk, plan=floor_confirmation.plan(row, at=clock.now()))
    return str(dispatch(act, actor=WORKER).result["document"])


@task()
def file_floor_record(room: str) -> str:
    """File a closed floor's stream, event by event with its chain; may run twice."""
    row = Room.objects.select_related("lot").get(pk=UUID(room))
    if not auction_confirming.recorded(row.lot):
        kept = store.put(jcs.dumps({"room": row.urn, "events": rooms.transcript(row.pk)}))
        act = FileFloorRecord(room=row.pk, digest=kept.sha256, size=kept.size)
        dispatch(act, actor=WORKER)
    return str(row.pk)
