"""The official time, for every clock that is shown anywhere."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router

from signatures.domain import clock, jcs
from trading.api import shapes

router = Router(tags=["time"])


@router.get("", auth=None, response=shapes.Time, url_name="time")
def official_time(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """The platform's clock, read now."""
    response["Cache-Control"] = "no-store"
    return {"now": jcs.timestamp(clock.now()), "zone": settings.TIME_ZONE}
