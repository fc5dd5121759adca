"""The committee's questions about bids, and their answers: asked by the chair, answered signed."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field, StrictInt

from bidding.api.shapes import SignedIn
from bidding.domain import clarification_answers
from bidding.domain.clarifications import POINT, QUESTION, AskClarification
from bidding.domain.printable import require_printable
from bidding.interfaces import clarification_lines
from signatures.domain import clock
from trading.api.auth import SIGNED_IN, perform, person_of
from trading.api.organisations import done
from trading.api.shapes import Done, In
from trading.domain.acts import find_lot

router = Router(tags=["clarifications"], auth=SIGNED_IN)


class ClarificationIn(In):
    """``document`` is an exhibit that the committee reads; ``minutes`` is the time to answer."""

    document: UUID
    point: Annotated[str, Field(max_length=4 * POINT)]
    question: Annotated[str, Field(max_length=4 * QUESTION)]
    minutes: StrictInt


@router.get("/lots/{uuid:lot}/clarifications")
def listed(request: HttpRequest, lot: UUID) -> list[dict[str, Any]]:
    """The committee and supervisors read all questions under codes, a tenderer its own."""
    return clarification_lines.listed(find_lot(lot), person_of(request), clock.now())


@router.post("/lots/{uuid:lot}/clarifications", response={201: Done})
def ask(request: HttpRequest, lot: UUID, body: ClarificationIn) -> Status[dict[str, Any]]:
    """Ask about a document of a bid: the chair, on the committee's behalf (TBR 52)."""
    require_printable(body.point, body.question)
    act = AskClarification(
        lot=lot,
        document=body.document,
        point=body.point,
        question=body.question,
        minutes=body.minutes,
    )
    return Status(201, done(perform(request, act)))


@router.post("/lots/{uuid:lot}/clarifications/{uuid:pk}/answer", response={201: Done})
def answer(
    request: HttpRequest, lot: UUID, pk: UUID, body: SignedIn
) -> Status[dict[str, Any]]:
    """Answer what was asked, once: ``sunlit.clarification/1`` with the line's ``asked``, the
    ``answer`` and ``within_bid``."""
    act = clarification_answers.prepare(person_of(request), find_lot(lot), pk, body.signed())
    return Status(201, done(perform(request, act)))
