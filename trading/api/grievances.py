"""Objections, challenges and complaints: filed, answered and decided by signed statements."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from signatures.domain import clock, jcs
from signatures.models import User
from trading import access
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone, perform, person_of
from trading.api.organisations import done
from trading.domain import grievance_filing, grievance_steps, grievances
from trading.domain.signed import Signed
from trading.interfaces import listing
from trading.models import Grievance, GrievanceStep

router = Router(tags=["objections and complaints"])


@router.get("/lots/{uuid:pk}/grievances", auth=anyone, response=list[dict[str, Any]])
def listed(request: HttpRequest, pk: UUID) -> list[dict[str, Any]]:
    """Every one of the lot; names and words for who filed it, who answers, and supervision."""
    viewer = request.user if isinstance(request.user, User) else None
    lot = listing.lot(pk, viewer=viewer)
    audiences = access.audiences_of(viewer, lot, clock.now())
    return [
        _line(row, named=grievances.can_read(row, audiences)) for row in grievances.of_lot(lot)
    ]


@router.post("/lots/{uuid:pk}/grievances", auth=SIGNED_IN, response={201: shapes.Done})
def file(request: HttpRequest, pk: UUID, body: shapes.ProofIn) -> Status[dict[str, Any]]:
    """Object, challenge or complain: a signed ``sunlit.grievance/1``."""
    signed = Signed.from_base64(body.statement, body.signature)
    act = grievance_filing.prepare(person_of(request), pk, signed)
    return Status(201, done(perform(request, act)))


@router.post(
    "/lots/{uuid:pk}/grievances/{uuid:grievance}/{slug:step}",
    auth=SIGNED_IN,
    response={201: shapes.Done},
)
def step(
    request: HttpRequest, pk: UUID, grievance: UUID, step: str, body: shapes.ProofIn
) -> Status[dict[str, Any]]:
    """Answer, withdraw, take up, suspend or decide: a signed ``sunlit.grievance-step/1``."""
    lot = listing.lot(pk, viewer=person_of(request))
    signed = Signed.from_base64(body.statement, body.signature)
    act = grievance_steps.prepare(person_of(request), lot.pk, grievance, step, signed)
    return Status(201, done(perform(request, act)))


def _line(row: Grievance, *, named: bool) -> dict[str, Any]:
    line = {
        "id": str(row.pk),
        "urn": row.urn,
        "number": row.number,
        "kind": row.kind,
        "about": row.about,
        "filed_at": jcs.timestamp(row.filed_at),
        "due_at": jcs.timestamp(row.due_at) if row.due_at else None,
        "closed_at": jcs.timestamp(row.closed_at) if row.closed_at else None,
        "pauses": row.pauses,
        "steps": [_step(each, named=named) for each in row.steps.all()],
    }
    if named:
        line |= {
            "organisation": str(row.organisation_id),
            "name": row.organisation.name,
            "interest": row.interest,
            "facts": row.facts,
            "requests": row.requests,
            "objection": row.objection.urn if row.objection else None,
            "exhibit": str(row.exhibit_id),
        }
    return line


def _step(row: GrievanceStep, *, named: bool) -> dict[str, Any]:
    line = {
        "step": row.kind,
        "outcome": row.outcome,
        "notice": row.notice,
        "at": jcs.timestamp(row.at),
        "late": row.late,
        "until": jcs.timestamp(row.until) if row.until else None,
    }
    if named:
        line |= {"text": row.text, "ordered": row.ordered, "exhibit": str(row.exhibit_id)}
    return line
