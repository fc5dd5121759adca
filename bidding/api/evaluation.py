"""An evaluator's own score sheet, as it is to be signed; everything else is in the room."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from bidding.domain import committee
from bidding.interfaces.committee_lines import sheet_line
from trading.api.auth import SIGNED_IN, person_of
from trading.domain.acts import find_lot

router = Router(tags=["evaluation"], auth=SIGNED_IN)


@router.get("/lots/{uuid:lot}/committee/sheet")
def sheet(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """The asker's own sheet; ``sha256`` is what ``sunlit.score-sheet/1`` signs as ``sheet``."""
    person = person_of(request)
    return sheet_line(committee.get(find_lot(lot)), person)
