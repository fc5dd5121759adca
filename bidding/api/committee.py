"""The pool of experts, the draw of a committee, declarations, and who may know what of it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from bidding.api.shapes import SignedIn
from bidding.domain import committee, conflicts, sealed_rounds
from bidding.domain.committee_draw import USUAL, OpenCommitteeDraw
from bidding.domain.committee_pool import ANY
from bidding.domain.experts import RegisterExpert
from bidding.interfaces.committee_lines import committee_line
from bidding.models import Committee
from signatures.domain import clock
from trading.api.auth import SIGNED_IN, anyone, perform, person_of
from trading.api.organisations import done
from trading.api.shapes import Done, In, Name
from trading.domain import drawing
from trading.domain.signed import accept
from trading.interfaces import listing

router = Router(tags=["committees"])


class ExpertIn(In):
    person: UUID
    specialities: Annotated[list[Annotated[str, Field(max_length=160)]], Field(max_length=20)]
    employer: Name
    employer_code: Annotated[str, Field(max_length=40)] = ""
    region: Annotated[str, Field(max_length=40)] = ""


class CommitteeIn(In):
    """``quota`` gives seats by speciality; ``expert`` draws from the whole pool."""

    quota: Annotated[dict[str, int], Field(max_length=20)] = {ANY: committee.LEAST}
    alternates: Annotated[int, Field(ge=0, le=50)] = committee.ALTERNATES
    parties: Annotated[list[Annotated[str, Field(max_length=160)]], Field(max_length=20)] = []
    commit_seconds: int = USUAL
    reveal_seconds: int = USUAL
    before: UUID | None = None
    reason: SignedIn | None = None


@router.post("/experts", auth=SIGNED_IN, response={201: Done})
def register(request: HttpRequest, body: ExpertIn) -> Status[dict[str, Any]]:
    """Take a person into the pool of experts: the trading centre alone."""
    act = RegisterExpert(
        person=body.person,
        specialities=tuple(body.specialities),
        employer=body.employer,
        employer_code=body.employer_code,
        region=body.region,
    )
    return Status(201, done(perform(request, act)))


@router.post("/lots/{uuid:lot}/committee", auth=SIGNED_IN, response={201: Done})
def draw(request: HttpRequest, lot: UUID, body: CommitteeIn) -> Status[dict[str, Any]]:
    """Open the draw of the lot's committee, or a further one for seats that stayed vacant."""
    reason = None
    if body.reason is not None:
        reason = accept(
            person_of(request),
            body.reason.signed(),
            purpose=drawing.REDRAW,
            fields=drawing.REDRAW_FIELDS,
        )
    act = OpenCommitteeDraw(
        lot=lot,
        quota=body.quota,
        alternates=body.alternates,
        parties=tuple(body.parties),
        commit_seconds=body.commit_seconds,
        reveal_seconds=body.reveal_seconds,
        before=body.before,
        reason=reason,
    )
    return Status(201, done(perform(request, act)))


@router.get("/lots/{uuid:lot}/committee", auth=anyone)
def one(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """The lot's committee as far as the asker may know it."""
    row = listing.lot(lot, viewer=request.user)
    viewer = request.user if request.user.is_authenticated else None
    return committee_line(committee.get(row), viewer, clock.now())


@router.post("/lots/{uuid:lot}/committee/declarations", auth=SIGNED_IN, response={201: Done})
def declare(request: HttpRequest, lot: UUID, body: SignedIn) -> Status[dict[str, Any]]:
    """Declare a conflict, or that there is none: ``sunlit.conflict/1``."""
    act = conflicts.prepare(person_of(request), lot, body.signed())
    return Status(201, done(perform(request, act)))


@router.get("/committees/mine", auth=SIGNED_IN)
def mine(request: HttpRequest) -> dict[str, Any]:
    """The committees on which the asker sits now."""
    person = person_of(request)
    rows = Committee.objects.filter(
        seats__user=person, seats__called_at__isnull=False, seats__left_at__isnull=True
    )
    found = [
        row
        for row in rows.select_related("lot").order_by("-opened_at", "pk")
        if row.round == sealed_rounds.judged(row.lot)
    ]
    return {
        "committees": [
            {
                "lot": str(row.lot_id),
                "urn": row.urn,
                "stage": row.lot.stage,
                "state": row.lot.state,
            }
            for row in found
        ]
    }
