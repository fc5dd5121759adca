"""Prequalification: documents, findings on applications, the report, and each one's result."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from bidding.api.shapes import SignedIn
from bidding.domain import examination
from bidding.domain.qualifying import NotifyPrequalification
from bidding.interfaces import examination_acts, examination_lines
from signatures.domain import clock
from trading.api.auth import SIGNED_IN, anyone, perform, person_of
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.api.shapes import Done, In
from trading.domain import prequalification
from trading.domain.acts import find_lot
from trading.interfaces import listing

router = Router(tags=["prequalification"])


class PrequalificationIn(In):
    """``criteria`` are what applicants must meet, ``words`` what they are to hand in."""

    criteria: Annotated[
        list[Annotated[str, Field(max_length=2 * prequalification.MAX_TITLE)]],
        Field(max_length=2 * prequalification.MAX_CRITERIA),
    ]
    words: Annotated[str, Field(max_length=2 * prequalification.MAX_WORDS)] = ""


class NothingIn(In):
    """A request that says nothing further."""


@router.get("/lots/{uuid:lot}/prequalification", auth=anyone)
def shown(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """What the asker may know: the dates everybody, criteria who fetched them, applications who
    examines them, one's own result an applicant, all results who tenders and who watches."""
    row = listing.lot(lot, viewer=request.user)
    viewer = request.user if request.user.is_authenticated else None
    return examination_lines.line(row, viewer, clock.now())


@router.post("/lots/{uuid:lot}/prequalification", auth=SIGNED_IN, response={201: Done})
def publish(request: HttpRequest, lot: UUID, body: PrequalificationIn) -> Status[dict[str, Any]]:
    """Put the prequalification documents on offer."""
    asked = Asked(request, f"prequalification {lot}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    act = examination_acts.publish(asked.actor, lot, criteria=body.criteria, words=body.words)
    return Status(201, done(asked.dispatch(act)))


@router.post("/lots/{uuid:lot}/examinations", auth=SIGNED_IN, response={201: Done})
def examine(request: HttpRequest, lot: UUID, body: SignedIn) -> Status[dict[str, Any]]:
    """A member's finding on one application: ``sunlit.examination/1``."""
    act = examination.prepare(person_of(request), find_lot(lot), body.signed())
    return Status(201, done(perform(request, act)))


@router.post(
    "/lots/{uuid:lot}/prequalification/report", auth=SIGNED_IN, response={201: Done}
)
def conclude(request: HttpRequest, lot: UUID, body: NothingIn) -> Status[dict[str, Any]]:
    """File the panel's report once every member has examined every application."""
    asked = Asked(request, f"prequalification-report {lot}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    return Status(201, done(asked.dispatch(examination_acts.conclude(asked.actor, lot))))


@router.post(
    "/lots/{uuid:lot}/prequalification/result", auth=SIGNED_IN, response={201: Done}
)
def notify(request: HttpRequest, lot: UUID) -> Status[dict[str, Any]]:
    """Tell every applicant its own result; with fewer than three that qualify the lot fails."""
    return Status(201, done(perform(request, NotifyPrequalification(lot=lot))))
