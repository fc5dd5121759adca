"""The availability log: when the platform was away, the certificates, and what followed."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bidding.interfaces import outage_lines
from signatures.domain import availability as signs
from signatures.models import Outage
from trading.interfaces import cursors


@require_safe
def availability(request: HttpRequest) -> HttpResponse:
    """Every outage that was noted, newest first; for everybody."""
    page = cursors.page(Outage.objects.all(), by="since", after=request.GET.get("after", ""))
    context = {
        "lines": outage_lines.lines(page.items),
        "seconds": int(signs.least().total_seconds()),
        "silent": signs.is_silent(),
        "watched": signs.began() is not None,
        "first": not request.GET.get("after"),
        "next_address": f"?{urlencode({'after': page.next})}" if page.next else "",
    }
    return render(request, "bidding/availability.html", context)
