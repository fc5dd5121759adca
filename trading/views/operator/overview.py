"""The desk's first page: figures that lead to their rows, and what waits for somebody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from signatures.domain import clock
from trading.enums import DeliveryState
from trading.interfaces.desk_forms import OrganisationSieve
from trading.views.doors import operators_only
from trading.views.operator import desk, health, organisations, outbox, trust, work

#: Registrations that the first page lists itself, the longest waiting first.
MOST = 8


@require_safe
@operators_only
def overview(request: HttpRequest) -> HttpResponse:
    """What needs the desk now."""
    reading = clock.look()
    waiting = organisations.in_state(OrganisationSieve.WAITING)
    duties = work.duties(reading.real)
    lists = trust.lines(reading.official)
    deliveries = outbox.counts()
    context = {
        "waiting": waiting.count(),
        "failed_tasks": work.counts().get("failed", 0),
        "failed_duties": [line for line in duties if line.shape != "good"],
        "failed_deliveries": deliveries.get(DeliveryState.FAILED, 0),
        "waiting_deliveries": deliveries.get(DeliveryState.WAITING, 0),
        "lists": lists,
        "troubled_lists": [line for line in lists if line.needs_somebody],
        "registrations": [
            {"organisation": row, "kinds": organisations.kinds_of(row)}
            for row in waiting.order_by("registered_at", "pk")[:MOST]
        ],
        **health.summary(reading.official, reading.real),
    }
    return desk.show(request, "overview", "operator", context)
