"""The front page: what is open, what was opened today, what was awarded, and a file to verify."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from signatures.domain import clock
from trading.interfaces import dayline, listing, timeline
from trading.interfaces.forms import SieveForm, VerifyForm


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Today, in one screen."""
    now = clock.now()
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    columns = listing.front(now, day_start=start)
    openings = [(lot, timeline.opening_badge(lot, at=now)) for lot in columns["opened"].lots]
    return render(
        request,
        "trading/front.html",
        {
            **columns,
            "openings": openings,
            "now": now,
            "day": dayline.build(now),
            "search": SieveForm(auto_id="search_%s"),
            "verify_form": VerifyForm(limit=settings.DOCUMENT_MAX_BYTES),
        },
    )
