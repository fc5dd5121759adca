"""What every page shows: the official clock, the place in the ledger, the way around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.domain import clock, log
from signatures.models import Checkpoint

_ZONES = {"Asia/Shanghai": gettext_lazy("Beijing time")}


@dataclass(frozen=True)
class Place:
    """One item of the main navigation; ``here`` in its part of the site, ``exact`` on its page."""

    label: str
    address: str
    here: bool
    exact: bool


def _navigation(path: str) -> list[Place]:
    items = (
        (_("Projects"), reverse("projects")),
        (_("Verify"), reverse("verify")),
        (_("Ledger"), reverse("ledger")),
        (_("Trust lists"), reverse("trust-lists")),
    )
    return [
        Place(label=label, address=address, here=path.startswith(address), exact=path == address)
        for label, address in items
    ]


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: official time and its zone, ledger, navigation, own address."""
    return {
        "official_time": clock.now(),
        "zone": settings.TIME_ZONE,
        "zone_name": _ZONES.get(settings.TIME_ZONE, settings.TIME_ZONE),
        "ledger_size": log.size(),
        "checkpoint": Checkpoint.objects.annotate(witnesses=Count("cosignatures"))
        .order_by("-size")
        .first(),
        "origin": settings.ORIGIN,
        "demonstration": not settings.PRODUCTION,
        "navigation": _navigation(request.path),
        "this_address": request.get_full_path() if request.method == "GET" else request.path,
    }
