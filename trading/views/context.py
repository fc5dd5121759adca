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
from trading import access
from trading.interfaces import desks
from trading.models import Message

_ZONES = {"Asia/Shanghai": gettext_lazy("Beijing time")}


#: The masthead counts unread messages no further than this.
MOST_UNREAD = 100


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
        (_("Draws"), reverse("draws")),
        (_("Verify"), reverse("verify")),
        (_("Ledger"), reverse("ledger")),
        (_("Trust lists"), reverse("trust-lists")),
    )
    return [
        Place(label=label, address=address, here=path.startswith(address), exact=path == address)
        for label, address in items
    ]


def _own(request: HttpRequest) -> dict[str, Any]:
    """What the masthead shows to who has signed in: unread messages, the way to their desk."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {}
    unread = Message.objects.filter(user_id=person.pk, read_at__isnull=True)
    return {
        "unread": unread.order_by()[:MOST_UNREAD].count(),
        "most_unread": MOST_UNREAD,
        "operates": access.operates(person),
        "has_desk": bool(desks.role_of(person)),
    }


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
        **_own(request),
        "this_address": request.get_full_path() if request.method == "GET" else request.path,
    }
