"""The live rooms of a lot: which there are for the asker, and where their sockets are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from bidding.domain import room_kinds
from bidding.models import Room
from trading.api.auth import SIGNED_IN, person_of

router = Router(tags=["rooms"], auth=SIGNED_IN)


@router.get("/lots/{uuid:lot}/rooms")
def listed(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """The rooms that the asker may enter, newest first; nobody learns of any other."""
    person = person_of(request)
    rows = Room.objects.filter(lot_id=lot).select_related("lot").order_by("-opened_at", "pk")
    return {
        "rooms": [
            {
                "id": str(row.pk),
                "urn": row.urn,
                "kind": row.kind,
                "open": row.is_open,
                "url": f"/ws/rooms/{row.kind}/{row.pk}/",
            }
            for row in rows
            if room_kinds.audiences(person, row)
        ]
    }
