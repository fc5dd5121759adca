"""Questions about the tender documents: asked by tenderers, answered to all. Nobody is named."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures.domain import clock, jcs
from signatures.models import User
from trading import access
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone, perform
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.domain import questions
from trading.domain.questions import AskQuestion
from trading.interfaces import listing, prepared_acts
from trading.models import Question

router = Router(tags=["questions"])

Text = Annotated[str, Field(max_length=4 * questions.LONGEST)]


class QuestionIn(shapes.In):
    document: UUID
    organisation: UUID
    text: Text


class AnswerIn(shapes.In):
    text: Text
    affects: bool = False


@router.post("/lots/{uuid:pk}/questions", auth=SIGNED_IN, response={201: shapes.Done})
def ask(request: HttpRequest, pk: UUID, body: QuestionIn) -> Status[dict[str, Any]]:
    """Ask about a document, for a tenderer that fetched it; it is told to nobody who asked."""
    act = AskQuestion(
        lot=pk, document=body.document, organisation=body.organisation, text=body.text
    )
    return Status(201, done(perform(request, act)))


@router.get("/lots/{uuid:pk}/questions", auth=anyone, response=list[dict[str, Any]])
def listed(request: HttpRequest, pk: UUID) -> list[dict[str, Any]]:
    """The questions that the asker of this list may read, newest first."""
    viewer = request.user if isinstance(request.user, User) else None
    lot, at = listing.lot(pk, viewer=viewer), clock.now()
    mine = {one.pk for one in access.organisations_of(viewer, at)}
    return [
        _line(row, own=row.organisation_id in mine)
        for row in questions.visible(lot, viewer=viewer, at=at)
    ]


def _line(row: Question, *, own: bool) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "number": row.number,
        "own": own,
        "document": str(row.document_id),
        "text": row.text,
        "asked_at": jcs.timestamp(row.asked_at),
        "answer_until": jcs.timestamp(row.answer_until),
        "answer": row.answer or None,
        "affects": row.affects,
        "answered_at": None if row.answered_at is None else jcs.timestamp(row.answered_at),
        "exhibit": None if row.exhibit_id is None else str(row.exhibit_id),
    }


@router.post(
    "/lots/{uuid:pk}/questions/{uuid:question}/answer",
    auth=SIGNED_IN,
    response={201: shapes.Done},
)
def answer(
    request: HttpRequest, pk: UUID, question: UUID, body: AnswerIn
) -> Status[dict[str, Any]]:
    """Answer a question: render and seal the clarification, and tell everybody who is to know."""
    asked = Asked(request, f"answer {pk} {question}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    act = prepared_acts.answer_question(
        asked.actor, pk, question=question, text=body.text, affects=body.affects
    )
    return Status(201, done(asked.dispatch(act)))
