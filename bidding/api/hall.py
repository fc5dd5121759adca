"""The public's view of an opening: what was said and read out in its hall."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router

from bidding.interfaces.committee_lines import opening_line
from signatures.domain.errors import NotFound
from trading.api.auth import anyone
from trading.interfaces import listing

router = Router(tags=["opening"], auth=anyone)


@router.get("/lots/{uuid:lot}/opening")
def opening(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """The opening of the lot as everybody may see it (TBL 36)."""
    found = opening_line(listing.lot(lot, viewer=request.user))
    if found is None:
        raise NotFound(_("The opening of this lot has not begun."), code="no-hall")
    return found
