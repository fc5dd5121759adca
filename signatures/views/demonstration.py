"""The demonstration's clock, for scripted actors, keepers and witnesses; not in production."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from signatures.domain import clock, jcs
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Malformed, SunlitError
from signatures.domain.moving import MoveClock


@csrf_exempt
@require_http_methods(["GET", "POST"])
def moved_clock(request: HttpRequest) -> HttpResponse:
    """GET the official and the real time; POST ``{"to": "2026-…Z"}`` to move forward."""
    try:
        if request.method == "POST":
            dispatch(MoveClock(to=_moment(request.body)), actor=Actor.process("demonstration"))
    except SunlitError as error:
        return JsonResponse(error.as_dict(), status=400)
    reading = clock.look()
    return JsonResponse(
        {
            "now": jcs.timestamp(reading.official),
            "real": jcs.timestamp(reading.real),
            "offset": reading.offset,
        }
    )


def _moment(body: bytes) -> datetime:
    value = jcs.loads(body)
    if not isinstance(value, dict) or set(value) != {"to"} or not isinstance(value["to"], str):
        raise Malformed('Send {"to": "YYYY-MM-DDTHH:MM:SS.ffffffZ"}.')
    return jcs.parse_timestamp(value["to"])
