"""Work of the queue for records that several sign: laid out once what they record has ended."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task

from bidding.domain import opening_records
from bidding.domain.opening_records import OfferOpeningRecord
from bidding.interfaces.records import opening_record
from bidding.models import Room
from signatures.domain import clock
from signatures.domain.act import Actor, dispatch

WORKER = Actor.process("worker")


@task(queue_name="seal")
def prepare_opening_record(room: str) -> str:
    """Lay the record of a closed hall out and put it up for signature; returns the document's id.

    May run twice: what is laid out stays as it is.
    """
    row = Room.objects.select_related("lot__project__tenderee").get(pk=UUID(room))
    before = opening_records.offered(row.lot)
    if before is not None:
        return str(before.pk)
    act = OfferOpeningRecord(room=row.pk, plan=opening_record.plan(row, at=clock.now()))
    return str(dispatch(act, actor=WORKER).result["document"])
