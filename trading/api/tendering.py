"""The tenderee's side: projects, assignments, dates, notice, tender documents, halts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures import store
from signatures.domain import clock, jcs
from signatures.domain.errors import Malformed, SunlitError
from trading.api import projects
from trading.api.auth import SIGNED_IN, perform, person_of
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.api.shapes import Done, In, Name
from trading.domain import exceptions, notices, planning, preparing, suspensions
from trading.domain.acts import Advance, find_lot
from trading.domain.documents import PublishDocuments
from trading.domain.notices import PublishNotice
from trading.domain.projects import Assign, NewLot, RegisterProject
from trading.interfaces import plan_page
from trading.interfaces.records import notice, sealing
from trading.models import Lot

router = Router(tags=["tendering"], auth=SIGNED_IN)


class LotIn(In):
    title: Name
    estimate: Annotated[str, Field(max_length=24)] | None = None
    parameters: dict[str, Any] = {}
    predecessor: UUID | None = None


class ProjectIn(In):
    title: Name
    category: Annotated[str, Field(max_length=40)]
    procedure: Annotated[str, Field(max_length=40)] = ""
    tenderee: UUID
    agency: UUID | None = None
    lots: Annotated[list[LotIn], Field(max_length=200)]


class AssignmentIn(In):
    role: Annotated[str, Field(max_length=24)]
    user: UUID | None = None
    organisation: UUID | None = None
    reason: Annotated[str, Field(max_length=200)] = ""


class DatesIn(In):
    """Named dates of the procedure, RFC 3339 in UTC with microseconds."""

    dates: Annotated[dict[str, str], Field(max_length=20)]


class NoticeIn(DatesIn):
    """``exceptions`` give the reason for each warning by its name (``days:…``, ``catalogue:…``)."""

    title: Name
    exceptions: Annotated[dict[str, str], Field(max_length=40)] = {}


class DocumentsIn(In):
    title: Name


class StepIn(In):
    step: Annotated[str, Field(max_length=60)]


class ReasonIn(In):
    reason: Annotated[str, Field(max_length=500)]


@projects.router.post("", auth=SIGNED_IN, response={201: Done})
def register(request: HttpRequest, body: ProjectIn) -> Status[dict[str, Any]]:
    """Register a project with its lots."""
    act = RegisterProject(
        title=body.title,
        category=body.category,
        procedure=body.procedure,
        tenderee=body.tenderee,
        agency=body.agency,
        lots=tuple(
            NewLot(
                title=lot.title,
                estimate=_amount(lot.estimate),
                parameters=lot.parameters,
                predecessor=lot.predecessor,
            )
            for lot in body.lots
        ),
    )
    return Status(201, done(perform(request, act)))


@router.post("/lots/{uuid:pk}/assignments", response={201: Done})
def assign(request: HttpRequest, pk: UUID, body: AssignmentIn) -> Status[dict[str, Any]]:
    """Give a person or an organisation a role on a lot."""
    act = Assign(
        lot=pk,
        role=body.role,
        user=body.user,
        organisation=body.organisation,
        reason=body.reason,
    )
    return Status(201, done(perform(request, act)))


@router.post("/lots/{uuid:pk}/dry-run", response=dict[str, Any])
def dry_run(request: HttpRequest, pk: UUID, body: DatesIn) -> dict[str, Any]:
    """Every date that would follow were the notice published now, and what breaks which rule."""
    person_of(request)
    run = notices.dry_run(find_lot(pk), start=clock.now(), dates=_moments(body.dates))
    return {
        "dates": [
            {
                "name": one.name,
                "at": jcs.timestamp(one.at),
                "shown": planning.shown(one.at),
                "rule": one.rule.article if one.rule else None,
            }
            for one in run.dates
        ],
        "breaches": [
            {
                "message": str(each.message),
                "rule": each.rule.article,
                "blocks": each in run.blocking,
                "warning": "" if each in run.blocking else f"{exceptions.DAYS}:{each.rule.name}",
            }
            for each in run.breaches
        ],
    }


@router.post("/lots/{uuid:pk}/notice", response={201: Done})
def publish_notice(request: HttpRequest, pk: UUID, body: NoticeIn) -> Status[dict[str, Any]]:
    """Render, seal and publish the notice with these dates."""
    asked = Asked(request, f"notice {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    lot = find_lot(pk)
    dates = _moments(body.dates)
    # Who may not publish is told so before anything is rendered or sealed.
    PublishNotice(lot=pk, title=body.title, digest="", size=0, dates=dates).permit(asked.actor)
    excepted = plan_page.excepted(
        lot, _tried(lot, dates), body.exceptions, person_of(request)
    )
    data = notice.prepare_notice(lot, dates=dates, at=clock.now())
    stored = store.put(data)
    act = PublishNotice(
        lot=pk,
        title=body.title,
        digest=stored.sha256,
        size=stored.size,
        dates=dates,
        seal=sealing.judged(data, at=clock.now()),
        **excepted,
    )
    return Status(201, done(asked.dispatch(act)))


@router.post("/lots/{uuid:pk}/documents", response={201: Done})
def publish_documents(
    request: HttpRequest, pk: UUID, body: DocumentsIn
) -> Status[dict[str, Any]]:
    """Render, seal and put the tender document on offer."""
    asked = Asked(request, f"documents {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    lot = find_lot(pk)
    evaluation, drafts = notices.evaluation_digest(lot), preparing.of(lot)
    PublishDocuments(
        lot=pk, title=body.title, digest="", size=0, evaluation=evaluation
    ).permit(asked.actor)
    data = notice.prepare_tender_document(lot, at=clock.now())
    stored = store.put(data)
    act = PublishDocuments(
        lot=pk,
        title=body.title,
        digest=stored.sha256,
        size=stored.size,
        evaluation=evaluation,
        attachments=preparing.files_digest(drafts.files) if drafts.files else "",
        bill=drafts.bill.get("digest", ""),
        seal=sealing.judged(data, at=clock.now()),
    )
    return Status(201, done(asked.dispatch(act)))


@router.post("/lots/{uuid:pk}/suspension", response=Done)
def suspend(request: HttpRequest, pk: UUID, body: ReasonIn) -> dict[str, Any]:
    """Let the lot stand still."""
    return done(perform(request, suspensions.Suspend(lot=pk, reason=body.reason)))


@router.post("/lots/{uuid:pk}/resumption", response=Done)
def resume(request: HttpRequest, pk: UUID, body: ReasonIn) -> dict[str, Any]:
    """Go on."""
    return done(perform(request, suspensions.Resume(lot=pk, reason=body.reason)))


@router.post("/lots/{uuid:pk}/termination", response=Done)
def terminate(request: HttpRequest, pk: UUID, body: ReasonIn) -> dict[str, Any]:
    """End the procedure without a result."""
    return done(perform(request, suspensions.Terminate(lot=pk, reason=body.reason)))


@router.post("/lots/{uuid:pk}/steps", response=Done)
def step(request: HttpRequest, pk: UUID, body: StepIn) -> dict[str, Any]:
    """Take a step that the lot's procedure file brings along."""
    return done(perform(request, Advance(lot=pk, command_name=body.step)))


def _tried(lot: Lot, dates: dict[str, datetime]) -> planning.DryRun | None:
    """The dates tried out; None where they cannot stand, which the act itself refuses."""
    try:
        return notices.dry_run(lot, start=clock.now(), dates=dates)
    except SunlitError:
        return None


def _amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return Decimal(text)
    except ArithmeticError:
        raise Malformed(f"{text!r} is not an amount such as 1234567.89.") from None


def _moments(dates: dict[str, str]) -> dict[str, datetime]:
    return {name: jcs.parse_timestamp(text) for name, text in dates.items()}
