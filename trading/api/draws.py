"""Draws: opened, contributed to and concluded by acts; read and verified by anybody."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures.domain.act import Actor
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone, idempotency_key, perform, person_of
from trading.api.organisations import done
from trading.domain import drawing, drawing_publication
from trading.domain.drawing_opening import USUAL
from trading.domain.signed import Accepted, Signed, accept
from trading.models import Draw

router = Router(tags=["draws"], auth=SIGNED_IN)
MOST = 200


class DrawIn(shapes.In):
    """``record.id`` is ``draw:<uuid>`` of the caller's making; ``reason`` is a signed
    ``sunlit.redraw/1``, needed where a draw that was not void is repeated."""

    lot: UUID
    purpose: Annotated[str, Field(max_length=60)]
    record: dict[str, Any]
    commit_seconds: int = USUAL
    reveal_seconds: int = USUAL
    before: UUID | None = None
    reason: shapes.ProofIn | None = None


def accepted(
    request: HttpRequest, body: shapes.ProofIn, purpose: str, fields: frozenset[str]
) -> Accepted:
    """The person's signed statement, judged now."""
    # A statement about a draw names the draw and its record, so its age does not matter.
    return accept(
        person_of(request),
        Signed.from_base64(body.statement, body.signature),
        purpose=purpose,
        fields=fields,
        fresh=None,
    )


@router.post("", response={201: shapes.Done})
def open_(request: HttpRequest, body: DrawIn) -> Status[dict[str, Any]]:
    """Open a draw on a lot: its record is published, and its parties may commit."""
    reason = None
    if body.reason is not None:
        reason = accepted(request, body.reason, drawing.REDRAW, drawing.REDRAW_FIELDS)
    act = drawing.OpenDraw(
        lot=body.lot,
        purpose=body.purpose,
        record=body.record,
        commit_seconds=body.commit_seconds,
        reveal_seconds=body.reveal_seconds,
        before=body.before,
        reason=reason,
    )
    return Status(201, done(perform(request, act)))


@router.get("", auth=anyone, response=list[dict[str, Any]])
def listed(request: HttpRequest, subject: str = "") -> list[dict[str, Any]]:
    """How far the draws came, newest first; of one event's ``subject`` (a URN) where given."""
    rows = Draw.objects.select_related("before").order_by("-opened_at", "-pk")
    if subject:
        rows = rows.filter(subject=subject)
    return [drawing_publication.progress(row) for row in rows[:MOST]]


@router.get("/{uuid:pk}", auth=anyone, response=dict[str, Any])
def one(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """All that was published of a draw, in the form that ``verify_draw`` judges."""
    return drawing_publication.bundle(drawing.find_draw(pk))


@router.get("/{uuid:pk}/progress", auth=anyone, response=dict[str, Any])
def progress(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """How far a draw came, who is awaited, what it repeats and why."""
    return drawing_publication.progress(drawing.find_draw(pk))


@router.post("/{uuid:pk}/commitments", response={201: shapes.Done})
def commit(request: HttpRequest, pk: UUID, body: shapes.ProofIn) -> Status[dict[str, Any]]:
    """Commit a party: a signed ``sunlit.commit/1``."""
    signed = accepted(request, body, drawing.COMMIT, drawing.COMMIT_FIELDS)
    return Status(201, done(perform(request, drawing.CommitDraw(draw=pk, signed=signed))))


@router.post("/{uuid:pk}/close", response=shapes.Done)
def close(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Close the commitments; the clock does it by itself as soon as all are there."""
    return done(perform(request, drawing.CloseCommitments(draw=pk)))


@router.post("/{uuid:pk}/reveals", response={201: shapes.Done})
def reveal(request: HttpRequest, pk: UUID, body: shapes.ProofIn) -> Status[dict[str, Any]]:
    """Reveal what stands behind a party's commitment: a signed ``sunlit.reveal/1``."""
    signed = accepted(request, body, drawing.REVEAL, drawing.REVEAL_FIELDS)
    return Status(201, done(perform(request, drawing.RevealDraw(draw=pk, signed=signed))))


@router.post("/{uuid:pk}/conclude", response=shapes.Done)
def conclude(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Put the result into force; the clock does it by itself as soon as all have revealed."""
    actor = Actor.person(person_of(request))
    return done(drawing.conclude(pk, actor=actor, key=idempotency_key(request)))


@router.post("/{uuid:pk}/void", response=shapes.Done)
def void(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Declare a draw void whose parties let their time pass; the clock does it by itself."""
    return done(perform(request, drawing.VoidDraw(draw=pk)))
