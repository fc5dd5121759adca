"""What every page shows: the official clock and the place in the ledger."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from signatures.domain import clock, log


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: ``official_time``, ``ledger_size``, ``origin``, ``demonstration``."""
    return {
        "official_time": clock.now(),
        "ledger_size": log.size(),
        "origin": settings.ORIGIN,
        "demonstration": not settings.PRODUCTION,
    }
