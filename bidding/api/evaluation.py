"""An evaluator's own score sheet, as it is to be signed, and the time to evaluate; everything
else is in the room."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field, StrictInt

from bidding.domain import committee
from bidding.domain.more_time import MOST, AskMoreTime, ExtendEvaluation
from bidding.domain.printable import require_printable
from bidding.interfaces.committee_lines import sheet_line
from trading.api.auth import SIGNED_IN, perform, person_of
from trading.api.organisations import done
from trading.api.shapes import Done, In
from trading.domain.acts import find_lot

router = Router(tags=["evaluation"], auth=SIGNED_IN)


@router.get("/lots/{uuid:lot}/committee/sheet")
def sheet(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """The asker's own sheet; ``sha256`` is what ``sunlit.score-sheet/1`` signs as ``sheet``."""
    person = person_of(request)
    return sheet_line(committee.get(find_lot(lot)), person)


class ExtensionIn(In):
    """By how many hours the time is extended, and why."""

    hours: StrictInt
    reason: Annotated[str, Field(max_length=4 * MOST)]


@router.post("/lots/{uuid:lot}/evaluation/more-time", response={201: Done})
def more_time(request: HttpRequest, lot: UUID) -> Status[dict[str, Any]]:
    """Ask for more time: a member of the committee, once until it is extended (TBR 48)."""
    return Status(201, done(perform(request, AskMoreTime(lot=lot))))


@router.post("/lots/{uuid:lot}/evaluation/extension", response={201: Done})
def extension(request: HttpRequest, lot: UUID, body: ExtensionIn) -> Status[dict[str, Any]]:
    """Extend the time: tenderee or agency, when over a third of the committee ask (TBR 48)."""
    require_printable(body.reason)
    act = ExtendEvaluation(lot=lot, hours=body.hours, reason=body.reason)
    return Status(201, done(perform(request, act)))
