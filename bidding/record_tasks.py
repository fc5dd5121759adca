"""Work of the queue for records that several sign: laid out once what they record has ended."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task

from bidding.domain import opening_records, report
from bidding.domain.opening_records import OfferOpeningRecord
from bidding.domain.report import OfferReport, SignReport
from bidding.interfaces.records import evaluation_report, opening_record
from bidding.models import Evaluation, Room
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


@task(queue_name="seal")
def prepare_evaluation_report(evaluation: str) -> str:
    """Lay the report out and put it up for every member's signature; returns the document's id.

    May run twice: what is laid out stays as it is.
    """
    rows = Evaluation.objects.select_related("committee__lot__project__tenderee")
    row = rows.get(pk=UUID(evaluation))
    before = report.document_of(row.committee.lot)
    if before is not None:
        return str(before.pk)
    act = OfferReport(
        evaluation=row.pk, plan=evaluation_report.plan(row, at=clock.now())
    )
    return str(dispatch(act, actor=WORKER).result["document"])


@task()
def conclude_report(lot: str) -> str:
    """File the report that every member has signed; returns the lot's stage. May run twice."""
    row = Evaluation.objects.get(committee__lot=UUID(lot))
    if row.signed_at is None:
        dispatch(SignReport(lot=UUID(lot)), actor=WORKER)
    return str(Evaluation.objects.get(pk=row.pk).committee.lot.stage)
